import { readConfig } from '../../agent-image/src/config';
import { NO_DEFINITION } from '../../agent-image/src/definition';
import { type AgentProcess, sdkOptions } from '../../agent-image/src/sdk-options';
import { SecretUnavailable } from '../../agent-image/src/secrets';

const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:models-AbCdEf';
const BEDROCK = { AGENT_MODEL_MAIN: 'eu.anthropic.claude-sonnet-5-5' };
const ANTHROPIC = {
  AGENT_MODEL_MAIN: 'claude-sonnet-5-5',
  AGENT_MODEL_PROVIDER: JSON.stringify({ type: 'anthropicApi', secretArn: SECRET_ARN }),
};
const LITELLM = {
  AGENT_MODEL_MAIN: 'qwen/coder',
  AGENT_MODEL_FAST: 'qwen/small',
  AGENT_MODEL_PROVIDER: JSON.stringify({
    ...{ type: 'compatibleEndpoint', url: 'https://models.example.com', secretArn: SECRET_ARN },
  }),
};
const KEY = { modelKey: 'the-key', values: {} };

function processOf(deployed: Record<string, string>, more: Partial<AgentProcess> = {}): AgentProcess {
  const config = readConfig({ AWS_REGION: 'eu-west-1', HOME: '/home/agent', ...deployed });
  const secrets = config.provider.type === 'bedrock' ? { values: {} } : KEY;
  return { config, definition: NO_DEFINITION, env: {}, secrets, hooks: {}, onStderr: () => undefined, ...more };
}

function environmentFor(deployed: Record<string, string>, env: NodeJS.ProcessEnv = {}): Record<string, unknown> {
  return sdkOptions(processOf(deployed, { env })).env ?? {};
}

