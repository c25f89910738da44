import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { ContentEvent, Interrupt, SubagentEvent } from '../protocol.ts';

type SystemMessage = Extract<SDKMessage, { type: 'system' }>;
type TaskStarted = Extract<SystemMessage, { subtype: 'task_started' }>;
type Started = Extract<SubagentEvent, { type: 'SUBAGENT_STARTED' }>;

/** What a person reads of a sub-agent that did not finish; the result of its call says more. */
const ENDINGS = {
  failed: 'The sub-agent could not finish its work.',
  stopped: 'The sub-agent was stopped.',
} as const;

/**
 * The sub-agents of a turn. Each is known by the id of the tool call that started it, which is also what the SDK gives
 * with every message of it.
 */
export class SubAgents {
  readonly #active = new Map<string, Started>();
  /** Every one that was begun: AG-UI lets none begin twice. */
  readonly #known = new Set<string>();
  /** Those that were active when the last run of the turn ended with a question. */
  #suspended: readonly Started[] = [];
  /** Which sub-agent made a tool call; calls of the agent itself are not in it. */
  readonly #callers = new Map<string, string>();

  /** Notes that a sub-agent called a tool. */
  called(toolCallId: string, subagentRunId: string): void {
    this.#callers.set(toolCallId, subagentRunId);
  }

  started({ tool_use_id, subagent_type, description }: TaskStarted): ContentEvent[] {
    if (tool_use_id === undefined || subagent_type === undefined || this.#known.has(tool_use_id)) {
      return [];
    }
    const parent = this.#callers.get(tool_use_id);
    const event: Started = {
      ...{ type: 'SUBAGENT_STARTED', subagentRunId: tool_use_id, name: subagent_type, description },
      parentToolCallId: tool_use_id,
      ...(parent !== undefined && this.#active.has(parent) && { parentSubagentRunId: parent }),
    };
    this.#known.add(tool_use_id);
    this.#active.set(tool_use_id, event);
    return [event];
  }

  ended(subagentRunId: string | undefined, status: 'completed' | keyof typeof ENDINGS): ContentEvent[] {
    if (subagentRunId === undefined || !this.#active.delete(subagentRunId)) {
      return [];
    }
    return status === 'completed'
      ? [{ type: 'SUBAGENT_FINISHED', subagentRunId, outcome: { type: 'success' } }]
      : [{ type: 'SUBAGENT_ERROR', subagentRunId, message: ENDINGS[status] }];
  }

  /** The turn is over, and what is still active with it; inner ones first. */
  end(): ContentEvent[] {
    return [...this.#active.keys()].reverse().flatMap((id) => this.ended(id, 'stopped'));
  }

  /** The run ends with questions, but the turn does not. */
  suspend(interrupts: readonly Interrupt[]): ContentEvent[] {
    this.#suspended = [...this.#active.values()];
    return this.#suspended.toReversed().map(({ subagentRunId }) => {
      const own = interrupts.filter(({ toolCallId }) => this.#callers.get(toolCallId) === subagentRunId);
      const interruptIds = own.map(({ id }) => id);
      const outcome = { type: 'suspended' as const, ...(interruptIds.length > 0 && { interruptIds }) };
      return { type: 'SUBAGENT_FINISHED', subagentRunId, outcome };
    });
  }

  /** The next run of the turn begins. */
  proceed(): ContentEvent[] {
    const suspended = this.#suspended;
    this.#suspended = [];
    return [...suspended];
  }
}
