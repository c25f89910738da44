import { endingOf } from '../../agent-image/src/run-ending';

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
    ['error_max_budget_usd', 'budget_exhausted', 'BUDGET_EXCEEDED'],
    ['error_max_turns', 'max_turns', 'TURN_LIMIT_REACHED'],
    ['error_max_structured_output_retries', 'structured_output_retry_exhausted', 'AGENT_FAILED'],
  ])('with the result %s is told by its code', (subtype, terminal_reason, code) => {
    const stopped = result({ subtype, is_error: true, errors: ['Reached it'], terminal_reason });
    expect(endingOf(stopped, undefined)).toEqual({ status: 'error', code, detail: `${subtype}: Reached it` });
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
