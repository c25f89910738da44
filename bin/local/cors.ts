import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopbackOrigin } from './loopback-origin';

const EXPOSED_HEADERS =
  'x-amzn-bedrock-agentcore-runtime-session-id, x-amzn-requestid, x-amzn-errortype, www-authenticate';
const PREFLIGHT_SECONDS = '600';

/**
 * Lets a page of this machine read the answer, which it could not from another port; answers its question before the
 * call. What it may do is decided by its token.
 *
 * @returns whether the request was only that question, and is answered
 */
export function allowLocalPages(req: IncomingMessage, res: ServerResponse): boolean {
  const { origin } = req.headers;
  if (origin === undefined || !isLoopbackOrigin(origin)) return false;
  res.setHeader('access-control-allow-origin', origin);
  res.setHeader('vary', 'origin');
  res.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
  if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) return false;
  res.writeHead(204, {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': String(req.headers['access-control-request-headers'] ?? ''),
    'access-control-max-age': PREFLIGHT_SECONDS,
  });
  res.end();
  return true;
}
