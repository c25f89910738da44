import type { Options } from '@anthropic-ai/claude-agent-sdk';

/** What a session may use, all its containers together; what is missing has no limit. */
export interface SessionLimits {
  /** US dollars, by the SDK's estimate from list prices; sub-agents and background calls included. */
  readonly budgetUsd?: number;
  /** Round trips between model and tools, those of sub-agents not included. */
  readonly turns?: number;
}

/** What a session has used of its limits. */
export interface Used {
  readonly cost_usd: number;
  readonly turns: number;
}

/** The options of `query()` that hold a limit. */
export type LimitOptions = Pick<Options, 'maxBudgetUsd' | 'maxTurns'>;

export type LimitCode = 'BUDGET_EXCEEDED' | 'TURN_LIMIT_REACHED';

/**
 * Counts what a session uses. The SDK stops a process that goes over its options, in the middle of a turn too; as it
 * knows neither what was used before the process nor, for round trips, before the prompt, this says what is left.
 *
 * The call of the model that goes over the budget has been made when it is seen: a session spends at most one call
 * more than its budget, and with parallel sub-agents one call of each.
 */
export class LimitMeter {
  readonly #limits: SessionLimits;
  #used: Used;

  /** `usedBefore`: by the session's earlier containers. */
  constructor(limits: SessionLimits, usedBefore: Used = { cost_usd: 0, turns: 0 }) {
    this.#limits = limits;
    this.#used = usedBefore;
  }

  get used(): Used {
    return this.#used;
  }

  record({ cost_usd, turns }: Used): void {
    this.#used = { cost_usd: this.#used.cost_usd + cost_usd, turns: this.#used.turns + turns };
  }

  /** What forbids the next run; undefined while there is something left of every limit. */
  exceeded(): LimitCode | undefined {
    const { budgetUsd = Infinity, turns = Infinity } = this.#limits;
    if (this.#used.cost_usd >= budgetUsd) return 'BUDGET_EXCEEDED';
    return this.#used.turns >= turns ? 'TURN_LIMIT_REACHED' : undefined;
  }

  /** Options of a process that starts now. Only valid while nothing is {@link exceeded}: the SDK takes no zero. */
  launchOptions(): LimitOptions {
    const { budgetUsd, turns } = this.#limits;
    return {
      ...(budgetUsd !== undefined && { maxBudgetUsd: budgetUsd - this.#used.cost_usd }),
      ...(turns !== undefined && { maxTurns: turns - this.#used.turns }),
    };
  }

  /**
   * Whether a process that was started with `options` would let the next prompt go over a limit, so that a new one has
   * to take its place: the SDK counts the cost from the start of the process, but round trips for each prompt anew.
   */
  isOutdated({ maxTurns }: LimitOptions): boolean {
    const { turns } = this.#limits;
    return turns !== undefined && (maxTurns === undefined || maxTurns > turns - this.#used.turns);
  }
}
