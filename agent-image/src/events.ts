import type { SDKAssistantMessageError, SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { AnswerStream } from './events/answer-stream.ts';
import { Plan } from './events/plan.ts';
import { SubAgents } from './events/sub-agents.ts';
import { resultEvent, toolResultsOf, type UserMessage } from './events/tool-results.ts';
import type { AnswerEvent, ContentEvent, Interrupt, StatePatch } from './protocol.ts';

export { Plan } from './events/plan.ts';

type AssistantMessage = Extract<SDKMessage, { type: 'assistant' }>;
type SystemMessage = Extract<SDKMessage, { type: 'system' }>;

/** Model name of the messages that the SDK writes itself, for example to report a failure of the model. */
const SYNTHETIC = '<synthetic>';

/**
 * Turns the messages of one turn of the SDK into AG-UI events. Pure: one instance a turn, no input or output. The
 * events are well-formed within each run that tells them: what is begun is ended.
 */
export class RunTranslator {
  readonly #plan: Plan;
  /** Whether this run has told the plan whole, so that changes can be told as such. */
  #planTold = false;
  readonly #own = new AnswerStream();
  /** By the sub-agent's id; their messages come interleaved with each other and with the agent's own. */
  readonly #ofSubAgents = new Map<string, AnswerStream>();
  readonly #subAgents = new SubAgents();
  #modelError: SDKAssistantMessageError | undefined;

  /** `plan`: of the session; a plan of its own by default. */
  constructor(plan = new Plan()) {
    this.#plan = plan;
  }

  /** The last failure of the model that the SDK reported; those of sub-agents are results of their calls. */
  get modelError(): SDKAssistantMessageError | undefined {
    return this.#modelError;
  }

  translate(message: SDKMessage): ContentEvent[] {
    switch (message.type) {
      case 'stream_event':
        return this.#attributed(message.parent_tool_use_id, (stream) => stream.streamed(message.event));
      case 'assistant':
        return this.#said(message);
      case 'user':
        return this.#resulted(message);
      case 'system':
        return this.#told(message);
      default:
        return [];
    }
  }

  /**
   * Ends the run, but not the turn: `interrupts` have to be answered first. What comes before {@link proceed} belongs
   * to the next run.
   */
  suspend(interrupts: readonly Interrupt[]): ContentEvent[] {
    return [...this.#own.end(false), ...this.#endStreams(false), ...this.#subAgents.suspend(interrupts)];
  }

  /** Begins the next run of the turn, before everything that came in between. */
  proceed(): ContentEvent[] {
    this.#planTold = false;
    return this.#subAgents.proceed();
  }

  /** Ends what is open, after the last message of the turn. `answered`: the turn has its answer. */
  end(answered: boolean): ContentEvent[] {
    return [...this.#own.end(answered), ...this.#endStreams(answered), ...this.#subAgents.end()];
  }

  #said({ message, error, parent_tool_use_id: parent }: AssistantMessage): ContentEvent[] {
    if (message.model === SYNTHETIC) {
      this.#modelError = parent === null ? error : this.#modelError;
      return [];
    }
    for (const block of message.content) {
      if (block.type !== 'tool_use') continue;
      this.#plan.called(block.id, block.name, block.input);
      if (parent !== null) this.#subAgents.called(block.id, parent);
    }
    return this.#attributed(parent, (stream) => stream.whole(message));
  }

  #resulted(message: UserMessage): ContentEvent[] {
    const results = toolResultsOf(message);
    return results.flatMap((result) => [
      ...this.#subAgents.ended(result.tool_use_id, result.is_error ? 'failed' : 'completed'),
      ...this.#attributed(message.parent_tool_use_id, () => [resultEvent(result)]),
      // The structured result does not say whose it is.
      ...(results.length === 1 ? this.#planned(this.#plan.resulted(result.tool_use_id, message.tool_use_result)) : []),
    ]);
  }

  #told(message: SystemMessage): ContentEvent[] {
    switch (message.subtype) {
      case 'task_started':
        return this.#subAgents.started(message);
      case 'task_notification':
        return this.#subAgents.ended(message.tool_use_id, message.status);
      case 'api_retry': {
        const { attempt, max_retries, retry_delay_ms } = message;
        const value = { attempt, max: max_retries, wait_ms: Math.round(retry_delay_ms) };
        return [{ type: 'CUSTOM', name: 'model.retry', value }];
      }
      case 'compact_boundary': {
        const { pre_tokens, post_tokens } = message.compact_metadata;
        const value = { tokens_before: pre_tokens, ...(post_tokens !== undefined && { tokens_after: post_tokens }) };
        return [{ type: 'CUSTOM', name: 'context.compacted', value }];
      }
      default:
        return [];
    }
  }

  #planned(changes: readonly StatePatch[]): ContentEvent[] {
    if (changes.length === 0) {
      return [];
    }
    if (this.#planTold) {
      return [{ type: 'STATE_DELTA', delta: changes }];
    }
    this.#planTold = true;
    return [{ type: 'STATE_SNAPSHOT', snapshot: this.#plan.state }];
  }

  #attributed(subAgent: string | null, tell: (stream: AnswerStream) => AnswerEvent[]): ContentEvent[] {
    if (subAgent === null) {
      return tell(this.#own);
    }
    const stream = this.#ofSubAgents.get(subAgent) ?? new AnswerStream(`${subAgent}-`);
    this.#ofSubAgents.set(subAgent, stream);
    return tell(stream).map((event) => ({ ...event, subagentRunId: subAgent }));
  }

  #endStreams(answered: boolean): ContentEvent[] {
    return [...this.#ofSubAgents.keys()].flatMap((id) => this.#attributed(id, (stream) => stream.end(answered)));
  }
}
