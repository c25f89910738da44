import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { generateSecret, readPasswordRule } from '../../../bin/local/secrets/generated-secret';
import { sendSigned, type Reply } from './support/signed-fetch';
import { credentialsOf, grant, TestRun } from './support/test-run';

const IMPORTED = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:team/github-AbCdEf';
const GET = 'secretsmanager:GetSecretValue';

let run: TestRun;

afterEach(() => run.remove());

interface SecretAnswer {
  readonly ARN: string;
  readonly Name: string;
  readonly SecretString: string;
  readonly VersionStages: string[];
  readonly VersionId: string;
  readonly __type: string;
  readonly Message: string;
}

/** Asks for a secret with the credentials of the agent. */
async function getSecret(input: object | string, target = 'secretsmanager.GetSecretValue'): Promise<Reply> {
  return sendSigned(`${run.up.url}/`, credentialsOf(await run.report()), {
    service: 'secretsmanager',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body: typeof input === 'string' ? input : JSON.stringify(input),
  });
}

const read = (reply: Reply): SecretAnswer => JSON.parse(reply.text) as SecretAnswer;

function appWith(secret: Record<string, unknown>, resource: unknown = '*', environment: object = {}): TestRun {
  run = new TestRun(
    [{ properties: { EnvironmentVariables: { AGENT_SECRET_TOKEN: { Ref: 'Token' }, ...environment } } }],
    { Token: { Type: 'AWS::SecretsManager::Secret', Properties: secret }, Grant: grant(GET, resource) },
  );
  return run;
}

