import type { ServerResponse } from 'node:http';
import type { Audit } from '../audit';
import { callAgent, passOn, sessionIdOf, SESSION_HEADER } from '../agent-call';
import type { Principal } from '../credentials';
import { decodePercent, readUpTo, RequestFault, sendJson } from '../http-messages';
import type { RunningRuntime } from '../running-runtime';
import type { WireRequest } from '../sigv4';

const ROUTE = /^\/runtimes\/([^/]+)\/(invocations|stopruntimesession)$/;
/** Given by callers who name a user themselves; it takes a permission of its own. */
const USER_HEADER = 'x-amzn-bedrock-agentcore-runtime-user-id';
const AGENT_FAULTS: ReadonlySet<string> = new Set(['AGENT_ENDED', 'AGENT_START_FAILED']);
/** How much of a container's error is repeated to the caller. */
const SHOWN_ERROR_BYTES = 16 * 1024;

/**
 * The AgentCore data plane for signed callers: InvokeAgentRuntime and StopRuntimeSession.
 *
 * @throws RequestFault with the codes of the service
 */
export async function serveAgentCore(
  runtimes: readonly RunningRuntime[],
  audit: Audit,
  principal: Principal,
  request: WireRequest,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const [pathname = '/', query = ''] = request.url.split(/\?(.*)/s);
  const [, encodedArn, operation] = ROUTE.exec(pathname) ?? [];
  if (encodedArn === undefined || request.method !== 'POST') {
    throw new RequestFault(
      404,
      'UnknownOperationException',
      `${request.method} ${pathname} is not run locally; POST /runtimes/{arn}/invocations and ` +
        'POST /runtimes/{arn}/stopruntimesession are',
    );
  }
  const qualifier = new URLSearchParams(query).get('qualifier') ?? 'DEFAULT';
  const runtime = find(runtimes, encodedArn, qualifier);
  const { arn } = runtime.description;
  const action = `bedrock-agentcore:${operation === 'invocations' ? 'InvokeAgentRuntime' : 'StopRuntimeSession'}`;
  audit.require(principal, [
    ...[
      action,
      ...(operation === 'invocations' && USER_HEADER in request.headers
        ? ['bedrock-agentcore:InvokeAgentRuntimeForUser']
        : []),
    ].flatMap((name) => [
      { action: name, resource: arn },
      { action: name, resource: `${arn}/runtime-endpoint/${qualifier}` },
    ]),
  ]);

  const sessionId = sessionIdOf(request.headers);
  if (sessionId === undefined) {
    throw new RequestFault(
      400,
      'ValidationException',
      'the header X-Amzn-Bedrock-AgentCore-Runtime-Session-Id is required, with 33 to 256 characters',
    );
  }
  if (operation === 'invocations') await invoke(runtime, request, sessionId, res, requestId);
  else await stop(runtime, sessionId, res, requestId);
}

function find(runtimes: readonly RunningRuntime[], encodedArn: string, qualifier: string): RunningRuntime {
  const arn = decodePercent(encodedArn);
  const runtime = runtimes.find(({ description }) => description.arn === arn);
  if (runtime === undefined) {
    throw new RequestFault(
      404,
      'ResourceNotFoundException',
      `no runtime with the ARN ${arn} runs here; up.json lists those that do`,
    );
  }
  if (!runtime.description.endpoints.includes(qualifier)) {
    throw new RequestFault(
      404,
      'ResourceNotFoundException',
      `the runtime ${runtime.description.name} has no endpoint "${qualifier}"; it has ${runtime.description.endpoints.join(', ')}`,
    );
  }
  return runtime;
}

async function invoke(
  runtime: RunningRuntime,
  { headers, body }: WireRequest,
  sessionId: string,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  try {
    await runtime.supervisor.use(sessionId, async (agent) => {
      const call = { sessionId, requestId, headers, body };
      const answer = await callAgent(agent.port, call, runtime.description.allowedHeaders, res);
      const status = answer.statusCode ?? 500;
      if (status >= 400) {
        const text = (await readUpTo(answer, SHOWN_ERROR_BYTES)).bytes.toString();
        throw new RequestFault(424, 'RuntimeClientError', `Received error (${String(status)}) from runtime: ${text}`);
      }
      await passOn(answer, res, { [SESSION_HEADER]: sessionId, 'x-amzn-requestid': requestId });
    });
  } catch (error) {
    // An agent that does not start or dies is the caller's RuntimeClientError, as on AWS.
    if (!(error instanceof RequestFault) || !AGENT_FAULTS.has(error.code)) throw error;
    throw new RequestFault(424, 'RuntimeClientError', error.message);
  }
}

async function stop(runtime: RunningRuntime, sessionId: string, res: ServerResponse, requestId: string): Promise<void> {
  if (!(await runtime.supervisor.stop(sessionId))) {
    throw new RequestFault(404, 'ResourceNotFoundException', `the runtime has no session ${sessionId}`);
  }
  sendJson(res, 200, {}, { [SESSION_HEADER]: sessionId, 'x-amzn-requestid': requestId });
}
