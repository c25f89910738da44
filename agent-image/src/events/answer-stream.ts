import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { AnswerEvent } from '../protocol.ts';
import { type Block, BlockWriter } from './block-writer.ts';

type ModelEvent = Extract<SDKMessage, { type: 'stream_event' }>['event'];
type ModelDelta = Extract<ModelEvent, { type: 'content_block_delta' }>['delta'];
type ModelMessage = Extract<SDKMessage, { type: 'assistant' }>['message'];
type ModelBlock = ModelMessage['content'][number];

/**
 * What one model conversation says: the agent's own, or that of a sub-agent.
 *
 * What the model streams counts only when the SDK repeats the block whole, as an `assistant` message that comes before
 * the stop of the block. A block that stops without one belongs to a stream that broke.
 */
export class AnswerStream {
  readonly #writer = new BlockWriter();
  readonly #idPrefix: string;
  #streamId = '';
  #blocks = 0;

  /** `idPrefix`: keeps the ids of its messages apart from those of other streams. */
  constructor(idPrefix = '') {
    this.#idPrefix = idPrefix;
  }

  streamed(event: ModelEvent): AnswerEvent[] {
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

  whole(message: ModelMessage): AnswerEvent[] {
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

  /** Ends what is open. `answered`: nothing is missing, so what broke off is void. */
  end(answered: boolean): AnswerEvent[] {
    return this.#writer.end(answered);
  }

  #block(content: { type: string; id?: string; name?: string }, messageId: string): Block | undefined {
    const kind = kindOf(content);
    if (kind === undefined) {
      return undefined;
    }
    this.#blocks += 1;
    return kind === 'tool'
      ? { kind, id: content.id ?? '', toolName: content.name ?? '' }
      : { kind, id: `${this.#idPrefix}${messageId}-${this.#blocks}` };
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