describe('a secret of the template', () => {
  it('is given by its full ARN, its ARN without the suffix and its name', async () => {
    await appWith({ Name: 'team/token', SecretString: 'from the template' }).start();
    const arn = (await run.report()).env.AGENT_SECRET_TOKEN ?? '';
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:team\/token-\w{6}$/);

    for (const id of [arn, arn.slice(0, -7), 'team/token']) {
      const reply = await getSecret({ SecretId: id });
      expect(reply.status).toBe(200);
      expect(reply.headers['content-type']).toBe('application/x-amz-json-1.1');
      expect(read(reply)).toMatchObject({
        ARN: arn,
        Name: 'team/token',
        SecretString: 'from the template',
        VersionStages: ['AWSCURRENT'],
      });
    }
    expect(run.lines.join('\n')).not.toContain('has no value');
  });

  it.each([
    ['its name', 'team/token'],
    ['its logical id', 'Token'],
  ])('has the value of secrets.json under %s, an object as JSON', async (_, key) => {
    appWith({ Name: 'team/token', SecretString: 'from the template' });
    run.writeState('secrets.json', JSON.stringify({ [key]: { apiKey: 'mine' } }));
    await run.start();

    expect(read(await getSecret({ SecretId: 'team/token' })).SecretString).toBe('{"apiKey":"mine"}');
    expect(run.lines.join('\n')).not.toContain('mine');
  });

  it('is made up when the template says so, and stays the same in the next run, readable by its owner only', async () => {
    appWith({ Name: 'made', GenerateSecretString: { PasswordLength: 20, ExcludePunctuation: true } });
    await run.start();
    const first = read(await getSecret({ SecretId: 'made' })).SecretString;
    await run.stop();
    await run.start();

    expect(first).toMatch(/^[A-Za-z0-9]{20}$/);
    expect(read(await getSecret({ SecretId: 'made' })).SecretString).toBe(first);
    expect(statSync(join(run.state, 'generated-secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('is refused to a role that may not read it, and the audit tells', async () => {
    await appWith({ Name: 'hidden', SecretString: 'x' }, 'arn:aws:secretsmanager:*:*:secret:other-*').start();
    const reply = await getSecret({ SecretId: 'hidden' });

    expect(reply.status).toBe(403);
    expect(read(reply)).toMatchObject({ __type: 'AccessDeniedException' });
    expect(read(reply).Message).toMatch(
      /is not authorized to perform: secretsmanager:GetSecretValue on resource: .+hidden-/,
    );
    expect((await run.stop()).join('\n')).toContain(
      'denied 1 x secretsmanager:GetSecretValue on arn:aws:secretsmanager',
    );
  });

  it('has one version: another stage or version is not found', async () => {
    await appWith({ Name: 'one', SecretString: 'x' }).start();
    const { VersionId } = read(await getSecret({ SecretId: 'one' }));
    const notFound = { status: 400, text: expect.stringContaining('ResourceNotFoundException') as string };

    expect((await getSecret({ SecretId: 'one', VersionId, VersionStage: 'AWSCURRENT' })).status).toBe(200);
    expect(await getSecret({ SecretId: 'one', VersionStage: 'AWSPREVIOUS' })).toMatchObject(notFound);
    expect(await getSecret({ SecretId: 'one', VersionId: 'other' })).toMatchObject(notFound);
  });

  it('without a value is not found, and the start says what to add where', async () => {
    await appWith({ Name: 'empty', SecretString: '{{resolve:ssm-secure:elsewhere}}' }).start();

    expect(read(await getSecret({ SecretId: 'empty' }))).toMatchObject({ __type: 'ResourceNotFoundException' });
    expect(run.lines).toContain(
      'AGENT_SECRET_TOKEN of runtime agent: the secret empty has no value here: add "empty": "<its value>" to ' +
        `${join(run.state, 'secrets.json')} and start again`,
    );
  });
});

describe('a secret of elsewhere', () => {
  const start = async (file?: object, granted = `${IMPORTED.slice(0, -6)}??????`): Promise<void> => {
    run = new TestRun([{ properties: { EnvironmentVariables: { AGENT_SECRET_GITHUB: IMPORTED } } }], {
      Grant: grant(GET, granted),
    });
    if (file !== undefined) run.writeState('secrets.json', JSON.stringify(file));
    await run.start();
  };

  it('has the value of secrets.json, by full and partial ARN', async () => {
    await start({ 'team/github': 'ghp_value' });

    expect(read(await getSecret({ SecretId: IMPORTED }))).toMatchObject({ SecretString: 'ghp_value', ARN: IMPORTED });
    expect(read(await getSecret({ SecretId: IMPORTED.slice(0, -7) })).SecretString).toBe('ghp_value');
  });

  it('whose name looks like one with a suffix is found under that name', async () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:my-secret';
    await start({ 'my-secret': 'value' }, `${arn}-??????`);

    expect(read(await getSecret({ SecretId: arn }))).toMatchObject({ Name: 'my-secret', SecretString: 'value' });
  });

  it('without a value is not found, and the start names it', async () => {
    await start();

    expect(read(await getSecret({ SecretId: IMPORTED })).__type).toBe('ResourceNotFoundException');
    expect(run.lines.join('\n')).toContain('add "team/github": "<its value>" to');
  });

  it('is asked for at the role first: an unknown name is denied, not "not found"', async () => {
    await start();

    expect((await getSecret({ SecretId: 'nothing' })).status).toBe(403);
  });
});

describe('requests that are none', () => {
  it.each<[string, object | string, string, string]>([
    ['another operation', { SecretId: 'a' }, 'secretsmanager.PutSecretValue', 'UnknownOperationException'],
    ['no id', {}, 'secretsmanager.GetSecretValue', 'InvalidParameterException'],
    ['no JSON', 'x', 'secretsmanager.GetSecretValue', 'SerializationException'],
  ])('are refused: %s', async (_, input, target, type) => {
    await appWith({ SecretString: 'x' }).start();
    const reply = await getSecret(input, target);

    expect(reply.status).toBe(400);
    expect(read(reply)).toMatchObject({ __type: type });
  });

  it('are refused with a wrong signature', async () => {
    await appWith({ SecretString: 'x' }).start();
    const reply = await sendSigned(
      `${run.up.url}/`,
      { ...run.up.credentials, secretAccessKey: 'wrong' },
      {
        service: 'secretsmanager',
        headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
        body: '{"SecretId":"a"}',
      },
    );

    expect(reply.status).toBe(403);
    expect(read(reply).__type).toBe('SignatureDoesNotMatch');
  });
});

describe('secrets.json', () => {
  it.each<[string, string, RegExp]>([
    ['is not JSON', '{ "a": "sk-hidden" oops', /secrets\.json is not JSON( \(line 1 column \d+\))?; expected \{/],
    ['is a list', '["sk-hidden"]', /secrets\.json does not hold a JSON object; expected/],
    ['has a number', '{"a": 5}', /"a" in .*secrets\.json is a number; expected/],
    ['has a list', '{"a": ["sk-hidden"]}', /"a" in .*secrets\.json is a list; expected/],
    ['has nothing', '{"a": ""}', /"a" in .*secrets\.json is empty; expected/],
    ['has null', '{"a": null}', /"a" in .*secrets\.json is null; expected/],
  ])('that %s is refused without repeating a value', async (_, text, message) => {
    appWith({ SecretString: 'x' });
    run.writeState('secrets.json', text);
    const refusal = await run.start().then(
      () => 'started',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );

    expect(refusal).toMatch(message);
    expect(refusal).not.toContain('sk-hidden');
    expect(readFileSync(join(run.state, 'secrets.json'), 'utf8')).toBe(text);
  });
});

describe('GenerateSecretString', () => {
  beforeEach(() => {
    run = new TestRun();
  });

  it('makes 32 characters of every kind by default', () => {
    const made = Array.from({ length: 50 }, () => generateSecret(readPasswordRule({})));

    for (const one of made) {
      expect(one).toHaveLength(32);
      for (const kind of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/]) expect(one).toMatch(kind);
      expect(one).not.toContain(' ');
    }
    expect(new Set(made).size).toBe(50);
  });

  it('leaves out what is excluded and puts the password into the template', () => {
    const rule = readPasswordRule({
      PasswordLength: '12',
      ExcludeLowercase: true,
      ExcludePunctuation: 'true',
      ExcludeCharacters: 'ABC0',
      SecretStringTemplate: '{"user":"bot"}',
      GenerateStringKey: 'password',
    });
    const made = JSON.parse(generateSecret(rule)) as { user: string; password: string };

    expect(made.user).toBe('bot');
    expect(made.password).toMatch(/^[D-Z1-9]{12}$/);
  });

  it.each<[string, object, string]>([
    ['no length', { PasswordLength: 0 }, 'PasswordLength is 0; expected a number from 1 to 4096'],
    [
      'no character',
      { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true },
      'excludes every character',
    ],
    [
      'too short a length',
      { PasswordLength: 3 },
      'PasswordLength is 3, too short for one character of each of 4 kinds',
    ],
    ['a template that is none', { SecretStringTemplate: 'x', GenerateStringKey: 'a' }, 'must be a JSON object'],
    ['a template without a key', { SecretStringTemplate: '{}' }, 'GenerateStringKey name the field'],
  ])('with %s is refused', (_, rule, message) => {
    expect(() => readPasswordRule(rule)).toThrow(message);
  });
});
