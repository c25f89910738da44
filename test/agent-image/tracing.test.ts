import type { LogFields } from '../../agent-image/src/log';
import { otlpRequest } from '../../agent-image/src/tracing/otlp';
import { type EndedSpan, Tracer } from '../../agent-image/src/tracing/span';
import { SpanExporter } from '../../agent-image/src/tracing/span-exporter';
import { readTraceContext, TraceIds, traceHeadersOf } from '../../agent-image/src/tracing/trace-context';
import { readTraceHeaders } from '../../agent-image/src/trace-headers';
import { waitUntil } from './support/agent-fixture';
import { SpanCollector } from './support/span-collector';

const TRACE = '6720f5e1000000000000000000000abc';
const SPAN = '00000000000000aa';

describe('the context of a caller', () => {
  it.each([
    ['of the W3C', { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=b' }, { sampled: true, state: 'a=b' }],
    ['that records nothing', { traceparent: `00-${TRACE}-${SPAN}-00` }, { sampled: false }],
    ['of a later version', { traceparent: `01-${TRACE}-${SPAN}-03-more` }, { sampled: true }],
    ['of AWS X-Ray', { xray: `Root=1-6720f5e1-000000000000000000000abc;Parent=${SPAN};Sampled=1` }, { sampled: true }],
    [
      'of X-Ray that records nothing',
      { xray: `Sampled=0; Parent=${SPAN}; Root=1-6720f5e1-000000000000000000000abc` },
      { sampled: false },
    ],
    [
      'of X-Ray that leaves it open',
      { xray: `Root=1-6720f5e1-000000000000000000000abc;Parent=${SPAN};Sampled=?` },
      { sampled: true },
    ],
    [
      'of the W3C before that of X-Ray',
      { traceparent: `00-${TRACE}-${SPAN}-01`, xray: `Root=1-00000001-000000000000000000000001;Parent=${SPAN}` },
      { sampled: true },
    ],
  ])('%s is read', (_, headers, expected) => {
    expect(readTraceContext(headers)).toEqual({ traceId: TRACE, spanId: SPAN, ...expected });
  });

  it('may name a trace and no span', () => {
    expect(readTraceContext({ xray: 'Root=1-6720f5e1-000000000000000000000abc' })).toEqual({
      traceId: TRACE,
      sampled: true,
    });
  });

  it.each([
    ['nothing', {}],
    ['a word', { traceparent: 'hello' }],
    ['an id of zeros', { traceparent: `00-${'0'.repeat(32)}-${SPAN}-01` }],
    ['a span of zeros', { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }],
    ['the version that is none', { traceparent: `ff-${TRACE}-${SPAN}-01` }],
    ['upper case', { traceparent: `00-${TRACE.toUpperCase()}-${SPAN}-01` }],
    ['a root of another length', { xray: `Root=1-6720f5e1-abc;Parent=${SPAN}` }],
  ])('is none in %s', (_, headers) => {
    expect(readTraceContext(headers)).toBeUndefined();
  });

  it('is passed on with the span that calls, and read again as it was', () => {
    const context = { traceId: TRACE, spanId: SPAN, sampled: true, state: 'a=b' };
    const headers = traceHeadersOf(context);
    expect(readTraceContext(readTraceHeaders(headers) ?? {})).toEqual(context);
    expect(readTraceContext({ xray: headers['x-amzn-trace-id'] ?? '' })).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      sampled: true,
    });
    expect(readTraceHeaders({ 'x-other': 'y' })).toBeUndefined();
  });

  it('has a state that is not longer than anyone takes', () => {
    const tracestate = `a=${'b'.repeat(600)}`;
    expect(readTraceContext({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate })).not.toHaveProperty('state');
  });
});

test('ids differ, and have the form of W3C and X-Ray', () => {
  const ids = new TraceIds('session');
  const made = Array.from({ length: 500 }, () => [ids.trace(), ids.span()]);
  expect(new Set(made.flat()).size).toBe(1000);
  for (const [trace = '', span = ''] of made) {
    expect(trace).toMatch(/^[0-9a-f]{32}$/);
    expect(span).toMatch(/^[0-9a-f]{16}$/);
    expect(Math.abs(Number.parseInt(trace.slice(0, 8), 16) - Date.now() / 1000)).toBeLessThan(3600);
  }
});

