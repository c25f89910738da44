import type { SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
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

/** Tells what each run of one agent process spent: the SDK reports what the process has spent since its start. */
export class SpendingMeter {
  #total = NOTHING_SPENT;

  /** What was spent since the result before. */
  record(result: SDKResultMessage): Spending {
    const total = totalSpending(result);
    if (total.cost_usd === 0 && total.usage.input_tokens === 0) {
      // Results of a process that fails at its start are all zero and say nothing about what was spent before.
      return NOTHING_SPENT;
    }
    const before = this.#total;
    this.#total = total;
    return difference(before, total);
  }
}

/** All model calls of the process: background calls are in it, unlike in `result.usage`. */
function totalSpending(result: SDKResultMessage): Spending {
  const models = Object.values(result.modelUsage);
  const sum = (tokens: (model: (typeof models)[number]) => number): number =>
    models.reduce((total, model) => total + tokens(model), 0);
  return {
    usage: {
      input_tokens: sum((model) => model.inputTokens),
      output_tokens: sum((model) => model.outputTokens),
      cache_read_tokens: sum((model) => model.cacheReadInputTokens),
      cache_write_tokens: sum((model) => model.cacheCreationInputTokens),
    },
    cost_usd: result.total_cost_usd,
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
