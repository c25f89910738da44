import type { EventLog } from './event-log.ts';
import {
  AG_UI_VERSION,
  type AgentEvent,
  type ErrorDetail,
  type Interrupt,
  RUN_FAILURES,
  type RunFailureCode,
  type RunFigures,
} from './protocol.ts';
import { ReplyCollector } from './reply.ts';
import type { TraceHeaders } from './trace-headers.ts';
import { NOTHING_SPENT } from './usage.ts';

/** How a run ended, and what it took. */
export interface RunSummary {
  readonly status: 'success' | 'interrupted' | 'cancelled' | 'error';
  readonly interrupts?: readonly Interrupt[];
  readonly error?: ErrorDetail;
  readonly figures: RunFigures;
}

/** What a run is told apart by. */
export interface RunIdentity {
  readonly runId: string;
  readonly threadId: string;
  /** Of the process. */
  readonly number: number;
  readonly requestId: string;
}

/**
 * What one request has asked for, from `RUN_STARTED` to `RUN_FINISHED` or `RUN_ERROR`. It belongs to the session:
 * whoever listens may leave without any effect on it.
 */
export class Run {
  readonly identity: RunIdentity;
  /** Settles after the last event; never rejects. */
  readonly finished: Promise<RunSummary>;
  /** What the events have told so far, for callers who do not stream. */
  readonly content = new ReplyCollector();
  /** Number of the event before its first one. */
  readonly after: number;
  /** Of the request; missing when it belongs to none. */
  readonly trace: TraceHeaders | undefined;
  readonly #log: EventLog;
  readonly #acceptedAt = performance.now();
  #firstContentMs: number | undefined;
  #finish: (summary: RunSummary) => void = () => undefined;

  constructor(identity: RunIdentity, log: EventLog, trace?: TraceHeaders) {
    this.identity = identity;
    this.trace = trace;
    this.after = log.last;
    this.#log = log;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
  }

  /** From the acceptance to the first part of the answer, in milliseconds; undefined before it. */
  get firstContentMs(): number | undefined {
    return this.#firstContentMs;
  }

  begin(): void {
    const { threadId, runId } = this.identity;
    this.emit({ type: 'RUN_STARTED', threadId, runId, protocolVersion: AG_UI_VERSION });
  }

  emit(event: AgentEvent): void {
    this.content.add(event);
    if (!/^(?:RUN_|STEP_|CUSTOM$)/.test(event.type)) {
      this.#firstContentMs ??= Math.round(performance.now() - this.#acceptedAt);
    }
    this.#log.append(this.identity.number, event);
  }

  /** Ends a run that never came to the model. */
  fail(code: RunFailureCode, model: string): RunFigures {
    this.begin();
    const error = { code, message: RUN_FAILURES[code] };
    const figures = { model, turns: 0, duration_ms: 0, ...NOTHING_SPENT };
    this.end({ status: 'error', error, figures });
    return figures;
  }

  /** Tells the end, with which nothing more of this run comes. */
  end(summary: RunSummary): void {
    const { threadId, runId } = this.identity;
    const { status, interrupts = [], error, figures } = summary;
    if (error) {
      this.emit({ type: 'RUN_ERROR', code: error.code, message: error.message });
    } else {
      const outcome =
        status === 'interrupted'
          ? ({ type: 'interrupt', interrupts } as const)
          : ({ type: status === 'cancelled' ? 'cancelled' : 'success' } as const);
      this.emit({ type: 'RUN_FINISHED', threadId, runId, outcome, result: figures });
    }
    this.#finish(summary);
  }
}
