import type { SDKAssistantMessageError, SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { type Block, BlockWriter } from './block-writer.ts';
import { type ContentEvent, MAX_TOOL_RESULT_CHARACTERS } from './protocol.ts';

type ModelEvent = Extract<SDKMessage, { type: 'stream_event' }>['event'];
type ModelDelta = Extract<ModelEvent, { type: 'content_block_delta' }>['delta'];
type AssistantMessage = Extract<SDKMessage, { type: 'assistant' }>;
type ModelBlock = AssistantMessage['message']['content'][number];
type UserContent = Extract<SDKMessage, { type: 'user' }>['message']['content'];
type ToolResult = Extract<Exclude<UserContent, string>[number], { type: 'tool_result' }>;

/** Model name of the messages that the SDK writes itself, for example to report a failure of the model. */
const SYNTHETIC = '<synthetic>';

/**
 * Turns the messages of one turn of the SDK into AG-UI events. Pure: one instance a run, no input or output.
 *
 * What the model streams counts only when the SDK repeats the block whole, as an `assistant` message that comes before
 * the stop of the block. A block that stops without one belongs to a stream that broke.
 */
export class RunTranslator {
  readonly #writer = new BlockWriter();
  #streamId = '';
  #blocks = 0;
  #modelError: SDKAssistantMessageError | undefined;

  /** The last failure of the model that the SDK reported. */
  get modelError(): SDKAssistantMessageError | undefined {
    return this.#modelError;
  }

  translate(message: SDKMessage): ContentEvent[] {
    switch (message.type) {
      case 'stream_event':
        return this.#streamed(message.event);
      case 'assistant':
        return this.#whole(message);
      case 'user':
        return toolResults(message.message.content);
      default:
        return [];
    }
  }

  /** Ends what is open, after the last message of the turn. `answered`: the run has its answer. */
  end(answered: boolean): ContentEvent[] {
    return this.#writer.end(answered);
  }

  #streamed(event: ModelEvent): ContentEvent[] {
    switch (event.type) {
      case 'message_start':
        this.#streamId = event.message.id;
        return this.#writer.breakOff();
      case 'content_block_start': {
        const block = this.#block(event.content_block, this.#streamId);
        return block ? this.#writer.start(block) : this.#writer.breakOff();
      }
      case 'content_block_delta':
        return this.#writer.append(textOfDelta(event.delta));
      case 'content_block_stop':
      case 'message_stop':
        return this.#writer.breakOff();
      default:
        return [];
    }
  }

  #whole({ message, error }: AssistantMessage): ContentEvent[] {
    if (message.model === SYNTHETIC) {
      this.#modelError = error;
      return [];
    }
    return message.content.flatMap((content) => {
      const open = this.#writer.open;
      if (open && message.id === this.#streamId && open.kind === kindOf(content)) {
        return [...this.#writer.append(missing(open.received, textOfBlock(content))), ...this.#writer.finish()];
      }
      const block = this.#block(content, message.id);
      return block
        ? [...this.#writer.start(block), ...this.#writer.append(textOfBlock(content)), ...this.#writer.finish()]
        : [];
    });
  }

  #block(content: { type: string; id?: string; name?: string }, messageId: string): Block | undefined {
    const kind = kindOf(content);
    if (kind === undefined) {
      return undefined;
    }
    this.#blocks += 1;
    return kind === 'tool'
      ? { kind, id: content.id ?? '', toolName: content.name ?? '' }
      : { kind, id: `${messageId}-${this.#blocks}` };
  }
}

function kindOf({ type }: { type: string }): Block['kind'] | undefined {
  const kinds: Record<string, Block['kind']> = { text: 'text', thinking: 'reasoning', tool_use: 'tool' };
  return kinds[type];
}

function textOfDelta(delta: ModelDelta): string {
  switch (delta.type) {
    case 'text_delta':
      return delta.text;
    case 'thinking_delta':
      return delta.thinking;
    case 'input_json_delta':
      return delta.partial_json;
    default:
      return '';
  }
}

function textOfBlock(content: ModelBlock): string {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'thinking':
      return content.thinking;
    case 'tool_use':
      return JSON.stringify(content.input);
    default:
      return '';
  }
}

/** What of `whole` was not streamed. Arguments of tools are streamed as the model spaced them, so they may differ. */
function missing(streamed: string, whole: string): string {
  return whole.startsWith(streamed) ? whole.slice(streamed.length) : '';
}

function toolResults(content: UserContent): ContentEvent[] {
  const blocks = typeof content === 'string' ? [] : content;
  return blocks.flatMap((block) => {
    if (block.type !== 'tool_result') {
      return [];
    }
    return {
      type: 'TOOL_CALL_RESULT',
      messageId: `${block.tool_use_id}-result`,
      toolCallId: block.tool_use_id,
      role: 'tool',
      content: shortened(textOfResult(block.content)),
      ...(block.is_error ? { metadata: { is_error: true } } : {}),
    };
  });
}

function textOfResult(content: ToolResult['content']): string {
  if (content === undefined || typeof content === 'string') {
    // The SDK marks its own refusals up for the model.
    return (content ?? '').replace(/^<tool_use_error>([\s\S]*)<\/tool_use_error>$/, '$1');
  }
  return content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n');
}

function shortened(text: string): string {
  const left = text.length - MAX_TOOL_RESULT_CHARACTERS;
  return left <= 0 ? text : `${text.slice(0, MAX_TOOL_RESULT_CHARACTERS)}\n… ${left} more characters are not shown`;
}
