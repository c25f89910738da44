import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { callAgent, passOn, sessionIdOf, SESSION_HEADER } from '../agent-call';
import { RequestFault, sendJson } from '../http-messages';
import { shortPathHeaders } from '../runtime-access';
import type { RunningRuntime } from '../running-runtime';

/**
 * The agent's own routes, for curl: no signature, no sign-in, no runtime ARN. A request goes through the same sessions as
 * one of the data plane, where users sign in as a test user, and the agent's status and body come back unchanged.
 */
export async function serveShortPath(
  runtime: RunningRuntime,
  all: readonly RunningRuntime[],
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  requestId: string,
): Promise<void> {
  const path = (req.url ?? '/').split('?')[0];
  if (path === '/ws')
    throw new RequestFault(426, 'UPGRADE_REQUIRED', '/ws is for WebSocket clients', { upgrade: 'websocket' });
  const method = path === '/ping' ? 'GET' : path === '/invocations' ? 'POST' : undefined;
  if (method === undefined) {
    throw new RequestFault(
      404,
      'NOT_FOUND',
      `there is no ${path ?? '/'} here; POST /invocations calls the agent, GET /ping tells whether it is busy, /ws takes WebSockets`,
    );
  }
  if (req.method !== method) {
    throw new RequestFault(405, 'METHOD_NOT_ALLOWED', `${path ?? '/'} takes ${method}, not ${req.method ?? ''}`, {
      allow: method,
    });
  }
  if (path === '/ping') {
    const busy = await Promise.all(all.map((one) => one.supervisor.isBusy()));
    sendJson(res, 200, { status: busy.includes(true) ? 'HealthyBusy' : 'Healthy' });
    return;
  }
  const sessionId = sessionIdOf(req.headers);
  if (sessionId === undefined) throw sessionFault(req.headers[SESSION_HEADER]);
  const headers = await shortPathHeaders(runtime.access, req.headers);
  const { authorization } = headers;
  await runtime.supervisor.use(sessionId, async (agent) => {
    const workloadToken = runtime.workloadToken(headers, authorization);
    const call = { sessionId, requestId, headers, authorization, workloadToken, body };
    await passOn(await callAgent(agent.port, call, runtime.description.allowedHeaders, res), res);
  });
}

/** Why a request without a usable session id is refused. */
export function sessionFault(given: IncomingHttpHeaders[string]): RequestFault {
  return new RequestFault(
    400,
    'SESSION_ID_INVALID',
    'the header X-Amzn-Bedrock-AgentCore-Runtime-Session-Id ' +
      `${given === undefined ? 'is missing' : `has ${String(given.length)} characters`}; ` +
      'give it 33 to 256 characters, such as a UUID',
  );
}