describe('a span', () => {
  it('ends once, never before it began, and belongs to its parent', () => {
    const ended: EndedSpan[] = [];
    const tracer = new Tracer('session', (span) => ended.push(span));
    const above = tracer.start({ name: 'above', kind: 'internal' });
    const below = tracer.start({ name: 'below', kind: 'client', parent: above.context, startedAt: 1_000 });
    below.end({ endedAt: 900, error: 'denied', name: 'renamed', attributes: { more: 1 } });
    below.end();
    expect(ended).toMatchObject([
      { name: 'renamed', startedAt: 1_000, endedAt: 1_000, parentSpanId: above.context.spanId, error: 'denied' },
    ]);
  });

  it('is written as OTLP has it', () => {
    const span: EndedSpan = {
      ...{ traceId: TRACE, spanId: SPAN, name: 'chat', kind: 'client', startedAt: 1_795_264_000_000 },
      ...{ endedAt: 1_795_264_000_250, error: 'denied' },
      attributes: { text: 'x'.repeat(5_000), whole: 3, part: 0.5, yes: true, list: ['a'], none: undefined },
    };
    const { resourceSpans } = JSON.parse(otlpRequest({ 'service.name': 'pilot' }, [span])) as {
      resourceSpans: unknown;
    };
    expect(resourceSpans).toEqual([
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'pilot' } }] },
        scopeSpans: [
          {
            scope: { name: 'claude-agent' },
            spans: [
              {
                ...{ traceId: TRACE, spanId: SPAN, name: 'chat', kind: 3 },
                startTimeUnixNano: '1795264000000000000',
                endTimeUnixNano: '1795264000250000000',
                attributes: [
                  { key: 'text', value: { stringValue: 'x'.repeat(1_000) } },
                  { key: 'whole', value: { intValue: '3' } },
                  { key: 'part', value: { doubleValue: 0.5 } },
                  { key: 'yes', value: { boolValue: true } },
                  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
                  { key: 'error.type', value: { stringValue: 'denied' } },
                ],
                status: { code: 2, message: 'denied' },
              },
            ],
          },
        ],
      },
    ]);
  });
});

describe('the exporter', () => {
  let collector: SpanCollector;
  let logged: { readonly message: string; readonly fields: LogFields }[];
  let exporter: SpanExporter;

  beforeEach(async () => {
    collector = await SpanCollector.start();
    logged = [];
    exporter = exporterTo(`${collector.url}/v1/traces`);
  });
  afterEach(async () => {
    await exporter.close();
    await collector.close();
  });

  function exporterTo(
    url: string,
    headers: Record<string, string> | Promise<Record<string, string>> = {},
  ): SpanExporter {
    return new SpanExporter({
      url: new URL(url),
      authorize: async (request) => ({ ...request.headers, ...(await headers) }),
      resource: {},
      log: (_level, message, fields = {}) => logged.push({ message, fields }),
      everyMs: 5,
    });
  }

  const span = (name: string): EndedSpan => ({
    ...{ traceId: TRACE, spanId: SPAN, name, kind: 'internal', startedAt: 1, endedAt: 2, attributes: {} },
  });
  const add = (count: number): void => {
    for (let index = 0; index < count; index += 1) exporter.add(span(`span ${index}`));
  };

  it('sends what was collected, in batches', async () => {
    add(1_200);
    await waitUntil(() => collector.spans.length === 1_200);
    expect(collector.requests).toHaveLength(3);
    expect(collector.spans[1_199]?.name).toBe('span 1199');
    expect(logged).toEqual([]);
  });

  it('asks nobody while there is nothing', async () => {
    await exporter.close();
    expect(collector.requests).toEqual([]);
  });

  it('tries again after an answer that allows it, and tells that once', async () => {
    collector.answers.push(503, 429, 503);
    add(2);
    await waitUntil(() => collector.spans.length === 2);
    expect(collector.requests).toHaveLength(4);
    await waitUntil(() => logged.length === 2);
    expect(logged).toMatchObject([
      { message: 'spans cannot be sent', fields: { detail: 'HTTP 503: {}' } },
      { message: 'spans are sent again', fields: { lost: 0 } },
    ]);
  });

  it('drops what is refused, and goes on', async () => {
    collector.answers.push(400);
    add(2);
    await waitUntil(() => collector.requests.length === 1);
    exporter.add(span('next'));
    await waitUntil(() => collector.spans.length > 0);
    expect(collector.spans.map(({ name }) => name)).toEqual(['next']);
    await waitUntil(() => logged.length === 2);
    expect(logged[1]).toMatchObject({ message: 'spans are sent again', fields: { lost: 2 } });
  });

  it('keeps no more than 2,048 spans for an endpoint that is away', async () => {
    const gone = await SpanCollector.start();
    exporter = exporterTo(gone.url);
    await gone.close();
    add(3_000);
    await waitUntil(() => logged.length > 0);
    await exporter.close();
    expect(logged.at(-1)).toMatchObject({ message: 'spans were not sent before the stop', fields: { spans: 3_000 } });
    expect(logged[0]?.fields.detail).toContain('ECONNREFUSED');
  });

  it('gives up an endpoint that does not answer when it is closed', async () => {
    collector.answers.push('hangs');
    add(1);
    await exporter.close();
    expect(logged.at(-1)).toMatchObject({ message: 'spans were not sent before the stop', fields: { spans: 1 } });
  });

  it('gives up looking for credentials when it is closed', async () => {
    exporter = exporterTo(collector.url, new Promise(() => undefined));
    add(1);
    await exporter.close();
    expect(logged.at(-1)).toMatchObject({ message: 'spans were not sent before the stop', fields: { spans: 1 } });
    expect(collector.requests).toEqual([]);
  });

  it('does not follow a redirect, which would send its credential on', async () => {
    collector.answers.push(307);
    exporter = exporterTo(collector.url, { authorization: 'Bearer hush' });
    add(1);
    await waitUntil(() => logged.length > 0);
    expect(collector.requests).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toContain('hush');
  });
});
