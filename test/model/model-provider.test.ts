import { aws_kms as kms, aws_secretsmanager as secretsmanager, CfnParameter, Fn, type Stack } from 'aws-cdk-lib';
import { AgentRuntime, EndpointKeyHeader, ModelProvider, type CompatibleEndpointOptions } from '../../lib';
import { evaluate } from '../../lib/testing';
import {
  ACCOUNT,
  executionRole,
  REGION,
  resolvedTemplate,
  runtimeEnvironment,
  testImage,
  testStack,
} from '../support/stack';

const secretArn = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`;
const KEY = secretArn('model-key-a1B2c3');
const keyIn = (stack: Stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Key', KEY);

/** What an agent with these models is told, and what it may do. */
function agentWith(models: (stack: Stack) => ModelProvider) {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: testImage(), models: models(stack) });
  const template = resolvedTemplate(stack);
  const environment = runtimeEnvironment(template);
  const role = executionRole(template);
  return {
    environment,
    provider: JSON.parse(environment.AGENT_MODEL_PROVIDER ?? '') as unknown,
    role,
    allows: (action: string, resource: string, context = {}) => evaluate(role, { action, resource, context }).allowed,
  };
}

describe('ModelProvider.anthropicApi', () => {
  test('names current models and the secret, where nothing else is asked for', () => {
    const { environment, provider } = agentWith((stack) => ModelProvider.anthropicApi(keyIn(stack)));
    expect(environment).toMatchObject({
      AGENT_MODEL_MAIN: 'claude-sonnet-5-5',
      AGENT_MODEL_FAST: 'claude-haiku-5-5',
      AGENT_MODEL_SUBAGENT: 'claude-sonnet-5-5',
    });
    expect(Object.keys(environment).filter((name) => /_(OPUS|SONNET|HAIKU)$/.test(name))).toEqual([]);
    expect(provider).toEqual({ type: 'anthropicApi', secretArn: KEY });
  });

  test('names the models that are asked for, and the field of the secret', () => {
    const { environment, provider } = agentWith((stack) =>
      ModelProvider.anthropicApi(keyIn(stack), {
        main: 'claude-opus-5-5',
        fast: 'claude-haiku-4-5-20251001',
        subagent: 'claude-sonnet-5-5',
        opus: 'claude-opus-5-5',
        secretField: 'apiKey',
      }),
    );
    expect(environment).toMatchObject({
      AGENT_MODEL_MAIN: 'claude-opus-5-5',
      AGENT_MODEL_FAST: 'claude-haiku-4-5-20251001',
      AGENT_MODEL_SUBAGENT: 'claude-sonnet-5-5',
      AGENT_MODEL_OPUS: 'claude-opus-5-5',
    });
    expect(provider).toEqual({ type: 'anthropicApi', secretArn: KEY, secretField: 'apiKey' });
  });

  test.each([
    [
      { main: 'global.anthropic.claude-sonnet-5-5' },
      /"global\.anthropic\.claude-sonnet-5-5" is an id of Amazon Bedrock/,
    ],
    [{ fast: 'anthropic.claude-haiku-5-5' }, /"anthropic\.claude-haiku-5-5" is an id of Amazon Bedrock.*its own name/],
    [{ main: 'claude sonnet' }, /model "claude sonnet" is no name of a model: 1 to 200 letters/],
    [{ subagent: '' }, /model "" is no name of a model/],
    [{ main: 'x'.repeat(201) }, /is no name of a model/],
    [{ opus: 'claude-sonnet-5-5' }, /the role "opus" has claude-sonnet-5-5, which is no Claude opus model/],
    [{ secretField: '' }, /secretField is empty/],
  ])('fails on %j', (options, message) => {
    const secret = keyIn(testStack());
    expect(() => ModelProvider.anthropicApi(secret, options)).toThrow(message);
    expect(() => ModelProvider.anthropicApi(secret, options)).toThrow(/^ModelProvider\.anthropicApi: /);
  });
});

describe('ModelProvider.compatibleEndpoint', () => {
  const options = (more: Partial<CompatibleEndpointOptions> = {}) => ({
    url: 'https://models.example.com/anthropic',
    secret: keyIn(testStack()),
    models: { main: 'qwen/qwen3-coder:free' },
    ...more,
  });

  test('names the address, the header and the names that the endpoint has for its models', () => {
    const { environment, provider } = agentWith((stack) =>
      ModelProvider.compatibleEndpoint({
        ...options({ secret: keyIn(stack), header: EndpointKeyHeader.X_API_KEY, secretField: 'key' }),
        models: { main: 'qwen/qwen3-coder:free', opus: 'qwen/qwen3-max@latest', haiku: 'qwen-small' },
      }),
    );
    expect(environment).toMatchObject({
      AGENT_MODEL_MAIN: 'qwen/qwen3-coder:free',
      AGENT_MODEL_FAST: 'qwen/qwen3-coder:free',
      AGENT_MODEL_SUBAGENT: 'qwen/qwen3-coder:free',
      AGENT_MODEL_OPUS: 'qwen/qwen3-max@latest',
      AGENT_MODEL_HAIKU: 'qwen-small',
    });
    expect(provider).toEqual({
      type: 'compatibleEndpoint',
      url: 'https://models.example.com/anthropic',
      header: 'x-api-key',
      secretField: 'key',
      secretArn: KEY,
    });
  });

  test('sends the key as a bearer token unless told otherwise', () => {
    const { provider } = agentWith((stack) => ModelProvider.compatibleEndpoint(options({ secret: keyIn(stack) })));
    expect(provider).toMatchObject({ header: 'authorization' });
  });

  test('takes an address that is only known at deployment', () => {
    const { provider } = agentWith((stack) => {
      const host = new CfnParameter(stack, 'Host', { default: 'models.internal' });
      const url = Fn.join('', ['https://', host.valueAsString]);
      return ModelProvider.compatibleEndpoint(options({ url, secret: keyIn(stack) }));
    });
    expect(provider).toMatchObject({ url: 'https://models.internal' });
  });

  test.each([
    ['http://models.example.com', /url begins with "http:\/\/", and the key would travel in the clear; give one/],
    ['http://127.0.0.1:4000', /would travel in the clear/],
    ['HTTP://models.example.com', /would travel in the clear/],
    ['ftp://models.example.com', /url begins with "ftp:"/],
    ['models.example.com', /url is no address/],
    ['https://user:hunter2@models.example.com', /url of models\.example\.com has credentials in it/],
    ['https://models.example.com/?key=hunter2', /url of models\.example\.com has a query or a fragment/],
    ['https://models.example.com/#hunter2', /has a query or a fragment/],
    ['https://models.example.com/v1', /ends in "\/v1", and the agent appends \/v1\/messages itself/],
    ['https://models.example.com/v1/messages/', /ends in "\/v1\/messages\/"/],
  ])('fails on the address %s, and repeats no credential', (url, message) => {
    const make = () => ModelProvider.compatibleEndpoint(options({ url }));
    expect(make).toThrow(message);
    expect(make).not.toThrow(/hunter2/);
  });

  test('fails on an address without encryption whose host is only known at deployment', () => {
    const url = `http://${new CfnParameter(testStack(), 'Host').valueAsString}`;
    expect(() => ModelProvider.compatibleEndpoint(options({ url }))).toThrow(/would travel in the clear/);
  });

  test('fails with everything that is wrong at once', () => {
    expect(() => ModelProvider.compatibleEndpoint(options({ url: 'ftp://a.example', models: { main: '' } }))).toThrow(
      /^ModelProvider\.compatibleEndpoint:\n {2}- url begins with .*\n {2}- model "" is no name/,
    );
  });
});

