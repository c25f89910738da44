import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { Span, SpanAttributes } from './span.ts';

type AssistantMessage = Extract<SDKMessage, { type: 'assistant' }>;

/** What the SDK tells of the tokens of an answer; each part may come later than the others. */
interface Tokens {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
}

interface OpenAnswer {
  readonly id: string;
  readonly span: Span;
  model?: string;
  stopReason?: string;
  tokens: Tokens;
  /** When the last part of it came, in Unix milliseconds. */
  lastAt: number;
  error?: string;
}

/** Begins the span of an answer. `parent`: id of the call that a sub-agent answers for; undefined for the agent itself. */
export type StartAnswer = (parent: string | undefined, startedAt: number) => Span | undefined;

/** Model of messages that the SDK made up to say that a call of the model failed. */
const SYNTHETIC = '<synthetic>';

/**
 * The model's answers in the messages of the SDK, as spans. The SDK does not say when it asks the model: an answer begins when
 * the model could be asked for it, which is after the prompt or after the last result of a tool.
 */
export class AnswerSpans {
  readonly #start: StartAnswer;
  /** Of each agent at work: the agent itself is undefined. */
  readonly #open = new Map<string | undefined, OpenAnswer>();
  readonly #askedAt = new Map<string | undefined, number>();

  constructor(start: StartAnswer) {
    this.#start = start;
  }

  /** The agent has a prompt. */
  asked(): void {
    this.#askedAt.set(undefined, Date.now());
  }

  observe(message: SDKMessage): void {
    switch (message.type) {
      case 'system':
        if (message.subtype === 'status' && message.status === 'requesting') this.asked();
        break;
      case 'stream_event':
        this.#streamed(message);
        break;
      case 'assistant':
        this.#said(message);
        break;
      case 'user': {
        const parent = message.parent_tool_use_id ?? undefined;
        this.#end(parent);
        this.#askedAt.set(parent, Date.now());
      }
    }
  }

  /** Nothing more comes. */
  end(): void {
    for (const parent of [...this.#open.keys()]) this.#end(parent);
    this.#askedAt.clear();
  }

  #streamed({ event, parent_tool_use_id }: Extract<SDKMessage, { type: 'stream_event' }>): void {
    const parent = parent_tool_use_id ?? undefined;
    if (event.type === 'message_start') {
      const { id, model, usage } = event.message;
      const answer = this.#answer(parent, id);
      if (answer) Object.assign(answer, { model, tokens: { ...answer.tokens, ...known(usage) } });
    } else if (event.type === 'message_delta') {
      const answer = this.#open.get(parent);
      if (answer) {
        answer.tokens = { ...answer.tokens, ...known(event.usage) };
        answer.stopReason = event.delta.stop_reason ?? answer.stopReason;
      }
    } else if (event.type === 'message_stop') {
      const answer = this.#open.get(parent);
      if (answer) answer.lastAt = Date.now();
      this.#end(parent);
    }
  }

  /** Of sub-agents only whole parts of answers come; of the agent itself they come beside the stream. */
  #said({ message, parent_tool_use_id, error }: AssistantMessage): void {
    const answer = this.#answer(parent_tool_use_id ?? undefined, message.id);
    if (!answer) return;
    answer.lastAt = Date.now();
    answer.error = message.model === SYNTHETIC ? (error ?? 'unknown') : undefined;
    if (message.model !== SYNTHETIC) answer.model = message.model;
    answer.stopReason = message.stop_reason ?? answer.stopReason;
    // Of an answer that was going on when this part was made, the output is what was counted at its begin.
    const { output_tokens, ...read } = message.usage;
    const told = message.stop_reason === null ? read : { ...read, output_tokens };
    answer.tokens = { ...known(told), ...answer.tokens };
  }

  #answer(parent: string | undefined, id: string): OpenAnswer | undefined {
    const before = this.#open.get(parent);
    if (before?.id === id) return before;
    this.#end(parent);
    const now = Date.now();
    const span = this.#start(parent, this.#askedAt.get(parent) ?? now);
    if (!span) return undefined;
    const answer: OpenAnswer = { id, span, tokens: {}, lastAt: now };
    this.#open.set(parent, answer);
    return answer;
  }

  #end(parent: string | undefined): void {
    const answer = this.#open.get(parent);
    if (!answer) return;
    const { id, span, model, stopReason, tokens, lastAt, error } = answer;
    this.#open.delete(parent);
    this.#askedAt.set(parent, lastAt);
    const attributes = {
      'gen_ai.response.id': id,
      'gen_ai.response.model': model,
      'gen_ai.response.finish_reasons': stopReason === undefined ? undefined : [stopReason],
      ...tokenAttributes(tokens),
    };
    // The model of a sub-agent is not known before it answers.
    const name = parent !== undefined && model !== undefined ? { name: `chat ${model}` } : {};
    span.end({ attributes, error, endedAt: lastAt, ...name });
  }
}

/** By the conventions, tokens of the cache are among those that were read. */
export function tokenAttributes(tokens: Tokens): SpanAttributes {
  const { input_tokens: input, output_tokens: output } = tokens;
  const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = tokens;
  return {
    'gen_ai.usage.input_tokens': input == null ? undefined : input + (read ?? 0) + (written ?? 0),
    'gen_ai.usage.output_tokens': output ?? undefined,
    'gen_ai.usage.cache_read.input_tokens': read ?? undefined,
    'gen_ai.usage.cache_creation.input_tokens': written ?? undefined,
  };
}

/** What is told of tokens, without what is not. */
function known(usage: Tokens | null | undefined): Tokens {
  return Object.fromEntries(Object.entries(usage ?? {}).filter(([, value]) => typeof value === 'number'));
}
