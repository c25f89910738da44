import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';
import { SESSION_HEADER } from '../../../../agent-image/src/protocol';

/** How the container breaks the contract. */
export type Fault =
  | 'ping-fails'
  | 'ping-is-text'
  | 'ping-is-lower-case'
  | 'ping-time-moves'
  | 'ping-time-in-milliseconds'
  | 'never-busy'
  | 'always-busy'
  | 'answers-as-text'
  | 'stream-of-json-lines'
  | 'stream-is-not-ended'
  | 'serves-one-request'
  | 'exact-header-names'
  | 'fails-on-content-type'
  | 'small-bodies-only'
  | 'fails-on-broken-json'
  | 'shows-stack-traces'
  | 'serves-every-path'
  | 'cuts-options'
  | 'falls-when-readers-leave'
  | 'falls-when-senders-leave'
  | 'no-web-socket'
  | 'web-socket-fails'
  | 'web-socket-is-silent'
  | 'web-socket-frames-are-large'
  | 'web-socket-cuts-odd-messages'
  | 'web-socket-closes-oddly'
  | 'falls-when-sockets-leave';

/** Longest time that a run takes, in milliseconds: many pings of the kit. */
const BUSY_MS = 700;

/** Long enough that a reader who leaves at the first event leaves before the last. */
const STREAM_PAUSE_MS = 100;

/** A close frame with code 1005, which must not be sent. */
const ODD_CLOSE = Buffer.from([0x88, 2, 0x03, 0xed]);

/** A container that keeps AgentCore's contract, but for one fault. `{"seconds": true}` keeps it busy. */
export class Container {
  readonly #fault: Fault | undefined;
  readonly #server = createServer((req, res) => void this.#serve(req, res).catch(() => res.destroy()));
  readonly #sockets = new WebSocketServer({ noServer: true });
  #url = '';
  #since = Math.floor(Date.now() / 1000);
  #active = 0;
  #answered = 0;
  #fallen = false;

  private constructor(fault?: Fault) {
    this.#fault = fault;
    this.#server.on('upgrade', (req, stream, head) => {
      stream.on('error', () => stream.destroy());
      if (this.#fallen || fault === 'web-socket-fails' || fault === 'no-web-socket') {
        stream.end(`HTTP/1.1 ${fault === 'no-web-socket' ? '404 Not Found' : '500 Failed'}\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(req, stream, head, (socket) => this.#talk(socket));
      if (fault === 'web-socket-closes-oddly') {
        stream.write(ODD_CLOSE);
      }
    });
  }

  static async start(fault?: Fault): Promise<Container> {
    const container = new Container(fault);
    container.#server.listen(0, '127.0.0.1');
    await once(container.#server, 'listening');
    container.#url = `http://127.0.0.1:${(container.#server.address() as AddressInfo).port}`;
    return container;
  }

  get url(): string {
    return this.#url;
  }

  async stop(): Promise<void> {
    this.#sockets.clients.forEach((socket) => socket.terminate());
    this.#sockets.close();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    req.on('close', () => this.#fall('falls-when-senders-leave', !req.complete));
    res.on('close', () => this.#fall('falls-when-readers-leave', !res.writableFinished));
    if (this.#fallen) {
      return sendJson(res, 500, { error: 'fallen' });
    }
    if (req.method === 'OPTIONS' && this.#fault === 'cuts-options') {
      return void res.destroy();
    }
    switch (req.url) {
      case '/ping':
        return this.#ping(res);
      case '/invocations':
        return req.method === 'POST' ? this.#invoke(req, res) : sendJson(res, 405, {});
      default:
        return sendJson(res, this.#fault === 'serves-every-path' ? 200 : 404, {});
    }
  }

  #ping(res: ServerResponse): void {
    const status = this.#active > 0 || this.#fault === 'always-busy' ? 'HealthyBusy' : 'Healthy';
    const pong = { status: this.#fault === 'never-busy' ? 'Healthy' : status, time_of_last_update: this.#since };
    switch (this.#fault) {
      case 'ping-fails':
        return sendJson(res, 500, pong);
      case 'ping-is-text':
        return void res.writeHead(200, { 'content-type': 'text/plain' }).end(JSON.stringify(pong));
      case 'ping-is-lower-case':
        return sendJson(res, 200, { ...pong, status: status.toLowerCase() });
      case 'ping-time-moves':
        return sendJson(res, 200, { ...pong, time_of_last_update: Math.floor(Date.now() / 1000) });
      case 'ping-time-in-milliseconds':
        return sendJson(res, 200, { ...pong, time_of_last_update: this.#since * 1000 });
      default:
        return sendJson(res, 200, pong);
    }
  }

  async #invoke(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req);
    const refused = this.#refusal(req, body.length);
    if (refused !== undefined) {
      return sendJson(res, refused, {});
    }
    const message = parse(body.toString());
    if (message === undefined) {
      const status = this.#fault === 'fails-on-broken-json' ? 500 : 400;
      const stack = this.#fault === 'shows-stack-traces' ? new Error('no JSON').stack : 'no JSON';
      return sendJson(res, status, { error: stack });
    }
    this.#answered += 1;
    return this.#answer(req, res, 'seconds' in message ? BUSY_MS : STREAM_PAUSE_MS);
  }

  #refusal({ rawHeaders, headers }: IncomingMessage, length: number): number | undefined {
    const type = headers['content-type'];
    switch (this.#fault) {
      case 'serves-one-request':
        return this.#answered > 0 ? 409 : undefined;
      case 'exact-header-names':
        return rawHeaders.includes(SESSION_HEADER) ? undefined : 400;
      case 'fails-on-content-type':
        return type === 'application/json' ? undefined : 500;
      case 'small-bodies-only':
        return length > 1_000_000 ? 413 : undefined;
      default:
        return undefined;
    }
  }

  async #answer({ headers }: IncomingMessage, res: ServerResponse, duration: number): Promise<void> {
    this.#setActive(1);
    const streams = headers.accept === 'text/event-stream';
    if (streams) {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(this.#fault === 'stream-of-json-lines' ? '{"text":"hel"}\n' : 'data: {"text":"hel"}\n\n');
    }
    await new Promise((resolve) => setTimeout(resolve, duration));
    this.#setActive(-1);
    if (streams) {
      res.end(this.#fault === 'stream-is-not-ended' ? 'data: {"text":"lo"}\n' : 'data: {"text":"lo"}\n\n');
    } else if (this.#fault === 'answers-as-text') {
      res.writeHead(200, { 'content-type': 'text/plain' }).end('hello');
    } else {
      sendJson(res, 200, { response: 'hello' });
    }
  }

  #talk(socket: WebSocket): void {
    socket.on('error', () => socket.terminate());
    socket.on('close', (code) => this.#fall('falls-when-sockets-leave', code === 1006));
    socket.on('message', (data: Buffer) => {
      const message = parse(data.toString());
      if (message === undefined && this.#fault === 'web-socket-cuts-odd-messages') {
        socket.terminate();
      } else if (message === undefined || this.#fault !== 'web-socket-is-silent') {
        socket.send('x'.repeat(this.#fault === 'web-socket-frames-are-large' ? 70_000 : 200));
      }
    });
  }

  #setActive(change: 1 | -1): void {
    const before = this.#active;
    this.#active += change;
    if ((before === 0) !== (this.#active === 0)) {
      this.#since = Math.floor(Date.now() / 1000);
    }
  }

  #fall(fault: Fault, isMet: boolean): void {
    this.#fallen ||= isMet && this.#fault === fault;
  }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function sendJson(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