describe('the role of an agent whose models are elsewhere', () => {
  const read = 'secretsmanager:GetSecretValue';

  test.each([
    ['the Anthropic API', (stack: Stack) => ModelProvider.anthropicApi(keyIn(stack))],
    [
      'a compatible endpoint',
      (stack: Stack) =>
        ModelProvider.compatibleEndpoint({
          url: 'https://models.example.com',
          secret: keyIn(stack),
          models: { main: 'm' },
        }),
    ],
  ])('reads the key of %s, no other secret, and calls no model of Amazon Bedrock', (_, models) => {
    const { allows, role } = agentWith(models);
    expect(allows(read, KEY)).toBe(true);
    expect(allows(read, secretArn('model-key-x1B2c3'))).toBe(false);
    expect(allows(read, KEY.replace(ACCOUNT, '444455556666'))).toBe(false);
    expect(allows('secretsmanager:DescribeSecret', KEY)).toBe(false);
    expect(allows('secretsmanager:PutSecretValue', KEY)).toBe(false);
    const actions = role.identityPolicies.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action ?? []));
    expect(actions.filter((action) => action.startsWith('bedrock:') || action.startsWith('kms:'))).toEqual([]);
    expect(actions).toContain(read);
  });

  test('reads a secret that is known by its name, whatever Secrets Manager appends to it', () => {
    const { allows, provider } = agentWith((stack) =>
      ModelProvider.anthropicApi(secretsmanager.Secret.fromSecretNameV2(stack, 'Key', 'model-key')),
    );
    expect(provider).toEqual({ type: 'anthropicApi', secretArn: secretArn('model-key') });
    expect(allows(read, secretArn('model-key-a1B2c3'))).toBe(true);
    expect(allows(read, secretArn('model-key-of-others-a1B2c3'))).toBe(false);
    expect(allows(read, secretArn('model-key-a1B2c34'))).toBe(false);
  });

  test('decrypts that secret alone with the key of the account, and only for Secrets Manager', () => {
    const keyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
    const { allows } = agentWith((stack) =>
      ModelProvider.anthropicApi(
        secretsmanager.Secret.fromSecretAttributes(stack, 'Secret', {
          secretCompleteArn: KEY,
          encryptionKey: kms.Key.fromKeyArn(stack, 'Key', keyArn),
        }),
      ),
    );
    const decrypts = (context: Record<string, string>, key = keyArn) => allows('kms:Decrypt', key, context);
    const own = {
      'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': KEY,
    };
    expect(decrypts(own)).toBe(true);
    expect(decrypts(own, `${keyArn}2`)).toBe(false);
    expect(decrypts({ ...own, 'kms:EncryptionContext:SecretARN': secretArn('other-a1B2c3') })).toBe(false);
    expect(decrypts({ ...own, 'kms:ViaService': `s3.${REGION}.amazonaws.com` })).toBe(false);
    expect(decrypts({ 'kms:ViaService': own['kms:ViaService'] })).toBe(false);
    expect(decrypts({})).toBe(false);
    expect(allows('kms:Encrypt', keyArn, own)).toBe(false);
  });

  test('reads a secret of the app with its own key', () => {
    const stack = testStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    const secret = new secretsmanager.Secret(stack, 'Secret', { encryptionKey });
    new AgentRuntime(stack, 'Agent', { image: testImage(), models: ModelProvider.anthropicApi(secret) });
    const template = resolvedTemplate(stack);
    const arn = template.ref(stack.getLogicalId(secret.node.defaultChild as secretsmanager.CfnSecret));
    const key = template.getAtt(stack.getLogicalId(encryptionKey.node.defaultChild as kms.CfnKey), 'Arn');
    expect(JSON.parse(runtimeEnvironment(template).AGENT_MODEL_PROVIDER ?? '')).toMatchObject({ secretArn: arn });
    const role = executionRole(template);
    expect(evaluate(role, { action: read, resource: arn }).allowed).toBe(true);
    const context = {
      'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': arn,
    };
    expect(evaluate(role, { action: 'kms:Decrypt', resource: key, context }).allowed).toBe(true);
  });
});
