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

/** Of each model that was called, by the id it was called by: that of sub-agents and of background calls may be another. */
export type SpendingByModel = ReadonlyMap<string, Spending>;

export interface SplitSpending {
  readonly total: Spending;
  /** Models of which nothing was spent are left out. */
  readonly byModel: SpendingByModel;
}

export const NOTHING_SPLIT: SplitSpending = { total: NOTHING_SPENT, byModel: new Map() };

/** What the SDK counts of one model. */
interface ModelTokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  /** US dollars. */
  readonly costUSD: number;
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
export function spendingInTranscript(transcript: string): SplitSpending {
  const line = transcript.split('\n').findLast((text) => text.startsWith('{"type":"cost-state"'));
  const state = line === undefined ? undefined : costState(line);
  return state ? spending(state.modelUsage, state.totalCostUSD) : NOTHING_SPLIT;
}

/** Tells what each run of one agent process spent: the SDK reports totals. */
export class SpendingMeter {
  #counted: SplitSpending;

  /** `before`: where the process begins to count, see {@link spendingInTranscript}. */
  constructor(before = NOTHING_SPLIT) {
    this.#counted = before;
  }

  /** What was spent since the result before. */
  record(result: SDKResultMessage): SplitSpending {
    // All model calls of the process: background calls are in it, unlike in `result.usage`.
    const counted = spending(result.modelUsage, result.total_cost_usd);
    const { total } = counted;
    if (total.cost_usd === 0 && total.usage.input_tokens === 0) {
      // Results of a process that fails at its start are all zero and say nothing about what was spent before.
      return NOTHING_SPLIT;
    }
    // Totals never shrink, so a smaller one was counted from zero.
    const isFromZero = total.usage.input_tokens < this.#counted.total.usage.input_tokens;
    const before = isFromZero ? NOTHING_SPLIT : this.#counted;
    this.#counted = counted;
    const byModel = [...counted.byModel].map(
      ([model, spent]) => [model, difference(before.byModel.get(model) ?? NOTHING_SPENT, spent)] as const,
    );
    return {
      total: difference(before.total, total),
      byModel: new Map(byModel.filter(([, spent]) => spent.cost_usd > 0 || tokensOf(spent) > 0)),
    };
  }
}

/** Tokens of all kinds. */
export function tokensOf({ usage }: Pick<Spending, 'usage'>): number {
  return usage.input_tokens + usage.output_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
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

function spending(modelUsage: Readonly<Record<string, ModelTokens>>, cost_usd: number): SplitSpending {
  const byModel = new Map(Object.entries(modelUsage).map(([model, counted]) => [model, spendingOf(counted)]));
  const sum = (kind: keyof RunUsage): number =>
    [...byModel.values()].reduce((total, { usage }) => total + usage[kind], 0);
  const usage = {
    input_tokens: sum('input_tokens'),
    output_tokens: sum('output_tokens'),
    cache_read_tokens: sum('cache_read_tokens'),
    cache_write_tokens: sum('cache_write_tokens'),
  };
  return { total: { usage, cost_usd }, byModel };
}

function spendingOf(counted: ModelTokens): Spending {
  return {
    usage: {
      input_tokens: counted.inputTokens,
      output_tokens: counted.outputTokens,
      cache_read_tokens: counted.cacheReadInputTokens,
      cache_write_tokens: counted.cacheCreationInputTokens,
    },
    cost_usd: counted.costUSD,
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
