import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TokenVault } from '../../../bin/local/agent-identity/token-vault';
import { agentcore } from './support/aws-sdk';
import { AwsClients } from './support/aws-clients';
import { pageClient, signIn } from './support/browser';
import { CONNECTIONS, connectedRuntime, RETURN_URL } from './support/connection-app';
import { POOL } from './support/pool-app';
import { describeWith } from './support/programs';
import { credentialsOf, TestRun, type AgentReport } from './support/test-run';

let run: TestRun;
let clients: AwsClients;
let client: agentcore.BedrockAgentCoreClient;

/** A user who talks to the agent: what the user's page knows, and what the agent was given with the request. */
interface Person {
  readonly accessToken: string;
  readonly workloadToken: string;
}

async function start(resources: Readonly<Record<string, unknown>> = {}): Promise<void> {
  run = await new TestRun([connectedRuntime()], { ...POOL, ...CONNECTIONS, ...resources }).start();
  clients = new AwsClients(run);
  client = clients.agentCore(credentialsOf(await run.report()));
}

afterEach(async () => {
  clients.destroy();
  await run.remove();
});

async function person(username: string): Promise<Person> {
  const { access_token: accessToken } = await signIn(pageClient(run.up), username);
  const { text } = await run.invoke({}, { authorization: `Bearer ${accessToken}` });
  return { accessToken, workloadToken: (JSON.parse(text) as AgentReport).headers.workloadaccesstoken ?? '' };
}

const ask = ({ workloadToken }: Person, more: Partial<agentcore.GetResourceOauth2TokenCommandInput> = {}) =>
  client.send(
    new agentcore.GetResourceOauth2TokenCommand({
      workloadIdentityToken: workloadToken,
      resourceCredentialProviderName: 'github-a',
      scopes: ['repo'],
      oauth2Flow: 'USER_FEDERATION',
      resourceOauth2ReturnUrl: RETURN_URL,
      ...more,
    }),
  );

const complete = ({ accessToken: userToken }: Person, sessionUri = '') =>
  client.send(new agentcore.CompleteResourceTokenAuthCommand({ sessionUri, userIdentifier: { userToken } }));

/** Follows a link as a browser does, chooses on the provider's page, and gives the address that it ends at. */
async function browse(link: string | undefined, choice: string): Promise<URL> {
  let reply = await fetch(link ?? '', { redirect: 'manual' });
  const page = reply.headers.get('location') ?? '';
  expect(await (await fetch(page)).text()).toContain('Allow as octo-alice');
  reply = await fetch(page, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ choice }) });
  reply = await fetch(reply.headers.get('location') ?? '', { redirect: 'manual' });
  return new URL(reply.headers.get('location') ?? '');
}

/** Links the first account of the provider, and gives its token. */
async function link(who: Person, choice = 'octo-alice'): Promise<string> {
  const { authorizationUrl, sessionUri } = await ask(who);
  await browse(authorizationUrl, choice);
  await complete(who, sessionUri);
  return (await ask(who)).accessToken ?? '';
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
  );