describe('the environment of the agent process', () => {
  it('names a model for every role', () => {
    expect(
      environmentFor({
        AGENT_MODEL_MAIN: 'eu.anthropic.claude-opus-5-5',
        AGENT_MODEL_FAST: 'eu.anthropic.claude-haiku-5-5',
        AGENT_MODEL_SUBAGENT: 'eu.anthropic.claude-sonnet-5-5',
      }),
    ).toMatchObject({
      ANTHROPIC_MODEL: 'eu.anthropic.claude-opus-5-5',
      ANTHROPIC_SMALL_FAST_MODEL: 'eu.anthropic.claude-haiku-5-5',
      CLAUDE_CODE_SUBAGENT_MODEL: 'eu.anthropic.claude-sonnet-5-5',
      ANTHROPIC_DEFAULT_OPUS_MODEL: 'eu.anthropic.claude-opus-5-5',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'eu.anthropic.claude-haiku-5-5',
      ANTHROPIC_DEFAULT_SONNET_MODEL: 'eu.anthropic.claude-sonnet-5-5',
    });
  });

  it('pins each family to an id of its own when no model of the agent belongs to it', () => {
    expect(environmentFor(BEDROCK)).toMatchObject({
      ANTHROPIC_DEFAULT_OPUS_MODEL: expect.stringContaining('opus'),
      ANTHROPIC_DEFAULT_HAIKU_MODEL: expect.stringContaining('haiku'),
      ANTHROPIC_DEFAULT_SONNET_MODEL: 'eu.anthropic.claude-sonnet-5-5',
    });
  });

  it('pins a family to the model that was given for it, before all others', () => {
    const arn = 'arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123';
    expect(
      environmentFor({ ...BEDROCK, AGENT_MODEL_OPUS: arn, AGENT_MODEL_SONNET: 'us.anthropic.claude-sonnet-5' }),
    ).toMatchObject({
      ANTHROPIC_DEFAULT_OPUS_MODEL: arn,
      ANTHROPIC_DEFAULT_SONNET_MODEL: 'us.anthropic.claude-sonnet-5',
    });
  });

  it('pins every family to a name that another provider knows', () => {
    expect(environmentFor({ ...LITELLM, AGENT_MODEL_HAIKU: 'qwen/tiny' })).toMatchObject({
      ANTHROPIC_DEFAULT_OPUS_MODEL: 'qwen/coder',
      ANTHROPIC_DEFAULT_SONNET_MODEL: 'qwen/coder',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'qwen/tiny',
      ANTHROPIC_SMALL_FAST_MODEL: 'qwen/small',
    });
  });

  it('gets what finds programs, credentials, endpoints, proxies and certificates, and nothing else', () => {
    const allowed = {
      PATH: '/bin',
      LC_ALL: 'C.UTF-8',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:2',
      ANTHROPIC_BEDROCK_BASE_URL: 'http://127.0.0.1:3',
      https_proxy: 'http://proxy',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
    };
    const environment = environmentFor(BEDROCK, { ...allowed, ...REFUSED });
    expect(environment).toMatchObject(allowed);
    expect(Object.keys(environment).filter((name) => name in REFUSED)).toEqual([]);
  });

  it('cannot be turned away from Bedrock by the environment', () => {
    expect(environmentFor(BEDROCK, { CLAUDE_CODE_USE_BEDROCK: '0', ANTHROPIC_MODEL: 'x' })).toMatchObject({
      CLAUDE_CODE_USE_BEDROCK: '1',
      ANTHROPIC_MODEL: BEDROCK.AGENT_MODEL_MAIN,
    });
  });

  it.each([
    ['the Anthropic API', ANTHROPIC, { ANTHROPIC_API_KEY: 'the-key' }],
    ['an endpoint', LITELLM, { ANTHROPIC_AUTH_TOKEN: 'the-key', ANTHROPIC_BASE_URL: 'https://models.example.com' }],
  ])('has the key of %s, nothing of AWS, and no other secret', (_name, deployed, expected) => {
    const aws = {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example-secret',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:2',
      CLAUDE_CODE_USE_BEDROCK: '1',
      ANTHROPIC_BEDROCK_BASE_URL: 'http://127.0.0.1:3',
    };
    const config = readConfig({ AWS_REGION: 'eu-west-1', HOME: '/', ...deployed, AGENT_SECRET_GITHUB: SECRET_ARN });
    const secrets = { ...KEY, values: { GITHUB: 'github-value' } };
    const environment =
      sdkOptions(processOf(deployed, { config, env: { ...aws, ...REFUSED, PATH: '/bin' }, secrets })).env ?? {};
    expect(environment).toMatchObject({ PATH: '/bin', ...expected });
    expect(Object.keys(environment).filter((name) => name in aws || (name in REFUSED && !(name in expected)))).toEqual(
      [],
    );
    expect(Object.values(environment)).not.toContain('github-value');
  });

  it('finds the Anthropic API where the environment says, and nowhere else by itself', () => {
    const url = 'http://127.0.0.1:4';
    expect(environmentFor(ANTHROPIC)).not.toHaveProperty('ANTHROPIC_BASE_URL');
    expect(environmentFor(ANTHROPIC, { ANTHROPIC_BASE_URL: url })).toMatchObject({ ANTHROPIC_BASE_URL: url });
    expect(environmentFor(LITELLM, { ANTHROPIC_BASE_URL: url })).not.toMatchObject({ ANTHROPIC_BASE_URL: url });
    expect(environmentFor(BEDROCK, { ANTHROPIC_BASE_URL: url })).not.toHaveProperty('ANTHROPIC_BASE_URL');
  });

  it('is not made without the key of the provider', () => {
    expect(() => sdkOptions(processOf(LITELLM, { secrets: { values: {} } }))).toThrow(SecretUnavailable);
  });

  it('has nothing of the telemetry of the agent, whose endpoint may take a credential', () => {
    const variables = {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=x',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    };
    const traced = environmentFor({ ...BEDROCK, AGENT_TRACING: '1' }, variables);
    expect(Object.keys(traced).filter((name) => /^OTEL_|ENABLE_TELEMETRY/.test(name))).toEqual([]);
  });
});

const REFUSED = {
  NODE_OPTIONS: '--require /tmp/x.js',
  LD_PRELOAD: '/tmp/x.so',
  ANTHROPIC_API_KEY: 'key',
  ANTHROPIC_AUTH_TOKEN: 'token',
  ANTHROPIC_CUSTOM_HEADERS: 'X-A: b',
  CLAUDE_CODE_USE_VERTEX: '1',
  AGENT_SECRET_GITHUB: 'arn',
  AWS_EXECUTION_ENV: 'x',
  GITHUB_TOKEN: 'token',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=x',
};

describe('the options of the SDK', () => {
  it('have the prompt of the caller before the one of the definition, and that before the built-in one', () => {
    const definition = { ...NO_DEFINITION, systemPrompt: 'Defined.' };
    const promptOf = (more: Partial<AgentProcess>) => sdkOptions(processOf(BEDROCK, more)).systemPrompt;
    expect(promptOf({})).toMatchObject({ prompt: expect.stringContaining('hosted session') });
    expect(promptOf({ definition })).toMatchObject({ prompt: 'Defined.' });
    expect(promptOf({ definition, systemPrompt: 'Asked.' })).toMatchObject({ prompt: 'Asked.' });
  });

  it('have the main model unless another one answers', () => {
    expect(sdkOptions(processOf(BEDROCK)).model).toBe(BEDROCK.AGENT_MODEL_MAIN);
    expect(sdkOptions(processOf(BEDROCK, { model: 'eu.anthropic.x' })).model).toBe('eu.anthropic.x');
  });

  it('have the hooks that they are given', () => {
    const hooks = { PreToolUse: [{ hooks: [] }] };
    expect(sdkOptions(processOf(BEDROCK, { hooks })).hooks).toBe(hooks);
  });

  it('have secrets in the headers of MCP servers, and nowhere else', () => {
    const server = { type: 'http', url: 'https://tides.example/mcp' } as const;
    const definition = {
      ...NO_DEFINITION,
      mcpServers: { tides: { ...server, headers: { Authorization: 'Bearer ${secret:TIDES}' } }, moon: server },
    };
    const options = sdkOptions(processOf(BEDROCK, { definition, secrets: { values: { TIDES: 'tide-value' } } }));
    expect(options.mcpServers).toMatchObject({ tides: { ...server, headers: { Authorization: 'Bearer tide-value' } } });
    expect(options.mcpServersDelivery).toBe('initialize');
    expect(JSON.stringify({ ...options, mcpServers: {} })).not.toContain('tide-value');
  });

  it('are not made when a header needs a secret that there is not', () => {
    const headers = { Authorization: 'Bearer ${secret:TIDES}' };
    const definition = {
      ...NO_DEFINITION,
      mcpServers: { t: { type: 'http', url: 'https://t.example', headers } as const },
    };
    expect(() => sdkOptions(processOf(BEDROCK, { definition }))).toThrow('The secret of AGENT_SECRET_TIDES');
  });
});
