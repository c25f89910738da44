import { WebSocket, type ClientOptions } from 'ws';

/** A WebSocket client that keeps what it was sent. */
export class TestSocket {
  public readonly socket: WebSocket;
  /** `code reason`, once it is closed. */
  public readonly closed: Promise<string>;
  /** Settles with the status of the answer when the upgrade is refused, with 101 when it is not. */
  public readonly status: Promise<number>;
  public body = '';
  private readonly frames: (string | Buffer)[] = [];
  private readonly waiting: ((frame: string | Buffer) => void)[] = [];

  constructor(url: string, options: ClientOptions & { readonly protocols?: string[] } = {}) {
    const { protocols, ...rest } = options;
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, rest);
    this.socket.on('message', (data: Buffer, isBinary) => {
      const frame = isBinary ? data : data.toString();
      const next = this.waiting.shift();
      if (next === undefined) this.frames.push(frame);
      else next(frame);
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        resolve(`${String(code)} ${reason.toString()}`.trim());
      });
    });
    this.status = new Promise((resolve, reject) => {
      this.socket.once('open', () => {
        resolve(101);
      });
      this.socket.once('unexpected-response', (request, answer) => {
        answer.on('data', (chunk: Buffer) => (this.body += chunk.toString()));
        answer.once('end', () => {
          resolve(answer.statusCode ?? 0);
          request.destroy();
        });
      });
      this.socket.on('error', reject);
    });
    // Not every test waits for both.
    this.status.catch(() => undefined);
  }

  public async next(): Promise<string | Buffer> {
    const frame = this.frames.shift();
    return frame ?? new Promise((resolve) => this.waiting.push(resolve));
  }

  public async json<T>(): Promise<T> {
    return JSON.parse(String(await this.next())) as T;
  }

  public send(request: object): void {
    this.socket.send(JSON.stringify(request));
  }
}
