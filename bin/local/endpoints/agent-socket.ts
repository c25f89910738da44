import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { agentEnded, agentHeaders, isSessionId, SESSION_HEADER, type AgentCall } from '../agent-call';
import { RequestFault } from '../http-messages';
import { isLoopbackOrigin } from '../loopback-origin';
import { shortPathHeaders, type Caller } from '../runtime-access';
import type { RunningRuntime } from '../running-runtime';
import { admitCall, asClientError, containerFault, sessionInQuery, type DataPlane } from './agentcore';
import { sessionFault } from './short-path';

/** Largest frame of a WebSocket. Source: "Quotas for Amazon Bedrock AgentCore". */
const MAX_FRAME_BYTES = 64 * 1024;
/** How browsers send a token: they cannot set headers on a WebSocket. */
const BEARER_PROTOCOL = 'base64UrlBearerAuthorization';
const TOO_BIG = 1009;
const INTERNAL_ERROR = 1011;

/** The WebSockets of all sessions: `/runtimes/{arn}/ws` of the data plane, and `/ws` for a person at this machine. */
export class AgentSockets {
  private readonly server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    // No other protocol is ever accepted; the token itself is not repeated.
    handleProtocols: (protocols) => (protocols.has(BEARER_PROTOCOL) ? BEARER_PROTOCOL : false),
  });

  /**
   * Takes an upgrade of the data plane.
   *
   * @throws RequestFault with the codes of AgentCore, before the connection has become a WebSocket
   */
  public async serveDataPlane(
    plane: DataPlane,
    caller: Caller,
    req: IncomingMessage,
    connection: Connection,
    requestId: string,
  ): Promise<void> {
    const { headers, url = '/', method = 'GET' } = req;
    const { runtime, sessionId, authorization } = await admitCall(plane, caller, { method, url, headers });
    try {
      await this.join(runtime, { sessionId, requestId, headers, authorization }, req, connection);
    } catch (error) {
      throw asClientError(error);
    }
  }

  /**
   * Takes an upgrade of the short path.
   *
   * @throws RequestFault before the connection has become a WebSocket
   */
  public async serveShortPath(
    runtime: RunningRuntime,
    req: IncomingMessage,
    connection: Connection,
    requestId: string,
  ): Promise<void> {
    const { headers, url = '/' } = req;
    // Any web page may open a WebSocket to this machine; nothing but its origin tells it from the person.
    if (headers.origin !== undefined && !isLoopbackOrigin(headers.origin)) {
      throw new RequestFault(
        403,
        'ORIGIN_NOT_ALLOWED',
        `a page of ${headers.origin} may not talk to the agent; only pages of localhost may`,
      );
    }
    const given = headers[SESSION_HEADER] ?? sessionInQuery(new URLSearchParams(url.split(/\?(.*)/s)[1] ?? ''));
    if (typeof given !== 'string' || !isSessionId(given)) throw sessionFault(given);
    const own = await shortPathHeaders(runtime.access, headers);
    const call = { sessionId: given, requestId, headers: own, authorization: own.authorization };
    await this.join(runtime, call, req, connection);
  }

  /** Joins a client with the session's agent until either of them leaves; the session is in use for as long. */
  private async join(
    runtime: RunningRuntime,
    request: Omit<AgentCall, 'workloadToken'>,
    req: IncomingMessage,
    { socket, head }: Connection,
  ): Promise<void> {
    const { supervisor, description } = runtime;
    await supervisor.use(request.sessionId, async ({ port }) => {
      const call = { ...request, workloadToken: runtime.workloadToken(request.headers, request.authorization) };
      const agent = await openAgentSocket(port, agentHeaders(call, description.allowedHeaders), socket);
      await new Promise<void>((resolve) => {
        const isOver = (): void => {
          agent.terminate();
          resolve();
        };
        socket.once('close', isOver);
        if (socket.destroyed) isOver();
        this.server.handleUpgrade(req, socket, head, (client) => {
          pass(client, agent);
          pass(agent, client);
        });
      });
    });
  }
}

/** A connection that asked to become a WebSocket. */
export interface Connection {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** The token that a browser sent in the protocols of a WebSocket. */
export function tokenInProtocols(header: string | undefined): string | undefined {
  const offered = (header ?? '').split(',').map((name) => name.trim());
  const prefix = `${BEARER_PROTOCOL}.`;
  const encoded = offered.find((name) => name.startsWith(prefix))?.slice(prefix.length);
  if (encoded === undefined || !offered.includes(BEARER_PROTOCOL)) return undefined;
  return Buffer.from(encoded, 'base64url').toString();
}

async function openAgentSocket(
  port: number,
  headers: Readonly<Record<string, string | string[]>>,
  client: Duplex,
): Promise<WebSocket> {
  const agent = new WebSocket(`ws://127.0.0.1:${String(port)}/ws`, {
    headers,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  const abandon = (): void => {
    agent.terminate();
  };
  client.once('close', abandon);
  try {
    await new Promise<void>((resolve, reject) => {
      agent.once('open', () => {
        // Nothing is read until the client is there to get it.
        agent.pause();
        resolve();
      });
      // Stays for good: an end that is noticed twice is no failure of the run.
      agent.on('error', (error) => {
        reject(agentEnded(error));
      });
      agent.once('unexpected-response', (_request, answer: IncomingMessage) => {
        containerFault(answer).then(reject, reject).finally(abandon);
      });
    });
  } finally {
    client.off('close', abandon);
  }
  return agent;
}

/** Passes the frames and the end of one side on to the other, no faster than the other takes them. */
function pass(from: WebSocket, to: WebSocket): void {
  from.on('message', (data, isBinary) => {
    from.pause();
    to.send(data, { binary: isBinary }, () => {
      from.resume();
    });
  });
  from.on('error', (error: Error & { readonly code?: string }) => {
    const isTooBig = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    if (isTooBig) to.close(TOO_BIG, `a frame was larger than ${String(MAX_FRAME_BYTES)} bytes`);
    else to.close(INTERNAL_ERROR, 'the other side broke the connection');
  });
  from.on('close', (code, reason) => {
    // Some codes only tell that there was none; they cannot be sent.
    if (code === 1005) to.close();
    else if (code === 1006) to.close(INTERNAL_ERROR, 'the connection to the other side broke');
    else to.close(code, reason);
  });
  from.resume();
}

/** The response to an upgrade that is refused: a plain HTTP answer, after which the connection ends. */
export function refusalOf(req: IncomingMessage, { socket }: Connection, response: ServerResponse): ServerResponse {
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
  response.once('finish', () => socket.end());
  req.resume();
  return response;
}
