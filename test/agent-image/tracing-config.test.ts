import { readTracing, type TracingConfig } from '../../agent-image/src/config/tracing';
import { ConfigError } from '../../agent-image/src/config/variables';

const read = (env: Record<string, string>, region = 'eu-west-1'): TracingConfig | undefined =>
  readTracing({ AGENT_TRACING: '1', ...env }, region, 'pilot');

test.each([
  ['AWS X-Ray in the Region, signed', {}, 'https://xray.eu-west-1.amazonaws.com/v1/traces', true],
  ['the endpoint of AWS, signed', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/v1/traces', true],
  [
    'the endpoint of X-Ray before that of AWS',
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_XRAY: 'http://127.0.0.1:2/x/' },
    'http://127.0.0.1:2/x/v1/traces',
    true,
  ],
  [
    'a collector, which is not signed for',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
    'http://collector:4318/v1/traces',
    false,
  ],
  [
    'the collector of traces as it stands',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://spans.example/in', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other' },
    'https://spans.example/in',
    false,
  ],
  [
    'X-Ray by its address, signed',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://xray.us-east-1.amazonaws.com/v1/traces' },
    'https://xray.us-east-1.amazonaws.com/v1/traces',
    true,
  ],
])('spans go to %s', (_, env: Record<string, string>, url, signed) => {
  expect(read(env)).toMatchObject({ url, signed });
});

test('spans go to X-Ray in China', () => {
  expect(read({}, 'cn-north-1')?.url).toBe('https://xray.cn-north-1.amazonaws.com.cn/v1/traces');
});

test('headers and what describes the agent are read as OpenTelemetry writes them', () => {
  const tracing = read({
    OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20abc, x-team = tides,broken,%=%',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-team=trains',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop.DEFAULT,cloud.resource_id=arn:aws:x,Team=Tides',
  });
  expect(tracing?.headers).toEqual({ authorization: 'Bearer abc', 'x-team': 'trains', '%': '%' });
  expect(tracing?.resource).toEqual({
    'service.name': 'shop.DEFAULT',
    'cloud.resource_id': 'arn:aws:x',
    Team: 'Tides',
    'cloud.provider': 'aws',
    'cloud.region': 'eu-west-1',
  });
  expect(read({ OTEL_SERVICE_NAME: 'named', OTEL_RESOURCE_ATTRIBUTES: 'service.name=x' })?.resource).toMatchObject({
    'service.name': 'named',
  });
});

test.each([
  ['no address', 'collector:port'],
  ['another protocol', 'grpc://collector:4317'],
  ['credentials', 'http://me:hush@collector:4318'],
  ['a query', 'http://collector:4318?key=hush'],
])('an endpoint with %s is refused, and not repeated', (_, value) => {
  const wrong = (): unknown => read({ OTEL_EXPORTER_OTLP_ENDPOINT: value });
  expect(wrong).toThrow(ConfigError);
  expect(wrong).toThrow(/^OTEL_EXPORTER_OTLP_ENDPOINT .*: give the http or https address/);
  expect(wrong).not.toThrow(/hush/);
});

test('without AGENT_TRACING nothing of it is read', () => {
  const wrong = { OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://collector' };
  expect(readTracing(wrong, 'eu-west-1', 'pilot')).toBeUndefined();
  expect(readTracing({ ...wrong, AGENT_TRACING: '0' }, 'eu-west-1', 'pilot')).toBeUndefined();
});
