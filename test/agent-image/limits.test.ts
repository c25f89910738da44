import { LimitMeter } from '../../agent-image/src/limits';

describe('the limits of a session', () => {
  it('that are not set let everything through', () => {
    const meter = new LimitMeter({});
    meter.record({ cost_usd: 1e6, turns: 1e6 });
    expect(meter.exceeded()).toBeUndefined();
    expect(meter.launchOptions()).toEqual({});
    expect(meter.isOutdated({})).toBe(false);
  });

  it.each([
    ['the budget', { budgetUsd: 1 }, { cost_usd: 1, turns: 0 }, 'BUDGET_EXCEEDED'],
    ['the round trips', { turns: 3 }, { cost_usd: 0, turns: 3 }, 'TURN_LIMIT_REACHED'],
    ['both', { budgetUsd: 1, turns: 3 }, { cost_usd: 2, turns: 4 }, 'BUDGET_EXCEEDED'],
  ] as const)('forbid the next run when %s are used up', (_what, limits, used, code) => {
    const meter = new LimitMeter(limits);
    expect(meter.exceeded()).toBeUndefined();
    meter.record(used);
    expect(meter.exceeded()).toBe(code);
  });

  it('add up over the runs', () => {
    const meter = new LimitMeter({ budgetUsd: 1, turns: 5 });
    meter.record({ cost_usd: 0.25, turns: 2 });
    meter.record({ cost_usd: 0.25, turns: 1 });
    expect(meter.used).toEqual({ cost_usd: 0.5, turns: 3 });
    expect(meter.exceeded()).toBeUndefined();
    expect(meter.launchOptions()).toEqual({ maxBudgetUsd: 0.5, maxTurns: 2 });
  });

  it('go on with what earlier containers of the session used', () => {
    const meter = new LimitMeter({ budgetUsd: 1, turns: 5 }, { cost_usd: 0.75, turns: 5 });
    expect(meter.exceeded()).toBe('TURN_LIMIT_REACHED');
    expect(new LimitMeter({ budgetUsd: 1 }, { cost_usd: 0.75, turns: 5 }).launchOptions()).toEqual({
      maxBudgetUsd: 0.25,
    });
  });

  it('make a process outdated whose next prompt could have more round trips than are left', () => {
    const meter = new LimitMeter({ budgetUsd: 1, turns: 5 });
    const options = meter.launchOptions();
    expect(meter.isOutdated(options)).toBe(false);
    meter.record({ cost_usd: 0.25, turns: 0 });
    expect(meter.isOutdated(options)).toBe(false);
    meter.record({ cost_usd: 0, turns: 1 });
    expect(meter.isOutdated(options)).toBe(true);
    expect(meter.isOutdated(meter.launchOptions())).toBe(false);
  });
});
