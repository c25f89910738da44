import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Audit } from '../audit';
import { callAgent, isSessionId, passOn, SESSION_HEADER, USER_HEADER } from '../agent-call';
import { decodePercent, readUpTo, RequestFault, sendJson } from '../http-messages';
import { admit, type Caller } from '../runtime-access';
import type { RunningRuntime } from '../running-runtime';
import type { WireRequest } from '../sigv4';

const ROUTE = /^\/runtimes\/([^/]+)\/(invocations|stopruntimesession|ws)$/;
const METADATA_ROUTE = /^\/runtimes\/([^/]+)\/invocations\/\.well-known\/oauth-protected-resource$/;

/** The permission that each operation takes of a signed caller. */
const ACTIONS = {
  invocations: 'InvokeAgentRuntime',
  stopruntimesession: 'StopRuntimeSession',
  ws: 'InvokeAgentRuntimeWithWebSocketStream',
} as const;
const METHODS = { invocations: 'POST', stopruntimesession: 'POST', ws: 'GET' } as const;

const AGENT_FAULTS: ReadonlySet<string> = new Set(['AGENT_ENDED', 'AGENT_START_FAILED']);
/** How much of a container's error is repeated to the caller. */
const SHOWN_ERROR_BYTES = 16 * 1024;

export interface DataPlane {
  /** Address of the front. */
  readonly endpoint: string;
  readonly runtimes: readonly RunningRuntime[];
  readonly audit: Audit;
}

/** A call that AgentCore lets through to a session. */
export interface AdmittedCall {
  readonly operation: keyof typeof ACTIONS;
  readonly runtime: RunningRuntime;
  readonly sessionId: string;
  readonly authorization: string | undefined;
}

/**
 * The AgentCore data plane over HTTP: InvokeAgentRuntime and StopRuntimeSession, and who issues a runtime's tokens.
 *
 * @throws RequestFault with the codes of the service
 */
export async function serveAgentCore(
  plane: DataPlane,
  caller: Caller,
  request: WireRequest,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const [, metadataOf] = METADATA_ROUTE.exec(pathOf(request.url)) ?? [];
  if (metadataOf !== undefined && request.method === 'GET') {
    sendMetadata(plane, metadataOf, request.url, res);
    return;
  }
  const call = await admitCall(plane, caller, request);
  if (call.operation === 'stopruntimesession') await stop(call, res, requestId);
  else if (call.operation === 'invocations') await invoke(call, request, res, requestId);
  else {
    throw new RequestFault(
      400,
      'ValidationException',
      'GET /runtimes/{arn}/ws is for WebSocket clients: send an upgrade',
    );
  }
}

/**
 * Finds the runtime and the session that a request is for, and checks that its caller may do what it asks.
 *
 * @throws RequestFault with the codes of the service
 */
export async function admitCall(
  plane: DataPlane,
  caller: Caller,
  { method, url, headers }: Pick<WireRequest, 'method' | 'url' | 'headers'>,
): Promise<AdmittedCall> {
  const [, encodedArn, name] = ROUTE.exec(pathOf(url)) ?? [];
  const operation = name as AdmittedCall['operation'] | undefined;
  if (encodedArn === undefined || operation === undefined || method !== METHODS[operation]) {
    throw new RequestFault(
      404,
      'UnknownOperationException',
      `${method} ${pathOf(url)} is not run locally; POST /runtimes/{arn}/invocations, ` +
        'POST /runtimes/{arn}/stopruntimesession and the WebSocket GET /runtimes/{arn}/ws are',
    );
  }
  const query = queryOf(url);
  const qualifier = query.get('qualifier') ?? 'DEFAULT';
  const runtime = find(plane.runtimes, encodedArn);
  const authorization = await admit(
    runtime.access,
    caller,
    plane.audit,
    neededActions(operation, headers, runtime.description.arn, qualifier),
    metadataUrl(plane, encodedArn, qualifier),
  );
  requireEndpoint(runtime, qualifier);
  const given = headers[SESSION_HEADER] ?? (operation === 'ws' ? sessionInQuery(query) : undefined);
  if (typeof given !== 'string' || !isSessionId(given)) {
    throw new RequestFault(
      400,
      'ValidationException',
      'the header X-Amzn-Bedrock-AgentCore-Runtime-Session-Id is required, with 33 to 256 characters',
    );
  }
  return { operation, runtime, sessionId: given, authorization };
}

