import type { AgentConfig, AgentModels } from './config.ts';
import { SecretUnavailable, type SessionSecrets } from './secret-values.ts';

/**
 * What the agent process gets of this process's environment. Everything else stays out: the process runs what a
 * model says, and must not see what the deployer gave to the server alone.
 */
const PASSED_ON = [
  ...['PATH', 'HOME', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];
const PASSED_ON_PREFIXES = ['LC_'];

/** Only where Bedrock is called: with another provider the agent process needs no credentials of AWS, and gets none. */
const PASSED_ON_FOR_BEDROCK = [
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_BEARER_TOKEN_BEDROCK'],
  ...['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'],
  ...['AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
  ...['AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  ...['AWS_EC2_METADATA_DISABLED', 'AWS_EC2_METADATA_SERVICE_ENDPOINT', 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'],
  ...['AWS_ENDPOINT_URL', 'AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT', 'AWS_CA_BUNDLE'],
  ...['ANTHROPIC_BEDROCK_BASE_URL'],
];
const PASSED_ON_FOR_BEDROCK_PREFIXES = ['AWS_ENDPOINT_URL_'];

/** The SDK's own default of ten retries keeps a person waiting for minutes. */
const MAX_RETRIES = 2;

/**
 * How long a call of the model may take to its first byte, in milliseconds; the SDK waits ten minutes by itself. With the
 * retries, a model that never answers fails a run after six minutes. Also the time of a whole answer that is not
 * streamed: the SDK asks for one when a stream broke.
 */
const MODEL_FIRST_BYTE_MS = 120_000;

/**
 * How long a stream of the model may stay silent, in milliseconds. Longer than to the first byte: a model that thinks
 * without showing it sends nothing. It is what the SDK has for Anthropic's own API; for others it would be five minutes.
 */
const MODEL_SILENCE_MS = 180_000;

/** How long the first prompt waits for MCP servers, in milliseconds; the SDK waits 30 seconds by itself. */
const MCP_CONNECT_MS = 15_000;

/** How long a call of an MCP tool may take, in milliseconds; the SDK gives up after one minute by itself. */
const MCP_TOOL_MS = 300_000;

/**
 * Ids of the families that are pinned when none of the agent's models belongs to them. They are never called, so no
 * permission is needed: the command line probes Opus and Haiku at every start unless both are pinned to an id of
 * their own family.
 */
const UNCALLED_PINS = {
  opus: 'global.anthropic.claude-opus-5-5',
  haiku: 'global.anthropic.claude-haiku-5-5',
  sonnet: 'global.anthropic.claude-sonnet-5-5',
};

type Variables = Record<string, string>;

/**
 * The environment of the agent process. It holds no secret but the key of the model provider, which the process cannot
 * do without.
 */
export function processEnvironment(config: AgentConfig, env: NodeJS.ProcessEnv, secrets: SessionSecrets): Variables {
  return {
    ...passedOn(env, PASSED_ON, PASSED_ON_PREFIXES),
    ...ownSettings(config),
    ...modelNames(config),
    ...(config.provider.type === 'bedrock' ? bedrock(config, env) : otherProvider(config, env, secrets)),
  };
}

function ownSettings(config: AgentConfig): Variables {
  return {
    CLAUDE_CONFIG_DIR: config.configDirectory,
    CLAUDE_CODE_MAX_RETRIES: String(MAX_RETRIES),
    API_TIMEOUT_MS: String(MODEL_FIRST_BYTE_MS),
    CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS: String(MODEL_SILENCE_MS),
    CLAUDE_ENABLE_BYTE_WATCHDOG: '1',
    CLAUDE_ENABLE_BYTE_WATCHDOG_BEDROCK: '1',
    MCP_TIMEOUT: String(MCP_CONNECT_MS),
    MCP_TOOL_TIMEOUT: String(MCP_TOOL_MS),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS: '1',
    // A run ends with its answer: what went on in the background would belong to no run.
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  };
}

function modelNames({ models, provider }: AgentConfig): Variables {
  const pin = (family: keyof typeof UNCALLED_PINS): string =>
    models[family] ??
    ownOfFamily(family, models) ??
    // Another provider may not know the names of Bedrock.
    (provider.type === 'bedrock' ? UNCALLED_PINS[family] : models.main);
  return {
    ANTHROPIC_MODEL: models.main,
    ANTHROPIC_SMALL_FAST_MODEL: models.fast,
    CLAUDE_CODE_SUBAGENT_MODEL: models.subagent,
    ANTHROPIC_DEFAULT_OPUS_MODEL: pin('opus'),
    ANTHROPIC_DEFAULT_HAIKU_MODEL: pin('haiku'),
    ANTHROPIC_DEFAULT_SONNET_MODEL: pin('sonnet'),
  };
}

function ownOfFamily(family: string, { main, fast, subagent }: AgentModels): string | undefined {
  return [main, fast, subagent].find((id) => id.includes(family));
}

function bedrock({ guardrail }: AgentConfig, env: NodeJS.ProcessEnv): Variables {
  return {
    ...passedOn(env, PASSED_ON_FOR_BEDROCK, PASSED_ON_FOR_BEDROCK_PREFIXES),
    CLAUDE_CODE_USE_BEDROCK: '1',
    ...(guardrail && {
      ANTHROPIC_CUSTOM_HEADERS: [
        `X-Amzn-Bedrock-GuardrailIdentifier: ${guardrail.id}`,
        `X-Amzn-Bedrock-GuardrailVersion: ${guardrail.version}`,
      ].join('\n'),
    }),
  };
}

function otherProvider({ provider }: AgentConfig, env: NodeJS.ProcessEnv, { modelKey }: SessionSecrets): Variables {
  if (modelKey === undefined) {
    throw new SecretUnavailable('AGENT_MODEL_PROVIDER', 'it was not read before the agent process was to start');
  }
  if (provider.type !== 'compatibleEndpoint') {
    return { ...passedOn(env, ['ANTHROPIC_BASE_URL'], []), ANTHROPIC_API_KEY: modelKey };
  }
  return {
    ANTHROPIC_BASE_URL: provider.url,
    [provider.header === 'x-api-key' ? 'ANTHROPIC_API_KEY' : 'ANTHROPIC_AUTH_TOKEN']: modelKey,
    // Gateways refuse, or pass on to models that refuse, what the Messages API has on trial only.
    CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: '1',
  };
}

function passedOn(env: NodeJS.ProcessEnv, names: readonly string[], prefixes: readonly string[]): Variables {
  const isPassedOn = (name: string): boolean =>
    names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value !== undefined && isPassedOn(name) ? [[name, value]] : [])),
  );
}
