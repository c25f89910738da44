import type { IncomingMessage, ServerResponse } from 'node:http';
import { callAgent, passOn, sessionIdOf, SESSION_HEADER } from '../agent-call';
import { RequestFault, sendJson, sendPlainFault } from '../http-messages';
import type { RunningRuntime } from '../running-runtime';

/**
 * The agent's own two routes, for curl: no signature, no runtime ARN. A request goes through the same sessions as one of
 * the data plane, and the agent's status and body come back unchanged.
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
  const method = path === '/ping' ? 'GET' : path === '/invocations' ? 'POST' : undefined;
  if (method === undefined) {
    throw new RequestFault(
      404,
      'NOT_FOUND',
      `there is no ${path ?? '/'} here; POST /invocations calls the agent, GET /ping tells whether it is busy`,
    );
  }
  if (req.method !== method) {
    const fault = new RequestFault(
      405,
      'METHOD_NOT_ALLOWED',
      `${path ?? '/'} takes ${method}, not ${req.method ?? ''}`,
    );
    sendPlainFault(res, fault, { allow: method });
    return;
  }
  if (path === '/ping') {
    const busy = await Promise.all(all.map((one) => one.supervisor.isBusy()));
    sendJson(res, 200, { status: busy.includes(true) ? 'HealthyBusy' : 'Healthy' });
    return;
  }
  const sessionId = sessionIdOf(req.headers);
  if (sessionId === undefined) throw sessionFault(req);
  await runtime.supervisor.use(sessionId, async (agent) => {
    const call = { sessionId, requestId, headers: req.headers, body };
    await passOn(await callAgent(agent.port, call, runtime.description.allowedHeaders, res), res);
  });
}

function sessionFault(req: IncomingMessage): RequestFault {
  const given = req.headers[SESSION_HEADER];
  return new RequestFault(
    400,
    'SESSION_ID_INVALID',
    'the header X-Amzn-Bedrock-AgentCore-Runtime-Session-Id ' +
      `${given === undefined ? 'is missing' : `has ${String(given.length)} characters`}; ` +
      'give it 33 to 256 characters, such as a UUID',
  );
}
