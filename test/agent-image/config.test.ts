import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentConfig, ConfigError, prepareDirectories, readConfig } from '../../agent-image/src/config';

const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:team/github-AbCdEf';

const MINIMAL = {
  AGENT_MODEL_MAIN: 'global.anthropic.claude-sonnet-5-5',
  AWS_REGION: 'eu-west-1',
  HOME: '/home/agent',
};

describe('the environment', () => {
  it('needs model, Region and home only', () => {
    expect(readConfig(MINIMAL)).toEqual({
      agentName: 'agent',
      host: '0.0.0.0',
      port: 8080,
      gateways: [],
      connections: [],
      region: 'eu-west-1',
      provider: { type: 'bedrock' },
      models: {
        main: 'global.anthropic.claude-sonnet-5-5',
        fast: 'global.anthropic.claude-sonnet-5-5',
        subagent: 'global.anthropic.claude-sonnet-5-5',
      },
      secrets: {},
      limits: {},
      authorizer: 'iam',
      permissionModes: ['ask', 'acceptEdits', 'plan'],
      callerOverrides: [],
      metricsNamespace: 'ClaudeAgents',
      logPrompts: false,
      home: '/home/agent',
      configDirectory: '/home/agent/.claude',
      workspaceDirectory: '/home/agent/workspace',
    });
  });

  it('sets every value', () => {
    expect(
      readConfig({
        ...MINIMAL,
        HOST: '127.0.0.1',
        PORT: '0',
        AGENT_MODEL_FAST: 'anthropic.claude-haiku-5-5-v1:0',
        AGENT_MODEL_SUBAGENT:
          'arn:aws-us-gov:bedrock:us-gov-west-1:111122223333:inference-profile/us-gov.anthropic.x-1:0',
        CLAUDE_CONFIG_DIR: '/data/claude',
        AGENT_WORKSPACE_DIR: '/data/work',
        AGENT_DEFINITION_DIR: '/data/definition',
        AGENT_MODEL_OPUS: 'eu.anthropic.claude-opus-5-5',
        AGENT_MODEL_SONNET: 'eu.anthropic.claude-sonnet-5-5',
        AGENT_MODEL_HAIKU: 'eu.anthropic.claude-haiku-5-5',
        AGENT_NAME: 'Tide_agent_2',
        AGENT_GUARDRAIL: '{"id":"abc123","version":"DRAFT"}',
        AGENT_SECRET_GITHUB_TOKEN: SECRET_ARN,
        AGENT_LIMITS: '{"budgetUsd":0.5,"turns":1}',
        AGENT_AUTHORIZER: 'jwt',
        AGENT_PERMISSION_MODES: 'bypass, plan',
        AGENT_CALLER_OVERRIDES: 'systemPrompt,model',
        AGENT_LOG_PROMPTS: '1',
        AGENT_METRICS_NAMESPACE: 'Team/Agents#1',
        AGENT_TRACING: '1',
      }),
    ).toEqual({
      agentName: 'Tide_agent_2',
      host: '127.0.0.1',
      port: 0,
      gateways: [],
      connections: [],
      region: 'eu-west-1',
      provider: { type: 'bedrock' },
      models: {
        main: 'global.anthropic.claude-sonnet-5-5',
        fast: 'anthropic.claude-haiku-5-5-v1:0',
        subagent: 'arn:aws-us-gov:bedrock:us-gov-west-1:111122223333:inference-profile/us-gov.anthropic.x-1:0',
        opus: 'eu.anthropic.claude-opus-5-5',
        sonnet: 'eu.anthropic.claude-sonnet-5-5',
        haiku: 'eu.anthropic.claude-haiku-5-5',
      },
      guardrail: { id: 'abc123', version: 'DRAFT' },
      secrets: { GITHUB_TOKEN: SECRET_ARN },
      limits: { budgetUsd: 0.5, turns: 1 },
      authorizer: 'jwt',
      permissionModes: ['bypass', 'plan'],
      callerOverrides: ['systemPrompt', 'model'],
      metricsNamespace: 'Team/Agents#1',
      logPrompts: true,
      tracing: {
        url: 'https://xray.eu-west-1.amazonaws.com/v1/traces',
        headers: {},
        signed: true,
        resource: { 'service.name': 'Tide_agent_2', 'cloud.provider': 'aws', 'cloud.region': 'eu-west-1' },
      },
      home: '/home/agent',
      configDirectory: '/data/claude',
      workspaceDirectory: '/data/work',
      definitionDirectory: '/data/definition',
    });
  });

  it('takes a variable that is set to nothing for one that is not set', () => {
    const nothing = {
      ...{ PORT: '', AGENT_MODEL_FAST: '', AGENT_MODEL_PROVIDER: '', AGENT_SECRET_X: '', AGENT_LIMITS: '' },
      ...{ AGENT_PERMISSION_MODES: '', AGENT_GUARDRAIL: '', AGENT_TRACING: '', AGENT_NAME: '' },
    };
    expect(readConfig({ ...MINIMAL, ...nothing })).toEqual(readConfig(MINIMAL));
  });

  it.each([
    ['AGENT_MODEL_MAIN', undefined, 'AGENT_MODEL_MAIN is not set: give an inference profile id such as'],
    ['AGENT_MODEL_MAIN', 'sonnet', 'AGENT_MODEL_MAIN is "sonnet": give an inference profile id'],
    ['AGENT_MODEL_MAIN', 'global.anthropic.claude sonnet', 'give an inference profile id'],
    ['AGENT_MODEL_MAIN', 'arn:aws:s3:::bucket', 'AGENT_MODEL_MAIN is "arn:aws:s3:::bucket"'],
    ['AGENT_MODEL_FAST', 'haiku', 'AGENT_MODEL_FAST is "haiku"'],
    ['AGENT_MODEL_SUBAGENT', '${Token[TOKEN.12]}', 'AGENT_MODEL_SUBAGENT is "${Token[TOKEN.12]}"'],
    ['AWS_REGION', undefined, 'AWS_REGION is not set'],
    ['AWS_REGION', 'Ireland', 'AWS_REGION is "Ireland": give a Region such as eu-west-1'],
    ['PORT', '65536', 'PORT is "65536": give a number from 0 (any free port) to 65535'],
    ['PORT', '-1', 'PORT is "-1"'],
    ['HOME', undefined, 'HOME is not set'],
    ['HOME', 'home', 'HOME is "home": give an absolute path'],
    ['CLAUDE_CONFIG_DIR', './claude', 'CLAUDE_CONFIG_DIR is "./claude": give an absolute path'],
    ['AGENT_WORKSPACE_DIR', 'work', 'AGENT_WORKSPACE_DIR is "work": give an absolute path'],
    ['AGENT_DEFINITION_DIR', 'definition', 'AGENT_DEFINITION_DIR is "definition": give an absolute path'],
    ['AGENT_MODEL_OPUS', 'opus', 'AGENT_MODEL_OPUS is "opus": give an inference profile id'],
    ['AGENT_NAME', 'tide-agent', 'AGENT_NAME is "tide-agent": give 1 to 48 letters, digits and underscores'],
    ['AGENT_NAME', 'a'.repeat(49), 'give 1 to 48 letters'],
    ['AGENT_AUTHORIZER', 'JWT', 'AGENT_AUTHORIZER is "JWT": give jwt or iam'],
    ['AGENT_TRACING', 'true', 'AGENT_TRACING is "true": give 0 or 1'],
    ['AGENT_METRICS_NAMESPACE', 'AWS/Mine', 'AGENT_METRICS_NAMESPACE is "AWS/Mine": give 1 to 255'],
    ['AGENT_METRICS_NAMESPACE', 'two words', 'AGENT_METRICS_NAMESPACE is "two words"'],
    ['AGENT_PERMISSION_MODES', 'ask,none', 'AGENT_PERMISSION_MODES has "none": give some of ask, acceptEdits, plan'],
    ['AGENT_PERMISSION_MODES', 'ask,', 'AGENT_PERMISSION_MODES has "": give some of'],
    ['AGENT_PERMISSION_MODES', 'ask,plan,ask', 'AGENT_PERMISSION_MODES is "ask,plan,ask", which repeats an entry'],
    ['AGENT_CALLER_OVERRIDES', 'tools', 'AGENT_CALLER_OVERRIDES has "tools": give some of model, systemPrompt'],
    ['AGENT_LIMITS', '{"turns":0}', 'AGENT_LIMITS has the "turns" 0: give a whole number from 1'],
    ['AGENT_LIMITS', '{"turns":1.5}', 'AGENT_LIMITS has the "turns" 1.5'],
    ['AGENT_LIMITS', '{"turns":"2"}', 'AGENT_LIMITS has the "turns" "2"'],
    ['AGENT_LIMITS', '{"budgetUsd":0}', 'AGENT_LIMITS has the "budgetUsd" 0: give a number above 0'],
    ['AGENT_LIMITS', '{"budgetUsd":-1}', 'AGENT_LIMITS has the "budgetUsd" -1'],
    ['AGENT_LIMITS', '{"budget":1}', 'AGENT_LIMITS has the key "budget": allowed are budgetUsd, turns'],
    ['AGENT_LIMITS', '100', 'AGENT_LIMITS is not a JSON object'],
    ['AGENT_LIMITS', '{', 'AGENT_LIMITS is not a JSON object'],
    ['AGENT_GUARDRAIL', '{"id":"abc123"}', 'AGENT_GUARDRAIL names no guardrail'],
    ['AGENT_GUARDRAIL', '{"id":"abc123","version":1}', 'AGENT_GUARDRAIL names no guardrail'],
    ['AGENT_GUARDRAIL', '{"id":"abc123","version":"0"}', 'AGENT_GUARDRAIL names no guardrail'],
    ['AGENT_GUARDRAIL', '{"id":"abc\\nX-Other: 1","version":"1"}', 'AGENT_GUARDRAIL names no guardrail'],
    ['AGENT_SECRET_github', SECRET_ARN, 'AGENT_SECRET_github is no name for a secret'],
    ['AGENT_SECRET_', SECRET_ARN, 'AGENT_SECRET_ is no name for a secret'],
    ['AGENT_SECRET_GITHUB', 'github-token', 'AGENT_SECRET_GITHUB is not the ARN of a secret'],
    ['AGENT_MODEL_PROVIDER', '[]', 'AGENT_MODEL_PROVIDER is not a JSON object'],
    ['AGENT_MODEL_PROVIDER', '{}', 'AGENT_MODEL_PROVIDER has no known "type"'],
    ['AGENT_MODEL_PROVIDER', '{"type":"vertex"}', 'AGENT_MODEL_PROVIDER has no known "type"'],
    ['AGENT_MODEL_PROVIDER', '{"type":"anthropicApi"}', 'AGENT_MODEL_PROVIDER has no "secretArn"'],
    ['AGENT_MODEL_PROVIDER', '{"type":"anthropicApi","key":"x"}', 'AGENT_MODEL_PROVIDER has the key "key"'],
  ])('with %s = %s is refused in a sentence', (name, value, message) => {
    const read = (): AgentConfig => readConfig({ ...MINIMAL, [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });
});

describe('the model provider', () => {
  const read = (provider: object, more: Record<string, string> = {}): AgentConfig =>
    readConfig({ ...MINIMAL, AGENT_MODEL_MAIN: 'a-model', AGENT_MODEL_PROVIDER: JSON.stringify(provider), ...more });
  const endpoint = { type: 'compatibleEndpoint', url: 'https://models.example.com/litellm/', secretArn: SECRET_ARN };

  it('is the Anthropic API, with models by its own names', () => {
    const { provider, models } = read({ type: 'anthropicApi', secretArn: SECRET_ARN, secretField: 'apiKey' });
    expect(provider).toEqual({ type: 'anthropicApi', secretArn: SECRET_ARN, secretField: 'apiKey' });
    expect(models).toEqual({ main: 'a-model', fast: 'a-model', subagent: 'a-model' });
  });

  it('is an endpoint, which gets the key as a bearer token unless it is said otherwise', () => {
    const url = 'https://models.example.com/litellm';
    expect(read(endpoint).provider).toEqual({ ...endpoint, url, header: 'authorization' });
    expect(read({ ...endpoint, header: 'x-api-key' }).provider).toMatchObject({ header: 'x-api-key' });
  });

  it.each(['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000'])(
    'may be without encryption on this machine: %s',
    (url) => {
      expect(read({ ...endpoint, url }).provider).toMatchObject({ url });
    },
  );

  it.each([
    'http://models.example.com',
    'https://user:word@models.example.com',
    'https://models.example.com?key=word',
    'https://models.example.com#word',
    'ftp://models.example.com',
    'models.example.com',
    undefined,
    7,
  ])('is no endpoint at %s', (url) => {
    expect(() => read({ ...endpoint, url })).toThrow('AGENT_MODEL_PROVIDER has a "url" that the key cannot be sent to');
    expect(() => read({ ...endpoint, url })).not.toThrow(/word/);
  });

  it.each([
    [{ header: 'cookie' }, 'has the "header" "cookie": allowed are "authorization" (default) and "x-api-key"'],
    [{ secretField: '' }, 'has a "secretField" that is not text'],
    [{ secretField: 1 }, 'has a "secretField" that is not text'],
    [{ secretArn: 'arn:aws:s3:::bucket' }, 'has no "secretArn" that is the ARN of a secret'],
  ])('is refused with %j', (change, message) => {
    expect(() => read({ ...endpoint, ...change })).toThrow(`AGENT_MODEL_PROVIDER ${message}`);
  });

  it('takes no address for the Anthropic API', () => {
    expect(() => read({ ...endpoint, type: 'anthropicApi' })).toThrow('AGENT_MODEL_PROVIDER has the key "url"');
  });

  it.each(['', 'two words', 'a'.repeat(201)])('has no model called "%s"', (name) => {
    expect(() => read(endpoint, { AGENT_MODEL_MAIN: name })).toThrow(
      'give the name that the model provider has for the model',
    );
  });

  it('is Bedrock where there is a guardrail', () => {
    const guardrail = { AGENT_GUARDRAIL: '{"id":"abc123","version":"1"}' };
    expect(() => read(endpoint, guardrail)).toThrow('guardrails of Amazon Bedrock reach no other provider');
  });

  it.each([
    ['AGENT_SECRET_KEY', 'sk-ant-value'],
    ['AGENT_MODEL_PROVIDER', 'sk-ant-value'],
    ['AGENT_MODEL_PROVIDER', '{"type":"anthropicApi","secretArn":"sk-ant-value"}'],
  ])('and secrets are never repeated when a key is in the wrong place: %s=%s', (name, value) => {
    expect(() => readConfig({ ...MINIMAL, [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ ...MINIMAL, [name]: value })).not.toThrow(/sk-ant/);
  });
});

describe('the directories', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'agent-config-'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('are made, and nothing is left in them', () => {
    const config = readConfig({ ...MINIMAL, HOME: join(root, 'new', 'home') });
    prepareDirectories(config);
    expect(existsSync(config.workspaceDirectory)).toBe(true);
    expect(readdirSync(config.configDirectory)).toEqual([]);
  });

  it.each(['CLAUDE_CONFIG_DIR', 'AGENT_WORKSPACE_DIR'])('that cannot be written to are refused by %s', (variable) => {
    writeFileSync(join(root, 'a-file'), '');
    const config = readConfig({ ...MINIMAL, HOME: root, [variable]: join(root, 'a-file', 'below') });
    expect(() => prepareDirectories(config)).toThrow(
      `The agent cannot write to ${join(root, 'a-file', 'below')} (ENOTDIR): set ${variable} to a directory`,
    );
  });
});
