import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { sendEventStream } from './event-stream.ts';
import { readInvocation, readSessionId } from './invocation.ts';
import type { Log } from './log.ts';
import {
  type InvocationReply,
  type PingReply,
  type RefusalBody,
  REFUSALS,
  RefusedRequest,
  REQUEST_HEADER,
  SESSION_HEADER,
} from './protocol.ts';
import { ReplyCollector } from './reply.ts';
import { readBody } from './request-body.ts';
import type { Run } from './run.ts';
import type { RunRequest } from './session.ts';

/** The part of a session that the server uses. */
export interface ServedSession {
  readonly busy: boolean;
  start(request: RunRequest): Run;
  stop(): Promise<void>;
}

export interface AgentServerOptions {
  /** Opens the session of the first id that calls; every other id is refused from then on. */
  readonly openSession: (sessionId: string) => ServedSession;
  readonly log: Log;
  /** Pause between keep-alive comments of a stream, in milliseconds; 15 seconds by default. */
  readonly keepAliveMs?: number;
}

interface OpenSession {
  readonly id: string;
  readonly session: ServedSession;
}

/** Request headers may be slow to follow on a kept connection of AgentCore's proxy; Node would close it after 5 s. */
const IDLE_CONNECTION_MS = 65_000;

/** `GET /ping` and `POST /invocations`: the HTTP contract of AgentCore Runtime around one session. */
export class AgentServer {
  readonly http: Server;
  readonly #options: AgentServerOptions;
  #open: OpenSession | undefined;
  #ping: PingReply = { status: 'Healthy', time_of_last_update: unixSeconds() };
  #requests = 0;
  #stopping = false;

  constructor(options: AgentServerOptions) {
    this.#options = options;
    this.http = createServer({ keepAliveTimeout: IDLE_CONNECTION_MS }, (req, res) => void this.#serve(req, res));
  }

  /** Takes no new run, interrupts the active one, lets its answer out and closes all connections. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#open?.session.stop();
    await new Promise<void>((resolve) => {
      this.http.close(() => resolve());
      this.http.closeIdleConnections();
    });
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.#requests += 1;
    // A connection that was busy when the server closed would stay open until it has been idle for long.
    res.once('close', () => setImmediate(() => this.#stopping && this.http.closeIdleConnections()));
    const header = req.headers[REQUEST_HEADER];
    const requestId = typeof header === 'string' ? header : `request-${this.#requests}`;
    try {
      await this.#route(req, res, requestId);
    } catch (error) {
      if (req.destroyed && !req.complete) {
        return;
      }
      this.#refuse(res, requestId, error);
    }
  }

  async #route(req: IncomingMessage, res: ServerResponse, requestId: string): Promise<void> {
    const path = (req.url ?? '/').split('?')[0];
    switch (path) {
      case '/ping':
        allow(req, res, 'GET');
        return sendJson(res, 200, this.#health());
      case '/invocations':
        allow(req, res, 'POST');
        return this.#invoke(req, res, requestId);
      default:
        throw new RefusedRequest('NOT_FOUND', `There is no ${path}: use GET /ping or POST /invocations.`);
    }
  }

  #health(): PingReply {
    const status = this.#open?.session.busy ? 'HealthyBusy' : 'Healthy';
    if (status !== this.#ping.status) {
      this.#ping = { status, time_of_last_update: unixSeconds() };
    }
    return this.#ping;
  }

  async #invoke(req: IncomingMessage, res: ServerResponse, requestId: string): Promise<void> {
    const body = await readBody(req);
    const sessionId = readSessionId(req.headers[SESSION_HEADER]);
    const { prompt, runId, stream } = readInvocation(body, sessionId, req.headers.accept);
    if (this.#stopping) {
      throw new RefusedRequest('STOPPING', 'This container is being stopped: send the prompt again in a moment.');
    }
    const run = this.#session(sessionId).start({ prompt, runId, requestId });
    if (stream) {
      await sendEventStream(run, res, this.#options.keepAliveMs ?? 15_000);
    } else {
      sendJson(res, 200, await collectReply(run, sessionId));
    }
  }

  #session(sessionId: string): ServedSession {
    this.#open ??= { id: sessionId, session: this.#options.openSession(sessionId) };
    if (this.#open.id !== sessionId) {
      throw new RefusedRequest(
        'SESSION_MISMATCH',
        'This container serves another session: AgentCore gives every session id a container of its own.',
      );
    }
    return this.#open.session;
  }

  #refuse(res: ServerResponse, requestId: string, error: unknown): void {
    const refused =
      error instanceof RefusedRequest
        ? error
        : new RefusedRequest('INTERNAL_ERROR', 'The agent server failed; its log has the cause.');
    const { status } = REFUSALS[refused.code];
    const detail = error === refused ? refused.message : String(error instanceof Error ? error.stack : error);
    this.#options.log(status < 500 ? 'warn' : 'error', 'request refused', {
      ...{ request_id: requestId, session_id: this.#open?.id, status, code: refused.code, detail },
    });
    if (res.headersSent) {
      res.destroy();
      return;
    }
    sendJson(res, status, { error: { code: refused.code, message: refused.message } } satisfies RefusalBody);
  }
}

async function collectReply(run: Run, sessionId: string): Promise<InvocationReply> {
  const collector = new ReplyCollector();
  run.onEvent(({ event }) => collector.add(event));
  const { status, error, figures } = await run.finished;
  const metadata = { session_id: sessionId, run_id: run.runId, ...figures };
  return { ...collector.content, metadata, status, ...(error ? { error } : {}) };
}

function allow(req: IncomingMessage, res: ServerResponse, method: 'GET' | 'POST'): void {
  if (req.method !== method) {
    res.setHeader('allow', method);
    throw new RefusedRequest('METHOD_NOT_ALLOWED', `${req.url} takes ${method} only, not ${req.method}.`);
  }
}

function sendJson(res: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  res.end(text);
}

function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
