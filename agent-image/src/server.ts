import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { endWithRefusal, sendEventStream } from './event-stream.ts';
import { readInvocation, readSessionId } from './invocation/invocation.ts';
import type { Log } from './log.ts';
import { type RefusalBody, REFUSALS, RefusedRequest, REQUEST_HEADER, SESSION_HEADER } from './protocol.ts';
import { refusalOf } from './refusal.ts';
import { readBody } from './request-body.ts';
import { attachReplyOf, replyOf, type SessionHost } from './session-host.ts';
import { readTraceHeaders } from './trace-headers.ts';
import { identify, type IdentityRules } from './user-identity/identify.ts';
import { AgentWebSockets } from './web-socket.ts';

export interface AgentServerOptions extends IdentityRules {
  readonly host: SessionHost;
  readonly log: Log;
  /** Pause between keep-alive comments of a stream, in milliseconds; 15 seconds by default. */
  readonly keepAliveMs?: number;
}

/** Request headers may be slow to follow on a kept connection of AgentCore's proxy; Node would close it after 5 s. */
const IDLE_CONNECTION_MS = 65_000;

/** How long clients may take to read the rest when the container stops, in milliseconds. */
const CLOSING_MS = 1_000;

/** Refusals that a caller who streams is told in the stream: AgentCore passes on no body of a refused request. */
const TOLD_IN_STREAM: readonly string[] = ['INTERRUPT_PENDING', 'INTERRUPT_NOT_OPEN', 'EVENTS_GONE'];

/** `GET /ping`, `POST /invocations` and `GET /ws`: the HTTP contract of AgentCore Runtime around one session. */
export class AgentServer {
  readonly http: Server;
  readonly #options: AgentServerOptions;
  readonly #sockets: AgentWebSockets;
  #requests = 0;
  #stopping = false;

  constructor(options: AgentServerOptions) {
    this.#options = options;
    this.#sockets = new AgentWebSockets(options);
    const serverOptions = {
      keepAliveTimeout: IDLE_CONNECTION_MS,
      // Clients may offer HTTP/2 with every request: that is no wish for a WebSocket.
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
    };
    this.http = createServer(serverOptions, (req, res) => void this.#serve(req, res));
    this.http.on('upgrade', (req, stream, head) => this.#sockets.upgrade(req, stream, head, this.#requestId(req)));
  }

  /** Takes no new run, interrupts the active one, lets its answer out and closes all connections. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#options.host.stop();
    this.#sockets.close();
    const overdue = setTimeout(() => {
      this.#sockets.terminate();
      this.http.closeAllConnections();
    }, CLOSING_MS);
    await new Promise<void>((resolve) => {
      this.http.close(() => resolve());
      this.http.closeIdleConnections();
    });
    clearTimeout(overdue);
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    // A connection that was busy when the server closed would stay open until it has been idle for long.
    res.once('close', () => setImmediate(() => this.#stopping && this.http.closeIdleConnections()));
    const requestId = this.#requestId(req);
    try {
      await this.#route(req, res, requestId);
    } catch (error) {
      if (req.destroyed && !req.complete) {
        return;
      }
      this.#refuse(res, requestId, error);
    }
  }

  /** AgentCore's id of a request, or one that the log can tell apart. */
  #requestId(req: IncomingMessage): string {
    this.#requests += 1;
    const header = req.headers[REQUEST_HEADER];
    return typeof header === 'string' && header !== '' ? header.slice(0, 256) : `request-${this.#requests}`;
  }

  async #route(req: IncomingMessage, res: ServerResponse, requestId: string): Promise<void> {
    const path = pathOf(req);
    switch (path) {
      case '/ping':
        allow(req, res, 'GET');
        return sendJson(res, 200, this.#options.host.ping());
      case '/invocations':
        allow(req, res, 'POST');
        return this.#invoke(req, res, requestId);
      case '/ws':
        throw new RefusedRequest(
          'INVALID_REQUEST',
          '/ws takes a WebSocket: send the headers that ask for the upgrade.',
        );
      default:
        throw new RefusedRequest('NOT_FOUND', `There is no ${path}: use GET /ping, POST /invocations or GET /ws.`);
    }
  }

  async #invoke(req: IncomingMessage, res: ServerResponse, requestId: string): Promise<void> {
    const { host, keepAliveMs = 15_000 } = this.#options;
    const body = await readBody(req);
    const sessionId = readSessionId(req.headers[SESSION_HEADER]);
    const caller = identify(req.headers, this.#options);
    const trace = readTraceHeaders(req.headers);
    const invocation = readInvocation(body, sessionId, req.headers.accept);
    try {
      const outcome = await host.call({ sessionId, invocation, requestId, ...caller, ...(trace && { trace }) });
      if (outcome.kind === 'reply') {
        sendJson(res, 200, outcome.reply);
      } else if (invocation.stream) {
        await sendEventStream(outcome.reading, res, keepAliveMs);
      } else {
        sendJson(
          res,
          200,
          outcome.kind === 'run' ? await replyOf(outcome.run, sessionId) : attachReplyOf(outcome.reading),
        );
      }
    } catch (error) {
      if (!(invocation.stream && error instanceof RefusedRequest && TOLD_IN_STREAM.includes(error.code))) {
        throw error;
      }
      endWithRefusal(refusalOf(error, requestId, this.#options.log), res);
    }
  }

  #refuse(res: ServerResponse, requestId: string, error: unknown): void {
    const { code, message } = refusalOf(error, requestId, this.#options.log);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    sendJson(res, REFUSALS[code].status, { error: { code, message } } satisfies RefusalBody);
  }
}

/** Without the query, which may hold a signature. */
function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?')[0] ?? '/';
}

function allow(req: IncomingMessage, res: ServerResponse, method: 'GET' | 'POST'): void {
  if (req.method !== method) {
    res.setHeader('allow', method);
    throw new RefusedRequest('METHOD_NOT_ALLOWED', `${pathOf(req)} takes ${method} only, not ${req.method}.`);
  }
}

function sendJson(res: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  res.end(text);
}
