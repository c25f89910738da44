import { request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { RequestFault } from './http-messages';

export const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
/** Given by callers who name a user themselves; it takes a permission of its own. */
export const USER_HEADER = 'x-amzn-bedrock-agentcore-runtime-user-id';
const REQUEST_ID_HEADER = 'x-amzn-bedrock-agentcore-runtime-request-id';
/** In which AgentCore gives the agent its own identity for the user of a request. */
const WORKLOAD_HEADER = 'workloadaccesstoken';

/** What AgentCore hands to the container beside the headers that the runtime allows. */
const ALWAYS_PASSED = ['content-type', 'accept', 'x-amzn-trace-id', 'traceparent', 'tracestate', 'baggage'] as const;

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'trailer',
]);

/** One call of an agent. */
export interface AgentCall {
  readonly sessionId: string;
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  /** The verified Authorization header; undefined where callers sign, whose signature is not the agent's to see. */
  readonly authorization: string | undefined;
  /** With which the agent acts for the user of the call at AgentCore Identity. */
  readonly workloadToken: string;
}

/** The session id of a request, if it has the form that AgentCore accepts. Source of the limits: InvokeAgentRuntime. */
export function sessionIdOf(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[SESSION_HEADER];
  return typeof value === 'string' && isSessionId(value) ? value : undefined;
}

/** Whether AgentCore accepts `text` as the id of a session. */
export function isSessionId(text: string): boolean {
  return text.length >= 33 && text.length <= 256;
}

/**
 * The headers with which a call reaches the agent: the service's own, and those that the runtime allows.
 *
 * @param allowedHeaders lower-case names of the runtime's request header allow-list
 */
export function agentHeaders(
  { headers, authorization, sessionId, requestId, workloadToken }: AgentCall,
  allowedHeaders: readonly string[],
): Record<string, string | string[]> {
  const given: IncomingHttpHeaders = { ...headers, authorization };
  const passed = [...ALWAYS_PASSED, ...allowedHeaders].flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passed),
    [SESSION_HEADER]: sessionId,
    [REQUEST_ID_HEADER]: requestId,
    [WORKLOAD_HEADER]: workloadToken,
  };
}

/**
 * Calls the agent's `POST /invocations` and gives its answer as soon as the head of it has come.
 *
 * @param client the caller's connection: when it closes, the call ends
 * @throws RequestFault 502 `AGENT_ENDED` when the agent closes the connection without an answer
 */
export async function callAgent(
  port: number,
  call: AgentCall & { readonly body: Buffer },
  allowedHeaders: readonly string[],
  client: ServerResponse,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/invocations',
      agent: false,
      headers: { ...agentHeaders(call, allowedHeaders), 'content-length': call.body.length },
    });
    const abandon = (): void => {
      outgoing.destroy();
    };
    client.once('close', abandon);
    outgoing.once('close', () => client.off('close', abandon));
    outgoing.once('response', resolve);
    outgoing.once('error', (error) => {
      reject(agentEnded(error));
    });
    outgoing.end(call.body);
  });
}

/** The fault of an agent that is gone before it has answered. */
export function agentEnded({ message }: Error): RequestFault {
  return new RequestFault(
    502,
    'AGENT_ENDED',
    `the agent ended, or closed the connection, before it answered (${message}); its output is in the session's log`,
  );
}

/** Passes the agent's answer on as it comes; a broken answer breaks the connection to the client too. */
export async function passOn(
  answer: IncomingMessage,
  client: ServerResponse,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const own = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name));
  client.writeHead(answer.statusCode ?? 502, { ...Object.fromEntries(own), ...headers });
  client.flushHeaders();
  // Either end may go away in the middle of a stream; both are closed then, and nobody is left to be told.
  await pipeline(answer, client).catch(() => undefined);
}
