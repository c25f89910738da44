import { type AnswerEvent, MAX_TOOL_RESULT_CHARACTERS, type MessageRetracted } from '../protocol.ts';

/** A part of the model's answer: text, reasoning, or the call of a tool. */
export interface Block {
  readonly kind: 'text' | 'reasoning' | 'tool';
  /** Id of the message, or of the tool call. */
  readonly id: string;
  /** Name of the tool. */
  readonly toolName?: string;
}

interface OpenBlock extends Block {
  /** Everything received of it. */
  received: string;
  /** Id under which it is shown; undefined until its start was told. */
  shownAs: string | undefined;
}

interface BrokenText {
  readonly id: string;
  readonly text: string;
}

/**
 * Tells the blocks of an answer as events, one block after the other.
 *
 * When the model's stream breaks, the answer starts anew. Text that was shown stays open: if the new answer begins
 * with it, it simply goes on; if it is another one, what was shown is retracted.
 */
export class BlockWriter {
  #open: OpenBlock | undefined;
  #broken: BrokenText | undefined;

  /** The block being written, with everything received of it. */
  get open(): (Block & { readonly received: string }) | undefined {
    return this.#open;
  }

  start(block: Block): AnswerEvent[] {
    const events = this.breakOff();
    this.#open = { ...block, received: '', shownAs: undefined };
    return [...events, ...(block.kind === 'tool' ? begin(this.#open) : [])];
  }

  append(text: string): AnswerEvent[] {
    const open = this.#open;
    if (!open || text === '') {
      return [];
    }
    const received = open.received.length;
    open.received += text;
    if (open.kind === 'text' && this.#broken) {
      return this.#repeat(open, this.#broken);
    }
    const shown = open.kind === 'tool' ? text.slice(0, Math.max(0, MAX_TOOL_RESULT_CHARACTERS - received)) : text;
    return [...begin(open), ...(shown === '' ? [] : [content(open, shown)])];
  }

  /** The open block is whole. */
  finish(): AnswerEvent[] {
    const open = this.#open;
    this.#open = undefined;
    if (!open) {
      return [];
    }
    const saysLess = open.kind === 'text' && open.received !== '' && open.shownAs === undefined;
    return [...(saysLess && this.#broken ? this.#replace(open, this.#broken) : []), ...ends(open)];
  }

  /** The open block, if there is one, will never be whole. */
  breakOff(): AnswerEvent[] {
    const open = this.#open;
    this.#open = undefined;
    if (open?.shownAs === undefined) {
      return [];
    }
    if (open.kind === 'text') {
      this.#broken = { id: open.shownAs, text: open.received };
      return [];
    }
    return [...ends(open), retracted(open.kind === 'tool' ? { toolCallId: open.id } : { messageId: open.shownAs })];
  }

  /**
   * Nothing more comes.
   *
   * @param answered whether the run has its answer; if not, broken text is all there is, and stays
   */
  end(answered: boolean): AnswerEvent[] {
    const events = this.breakOff();
    const broken = this.#broken;
    this.#broken = undefined;
    return broken ? [...events, ...endBroken(broken, answered)] : events;
  }

  #repeat(open: OpenBlock, broken: BrokenText): AnswerEvent[] {
    if (open.received.length < broken.text.length && broken.text.startsWith(open.received)) {
      return [];
    }
    if (!open.received.startsWith(broken.text)) {
      return this.#replace(open, broken);
    }
    this.#broken = undefined;
    open.shownAs = broken.id;
    const rest = open.received.slice(broken.text.length);
    return rest === '' ? [] : [content(open, rest)];
  }

  #replace(open: OpenBlock, broken: BrokenText): AnswerEvent[] {
    this.#broken = undefined;
    return [...endBroken(broken, true), ...begin(open), content(open, open.received)];
  }
}

/** Starts are told with the first content, because the SDK also announces blocks that stay empty. */
function begin(open: OpenBlock): AnswerEvent[] {
  if (open.shownAs !== undefined) {
    return [];
  }
  const messageId = (open.shownAs = open.id);
  switch (open.kind) {
    case 'text':
      return [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }];
    case 'reasoning':
      return [
        { type: 'REASONING_START', messageId },
        { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' },
      ];
    case 'tool':
      return [{ type: 'TOOL_CALL_START', toolCallId: open.id, toolCallName: open.toolName ?? '' }];
  }
}

function content(open: OpenBlock, delta: string): AnswerEvent {
  const messageId = open.shownAs ?? open.id;
  switch (open.kind) {
    case 'text':
      return { type: 'TEXT_MESSAGE_CONTENT', messageId, delta };
    case 'reasoning':
      return { type: 'REASONING_MESSAGE_CONTENT', messageId, delta };
    case 'tool':
      return { type: 'TOOL_CALL_ARGS', toolCallId: open.id, delta };
  }
}

function ends(open: OpenBlock): AnswerEvent[] {
  const messageId = open.shownAs;
  if (messageId === undefined) {
    return [];
  }
  switch (open.kind) {
    case 'text':
      return [{ type: 'TEXT_MESSAGE_END', messageId }];
    case 'reasoning':
      return [
        { type: 'REASONING_MESSAGE_END', messageId },
        { type: 'REASONING_END', messageId },
      ];
    case 'tool': {
      const omitted = open.received.length - MAX_TOOL_RESULT_CHARACTERS;
      const metadata = omitted > 0 ? { metadata: { omitted_characters: omitted } } : {};
      return [{ type: 'TOOL_CALL_END', toolCallId: open.id, ...metadata }];
    }
  }
}

function endBroken({ id }: BrokenText, isVoid: boolean): AnswerEvent[] {
  return [{ type: 'TEXT_MESSAGE_END', messageId: id }, ...(isVoid ? [retracted({ messageId: id })] : [])];
}

function retracted(value: MessageRetracted['value']): AnswerEvent {
  return { type: 'CUSTOM', name: 'message.retracted', value };
}
