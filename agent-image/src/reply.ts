import type { AgentEvent, OauthRequired, RunInterrupted, ToolCallRecord } from './protocol.ts';

interface Call {
  readonly id: string;
  readonly name: string;
  arguments: string;
  omitted_characters?: number;
  result?: string;
  is_error?: true;
}

/** Folds the events of a run into what a caller who does not stream is told of its content. */
export class ReplyCollector {
  #texts: { readonly id: string; text: string }[] = [];
  #calls: Call[] = [];
  #interruptedRun: RunInterrupted['value'] | undefined;
  /** By the names of connections: a later link takes the place of an earlier one. */
  readonly #links = new Map<string, OauthRequired['value']>();

  add(event: AgentEvent): void {
    if ('subagentRunId' in event) {
      // What a sub-agent does is told to who streams; the reply has the result of its call.
      return;
    }
    switch (event.type) {
      case 'TEXT_MESSAGE_START':
        this.#texts.push({ id: event.messageId, text: '' });
        break;
      case 'TEXT_MESSAGE_CONTENT':
        for (const message of this.#texts.filter(({ id }) => id === event.messageId)) {
          message.text += event.delta;
        }
        break;
      case 'TOOL_CALL_START':
        this.#calls.push({ id: event.toolCallId, name: event.toolCallName, arguments: '' });
        break;
      case 'TOOL_CALL_ARGS':
        this.#call(event.toolCallId, (call) => (call.arguments += event.delta));
        break;
      case 'TOOL_CALL_END':
        this.#call(event.toolCallId, (call) => Object.assign(call, event.metadata));
        break;
      case 'TOOL_CALL_RESULT':
        this.#texts = [];
        this.#call(event.toolCallId, (call) => Object.assign(call, { result: event.content, ...event.metadata }));
        break;
      case 'CUSTOM':
        if (event.name === 'message.retracted') {
          this.#retract(event.value);
        } else if (event.name === 'run.interrupted') {
          this.#interruptedRun = event.value;
        } else if (event.name === 'oauth.required') {
          this.#links.set(event.value.connection, event.value);
        }
        break;
      default:
        break;
    }
  }

  /** Goes on where a run ended with a question: its calls have no result yet. */
  carryOn({ content }: ReplyCollector): void {
    this.#calls.push(...content.tool_calls.filter(({ result }) => result === undefined).map((call) => ({ ...call })));
  }

  /** The text after the last tool result, and every tool call. */
  get content(): { response: string; tool_calls: ToolCallRecord[] } {
    return { response: this.#texts.map(({ text }) => text).join('\n\n'), tool_calls: this.#calls };
  }

  /** The run that a container before this one did not finish. */
  get interruptedRun(): RunInterrupted['value'] | undefined {
    return this.#interruptedRun;
  }

  /** Accounts that the person has to link first. */
  get links(): readonly OauthRequired['value'][] {
    return [...this.#links.values()];
  }

  #call(id: string, change: (call: Call) => void): void {
    this.#calls.filter((call) => call.id === id).forEach(change);
  }

  #retract(value: { messageId: string } | { toolCallId: string }): void {
    if ('messageId' in value) {
      this.#texts = this.#texts.filter(({ id }) => id !== value.messageId);
    } else {
      this.#calls = this.#calls.filter(({ id }) => id !== value.toolCallId);
    }
  }
}
