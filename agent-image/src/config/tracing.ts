import { ConfigError, oneOf, optional } from './variables.ts';

/** Where the agent sends its spans. */
export interface TracingConfig {
  /** Takes OTLP over HTTP, in JSON. */
  readonly url: string;
  /** Headers of each request, in lower case. They may hold a credential. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether requests are signed for AWS X-Ray with the agent's role. */
  readonly signed: boolean;
  /** What describes the agent as a whole, by OpenTelemetry's names of attributes. */
  readonly resource: Readonly<Record<string, string>>;
}

/** Source: "Traces endpoint" in the guide of Amazon CloudWatch. */
const XRAY_HOST = /^xray\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)$/;

const RULE = 'give the http or https address of an endpoint of OpenTelemetry, such as http://collector.internal:4318';

/**
 * Reads `AGENT_TRACING`, and of OpenTelemetry's own variables those that say where spans go and what they are about.
 * Without them they go to AWS X-Ray in the agent's Region, or to where `AWS_ENDPOINT_URL_XRAY` or `AWS_ENDPOINT_URL` has it.
 *
 * @returns undefined when the agent sends none
 * @throws ConfigError naming the variable that is wrong
 */
export function readTracing(env: NodeJS.ProcessEnv, region: string, agentName: string): TracingConfig | undefined {
  if (oneOf(env, 'AGENT_TRACING', ['0', '1']) !== '1') return undefined;
  const collector = collectorUrl(env);
  const url = collector ?? xrayUrl(env, region);
  const name = optional(env, 'OTEL_SERVICE_NAME');
  return {
    url: url.href,
    headers: { ...pairs(env, 'OTEL_EXPORTER_OTLP_HEADERS'), ...pairs(env, 'OTEL_EXPORTER_OTLP_TRACES_HEADERS') },
    signed: collector === undefined || XRAY_HOST.test(url.hostname),
    resource: {
      'service.name': agentName,
      ...pairs(env, 'OTEL_RESOURCE_ATTRIBUTES', (key) => key),
      ...(name !== undefined && { 'service.name': name }),
      'cloud.provider': 'aws',
      'cloud.region': region,
    },
  };
}

function collectorUrl(env: NodeJS.ProcessEnv): URL | undefined {
  return address(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? below(address(env, 'OTEL_EXPORTER_OTLP_ENDPOINT'));
}

function xrayUrl(env: NodeJS.ProcessEnv, region: string): URL {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const own = new URL(`https://xray.${region}.${suffix}/v1/traces`);
  return below(address(env, 'AWS_ENDPOINT_URL_XRAY') ?? address(env, 'AWS_ENDPOINT_URL')) ?? own;
}

/** Source: "Endpoint URLs for OTLP/HTTP" of OpenTelemetry. */
function below(base: URL | undefined): URL | undefined {
  return base && new URL(`${base.href.replace(/\/$/, '')}/v1/traces`);
}

function address(env: NodeJS.ProcessEnv, name: string): URL | undefined {
  const value = optional(env, name);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  // Neither credentials nor the rest of what may be one are repeated.
  if (!url || !/^https?:$/.test(url.protocol))
    throw new ConfigError(`${name} is no address that spans can be sent to: ${RULE}.`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(`${name} has credentials, a query or a fragment in its address: ${RULE}.`);
  }
  return url;
}

/** `name=value` with commas between them, values percent-encoded; what cannot be read is left out. Source: W3C Baggage. */
function pairs(
  env: NodeJS.ProcessEnv,
  name: string,
  keyOf = (key: string): string => key.toLowerCase(),
): Record<string, string> {
  const read = (optional(env, name) ?? '').split(',').flatMap((pair): [string, string][] => {
    const [, key = '', value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    return key === '' ? [] : [[keyOf(key), decoded(value)]];
  });
  return Object.fromEntries(read);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
