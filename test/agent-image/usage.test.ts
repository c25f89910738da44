import {
  NOTHING_SPENT,
  NOTHING_SPLIT,
  roundTrips,
  SpendingMeter,
  spendingInTranscript,
  type SplitSpending,
} from '../../agent-image/src/usage';

type Result = Parameters<SpendingMeter['record']>[0];

function result(fields: object): Result {
  return { type: 'result', subtype: 'success', is_error: false, result: 'the answer', ...fields } as Result;
}

describe('the spending of a run', () => {
  const total = (inputTokens: number, outputTokens: number, cost: number): Result =>
    result({
      total_cost_usd: cost,
      modelUsage: {
        main: { inputTokens, outputTokens, cacheReadInputTokens: 5, cacheCreationInputTokens: 3, costUSD: cost - 0.1 },
        fast: { inputTokens: 1, outputTokens: 1, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUSD: 0.1 },
      },
    });

  it('is the sum over all models for the first run', () => {
    expect(new SpendingMeter().record(total(10, 20, 0.5)).total).toEqual({
      usage: { input_tokens: 11, output_tokens: 21, cache_read_tokens: 5, cache_write_tokens: 3 },
      cost_usd: 0.5,
    });
  });

  it('is what was added since the run before', () => {
    const meter = new SpendingMeter();
    meter.record(total(10, 20, 0.5));
    expect(meter.record(total(14, 21, 0.75)).total).toEqual({
      usage: { input_tokens: 4, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 },
      cost_usd: 0.25,
    });
  });

  it('is split by the models that were called since the run before', () => {
    const meter = new SpendingMeter();
    expect([...meter.record(total(10, 20, 0.5)).byModel]).toEqual([
      [
        'main',
        {
          usage: { input_tokens: 10, output_tokens: 20, cache_read_tokens: 5, cache_write_tokens: 3 },
          cost_usd: 0.4,
        },
      ],
      [
        'fast',
        { ...NOTHING_SPENT, usage: { ...NOTHING_SPENT.usage, input_tokens: 1, output_tokens: 1 }, cost_usd: 0.1 },
      ],
    ]);
    const usage = { ...NOTHING_SPENT.usage, input_tokens: 4, output_tokens: 1 };
    expect([...meter.record(total(14, 21, 0.75)).byModel]).toEqual([['main', { usage, cost_usd: 0.25 }]]);
  });

  it('is nothing for a failure that reports no figures, and forgets nothing', () => {
    const meter = new SpendingMeter();
    meter.record(total(10, 20, 0.5));
    const failed = meter.record(result({ total_cost_usd: 0, modelUsage: {} }));
    expect(failed).toEqual(NOTHING_SPLIT);
    expect(meter.record(total(12, 20, 0.5)).total).toMatchObject({ usage: { input_tokens: 2 }, cost_usd: 0 });
  });

  it('of a process that counts on from the one before it is what was added', () => {
    const before = counted({ input_tokens: 11, output_tokens: 21 }, 0.5);
    const spent = new SpendingMeter(before).record(total(14, 22, 0.75));
    expect(spent.total).toMatchObject({ usage: { input_tokens: 4, output_tokens: 2 }, cost_usd: 0.25 });
    expect(spent.byModel.get('main')).toMatchObject({ usage: { input_tokens: 3, output_tokens: 1 } });
  });

  it('of a process that counts from zero although something was kept is all that it counts', () => {
    const spent = new SpendingMeter(counted({ input_tokens: 500 }, 0.5)).record(total(10, 20, 0.1));
    expect(spent.total).toMatchObject({ usage: { input_tokens: 11 }, cost_usd: 0.1 });
    expect(spent.byModel.get('main')).toMatchObject({ usage: { input_tokens: 10 } });
  });
});

/** What a process before had counted, all of it of one model. */
function counted(tokens: Partial<SplitSpending['total']['usage']>, cost_usd: number): SplitSpending {
  const total = { usage: { ...NOTHING_SPENT.usage, ...tokens }, cost_usd };
  return { total, byModel: new Map([['main', total]]) };
}

describe('a transcript', () => {
  const state = (cost: number, inputTokens: number): string =>
    JSON.stringify({
      ...{ type: 'cost-state', sessionId: 's', totalCostUSD: cost },
      modelUsage: {
        main: { inputTokens, outputTokens: 2, cacheReadInputTokens: 3, cacheCreationInputTokens: 4, costUSD: cost },
      },
    });

  it('tells what its last process had counted', () => {
    const lines = [state(0.1, 10), '{"type":"user","message":"cost-state"}', state(0.2, 20), '{"type":"mode"}'];
    const usage = { input_tokens: 20, output_tokens: 2, cache_read_tokens: 3, cache_write_tokens: 4 };
    expect(spendingInTranscript(lines.join('\n'))).toEqual(counted(usage, 0.2));
  });

  it.each([
    ['is empty', ''],
    ['has no count', '{"type":"user"}\n'],
    ['was cut in its count', state(0.1, 10).slice(0, -5)],
  ])('that %s tells nothing', (_what, transcript) => {
    expect(spendingInTranscript(transcript)).toEqual(NOTHING_SPLIT);
  });
});

describe('the round trips of a run', () => {
  it('are what the SDK counts', () => {
    expect(roundTrips(result({ num_turns: 2 }), 2)).toBe(2);
  });

  it('leave out the one that the limit forbade', () => {
    expect(roundTrips(result({ subtype: 'error_max_turns', num_turns: 3 }), 2)).toBe(2);
  });

  it.each(['aborted_tools', 'aborted_streaming'])(
    'are the answers that were seen when the turn ended by %s',
    (reason) => {
      expect(roundTrips(result({ terminal_reason: reason, num_turns: 3 }), 1)).toBe(1);
    },
  );
});
