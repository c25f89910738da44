import type { SDKMessage, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type { RunUsage } from './protocol.ts';

/** Tokens and estimated cost in US dollars. */
export interface Spending {
  readonly usage: RunUsage;
  readonly cost_usd: number;
}

export const NOTHING_SPENT: Spending = {
  usage: { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 },
  cost_usd: 0,
};

/** What the SDK counts of one model. */
interface ModelTokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
}

/** The line that an agent process writes into the transcript when it ends in peace; the next one counts on from it. */
interface CostState {
  readonly type: 'cost-state';
  readonly totalCostUSD: number;
  readonly modelUsage: Readonly<Record<string, ModelTokens>>;
}

/**
 * What a process that resumes a conversation begins to count at: the totals that are kept in its transcript, or nothing
 * when the process before it did not end in peace.
 */
export function spendingInTranscript(transcript: string): Spending {
  const line = transcript.split('\n').findLast((text) => text.startsWith('{"type":"cost-state"'));
  const state = line === undefined ? undefined : costState(line);
  return state ? spending(state.modelUsage, state.totalCostUSD) : NOTHING_SPENT;
}

/** Tells what each run of one agent process spent: the SDK reports totals. */
export class SpendingMeter {
  #total: Spending;

  /** `before`: where the process begins to count, see {@link spendingInTranscript}. */
  constructor(before = NOTHING_SPENT) {
    this.#total = before;
  }

  /** What was spent since the result before. */
  record(result: SDKResultMessage): Spending {
    // All model calls of the process: background calls are in it, unlike in `result.usage`.
    const total = spending(result.modelUsage, result.total_cost_usd);
    if (total.cost_usd === 0 && total.usage.input_tokens === 0) {
      // Results of a process that fails at its start are all zero and say nothing about what was spent before.
      return NOTHING_SPENT;
    }
    // Totals never shrink, so a smaller one was counted from zero.
    const before = total.usage.input_tokens < this.#total.usage.input_tokens ? NOTHING_SPENT : this.#total;
    this.#total = total;
    return difference(before, total);
  }
}

/**
 * Round trips of a turn between model and tools; those of sub-agents are not among them. The SDK counts one that its
 * limit forbade, and more than there were when the turn was interrupted.
 *
 * @param answers how many answers of the model were seen
 */
export function roundTrips({ subtype, num_turns, terminal_reason }: SDKResultMessage, answers: number): number {
  if (terminal_reason === 'aborted_tools' || terminal_reason === 'aborted_streaming') {
    return answers;
  }
  return subtype === 'error_max_turns' ? num_turns - 1 : num_turns;
}

/** The id of the model's answer that a message begins or holds; undefined for any other, and for those of sub-agents. */
export function answerId(message: SDKMessage): string | undefined {
  if (message.type === 'stream_event' && message.parent_tool_use_id === null) {
    return message.event.type === 'message_start' ? message.event.message.id : undefined;
  }
  const isAnswer = message.type === 'assistant' && message.parent_tool_use_id === null;
  return isAnswer && message.message.model !== '<synthetic>' ? message.message.id : undefined;
}

function costState(line: string): CostState | undefined {
  try {
    return JSON.parse(line) as CostState;
  } catch {
    // The line of a process that was killed while it wrote.
    return undefined;
  }
}

function spending(modelUsage: Readonly<Record<string, ModelTokens>>, cost_usd: number): Spending {
  const models = Object.values(modelUsage);
  const sum = (tokens: (model: ModelTokens) => number): number =>
    models.reduce((total, model) => total + tokens(model), 0);
  return {
    usage: {
      input_tokens: sum((model) => model.inputTokens),
      output_tokens: sum((model) => model.outputTokens),
      cache_read_tokens: sum((model) => model.cacheReadInputTokens),
      cache_write_tokens: sum((model) => model.cacheCreationInputTokens),
    },
    cost_usd,
  };
}

function difference({ usage: from, cost_usd }: Spending, { usage: to, ...after }: Spending): Spending {
  return {
    usage: {
      input_tokens: to.input_tokens - from.input_tokens,
      output_tokens: to.output_tokens - from.output_tokens,
      cache_read_tokens: to.cache_read_tokens - from.cache_read_tokens,
      cache_write_tokens: to.cache_write_tokens - from.cache_write_tokens,
    },
    cost_usd: after.cost_usd - cost_usd,
  };
}