describe('a user who links an account', () => {
  beforeEach(() => start());

  it('allows it at the provider, comes back to the app, and the agent has a token for this user alone', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const { authorizationUrl, sessionUri, sessionStatus, accessToken } = await ask(alice, { customState: 'mine' });
    const back = await browse(authorizationUrl, 'octo-alice');
    const beforeCompletion = await ask(alice, { sessionUri });
    await complete(alice, sessionUri);

    expect({ sessionStatus, accessToken }).toEqual({ sessionStatus: 'IN_PROGRESS', accessToken: undefined });
    expect(back.origin + back.pathname).toBe(RETURN_URL);
    expect(Object.fromEntries(back.searchParams)).toEqual({ session_id: sessionUri, state: 'mine' });
    expect(beforeCompletion).toMatchObject({ sessionUri, sessionStatus: 'IN_PROGRESS' });
    expect((await ask(alice)).accessToken).toMatch(/^gho_/);
    expect((await ask(bob)).accessToken).toBeUndefined();
    // More than was allowed, and another start by choice, take another consent.
    expect((await ask(alice, { scopes: ['repo', 'admin:org'] })).accessToken).toBeUndefined();
    expect((await ask(alice, { forceAuthentication: true })).accessToken).toBeUndefined();
  });

  it('cannot have another one finish what was begun, and can still do so', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const { authorizationUrl, sessionUri } = await ask(alice);
    await browse(authorizationUrl, 'octo-alice');

    expect(await refusal(complete(bob, sessionUri))).toContain('AccessDeniedException');
    expect(await refusal(ask(bob, { sessionUri }))).toContain('ValidationException');
    await complete(alice, sessionUri);
    expect((await ask(alice)).accessToken).toMatch(/^gho_/);
    expect((await ask(bob)).accessToken).toBeUndefined();
  });

  it('finishes once, not before the consent, and not with an id that is made up', async () => {
    const alice = await person('alice');
    const { authorizationUrl, sessionUri } = await ask(alice);

    expect(await refusal(complete(alice, sessionUri))).toContain('not been allowed at the provider yet');
    await browse(authorizationUrl, 'octo-alice');
    await complete(alice, sessionUri);
    expect(await refusal(complete(alice, sessionUri))).toContain('unknown, was used before or has expired');
    expect(await refusal(complete(alice, 'urn:ietf:params:oauth:request_uri:made-up'))).toContain(
      'ValidationException',
    );
    expect((await fetch(authorizationUrl ?? '', { redirect: 'manual' })).status).toBe(400);
  });

  it('may deny it: the agent is told once, and begins anew', async () => {
    const alice = await person('alice');
    const { authorizationUrl, sessionUri } = await ask(alice);
    const back = await browse(authorizationUrl, 'deny');

    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(await ask(alice, { sessionUri })).toMatchObject({ sessionStatus: 'FAILED' });
    expect(await refusal(complete(alice, sessionUri))).toContain('ValidationException');
    expect((await ask(alice)).sessionUri).not.toBe(sessionUri);
  });

  it.each([
    'https://evil.example.com/oauth/return',
    `${RETURN_URL}/more`,
    'http://agent.example.com/oauth/return',
    'https://agent.example.com/oauth/return?next=evil',
  ])('is sent nowhere but to the addresses of the workload identity: not to %s', async (resourceOauth2ReturnUrl) => {
    const alice = await person('alice');

    expect(await refusal(ask(alice, { resourceOauth2ReturnUrl }))).toMatch(/ValidationException: .*is not registered/);
  });

  it('is known by a token that is verified; ids that are only claimed, and false tokens, are refused', async () => {
    const alice = await person('alice');
    const { authorizationUrl, sessionUri } = await ask(alice);
    await browse(authorizationUrl, 'octo-alice');
    const byId = new agentcore.CompleteResourceTokenAuthCommand({ sessionUri, userIdentifier: { userId: 'alice' } });

    expect(await refusal(client.send(byId))).toContain(
      'is not authorized to perform: bedrock-agentcore:CompleteResourceTokenAuth',
    );
    expect(await refusal(complete({ ...alice, accessToken: 'nonsense' }, sessionUri))).toContain(
      'UnauthorizedException',
    );
    expect(await refusal(ask({ ...alice, workloadToken: 'nonsense' }))).toContain('UnauthorizedException');
  });
});

describe('the agent', () => {
  beforeEach(() => start());

  it('may use its own connection and no other, and reads no answer about which there are', async () => {
    const alice = await person('alice');

    for (const resourceCredentialProviderName of ['github-b', 'none']) {
      expect(await refusal(ask(alice, { resourceCredentialProviderName }))).toContain('AccessDeniedException');
    }
  });

  it('gets a workload token for a verified user, and not for one that it names itself', async () => {
    const alice = await person('alice');
    const { env } = await run.report();
    const workloadName = (run.up.runtimes[0]?.arn ?? '').split('/').pop();
    const { workloadAccessToken = '' } = await client.send(
      new agentcore.GetWorkloadAccessTokenForJWTCommand({ workloadName, userToken: alice.accessToken }),
    );
    const forId = new agentcore.GetWorkloadAccessTokenForUserIdCommand({ workloadName, userId: 'alice' });

    expect((await ask({ ...alice, workloadToken: workloadAccessToken })).sessionStatus).toBe('IN_PROGRESS');
    expect(await refusal(client.send(forId))).toContain('AccessDeniedException');
    expect(env.CALLBACK).toContain(`${run.up.url}/identities/oauth2/callback/`);
  });

  it('gets the key of a connection with a key', async () => {
    const { workloadToken: workloadIdentityToken } = await person('alice');
    const key = client.send(
      new agentcore.GetResourceApiKeyCommand({ workloadIdentityToken, resourceCredentialProviderName: 'search' }),
    );

    expect((await key).apiKey).toBe('key-of-the-test');
  });

  it('finds GitHub on this machine, whose token it was given for the user', async () => {
    const token = await link(await person('alice'));
    const { env } = await run.report();
    const { apiUrl, gitUrl } = JSON.parse(env.AGENT_CONNECTION_GH ?? '') as Record<string, string>;
    const user = (authorization: string): Promise<Response> =>
      fetch(`${apiUrl ?? ''}/user`, { headers: { authorization } });

    expect(await (await user(`Bearer ${token}`)).json()).toMatchObject({ login: 'octo-alice' });
    expect((await user('Bearer nonsense')).status).toBe(401);
    expect((await fetch(`${gitUrl ?? ''}/octo-alice/hello-world.git/info/refs?service=git-upload-pack`)).status).toBe(
      401,
    );
    expect(run.lines.join('\n')).not.toContain(token);
  });
});

