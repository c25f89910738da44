import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly timeoutMs: number;
  /** The connection is cut as soon as the answer's first byte is there. */
  readonly leaveAtFirstByte?: boolean;
}

export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The other side did not answer as a server does. */
export class NoAnswer extends Error {}

/**
 * One request on a connection of its own, with headers as they are written here: `fetch` would change their case.
 *
 * @throws NoAnswer when there is no connection, no whole answer, or none in time
 */
export function exchange(options: ExchangeRequest): Promise<Exchange> {
  const { method, url, headers, body, timeoutMs, leaveAtFirstByte = false } = options;
  const what = `${method} ${url.pathname}`;
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const lost = (error: Error): void => {
      clearTimeout(timer);
      reject(new NoAnswer(`${what}: ${error.message === '' ? String(error) : error.message}`));
    };
    const take = (res: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      const done = (): void => {
        clearTimeout(timer);
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks).toString('utf8') });
      };
      res.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (leaveAtFirstByte) {
          done();
          req.destroy();
        }
      });
      res.on('end', done);
      res.on('error', lost);
    };
    const req = request(url, { method, headers, agent: false }, take);
    const timer = setTimeout(() => {
      lost(new Error(`no whole answer within ${timeoutMs / 1000} s`));
      req.destroy();
    }, timeoutMs);
    req.on('error', lost);
    req.end(body);
  });
}

/** Begins to send a body of `length` bytes, cuts the connection after the first `sent` of them, and settles then. */
export function leaveDuringUpload(
  url: URL,
  headers: ExchangeRequest['headers'],
  length: number,
  sent: number,
): Promise<void> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const all = { ...headers, 'content-length': String(length) };
    const req = request(url, { method: 'POST', headers: all, agent: false });
    // What the container says to that does not matter, only that it serves the next one.
    req.on('error', () => undefined);
    req.on('close', () => resolve());
    req.write(Buffer.alloc(sent, ' '), () => req.destroy());
  });
}
