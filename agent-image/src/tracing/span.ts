import { type TraceContext, TraceIds } from './trace-context.ts';

export type SpanValue = string | number | boolean | readonly string[];
/** Without those that are undefined. */
export type SpanAttributes = Readonly<Record<string, SpanValue | undefined>>;

/** The numbers of OTLP. */
export const SPAN_KINDS = { internal: 1, client: 3 } as const;
export type SpanKind = keyof typeof SPAN_KINDS;

/** A span that has ended. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly state?: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: SpanAttributes;
  /** Why it failed, as a short code; missing when it did not. */
  readonly error?: string;
}

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  /** A new trace begins without one. */
  readonly parent?: TraceContext | undefined;
  readonly attributes?: SpanAttributes;
  /** Unix milliseconds; now by default. */
  readonly startedAt?: number | undefined;
}

export interface SpanEnd {
  readonly attributes?: SpanAttributes;
  readonly error?: string | undefined;
  /** What it turned out to be called. */
  readonly name?: string;
  /** Unix milliseconds; now by default. */
  readonly endedAt?: number | undefined;
}

/** Something that takes time; told when it has ended, once. */
export class Span {
  readonly context: TraceContext & { readonly spanId: string };
  readonly #start: SpanStart & { readonly startedAt: number };
  #onEnd: ((span: EndedSpan) => void) | undefined;

  constructor(start: SpanStart, ids: TraceIds, onEnd: (span: EndedSpan) => void) {
    const { parent, startedAt = Date.now() } = start;
    this.#start = { ...start, startedAt };
    this.context = {
      traceId: parent?.traceId ?? ids.trace(),
      spanId: ids.span(),
      sampled: parent?.sampled ?? true,
      ...(parent?.state !== undefined && { state: parent.state }),
    };
    this.#onEnd = this.context.sampled ? onEnd : undefined;
  }

  end({ attributes, error, name, endedAt = Date.now() }: SpanEnd = {}): void {
    const { traceId, spanId, state } = this.context;
    const { parent, kind, startedAt } = this.#start;
    this.#onEnd?.({
      ...{ traceId, spanId, kind, startedAt },
      ...(parent?.spanId !== undefined && { parentSpanId: parent.spanId }),
      ...(state !== undefined && { state }),
      name: name ?? this.#start.name,
      // Clocks may be set back.
      endedAt: Math.max(startedAt, endedAt),
      attributes: { ...this.#start.attributes, ...attributes },
      ...(error !== undefined && { error }),
    });
    this.#onEnd = undefined;
  }
}

/** Begins spans. */
export class Tracer {
  readonly #ids: TraceIds;
  readonly #onEnd: (span: EndedSpan) => void;

  /** `seed`: see {@link TraceIds}. */
  constructor(seed: string, onEnd: (span: EndedSpan) => void) {
    this.#ids = new TraceIds(seed);
    this.#onEnd = onEnd;
  }

  start(start: SpanStart): Span {
    return new Span(start, this.#ids, this.#onEnd);
  }
}
