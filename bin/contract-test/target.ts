import { SESSION_HEADER } from '../../agent-image/src/protocol';
import { type Exchange, exchange, type ExchangeRequest } from './exchange';

export interface ContractTestOptions {
  /** Where the container listens, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** 33 to 256 characters; a new one by default. All checks are of this one session, as containers serve only one. */
  readonly sessionId?: string;
  /** Sent with every request, for example `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body that the agent answers; `{"prompt":"hello"}` by default. */
  readonly payload?: string;
  /** Body that keeps the agent busy for some seconds; without it that is not checked. */
  readonly busyPayload?: string;
  /** Longest wait for an answer, in milliseconds; 60 seconds by default. */
  readonly timeoutMs?: number;
}

/** The container that is tested, and how it is spoken to. */
export class Target {
  readonly sessionId: string;
  readonly payload: string;
  readonly busyPayload: string | undefined;
  readonly timeoutMs: number;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: ContractTestOptions & { readonly sessionId: string }) {
    this.#url = new URL(options.url);
    this.#headers = options.headers ?? {};
    this.sessionId = options.sessionId;
    this.payload = options.payload ?? '{"prompt":"hello"}';
    this.busyPayload = options.busyPayload;
    this.timeoutMs = options.timeoutMs ?? 60_000;
  }

  /** Address of a path below the one that was given. */
  address(path: string): URL {
    const url = new URL(this.#url);
    url.pathname = url.pathname.replace(/\/$/, '') + path;
    return url;
  }

  /** The headers of every request, with the session under the name `sessionHeader`. */
  headers(more: Readonly<Record<string, string>> = {}, sessionHeader = SESSION_HEADER): Record<string, string> {
    return { ...this.#headers, ...more, [sessionHeader]: this.sessionId };
  }

  /** @throws NoAnswer */
  send(method: string, path: string, options: Partial<ExchangeRequest> = {}): Promise<Exchange> {
    const headers = options.headers ?? this.headers();
    return exchange({ timeoutMs: this.timeoutMs, ...options, method, url: this.address(path), headers });
  }

  /** @throws NoAnswer */
  ping(): Promise<Exchange> {
    return this.send('GET', '/ping');
  }

  /** Sends a body to the agent. @throws NoAnswer */
  invoke(body: string = this.payload, headers: Readonly<Record<string, string>> = {}): Promise<Exchange> {
    const type = { 'content-type': 'application/json', accept: 'application/json' };
    return this.send('POST', '/invocations', { body, headers: this.headers({ ...type, ...headers }) });
  }
}
