import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Reading } from './event-stream.ts';
import { readInvocation, readSessionId } from './invocation/invocation.ts';
import type { Log } from './log.ts';
import { MAX_BODY_BYTES, REFUSALS, RefusedRequest, SESSION_HEADER, type SocketFrame } from './protocol.ts';
import { refusalOf } from './refusal.ts';
import type { SessionHost } from './session-host.ts';
import { readTraceHeaders, type TraceHeaders } from './trace-headers.ts';
import { type Identified, identify, type IdentityRules } from './user-identity/identify.ts';
import { framesOf } from './web-socket-frames.ts';

/** AgentCore takes 250 frames a second of one connection. */
const FRAMES_PER_SECOND = 200;

/** Pause between protocol pings, which keep idle connections open and find those whose client is gone. */
const PING_MS = 15_000;

/** Close code for a container that goes away (RFC 6455). */
const GOING_AWAY = 1001;

export interface AgentWebSocketsOptions extends IdentityRules {
  readonly host: SessionHost;
  readonly log: Log;
}

/** What is fixed for a connection when it opens. */
interface Connection {
  readonly socket: WebSocket;
  readonly sessionId: string;
  /** Whom its requests are from, and of which trace they are. */
  readonly caller: Identified & { readonly trace?: TraceHeaders };
  readonly requestId: string;
  /** Ends the sending of events that is under way, before another one begins. */
  stopReading: () => void;
  reading: boolean;
}

/**
 * `GET /ws`: requests as in `POST /invocations`, one a message. From the first prompt or `attach` on, the connection gets
 * all events of the session.
 */
export class AgentWebSockets {
  readonly #options: AgentWebSocketsOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY_BYTES });

  constructor(options: AgentWebSocketsOptions) {
    this.#options = options;
  }

  /** Answers a request to change the protocol. */
  upgrade(req: IncomingMessage, stream: Duplex, head: Buffer, requestId: string): void {
    stream.on('error', () => stream.destroy());
    try {
      const url = new URL(req.url ?? '/', 'http://agent');
      if (url.pathname !== '/ws') {
        throw new RefusedRequest('NOT_FOUND', 'Only GET /ws takes a WebSocket.');
      }
      const named = req.headers[SESSION_HEADER] ?? queryParameter(url, SESSION_HEADER);
      const sessionId = readSessionId(named);
      const trace = readTraceHeaders(req.headers);
      const caller = { ...identify(req.headers, this.#options), ...(trace && { trace }) };
      this.#server.handleUpgrade(req, stream, head, (socket) => {
        this.#serve({ socket, sessionId, caller, requestId, stopReading: () => undefined, reading: false });
      });
    } catch (error) {
      this.#refuseUpgrade(stream, requestId, error);
    }
  }

  /** Closes all connections. */
  close(): void {
    for (const socket of this.#server.clients) {
      socket.close(GOING_AWAY, 'the container is being stopped');
    }
    this.#server.close();
  }

  /** Ends the connections whose clients did not close in time. */
  terminate(): void {
    for (const socket of this.#server.clients) {
      socket.terminate();
    }
  }

  #serve(connection: Connection): void {
    const { socket, requestId } = connection;
    let answered = true;
    socket.on('pong', () => (answered = true));
    const ping = setInterval(() => {
      if (!answered) {
        socket.terminate();
        return;
      }
      answered = false;
      socket.ping();
    }, PING_MS);
    let messages = 0;
    let before = Promise.resolve();
    socket.on('message', (data) => {
      messages += 1;
      const id = `${requestId}-${messages}`;
      // In the order in which they came: a prompt and then its cancel.
      // One at a time, and no more is read meanwhile: what a client sends must not pile up here.
      socket.pause();
      before = before.then(() => this.#take(connection, data, id)).then(() => socket.resume());
    });
    socket.on('error', (error) => {
      this.#options.log('warn', 'a WebSocket failed', { request_id: requestId, detail: error.message });
    });
    socket.on('close', () => {
      clearInterval(ping);
      connection.stopReading();
    });
  }

  async #take(connection: Connection, data: RawData, requestId: string): Promise<void> {
    const { socket, sessionId, caller } = connection;
    try {
      const invocation = readInvocation(bytesOf(data), sessionId, 'text/event-stream');
      const outcome = await this.#options.host.call({ sessionId, invocation, requestId, ...caller });
      if (outcome.kind === 'reply') {
        await send(socket, { reply: outcome.reply });
      } else if (outcome.kind === 'events' || !connection.reading) {
        this.#read(connection, outcome.reading);
      }
    } catch (error) {
      await this.#tellRefusal(socket, requestId, error);
    }
  }

  /** Sends events from a point on, for as long as the connection is open. */
  #read(connection: Connection, { log, after }: Reading): void {
    connection.stopReading();
    connection.reading = true;
    const stopped = new Promise<void>((resolve) => (connection.stopReading = resolve));
    let over = false;
    void stopped.then(() => (over = true));
    const pace = new Pace(FRAMES_PER_SECOND);
    const sending = async (): Promise<void> => {
      for await (const events of log.follow(after, stopped)) {
        for (const frame of framesOf(events)) {
          if (over) {
            return;
          }
          await pace.next();
          await send(connection.socket, frame);
        }
      }
    };
    sending().catch((error: unknown) => {
      this.#options.log('warn', 'events could not be sent', {
        request_id: connection.requestId,
        detail: String(error),
      });
      connection.socket.terminate();
    });
  }

  async #tellRefusal(socket: WebSocket, requestId: string, error: unknown): Promise<void> {
    const { code, message } = refusalOf(error, requestId, this.#options.log);
    await send(socket, { error: { code, message } });
  }

  #refuseUpgrade(stream: Duplex, requestId: string, error: unknown): void {
    const { code, message } = refusalOf(error, requestId, this.#options.log);
    const body = JSON.stringify({ error: { code, message } });
    const lines = [
      `HTTP/1.1 ${REFUSALS[code].status} Refused`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    stream.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }
}

/** Lets so many pass in a second, and has the others wait. */
class Pace {
  readonly #perSecond: number;
  #windowEnds = 0;
  #passed = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  async next(): Promise<void> {
    const now = performance.now();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + 1_000;
      this.#passed = 0;
    } else if (this.#passed >= this.#perSecond) {
      await delay(this.#windowEnds - now);
      return this.next();
    }
    this.#passed += 1;
  }
}

/**
 * Settles when the frame is on its way, so that a slow reader holds up nothing but its own events; also when the
 * connection is gone, whose `close` ends the reading.
 */
function send(socket: WebSocket, frame: SocketFrame): Promise<void> {
  return new Promise((resolve) => socket.send(JSON.stringify(frame), () => resolve()));
}

function bytesOf(data: RawData): Uint8Array {
  return Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** Names of query parameters are compared as header names are. */
function queryParameter(url: URL, name: string): string | undefined {
  return [...url.searchParams].find(([key]) => key.toLowerCase() === name)?.[1];
}
