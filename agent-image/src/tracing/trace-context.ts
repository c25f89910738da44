import { createHash, randomBytes } from 'node:crypto';
import type { TraceHeaders } from '../trace-headers.ts';

/** Where in which trace something happens. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 of them; missing where a caller names the trace and no span of it. */
  readonly spanId?: string;
  /** Whether spans are recorded: whoever begins a trace decides it. */
  readonly sampled: boolean;
  /** Of other vendors, passed on as it came. */
  readonly state?: string;
}

/** Source of both: "Trace Context" of the W3C, versions of two digits; `ff` and ids of zeros are none. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const MAX_STATE = 512;

/** Source: "Tracing header" in the developer guide of AWS X-Ray. */
const XRAY_ROOT = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/;
const XRAY_PARENT = /^[0-9a-f]{16}$/;

/** The context that a caller sends, the one of the W3C before the one of AWS X-Ray; undefined where there is none that can be read. */
export function readTraceContext({
  traceparent = '',
  tracestate = '',
  xray = '',
}: TraceHeaders): TraceContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent.trim()) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return xrayContext(xray);
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  const isState = tracestate !== '' && tracestate.length <= MAX_STATE;
  return { traceId, spanId, sampled, ...(isState && { state: tracestate }) };
}

function xrayContext(header: string): TraceContext | undefined {
  const fields = Object.fromEntries(header.split(';').map((field) => field.trim().split('=', 2)));
  const { Root = '', Parent = '', Sampled } = fields as Partial<Record<string, string>>;
  const [, seconds, rest] = XRAY_ROOT.exec(Root) ?? [];
  if (seconds === undefined || rest === undefined) return undefined;
  // Without a word, or with a question mark, the one that is called decides.
  return {
    traceId: `${seconds}${rest}`,
    ...(XRAY_PARENT.test(Parent) && { spanId: Parent }),
    sampled: Sampled !== '0',
  };
}

/** What a request sends along, so that spans of the one that is called belong to the span of this context. */
export function traceHeadersOf({
  traceId,
  spanId,
  sampled,
  state,
}: TraceContext & { readonly spanId: string }): Record<string, string> {
  const flag = sampled ? '1' : '0';
  return {
    traceparent: `00-${traceId}-${spanId}-0${flag}`,
    ...(state !== undefined && { tracestate: state }),
    'x-amzn-trace-id': `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${flag}`,
  };
}

/** Makes ids of traces and spans. */
export class TraceIds {
  readonly #seed: string;
  #count = 0;

  /** `seed` differs from container to container: one that was restored from a snapshot may repeat random bytes. */
  constructor(seed: string) {
    this.#seed = seed;
  }

  /** Begins with the time in seconds, as ids of AWS X-Ray do. */
  trace(): string {
    const seconds = Math.floor(Date.now() / 1000).toString(16);
    return `${seconds.padStart(8, '0')}${this.#digits(24)}`;
  }

  span(): string {
    return this.#digits(16);
  }

  #digits(length: number): string {
    this.#count += 1;
    const what = `${this.#seed}\n${String(process.hrtime.bigint())}\n${this.#count}\n`;
    return createHash('sha256').update(what).update(randomBytes(16)).digest('hex').slice(0, length);
  }
}