describe('a connection whose secret the agent may not read', () => {
  it('gives nothing', async () => {
    const { Connections } = CONNECTIONS as { Connections: { Properties: { PolicyDocument: { Statement: object[] } } } };
    const { Properties } = Connections;
    const Statement = Properties.PolicyDocument.Statement.slice(0, -1);
    await start({
      Connections: {
        ...Connections,
        Properties: { ...Properties, PolicyDocument: { Version: '2012-10-17', Statement } },
      },
    });

    expect(await refusal(ask(await person('alice')))).toContain('secretsmanager:GetSecretValue');
  });
});

describeWith('git', 'git', 'git', (git) => {
  it('clones from and pushes to the repositories of the linked account, and of no other', async () => {
    await start();
    const token = await link(await person('alice'));
    const { host } = new URL(run.up.url);
    const call = async (...args: string[]): Promise<string> =>
      (
        await promisify(execFile)(git, args, {
          cwd: run.state,
          env: { PATH: '/usr/bin:/bin', HOME: run.state, GIT_TERMINAL_PROMPT: '0' },
        })
      ).stdout;
    const address = (path: string, password = token): string =>
      `http://x-access-token:${password}@${host}/github/${path}`;

    await call('clone', '-q', address('octo-alice/hello-world.git'), 'copy');
    expect(readFileSync(join(run.state, 'copy', 'README.md'), 'utf8')).toContain('A repository of octo-alice');
    await call(
      '-C',
      'copy',
      '-c',
      'user.name=t',
      '-c',
      'user.email=t@example.com',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'more',
    );
    await call('-C', 'copy', 'push', '-q', 'origin', 'main');
    expect(await call('-C', join('github', 'octo-alice', 'hello-world.git'), 'log', '--format=%s')).toBe(
      'more\nBegin\n',
    );

    await expect(call('clone', '-q', address('octo-bob/hello-world.git'), 'theirs')).rejects.toThrow('not found');
    await expect(call('clone', '-q', address('octo-alice/hello-world.git', 'gho_wrong'), 'w')).rejects.toThrow(
      /[Aa]uthentication/,
    );
    const repositories = await fetch(`${run.up.url}/github/api/user/repos?per_page=50&page=1`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await repositories.json()).toEqual([expect.objectContaining({ full_name: 'octo-alice/hello-world' })]);
    expect(existsSync(join(run.state, 'theirs'))).toBe(false);
  });
});

describe('a flow', () => {
  it('is over after ten minutes', () => {
    let now = 0;
    const vault = new TokenVault(() => now);
    const provider = {
      name: 'github-a',
      arn: 'arn',
      vendor: 'GithubOauth2',
      clientId: 'c',
      callbackUrl: 'http://127.0.0.1/callback',
      secret: { kind: 'text', text: '' },
    } as const;
    const user = { kind: 'id', id: 'alice' } as const;
    const flow = vault.begin({ identity: 'agent', user, provider, scopes: [], returnUrl: RETURN_URL });

    now = 10 * 60_000;
    expect(vault.flow(flow.sessionUri)).toBe(flow);
    now += 1;
    expect(vault.flow(flow.sessionUri)).toBeUndefined();
    expect(vault.flowByState(flow.state)).toBeUndefined();
  });
});
