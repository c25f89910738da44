import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { NoAnswer } from './exchange';
import { type Frame, FrameReader, maskedFrame, OPCODES } from './web-socket-frames';

/** Of RFC 6455, for the answer to the handshake. */
const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * The client's side of a WebSocket, frame by frame: libraries put frames together into messages, and what is to be seen
 * here is the frames.
 */
export class WebSocketConnection {
  /** All that came, in order, pings included. */
  readonly frames: Frame[] = [];
  readonly #stream: Duplex;
  readonly #reader = new FrameReader();
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(stream: Duplex, head: Buffer) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('error', () => stream.destroy());
    stream.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    this.#take(head);
  }

  /**
   * Asks for a WebSocket.
   *
   * @returns the connection, or the status of an answer that is none
   * @throws NoAnswer when there is no answer in time, or a wrong one
   */
  static open(
    url: URL,
    headers: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<WebSocketConnection | number> {
    const key = randomBytes(16).toString('base64');
    const expected = createHash('sha1')
      .update(key + HANDSHAKE_GUID)
      .digest('base64');
    const handshake = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': key,
    };
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const req = request(url, { headers: { ...headers, ...handshake }, agent: false });
      const timer = setTimeout(() => req.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
      req.on('close', () => clearTimeout(timer));
      req.on('error', (error) => reject(new NoAnswer(`GET ${url.pathname}: ${error.message}`)));
      req.on('response', (res) => {
        res.resume();
        resolve(res.statusCode ?? 0);
      });
      req.on('upgrade', (res, stream: Duplex, head) => {
        clearTimeout(timer);
        if (res.headers['sec-websocket-accept'] !== expected) {
          stream.destroy();
          reject(new NoAnswer('the answer to the handshake has a wrong Sec-WebSocket-Accept header'));
          return;
        }
        resolve(new WebSocketConnection(stream, head));
      });
      req.end();
    });
  }

  sendText(text: string): void {
    this.#stream.write(maskedFrame(OPCODES.text, Buffer.from(text, 'utf8')));
  }

  sendClose(code: number): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#stream.write(maskedFrame(OPCODES.close, payload));
  }

  /** Waits for a frame that `matches`; undefined when the connection ends, or after `timeoutMs`. */
  async waitFor(matches: (frame: Frame) => boolean, timeoutMs: number): Promise<Frame | undefined> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const frame = this.frames.find(matches);
      const left = deadline - Date.now();
      if (frame || this.#ended || left <= 0) {
        return frame;
      }
      await this.#change(left);
    }
  }

  /** Waits until nothing came for `quietMs`, but not longer than `timeoutMs`. */
  async waitForQuiet(quietMs: number, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (let count = -1; count !== this.frames.length && !this.#ended && Date.now() < deadline;) {
      count = this.frames.length;
      await this.#change(quietMs);
    }
  }

  /** Ends the connection in order, if the server does its part within `timeoutMs`. */
  async close(code: number, timeoutMs: number): Promise<void> {
    if (!this.#ended) {
      this.sendClose(code);
      await this.waitFor(({ opcode }) => opcode === OPCODES.close, timeoutMs);
    }
    this.cut();
  }

  /** Ends the connection without a word. */
  cut(): void {
    this.#ended = true;
    this.#stream.destroy();
  }

  #take(chunk: Buffer): void {
    for (const frame of this.#reader.read(chunk)) {
      this.frames.push(frame);
      if (frame.opcode === OPCODES.ping) {
        this.#stream.write(maskedFrame(OPCODES.pong, frame.payload));
      }
    }
    this.#wake();
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
