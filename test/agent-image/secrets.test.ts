import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type AgentConfig, readConfig } from '../../agent-image/src/config';
import { SecretReader } from '../../agent-image/src/secret-reader';
import { SecretStore, readSecrets, type SessionSecrets, SecretUnavailable } from '../../agent-image/src/secrets';
import { withSecrets } from '../../agent-image/src/secret-values';

const GITHUB = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:github-AbCdEf';
const SLACK = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:slack-AbCdEf';
const KEY = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:models-AbCdEf';

/** What Secrets Manager has; a function answers by itself. */
type Stored = object | ((res: ServerResponse) => void);
const stored = new Map<string, Stored>();
const asked: { readonly arn: string; readonly region: string | undefined }[] = [];

const server = createServer((req, res) => {
  json(req).then(
    (body) => {
      const { SecretId: arn } = body as { SecretId: string };
      asked.push({ arn, region: /Credential=[^/]+\/\d+\/([^/]+)\//.exec(req.headers.authorization ?? '')?.[1] });
      const answer = stored.get(arn) ?? fault(400, 'ResourceNotFoundException');
      if (typeof answer === 'function') return answer(res);
      res.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      return void res.end(JSON.stringify(answer));
    },
    () => res.destroy(),
  );
});

function fault(status: number, type: string): (res: ServerResponse) => void {
  return (res) => {
    res.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    res.end(JSON.stringify({ __type: type, message: 'a message that repeats the-value' }));
  };
}

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret' };
const before = { ...process.env };

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...CREDENTIALS,
  });
});
beforeEach(() => {
  stored.clear();
  asked.splice(0);
});
afterAll(async () => {
  process.env = before;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

function config(env: Record<string, string>): AgentConfig {
  const models = { AGENT_MODEL_MAIN: env.AGENT_MODEL_PROVIDER ? 'a-model' : 'eu.anthropic.claude-sonnet-5-5' };
  return readConfig({ AWS_REGION: 'eu-west-1', HOME: '/home/agent', ...models, ...env });
}

function anthropic(more: object = {}): Record<string, string> {
  return { AGENT_MODEL_PROVIDER: JSON.stringify({ type: 'anthropicApi', secretArn: KEY, ...more }) };
}

async function failureOf(reading: Promise<unknown>): Promise<SecretUnavailable> {
  const error: unknown = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SecretUnavailable)) throw new Error(`this is no SecretUnavailable: ${String(error)}`);
  return error;
}

describe('the secrets of a deployment', () => {
  it('are read by their ARNs, each in its Region', async () => {
    stored.set(GITHUB, { SecretString: 'github-value' }).set(SLACK, { SecretString: 'slack-value' });
    const secrets = await readSecrets(config({ AGENT_SECRET_GITHUB: GITHUB, AGENT_SECRET_SLACK: SLACK }));
    expect(secrets).toEqual({ values: { GITHUB: 'github-value', SLACK: 'slack-value' } });
    expect(new Set(asked)).toEqual(
      new Set([
        { arn: GITHUB, region: 'eu-west-1' },
        { arn: SLACK, region: 'us-east-1' },
      ]),
    );
  });

  it('are nothing to ask for when there are none', async () => {
    expect(await readSecrets(config({}))).toEqual({ values: {} });
    expect(asked).toEqual([]);
  });

  it('have the key of the model provider among them', async () => {
    stored.set(KEY, { SecretString: 'the-key' });
    expect(await readSecrets(config(anthropic()))).toEqual({ modelKey: 'the-key', values: {} });
  });

  it('may keep that key in a field', async () => {
    stored.set(KEY, { SecretString: '{"apiKey":"the-key"}' });
    expect(await readSecrets(config(anthropic({ secretField: 'apiKey' })))).toMatchObject({ modelKey: 'the-key' });
  });

  it.each([
    ['not json the-value', 'it is not JSON'],
    ['{"other":"the-value"}', 'its JSON has no text under "apiKey"'],
    ['{"apiKey":""}', 'its JSON has no text under "apiKey"'],
    ['{"apiKey":{"a":"the-value"}}', 'its JSON has no text under "apiKey"'],
    ['"the-value"', 'its JSON has no text under "apiKey"'],
    ['null', 'its JSON has no text under "apiKey"'],
    ['{"apiKey":"the-value\\n"}', 'often it is a line break at its end'],
  ])('are refused when the field cannot be had from %s', async (text, reason) => {
    stored.set(KEY, { SecretString: text });
    const failure = await failureOf(readSecrets(config(anthropic({ secretField: 'apiKey' }))));
    expect(failure.message).toContain('The secret of AGENT_MODEL_PROVIDER');
    expect(failure.message).toContain(reason);
    expect(failure.message).not.toContain('the-value');
  });

  it.each([
    [fault(400, 'AccessDeniedException'), "AccessDeniedException; let the agent's role call"],
    [fault(400, 'ResourceNotFoundException'), 'ResourceNotFoundException; there is no such secret'],
    [fault(400, 'InvalidRequestException'), 'InvalidRequestException; it is about to be deleted'],
    [fault(400, 'DecryptionFailure'), 'DecryptionFailure; its KMS key'],
    [fault(400, 'UnrecognizedClientException'), 'UnrecognizedClientException; find out whether the agent reaches'],
    [{ SecretBinary: 'dGhlLXZhbHVl' }, 'it is binary or empty'],
  ])('that cannot be read are named with the reason, and without their value', async (answer, reason) => {
    stored.set(GITHUB, answer);
    const failure = await failureOf(readSecrets(config({ AGENT_SECRET_GITHUB: GITHUB })));
    expect(failure.message).toContain(`The secret of AGENT_SECRET_GITHUB (${GITHUB}) cannot be used: ${reason}`);
    expect(failure.message).not.toContain('the-value');
  });

  it('are asked for again when the service fails once', async () => {
    stored.set(GITHUB, (res) => {
      stored.set(GITHUB, { SecretString: 'github-value' });
      fault(500, 'InternalServiceError')(res);
    });
    const { values } = await readSecrets(config({ AGENT_SECRET_GITHUB: GITHUB }));
    expect(values).toEqual({ GITHUB: 'github-value' });
  });

  it('are given up after three attempts', async () => {
    stored.set(GITHUB, (res) => res.destroy());
    const failure = await failureOf(readSecrets(config({ AGENT_SECRET_GITHUB: GITHUB })));
    expect(failure.message).toContain('AGENT_SECRET_GITHUB');
    expect(asked).toHaveLength(3);
  });
});

