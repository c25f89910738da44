import type { Log } from '../log.ts';
import type { Authorize } from '../signed-post.ts';
import { untilAborted } from '../until-aborted.ts';
import { otlpRequest } from './otlp.ts';
import type { EndedSpan, SpanAttributes } from './span.ts';

export interface SpanExporterOptions {
  readonly url: URL;
  readonly authorize: Authorize;
  /** Attributes of the agent as a whole. */
  readonly resource: SpanAttributes;
  readonly log: Log;
  /** How long spans are collected, in milliseconds; 5 seconds by default, as OpenTelemetry's own batches. */
  readonly everyMs?: number;
}

/** Longest pause between attempts while the endpoint is away, in milliseconds. */
const MAX_PAUSE_MS = 60_000;

/** Most spans that wait; more are dropped, so that an endpoint that is away costs no memory. */
const MAX_WAITING = 2_048;

/** Most spans of one request. AWS X-Ray takes 10,000, and 5 MB. */
const MAX_BATCH = 512;

/** How long one request may take, in milliseconds. */
const REQUEST_MS = 5_000;

/** How long a stop waits for the last spans, in milliseconds. */
const CLOSING_MS = 1_000;

/** Answers after which the same spans are sent again. Source: "Retryable Response Codes" of OTLP/HTTP. */
const RETRYABLE = [429, 502, 503, 504];

/** Longest part of an answer that is logged, in characters. */
const MAX_REASON = 300;

type Sent = { readonly kind: 'taken' } | { readonly kind: 'refused' | 'away'; readonly detail: string };

/** Sends spans in batches, in the background. What fails is told in the log and disturbs nothing. */
export class SpanExporter {
  readonly #options: SpanExporterOptions;
  readonly #closing = new AbortController();
  readonly #waiting: EndedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** Attempts in a row that failed. */
  #failures = 0;
  /** Spans that nobody will see, until the log has told of them. */
  #lost = 0;

  constructor(options: SpanExporterOptions) {
    this.#options = options;
  }

  add(span: EndedSpan): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(span);
    this.#schedule();
  }

  /** Sends what is left, for at most a second. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const overdue = setTimeout(() => this.#closing.abort(), CLOSING_MS);
    await this.#sending;
    if (!this.#closing.signal.aborted) await this.#send();
    clearTimeout(overdue);
    const left = this.#waiting.length + this.#lost;
    if (left > 0) this.#options.log('warn', 'spans were not sent before the stop', { spans: left });
  }

  #schedule(): void {
    const { everyMs = 5_000 } = this.#options;
    if (this.#timer || this.#sending) return;
    const pause = Math.min(everyMs * 2 ** this.#failures, Math.max(everyMs, MAX_PAUSE_MS));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#send().finally(() => {
        this.#sending = undefined;
        if (this.#waiting.length > 0 && !this.#closing.signal.aborted) this.#schedule();
      });
    }, pause).unref();
  }

  /** Everything that waits, batch by batch, until one is not taken for the moment. */
  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      const sent = await this.#post(otlpRequest(this.#options.resource, batch));
      if (sent.kind !== 'away') this.#waiting.splice(0, batch.length);
      if (sent.kind === 'refused') this.#lost += batch.length;
      this.#note(sent);
      if (sent.kind === 'away') return;
    }
  }

  async #post(body: string): Promise<Sent> {
    const { url, authorize } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(REQUEST_MS)]);
    try {
      const request = { url, headers: { 'content-type': 'application/json' }, body };
      // Looking for credentials may take longer than a stop may wait.
      const headers = await untilAborted(authorize(request), signal);
      // What lets the request in must not be sent on to another address.
      const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
      if (response.ok) {
        await response.body?.cancel();
        return { kind: 'taken' };
      }
      const detail = `HTTP ${response.status}: ${(await response.text()).slice(0, MAX_REASON)}`;
      return { kind: RETRYABLE.includes(response.status) ? 'away' : 'refused', detail };
    } catch (error) {
      return { kind: 'away', detail: reasonOf(error) };
    }
  }

  /** Told when it begins to fail and when it goes again, not each time. */
  #note(sent: Sent): void {
    const { log, url } = this.#options;
    if (sent.kind !== 'taken') {
      if (this.#failures === 0) log('warn', 'spans cannot be sent', { endpoint: url.origin, detail: sent.detail });
      this.#failures += 1;
    } else if (this.#failures > 0) {
      log('info', 'spans are sent again', { endpoint: url.origin, lost: this.#lost });
      this.#failures = 0;
      this.#lost = 0;
    }
  }
}

/** Of the network: `fetch` tells it in the cause only. */
function reasonOf(error: unknown): string {
  const { message = String(error), cause } = (error ?? {}) as { message?: string; cause?: { code?: unknown } };
  return cause?.code === undefined ? message : `${message} (${String(cause.code)})`;
}
