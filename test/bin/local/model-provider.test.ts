import { join } from 'node:path';
import { send, sendSigned, type Reply } from './support/signed-fetch';
import { credentialsOf, grant, TestRun } from './support/test-run';

const KEY_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:model/key-AbCdEf';
const ANTHROPIC = { type: 'anthropicApi', secretArn: KEY_ARN };
const ENDPOINT = { type: 'compatibleEndpoint', url: 'https://llm.example.com/v1', secretArn: KEY_ARN };

let run: TestRun;

afterEach(() => run.remove());

async function start(
  provider: object | string,
  options: { model?: 'scripted' | 'bedrock' | 'provider'; secrets?: object } = {},
) {
  const text = typeof provider === 'string' ? provider : JSON.stringify(provider);
  run = new TestRun([{ properties: { EnvironmentVariables: { AGENT_MODEL_PROVIDER: text } } }], {
    Grant: grant('secretsmanager:GetSecretValue', `${KEY_ARN.slice(0, -6)}??????`),
  });
  if (options.secrets !== undefined) run.writeState('secrets.json', JSON.stringify(options.secrets));
  await run.start({ model: options.model ?? 'scripted' });
}

/** The key as the agent reads it. */
async function readKey(): Promise<string> {
  const reply = await sendSigned(`${run.up.url}/`, credentialsOf(await run.report()), {
    service: 'secretsmanager',
    headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: JSON.stringify({ SecretId: KEY_ARN }),
  });
  return (JSON.parse(reply.text) as { SecretString: string }).SecretString;
}

async function callModel(headers: Record<string, string>): Promise<Reply> {
  return send(`${run.up.url}/v1/messages?beta=true`, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'claude-sonnet-5-5', messages: [{ role: 'user', content: 'hello there' }] }),
  });
}

describe('a runtime on the Anthropic API', () => {
  it('is answered by the scripted model, with a key made up for it', async () => {
    await start(ANTHROPIC);
    const { env } = await run.report();
    const key = await readKey();

    expect(env.ANTHROPIC_BASE_URL).toBe(run.up.url);
    expect(JSON.parse(env.AGENT_MODEL_PROVIDER ?? '')).toEqual(ANTHROPIC);
    const reply = await callModel({ 'x-api-key': key });
    expect(reply.status).toBe(200);
    expect(reply.text).toContain('hello there');
    expect(run.lines).toContain(
      'model of runtime agent: scripted, not Claude, because the Anthropic API was not asked for (--model provider does)',
    );
    expect(run.lines.join('\n')).not.toContain(key);
  });

  it('has to send the key, in its header', async () => {
    await start(ANTHROPIC);
    const key = await readKey();

    for (const headers of [{}, { 'x-api-key': 'other' }, { authorization: `Bearer ${key}` }]) {
      const reply = await callModel(headers as Record<string, string>);
      expect(reply.status).toBe(401);
      expect(reply.text).toContain('authentication_error');
      expect(reply.text).not.toContain(key);
    }
  });

  it('reads the key from a field of the secret where the template says so', async () => {
    await start({ ...ANTHROPIC, secretField: 'apiKey' });
    const { apiKey } = JSON.parse(await readKey()) as { apiKey: string };

    expect((await callModel({ 'x-api-key': apiKey })).status).toBe(200);
  });

  it('calls the real one when it is asked for and the key is there', async () => {
    await start(ANTHROPIC, { model: 'provider', secrets: { 'model/key': 'sk-real' } });
    const { env } = await run.report();

    expect(env).not.toHaveProperty('ANTHROPIC_BASE_URL');
    expect(await readKey()).toBe('sk-real');
    expect((await callModel({ 'x-api-key': 'sk-real' })).status).toBe(401);
    expect(run.lines).toContain(
      'model of runtime agent: the Anthropic API with the key in the secret model/key, because it was asked for; calls cost money',
    );
    expect(run.lines.join('\n')).not.toContain('sk-real');
  });

  it('gives way to the scripted model without a key, and says where to put it', async () => {
    await start(ANTHROPIC, { model: 'provider' });

    expect((await run.report()).env.ANTHROPIC_BASE_URL).toBe(run.up.url);
    expect(run.lines).toContain(
      'model of runtime agent: scripted, not Claude, because the Anthropic API was asked for but the secret model/key has no ' +
        `value here: add "model/key": "<its value>" to ${join(run.state, 'secrets.json')} and start again`,
    );
  });

  it('keeps the given key where the real one is not asked for', async () => {
    await start(ANTHROPIC, { model: 'bedrock', secrets: { 'model/key': 'sk-real' } });

    expect((await callModel({ 'x-api-key': await readKey() })).status).toBe(200);
    expect(await readKey()).toBe('sk-real');
  });
});

describe('a runtime on an endpoint of its own', () => {
  it.each([
    ['a bearer token', {}, (key: string) => ({ authorization: `Bearer ${key}` })],
    ['its own header', { header: 'x-api-key' }, (key: string) => ({ 'x-api-key': key })],
  ])('calls this machine instead, with the key as %s', async (_, more, headers) => {
    await start({ ...ENDPOINT, ...more });
    const { env } = await run.report();

    expect(JSON.parse(env.AGENT_MODEL_PROVIDER ?? '')).toEqual({ ...ENDPOINT, ...more, url: run.up.url });
    expect(env).not.toHaveProperty('ANTHROPIC_BASE_URL');
    expect((await callModel(headers(await readKey()))).status).toBe(200);
    expect(run.lines).toContain(
      'model of runtime agent: scripted, not Claude, because https://llm.example.com/v1 was not asked for (--model provider does)',
    );
  });

  it('calls the endpoint itself when it is asked for and the key is there', async () => {
    await start(ENDPOINT, { model: 'provider', secrets: { 'model/key': 'real' } });

    expect(JSON.parse((await run.report()).env.AGENT_MODEL_PROVIDER ?? '')).toEqual(ENDPOINT);
  });
});

describe('a runtime on Amazon Bedrock', () => {
  it('leaves the Anthropic path closed', async () => {
    run = await new TestRun().start();

    expect((await callModel({ 'x-api-key': 'x' })).status).toBe(401);
    expect(run.lines.join('\n')).not.toContain('model of runtime');
  });
});

describe('AGENT_MODEL_PROVIDER', () => {
  it.each([
    'no JSON',
    'null',
    '{"type":"other","secretArn":"a"}',
    '{"type":"anthropicApi"}',
    '{"type":"compatibleEndpoint","secretArn":"a"}',
  ])('that is %s stops the start and says what is expected', async (text) => {
    await expect(start(text)).rejects.toThrow(
      `AGENT_MODEL_PROVIDER of runtime agent is ${text}; expected JSON such as`,
    );
  });
});
