import type { ServerResponse } from 'node:http';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import { decodePercent, RequestFault, sendJson } from '../http-messages';
import type { InterpreterSession, Interpreters } from '../interpreter/interpreters';
import { SandboxEnded } from '../interpreter/sandbox';
import { readToolInput } from '../interpreter/tool-input';
import type { ToolResult } from '../interpreter/tool-result';
import { interpreterArn, MANAGED_INTERPRETER, type TemplateInterpreter } from '../resources/code-interpreter';
import { readQuery, type WireRequest } from '../sigv4';

const ROUTE = /^\/code-interpreters\/([^/]+)\/(sessions|tools)\/(\w+)$/;
const SESSION_HEADER = 'x-amzn-code-interpreter-session-id';

/** Source: StartCodeInterpreterSession, sessionTimeoutSeconds: 15 minutes unless said otherwise, at most 8 hours. */
const DEFAULT_TIMEOUT_SECONDS = 900;
const MAX_TIMEOUT_SECONDS = 28_800;

const ACTIONS: Readonly<Record<string, string>> = {
  'PUT sessions/start': 'StartCodeInterpreterSession',
  'PUT sessions/stop': 'StopCodeInterpreterSession',
  'GET sessions/get': 'GetCodeInterpreterSession',
  'POST sessions/list': 'ListCodeInterpreterSessions',
  'POST tools/invoke': 'InvokeCodeInterpreter',
};

export interface CodeInterpreterService {
  readonly interpreters: Interpreters;
  readonly codeInterpreters: readonly TemplateInterpreter[];
  readonly audit: Audit;
}

export function isCodeInterpreterPath(url: string): boolean {
  return url.startsWith('/code-interpreters/');
}

/**
 * The code interpreters of AgentCore for signed callers.
 *
 * @throws RequestFault with the codes of the service
 */
export async function serveCodeInterpreter(
  { interpreters, codeInterpreters, audit }: CodeInterpreterService,
  principal: Principal,
  region: string,
  request: WireRequest,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const [path = '', search] = request.url.split(/\?(.*)/s);
  const [, encodedId, group, operation] = ROUTE.exec(path) ?? [];
  const action = ACTIONS[`${request.method} ${String(group)}/${String(operation)}`];
  if (encodedId === undefined || action === undefined) {
    throw new RequestFault(
      404,
      'UnknownOperationException',
      `${request.method} ${path} of the code interpreter is not run locally; ${Object.values(ACTIONS).join(', ')} are`,
    );
  }
  const id = decodePercent(encodedId);
  const resource = interpreterArn(id, { ...principal, region });
  const context = { 'aws:RequestedRegion': region };
  audit.require(principal, [{ action: `bedrock-agentcore:${action}`, resource, context }]);
  if (id !== MANAGED_INTERPRETER && !codeInterpreters.some((one) => one.arn === resource)) {
    throw new RequestFault(404, 'ResourceNotFoundException', `there is no code interpreter "${id}" in this local run`);
  }

  const headers = { 'x-amzn-requestid': requestId };
  const sessionId = String(readQuery(search).sessionId ?? '');
  switch (action) {
    case 'StartCodeInterpreterSession': {
      const { seconds, name } = readStart(request.body);
      const session = await interpreters.start(id, seconds, name);
      sendJson(res, 200, startedSession(session), headers);
      return;
    }
    case 'StopCodeInterpreterSession': {
      const session = await interpreters.stop(id, sessionId);
      const { codeInterpreterIdentifier } = startedSession(session);
      sendJson(res, 200, { codeInterpreterIdentifier, sessionId, lastUpdatedAt: session.updatedAt }, headers);
      return;
    }
    case 'GetCodeInterpreterSession': {
      const session = interpreters.get(id, sessionId);
      const { name, status, timeoutSeconds: sessionTimeoutSeconds } = session;
      sendJson(res, 200, { ...startedSession(session), name, status, sessionTimeoutSeconds }, headers);
      return;
    }
    case 'ListCodeInterpreterSessions': {
      const { status } = readBody(request.body);
      const items = interpreters
        .list(id)
        .filter((session) => status === undefined || session.status === status)
        .map((session) => ({
          ...startedSession(session),
          name: session.name,
          status: session.status,
          lastUpdatedAt: session.updatedAt,
        }));
      sendJson(res, 200, { items }, headers);
      return;
    }
    default:
      await invoke(interpreters, id, request, res, headers);
  }
}

async function invoke(
  interpreters: Interpreters,
  id: string,
  request: WireRequest,
  res: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const sessionId = request.headers[SESSION_HEADER];
  if (typeof sessionId !== 'string' || sessionId === '') {
    throw new RequestFault(
      400,
      'ValidationException',
      `the header ${SESSION_HEADER} is missing; start a session and name it`,
    );
  }
  const input = readToolInput(request.body);
  const { tools } = interpreters.tools(id, sessionId);
  let frame: Uint8Array;
  try {
    frame = resultFrame(await tools.invoke(input));
  } catch (error) {
    // The answer has begun on AWS when a session dies, so that this is a part of the stream.
    if (!(error instanceof SandboxEnded)) throw error;
    frame = exceptionFrame('internalServerException', 'the session ended while it was working; start another one');
  }
  res.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream', [SESSION_HEADER]: sessionId, ...headers });
  res.end(frame);
}

const codec = new EventStreamCodec(toUtf8, fromUtf8);

function resultFrame(result: ToolResult): Uint8Array {
  return frame({ ':message-type': 'event', ':event-type': 'result' }, result);
}

function exceptionFrame(type: string, message: string): Uint8Array {
  return frame({ ':message-type': 'exception', ':exception-type': type }, { message });
}

function frame(headers: Readonly<Record<string, string>>, body: unknown): Uint8Array {
  const all = { ...headers, ':content-type': 'application/json' };
  return codec.encode({
    headers: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, { type: 'string', value }] as const)),
    body: fromUtf8(JSON.stringify(body)),
  });
}

function startedSession({ id, interpreterId, createdAt }: InterpreterSession): {
  readonly codeInterpreterIdentifier: string;
  readonly sessionId: string;
  readonly createdAt: Date;
} {
  return { codeInterpreterIdentifier: interpreterId, sessionId: id, createdAt };
}

function readStart(body: Buffer): { readonly seconds: number; readonly name?: string } {
  const { sessionTimeoutSeconds: seconds = DEFAULT_TIMEOUT_SECONDS, name, ...rest } = readBody(body);
  const refused = ['certificates', 'filesystemConfigurations'].find((one) => rest[one] !== undefined);
  if (refused !== undefined) {
    throw new RequestFault(400, 'ValidationException', `${refused} of a session is not run locally; leave it out`);
  }
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
    throw new RequestFault(
      400,
      'ValidationException',
      `sessionTimeoutSeconds is ${JSON.stringify(seconds)}; expected a whole number from 1 to ${String(MAX_TIMEOUT_SECONDS)}`,
    );
  }
  return { seconds, ...(typeof name === 'string' ? { name } : {}) };
}

function readBody(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString()) as Readonly<Record<string, unknown>>;
  } catch {
    throw new RequestFault(400, 'ValidationException', 'the body is not JSON');
  }
}
