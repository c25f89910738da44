import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { type ToolOutcome, UNKNOWN_TOOL } from './metric-definitions.ts';

type InitMessage = Extract<SDKMessage, { type: 'system'; subtype: 'init' }>;
type UserMessage = Extract<SDKMessage, { type: 'user' }>;

interface Call {
  readonly name: string;
  readonly since: number;
}

/** A call that has its result. */
export interface EndedToolCall {
  /** The SDK's. */
  readonly id: string;
  /** Of a set that is bounded. */
  readonly tool: string;
  readonly result: ToolOutcome;
  /** What it took, a wait for a permission included. */
  readonly ms: number;
}

export type OnToolCall = (call: EndedToolCall) => void;

/** The SDK lists the tool under one name and calls it by another. */
const LISTED_AS: Readonly<Record<string, string>> = { Agent: 'Task' };

/**
 * Tells of every call of a tool how it ended, from the messages of the SDK. A name that the model invented is told as
 * `unknown`, so that what a model writes cannot make names of metrics.
 */
export class ToolCallWatch {
  readonly #onCall: OnToolCall;
  readonly #now: () => number;
  readonly #calls = new Map<string, Call>();
  /** Ids of calls that something behind the tool did not allow. */
  readonly #denied = new Set<string>();
  /** Names of tools that exist. */
  readonly #known = new Set<string>();

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(onCall: OnToolCall, now = (): number => performance.now()) {
    this.#onCall = onCall;
    this.#now = now;
  }

  /** Takes that something behind the tool did not allow a call, by the SDK's id of it: the SDK takes it for an error. */
  denied(callId: string): void {
    this.#denied.add(callId);
  }

  observe(message: SDKMessage): void {
    if (message.type === 'system' && message.subtype === 'init') {
      this.#offered(message);
    } else if (message.type === 'assistant') {
      for (const block of message.message.content) {
        if (block.type === 'tool_use') this.#calls.set(block.id, { name: block.name, since: this.#now() });
      }
    } else if (message.type === 'user') {
      this.#resulted(message);
    } else if (message.type === 'result') {
      // What has no result now never gets one.
      this.#calls.clear();
      this.#denied.clear();
    }
  }

  #offered({ tools }: InitMessage): void {
    tools.forEach((name) => this.#known.add(name));
  }

  #resulted(message: UserMessage): void {
    const { content } = message.message;
    for (const block of typeof content === 'string' ? [] : content) {
      const call = block.type === 'tool_result' ? this.#calls.get(block.tool_use_id) : undefined;
      if (block.type !== 'tool_result' || !call) continue;
      this.#calls.delete(block.tool_use_id);
      const isDenied = this.#denied.has(block.tool_use_id);
      const outcome = block.is_error ? (isDenied ? 'denied' : failure(message, block.tool_use_id)) : 'success';
      // The tools of a server that was slow to connect are not in the list, but one that answers does exist.
      if (outcome === 'success') this.#known.add(call.name);
      const exists = this.#known.has(LISTED_AS[call.name] ?? call.name) || this.#known.has(call.name);
      const tool = exists ? call.name : UNKNOWN_TOOL;
      this.#onCall({ id: block.tool_use_id, tool, result: outcome, ms: Math.round(this.#now() - call.since) });
    }
  }
}

/** Why a call did not run, in the SDK's words, when somebody or a rule did not want it. */
const DENIALS: readonly string[] = ['permission-rule', 'user-rejected'];

/** The SDK notes why a call did not run beside its result; its declarations leave that out. */
function failure(message: UserMessage, callId: string): ToolOutcome {
  const { tool_result_meta: notes } = message as { readonly tool_result_meta?: readonly ResultNote[] };
  const note = notes?.find(({ id }) => id === callId);
  const kind = note?.non_execution_kind;
  const isDenied = note?.permission_decision?.decision === 'reject' || (kind !== undefined && DENIALS.includes(kind));
  return isDenied ? 'denied' : 'error';
}

interface ResultNote {
  readonly id: string;
  readonly non_execution_kind?: string;
  readonly permission_decision?: { readonly decision: string };
}
