import type { IncomingHttpHeaders } from 'node:http';

/** What a request says of the trace that it belongs to, as it came: whoever uses it checks it. */
export interface TraceHeaders {
  /** Of the W3C. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Of AWS X-Ray. */
  readonly xray?: string;
}

/** Reads the headers of a request; undefined when it names no trace. */
export function readTraceHeaders(headers: IncomingHttpHeaders): TraceHeaders | undefined {
  const { traceparent, tracestate, 'x-amzn-trace-id': xray } = headers;
  if (typeof traceparent !== 'string' && typeof xray !== 'string') return undefined;
  return {
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && { tracestate }),
    ...(typeof xray === 'string' && { xray }),
  };
}