describe('a reader of secrets', () => {
  let reader: SecretReader;

  beforeEach(() => {
    reader = new SecretReader(100);
  });
  afterEach(() => {
    reader.close();
    Object.assign(process.env, CREDENTIALS);
    delete process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  });

  it('gives up a service that does not answer', async () => {
    stored.set(GITHUB, () => undefined);
    const failure = await failureOf(reader.read('AGENT_SECRET_GITHUB', GITHUB));
    expect(failure.message).toContain('TimeoutError; find out whether the agent reaches Secrets Manager');
  });

  it('gives up credentials that do not come', async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    try {
      const failure = await failureOf(reader.read('AGENT_SECRET_GITHUB', GITHUB));
      expect(failure.message).toContain('TimeoutError; find out whether the agent');
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });
});

describe('a store of secrets', () => {
  const [first, second]: SessionSecrets[] = [{ values: { A: '1' } }, { values: { A: '2' } }];

  function storeOf(...answers: (SessionSecrets | Error | undefined)[]): SecretStore {
    return new SecretStore(async () => {
      const answer = answers.shift();
      if (!answer || answer instanceof Error) throw answer ?? new Error('read too often');
      return answer;
    });
  }

  it('reads when it is first asked, and keeps what it read', async () => {
    const store = storeOf(first);
    expect(await Promise.all([store.get(), store.get()])).toEqual([first, first]);
    expect(await store.get()).toBe(first);
  });

  it('tries again what failed', async () => {
    const store = storeOf(new SecretUnavailable('AGENT_SECRET_A', 'no'), first);
    await expect(store.get()).rejects.toThrow(SecretUnavailable);
    expect(await store.get()).toBe(first);
  });

  it('reads again what it was told to forget', async () => {
    const store = storeOf(first, second);
    await store.get();
    store.forget();
    expect(await store.get()).toBe(second);
  });
});

describe('a header with a secret', () => {
  it('has the value in place of its name, wherever it stands', () => {
    const secrets = { values: { USER: 'alice', TOKEN: '$& $1 `x`' } };
    expect(withSecrets('Basic ${secret:USER}:${secret:TOKEN}', secrets)).toBe('Basic alice:$& $1 `x`');
  });

  it('puts no secret into a secret', () => {
    const secrets = { values: { A: '${secret:B}', B: 'b' } };
    expect(withSecrets('${secret:A}', secrets)).toBe('${secret:B}');
  });

  it.each(['${HOME}', '$secret:A', '${secret:A', 'secret:A'])('leaves %s as it is', (text) => {
    expect(withSecrets(text, { values: { A: 'a' } })).toBe(text);
  });

  it.each(['toString', 'B', ''])('is refused with the unknown name "%s"', (name) => {
    expect(() => withSecrets(`\${secret:${name}}`, { values: { A: 'a' } })).toThrow(SecretUnavailable);
  });

  it.each(['the-value\n', 'the-value\r\nX-Other: 1', 'the-v\u00e4lue', '\u0000'])(
    'is refused with a value that no header can have: %j',
    (value) => {
      const put = (): string => withSecrets('${secret:A}', { values: { A: value } });
      expect(put).toThrow('The secret of AGENT_SECRET_A cannot be used');
      expect(put).not.toThrow(/the-v/);
    },
  );
});
