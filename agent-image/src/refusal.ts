import type { Log } from './log.ts';
import { REFUSALS, RefusedRequest } from './protocol.ts';

/** What a caller is told of `error`; the log has all of it. */
export function refusalOf(error: unknown, requestId: string, log: Log): RefusedRequest {
  const refused = RefusedRequest.from(error);
  const { status } = REFUSALS[refused.code];
  const cause = refused.cause instanceof Error ? ` ${refused.cause.message}` : '';
  const detail = error === refused ? refused.message + cause : String(error instanceof Error ? error.stack : error);
  log(status < 500 ? 'warn' : 'error', 'request refused', {
    ...{ request_id: requestId, status, code: refused.code, detail },
  });
  return refused;
}
