import { endingOf } from '../../agent-image/src/run-ending';
import { SpendingMeter } from '../../agent-image/src/usage';

type Result = Parameters<typeof endingOf>[0];

function result(fields: object): Result {
  return { type: 'result', subtype: 'success', is_error: false, result: 'the answer', ...fields } as Result;
}

describe('the ending of a run', () => {
  it('is a success only when the result is no error', () => {
    expect(endingOf(result({ terminal_reason: 'completed' }), undefined)).toEqual({ status: 'success' });
    expect(endingOf(result({ is_error: true }), undefined)).toMatchObject({ status: 'error', code: 'AGENT_FAILED' });
  });

  it.each(['aborted_streaming', 'aborted_tools'])('is a cancellation with the reason %s', (terminal_reason) => {
    const interrupted = result({ subtype: 'error_during_execution', is_error: true, errors: [], terminal_reason });
    expect(endingOf(interrupted, undefined)).toEqual({ status: 'cancelled' });
  });

  it('keeps what the SDK says for the log', () => {
    const failed = result({ subtype: 'error_during_execution', is_error: true, errors: ['No conversation found'] });
    expect(endingOf(failed, undefined)).toEqual({
      status: 'error',
      code: 'AGENT_FAILED',
      detail: 'error_during_execution: No conversation found',
    });
  });

  it.each([
    [401, 'MODEL_ACCESS_DENIED'],
    [403, 'MODEL_ACCESS_DENIED'],
    [404, 'MODEL_NOT_FOUND'],
    [400, 'MODEL_REQUEST_INVALID'],
    [413, 'MODEL_REQUEST_INVALID'],
    [408, 'MODEL_UNAVAILABLE'],
    [429, 'MODEL_THROTTLED'],
    [500, 'MODEL_UNAVAILABLE'],
    [529, 'MODEL_UNAVAILABLE'],
    [null, 'AGENT_FAILED'],
  ])('with the model’s status %p is %s', (api_error_status, code) => {
    expect(endingOf(result({ is_error: true, api_error_status }), 'unknown')).toMatchObject({ code });
  });

  it.each([
    ['authentication_failed', 'MODEL_ACCESS_DENIED'],
    ['cloud_credential_error', 'MODEL_ACCESS_DENIED'],
    ['model_not_found', 'MODEL_NOT_FOUND'],
    ['rate_limit', 'MODEL_THROTTLED'],
    ['overloaded', 'MODEL_UNAVAILABLE'],
    ['server_error', 'MODEL_UNAVAILABLE'],
    ['max_output_tokens', 'ANSWER_TOO_LONG'],
  ] as const)('after the reported failure %s is %s', (reported, code) => {
    expect(endingOf(result({ is_error: true, api_error_status: 400 }), reported)).toMatchObject({ code });
  });
});

describe('the spending of a run', () => {
  const total = (inputTokens: number, outputTokens: number, cost: number): Result =>
    result({
      total_cost_usd: cost,
      modelUsage: {
        main: { inputTokens, outputTokens, cacheReadInputTokens: 5, cacheCreationInputTokens: 3 },
        fast: { inputTokens: 1, outputTokens: 1, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 },
      },
    });

  it('is the sum over all models for the first run', () => {
    expect(new SpendingMeter().record(total(10, 20, 0.5))).toEqual({
      usage: { input_tokens: 11, output_tokens: 21, cache_read_tokens: 5, cache_write_tokens: 3 },
      cost_usd: 0.5,
    });
  });

  it('is what was added since the run before', () => {
    const meter = new SpendingMeter();
    meter.record(total(10, 20, 0.5));
    expect(meter.record(total(14, 21, 0.75))).toEqual({
      usage: { input_tokens: 4, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 },
      cost_usd: 0.25,
    });
  });

  it('is nothing for a failure that reports no figures, and forgets nothing', () => {
    const meter = new SpendingMeter();
    meter.record(total(10, 20, 0.5));
    const failed = meter.record(result({ total_cost_usd: 0, modelUsage: {} }));
    expect(failed).toMatchObject({ usage: { input_tokens: 0 }, cost_usd: 0 });
    expect(meter.record(total(12, 20, 0.5))).toMatchObject({ usage: { input_tokens: 2 }, cost_usd: 0 });
  });
});