/** The session id in the address of a WebSocket: browsers cannot set headers there. */
export function sessionInQuery(query: URLSearchParams): string | undefined {
  return [...query].find(([name]) => name.toLowerCase() === SESSION_HEADER)?.[1];
}

/** An agent that does not start, dies or refuses is the caller's RuntimeClientError, as on AWS. */
export function asClientError(error: unknown): unknown {
  return error instanceof RequestFault && AGENT_FAULTS.has(error.code)
    ? new RequestFault(424, 'RuntimeClientError', error.message)
    : error;
}

/** The fault that an agent's own status becomes. */
export async function containerFault(answer: IncomingMessage): Promise<RequestFault> {
  const text = (await readUpTo(answer, SHOWN_ERROR_BYTES)).bytes.toString();
  const status = String(answer.statusCode ?? 500);
  return new RequestFault(424, 'RuntimeClientError', `Received error (${status}) from runtime: ${text}`);
}

function neededActions(
  operation: AdmittedCall['operation'],
  headers: IncomingHttpHeaders,
  arn: string,
  qualifier: string,
) {
  const names: string[] = [ACTIONS[operation]];
  if (operation !== 'stopruntimesession' && USER_HEADER in headers) names.push('InvokeAgentRuntimeForUser');
  return names
    .map((name) => `bedrock-agentcore:${name}`)
    .flatMap((action) => [
      { action, resource: arn },
      { action, resource: `${arn}/runtime-endpoint/${qualifier}` },
    ]);
}

function find(runtimes: readonly RunningRuntime[], encodedArn: string): RunningRuntime {
  const arn = decodePercent(encodedArn);
  const runtime = runtimes.find(({ description }) => description.arn === arn);
  if (runtime === undefined) {
    throw new RequestFault(
      404,
      'ResourceNotFoundException',
      `no runtime with the ARN ${arn} runs here; up.json lists those that do`,
    );
  }
  return runtime;
}

function requireEndpoint({ description }: RunningRuntime, qualifier: string): void {
  if (description.endpoints.includes(qualifier)) return;
  throw new RequestFault(
    404,
    'ResourceNotFoundException',
    `the runtime ${description.name} has no endpoint "${qualifier}"; it has ${description.endpoints.join(', ')}`,
  );
}

async function invoke(
  { runtime, sessionId, authorization }: AdmittedCall,
  { headers, body }: WireRequest,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  try {
    await runtime.supervisor.use(sessionId, async (agent) => {
      const workloadToken = runtime.workloadToken(headers, authorization);
      const call = { sessionId, requestId, headers, authorization, workloadToken, body };
      const answer = await callAgent(agent.port, call, runtime.description.allowedHeaders, res);
      if ((answer.statusCode ?? 500) >= 400) throw await containerFault(answer);
      await passOn(answer, res, { [SESSION_HEADER]: sessionId, 'x-amzn-requestid': requestId });
    });
  } catch (error) {
    throw asClientError(error);
  }
}

async function stop({ runtime, sessionId }: AdmittedCall, res: ServerResponse, requestId: string): Promise<void> {
  if (!(await runtime.supervisor.stop(sessionId))) {
    throw new RequestFault(404, 'ResourceNotFoundException', `the runtime has no session ${sessionId}`);
  }
  sendJson(res, 200, {}, { [SESSION_HEADER]: sessionId, 'x-amzn-requestid': requestId });
}

/** Who issues the tokens of a runtime (RFC 9728), for callers that came without one. */
function sendMetadata(plane: DataPlane, encodedArn: string, url: string, res: ServerResponse): void {
  const { access } = find(plane.runtimes, encodedArn);
  if (access.kind === 'iam') {
    throw new RequestFault(404, 'ResourceNotFoundException', 'callers of this runtime sign; it takes no tokens');
  }
  const qualifier = queryOf(url).get('qualifier') ?? 'DEFAULT';
  sendJson(res, 200, {
    resource: `${plane.endpoint}/runtimes/${encodedArn}/invocations?qualifier=${encodeURIComponent(qualifier)}`,
    authorization_servers: [access.authorizer.authorizationServer],
    bearer_methods_supported: ['header'],
  });
}

function metadataUrl({ endpoint }: DataPlane, encodedArn: string, qualifier: string): string {
  const path = `/runtimes/${encodedArn}/invocations/.well-known/oauth-protected-resource`;
  return `${endpoint}${path}?qualifier=${encodeURIComponent(qualifier)}`;
}

function pathOf(url: string): string {
  return url.split('?')[0] ?? '/';
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.split(/\?(.*)/s)[1] ?? '');
}
