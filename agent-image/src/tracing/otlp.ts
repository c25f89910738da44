import { type EndedSpan, SPAN_KINDS, type SpanAttributes, type SpanValue } from './span.ts';

const STATUS_ERROR = 2;

/** Longest text of an attribute, in characters. AWS X-Ray refuses spans of more than 200 KB. */
const MAX_TEXT = 1_000;

/**
 * One request of the OpenTelemetry protocol (OTLP/HTTP 1.x in JSON): ids are hexadecimal, times are nanoseconds as text.
 *
 * @param resource attributes of the agent as a whole
 */
export function otlpRequest(resource: SpanAttributes, spans: readonly EndedSpan[]): string {
  const scopeSpans = [{ scope: { name: 'claude-agent' }, spans: spans.map(otlpSpan) }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] });
}

function otlpSpan({
  traceId,
  spanId,
  parentSpanId,
  state,
  name,
  kind,
  startedAt,
  endedAt,
  attributes,
  error,
}: EndedSpan): object {
  return {
    ...{ traceId, spanId, parentSpanId, traceState: state, name, kind: SPAN_KINDS[kind] },
    startTimeUnixNano: nanoseconds(startedAt),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: attributesOf({ ...attributes, 'error.type': error }),
    status: error === undefined ? {} : { code: STATUS_ERROR, message: error },
  };
}

function nanoseconds(milliseconds: number): string {
  return `${milliseconds}000000`;
}

function attributesOf(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: otlpValue(value) }],
  );
}

function otlpValue(value: SpanValue): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value.slice(0, MAX_TEXT) };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      return { arrayValue: { values: value.map(otlpValue) } };
  }
}
