import { readConfig } from '../../agent-image/src/config';
import { NO_DEFINITION } from '../../agent-image/src/definition';
import { sdkOptions } from '../../agent-image/src/sdk-options';

function environmentFor(models: Record<string, string>, env: NodeJS.ProcessEnv = {}): Record<string, unknown> {
  const config = readConfig({ AWS_REGION: 'eu-west-1', HOME: '/home/agent', ...models });
  return sdkOptions(config, NO_DEFINITION, env, () => undefined).env ?? {};
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
    expect(environmentFor({ AGENT_MODEL_MAIN: 'eu.anthropic.claude-sonnet-5-5' })).toMatchObject({
      ANTHROPIC_DEFAULT_OPUS_MODEL: expect.stringContaining('opus'),
      ANTHROPIC_DEFAULT_HAIKU_MODEL: expect.stringContaining('haiku'),
      ANTHROPIC_DEFAULT_SONNET_MODEL: 'eu.anthropic.claude-sonnet-5-5',
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
    const refused = {
      NODE_OPTIONS: '--require /tmp/x.js',
      LD_PRELOAD: '/tmp/x.so',
      ANTHROPIC_API_KEY: 'key',
      ANTHROPIC_AUTH_TOKEN: 'token',
      CLAUDE_CODE_USE_VERTEX: '1',
      AGENT_SECRET_GITHUB: 'arn',
      AWS_EXECUTION_ENV: 'x',
      GITHUB_TOKEN: 'token',
    };
    const environment = environmentFor({ AGENT_MODEL_MAIN: 'anthropic.claude-sonnet-5-5' }, { ...allowed, ...refused });
    expect(environment).toMatchObject(allowed);
    expect(Object.keys(environment).filter((name) => name in refused)).toEqual([]);
  });

  it('cannot be turned away from Bedrock by the environment', () => {
    const models = { AGENT_MODEL_MAIN: 'anthropic.claude-sonnet-5-5' };
    expect(environmentFor(models, { CLAUDE_CODE_USE_BEDROCK: '0', ANTHROPIC_MODEL: 'x' })).toMatchObject({
      CLAUDE_CODE_USE_BEDROCK: '1',
      ANTHROPIC_MODEL: 'anthropic.claude-sonnet-5-5',
    });
  });
});
