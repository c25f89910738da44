import { request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { RequestFault } from './http-messages';

export const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
const REQUEST_ID_HEADER = 'x-amzn-bedrock-agentcore-runtime-request-id';

/** What AgentCore hands to the container beside the headers that the runtime allows. */
const ALWAYS_PASSED = ['content-type', 'accept', 'x-amzn-trace-id', 'traceparent', 'tracestate', 'baggage'] as const;

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'trailer',
]);

/** One call of the agent's `POST /invocations`. */
export interface AgentCall {
  readonly sessionId: string;
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The session id of a request, if it has the form that AgentCore accepts. Source of the limits: InvokeAgentRuntime. */
export function sessionIdOf(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[SESSION_HEADER];
  return typeof value === 'string' && value.length >= 33 && value.length <= 256 ? value : undefined;
}

/**
 * Calls the agent and gives its answer as soon as the head of it has come.
 *
 * @param allowedHeaders lower-case names of the runtime's request header allow-list
 * @param client the caller's connection: when it closes, the call ends
 * @throws RequestFault 502 `AGENT_ENDED` when the agent closes the connection without an answer
 */
export async function callAgent(
  port: number,
  call: AgentCall,
  allowedHeaders: readonly string[],
  client: ServerResponse,
): Promise<IncomingMessage> {
  const passed = Object.fromEntries(
    [...ALWAYS_PASSED, ...allowedHeaders].flatMap((name) => {
      const value = call.headers[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/invocations',
      agent: false,
      headers: {
        ...passed,
        [SESSION_HEADER]: call.sessionId,
        [REQUEST_ID_HEADER]: call.requestId,
        'content-length': call.body.length,
      },
    });
    const abandon = (): void => {
      outgoing.destroy();
    };
    client.once('close', abandon);
    outgoing.once('close', () => client.off('close', abandon));
    outgoing.once('response', resolve);
    outgoing.once('error', (error) => {
      reject(
        new RequestFault(
          502,
          'AGENT_ENDED',
          `the agent ended, or closed the connection, before it answered (${error.message}); its output is in the session's log`,
        ),
      );
    });
    outgoing.end(call.body);
  });
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
