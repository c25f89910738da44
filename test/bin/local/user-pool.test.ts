import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { choose, clientOf, LOCAL_CALLBACK, pageClient, poolOf, signIn } from './support/browser';
import { CALLBACK, POOL, signInRuntime } from './support/pool-app';
import { TestRun } from './support/test-run';

const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

let run: TestRun;

beforeEach(async () => {
  run = await new TestRun([signInRuntime()], POOL).start();
});

afterEach(() => run.remove());

const issuer = (): string => poolOf(run.up).issuer;

async function token(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${issuer()}/oauth2/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
}

const refused = async (reply: Response): Promise<[number, unknown]> => [
  reply.status,
  ((await reply.json()) as { error?: string }).error,
];

function authorizeUrl(changes: Record<string, string | undefined> = {}): string {
  const query = Object.entries({
    client_id: clientOf(run.up, 'web page'),
    response_type: 'code',
    redirect_uri: LOCAL_CALLBACK,
    scope: 'openid',
    state: 'kept',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `${issuer()}/oauth2/authorize?${new URLSearchParams(query).toString()}`;
}

async function codeOf(changes: Record<string, string | undefined> = {}): Promise<string> {
  const reply = await choose(authorizeUrl(changes), 'alice');
  return new URL(reply.headers.get('location') ?? '').searchParams.get('code') ?? '';
}

describe('signing in', () => {
  it('gives a page the tokens that Cognito would, by code and PKCE', async () => {
    const user = await signIn(pageClient(run.up), 'alice');
    const keys = createRemoteJWKSet(new URL(`${issuer()}/.well-known/jwks.json`));
    const access = (await jwtVerify(user.access_token, keys, { algorithms: ['RS256'] })).payload;
    const id = (await jwtVerify(user.id_token ?? '', keys, { algorithms: ['RS256'] })).payload;
    const client = clientOf(run.up, 'web page');

    expect(access).toMatchObject({
      token_use: 'access',
      iss: issuer(),
      client_id: client,
      scope: 'openid email',
      username: 'alice',
      'cognito:groups': ['admins'],
      sub: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/) as string,
      jti: expect.any(String) as string,
      auth_time: expect.any(Number) as number,
    });
    expect(access).not.toHaveProperty('aud');
    expect((access.exp ?? 0) - (access.iat ?? 0)).toBe(600);
    expect(id).toMatchObject({
      aud: client,
      sub: access.sub,
      token_use: 'id',
      email: 'alice@example.com',
      nonce: 'nonce-of-the-test',
    });
    expect(user.expires_in).toBeGreaterThan(590);
  });

  it('knows bob as somebody else, in no group', async () => {
    const alice = decodeJwt((await signIn(pageClient(run.up), 'alice')).access_token);
    const bob = decodeJwt((await signIn(pageClient(run.up), 'bob')).access_token);

    expect(bob.sub).not.toBe(alice.sub);
    expect(bob).not.toHaveProperty('cognito:groups');
  });

  it('shows a page with a button for each test user, which runs no script and loads nothing', async () => {
    const reply = await fetch(authorizeUrl());
    const page = await reply.text();

    expect(reply.headers.get('content-type')).toContain('text/html');
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).toContain('<html lang="en">');
    expect(page.match(/<button name="username" value="(\w+)">/g)).toEqual([
      '<button name="username" value="alice">',
      '<button name="username" value="bob">',
    ]);
    expect(page).toContain('<strong>web page</strong>');
  });

  it('sends code and state to the callback of the deployed page, too', async () => {
    const reply = await choose(authorizeUrl({ redirect_uri: CALLBACK }), 'bob');

    expect(reply.status).toBe(302);
    expect(reply.headers.get('location')).toMatch(
      /^https:\/\/d111\.cloudfront\.net\/callback\?code=[\w-]{43}&state=kept$/,
    );
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['an unknown client', { client_id: '"><script>' }, 'has no client &#34;&#34;&#62;&#60;script&#62;'],
    ['another host', { redirect_uri: 'https://evil.example/callback' }, 'has no callback URL'],
    ['another path', { redirect_uri: 'http://localhost:5173/other' }, 'has no callback URL'],
    ['another query', { redirect_uri: `${LOCAL_CALLBACK}?a=1` }, 'has no callback URL'],
    ['a fragment', { redirect_uri: `${LOCAL_CALLBACK}#a` }, 'has no callback URL'],
    ['a user in the address', { redirect_uri: 'http://localhost@evil.example/callback' }, 'has no callback URL'],
    [
      'a host that begins with localhost',
      { redirect_uri: 'http://localhost.evil.example/callback' },
      'has no callback URL',
    ],
    ['no address', { redirect_uri: undefined }, 'has no callback URL'],
  ])('sends nobody anywhere for %s', async (_, changes, text) => {
    const reply = await choose(authorizeUrl(changes), 'alice');

    expect(reply.status).toBe(400);
    expect(reply.headers.get('location')).toBeNull();
    expect(await reply.text()).toContain(text);
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['a scope that is not allowed', { scope: 'openid agents/invoke' }, 'invalid_scope'],
    ['no PKCE', { code_challenge: undefined }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no page', { prompt: 'none' }, 'login_required'],
  ])('tells the client about %s', async (_, changes, code) => {
    const reply = await fetch(authorizeUrl(changes), { redirect: 'manual' });
    const { searchParams } = new URL(reply.headers.get('location') ?? '');

    expect([searchParams.get('error'), searchParams.get('state')]).toEqual([code, 'kept']);
    expect(searchParams.get('error_description')).not.toBe('');
  });

  it('refuses the code flow to a client without it', async () => {
    const client = (await run.report()).env.MACHINE_CLIENT ?? '';
    const reply = await fetch(authorizeUrl({ client_id: client }), { redirect: 'manual' });

    expect(new URL(reply.headers.get('location') ?? '').searchParams.get('error')).toBe('unauthorized_client');
  });

  it('redeems a code once, for the same client, address and verifier only', async () => {
    const client_id = clientOf(run.up, 'web page');
    const right = {
      grant_type: 'authorization_code',
      client_id,
      redirect_uri: LOCAL_CALLBACK,
      code_verifier: VERIFIER,
    };
    const code = await codeOf();

    expect((await token({ ...right, code })).status).toBe(200);
    expect(await refused(await token({ ...right, code }))).toEqual([400, 'invalid_grant']);
    for (const wrong of [{ redirect_uri: CALLBACK }, { code_verifier: 'w'.repeat(43) }]) {
      expect(await refused(await token({ ...right, code: await codeOf(), ...wrong }))).toEqual([400, 'invalid_grant']);
    }
    const without = Object.fromEntries(Object.entries(right).filter(([name]) => name !== 'code_verifier'));
    expect(await refused(await token({ ...without, code: await codeOf() }))).toEqual([400, 'invalid_grant']);
  });

  it('gives no id token without the scope openid', async () => {
    const reply = await token({
      grant_type: 'authorization_code',
      client_id: clientOf(run.up, 'web page'),
      redirect_uri: LOCAL_CALLBACK,
      code_verifier: VERIFIER,
      code: await codeOf({ scope: 'email' }),
    });

    expect(await reply.json()).not.toHaveProperty('id_token');
  });
});

describe('a sign-in', () => {
  it('is renewed by its refresh token, which the next one replaces', async () => {
    const first = await signIn(pageClient(run.up), 'alice');
    const client_id = clientOf(run.up, 'web page');
    const renew = async (refresh: string): Promise<Response> =>
      token({ grant_type: 'refresh_token', client_id, refresh_token: refresh });
    const second = (await (await renew(first.refresh_token ?? '')).json()) as Record<string, string>;

    expect(decodeJwt(second.access_token ?? '')).toMatchObject({
      sub: first.profile.sub,
      auth_time: decodeJwt(first.access_token).auth_time,
      scope: 'openid email',
    });
    expect(await refused(await renew(first.refresh_token ?? ''))).toEqual([400, 'invalid_grant']);
    expect((await renew(second.refresh_token ?? '')).status).toBe(200);
    expect(await refused(await renew(first.access_token))).toEqual([400, 'invalid_grant']);
  });

  it('outlives the run: keys, clients and refresh tokens are the same in the next one', async () => {
    const user = await signIn(pageClient(run.up), 'alice');
    const before = poolOf(run.up);
    const jwks = await (await fetch(`${before.issuer}/.well-known/jwks.json`)).text();
    const port = Number(new URL(run.up.url).port);
    await run.stop();
    await run.start({ port });

    expect(poolOf(run.up)).toEqual(before);
    expect(await (await fetch(`${before.issuer}/.well-known/jwks.json`)).text()).toBe(jwks);
    expect(jwks).not.toContain('"d"');
    const renewed = await token({
      grant_type: 'refresh_token',
      client_id: clientOf(run.up, 'web page'),
      refresh_token: user.refresh_token ?? '',
    });
    expect(renewed.status).toBe(200);
    expect(statSync(join(run.state, 'identity.json')).mode & 0o777).toBe(0o600);
  });

  it('tells who it is, until it is revoked', async () => {
    const user = await signIn(pageClient(run.up), 'bob');
    const userInfo = (bearer: string): Promise<Response> =>
      fetch(`${issuer()}/oauth2/userInfo`, { headers: { authorization: `Bearer ${bearer}` } });
    const client_id = clientOf(run.up, 'web page');

    expect(await (await userInfo(user.access_token)).json()).toMatchObject({
      sub: user.profile.sub,
      username: 'bob',
      email: 'bob@example.com',
    });
    expect((await userInfo(user.id_token ?? '')).status).toBe(401);

    const body = new URLSearchParams({ token: user.refresh_token ?? '', client_id });
    expect((await fetch(`${issuer()}/oauth2/revoke`, { method: 'POST', body })).status).toBe(200);
    expect((await userInfo(user.access_token)).status).toBe(401);
    expect(
      await refused(await token({ grant_type: 'refresh_token', client_id, refresh_token: user.refresh_token ?? '' })),
    ).toEqual([400, 'invalid_grant']);
    expect(readFileSync(join(run.state, 'identity.json'), 'utf8')).not.toContain(user.refresh_token);
  });

  it('ends at a logout URL of the client, and nowhere else', async () => {
    const logout = (address: string): Promise<Response> =>
      fetch(
        `${issuer()}/logout?${new URLSearchParams({ client_id: clientOf(run.up, 'web page'), logout_uri: address }).toString()}`,
        { redirect: 'manual' },
      );

    expect((await logout('http://localhost:5173/')).headers.get('location')).toBe('http://localhost:5173/');
    expect((await logout('https://d111.cloudfront.net/')).status).toBe(302);
    expect((await logout('https://evil.example/')).status).toBe(400);
  });
});

describe('a client that acts for itself', () => {
  it('gets a token for its secret, with its own scopes', async () => {
    const { MACHINE_CLIENT: id = '', MACHINE_SECRET: secret = '' } = (await run.report()).env;
    const form = { grant_type: 'client_credentials' };
    const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    const byHeader = (await (await token(form, { authorization: basic })).json()) as Record<string, string>;
    const byForm = await token({ ...form, client_id: id, client_secret: secret, scope: 'agents/invoke' });

    expect(decodeJwt(byHeader.access_token ?? '')).toMatchObject({ sub: id, client_id: id, scope: 'agents/invoke' });
    expect(byHeader).not.toHaveProperty('refresh_token');
    expect(byForm.status).toBe(200);
    expect(await refused(await token({ ...form, client_id: id, client_secret: `${secret}x` }))).toEqual([
      400,
      'invalid_client',
    ]);
    expect(await refused(await token({ ...form, client_id: id }))).toEqual([400, 'invalid_client']);
    const refusedScope = await token({ ...form, client_id: id, client_secret: secret, scope: 'openid' });
    expect(await refused(refusedScope)).toEqual([400, 'invalid_scope']);
  });

  it('needs a secret and the flow', async () => {
    const client_id = clientOf(run.up, 'web page');

    expect(await refused(await token({ grant_type: 'client_credentials', client_id }))).toEqual([
      400,
      'unauthorized_client',
    ]);
    expect(await refused(await token({ grant_type: 'password', client_id }))).toEqual([400, 'unsupported_grant_type']);
  });
});

describe('the provider', () => {
  it('is where the template says: issuer, domain and ARN in the environment of the agent', async () => {
    const { env } = await run.report();

    expect(env.SIGN_IN).toBe(`${issuer()}/oauth2/token`);
    expect(env.KEYS).toBe(`${issuer()}/.well-known/jwks.json`);
    expect(env.POOL_ARN).toBe(`arn:aws:cognito-idp:us-east-1:000000000000:userpool/${poolOf(run.up).id}`);
    expect(poolOf(run.up).id).toMatch(/^us-east-1_\w{9}$/);
    expect(run.lines.join('\n')).toContain('sign in as alice or bob, without a password');
    expect(run.lines.join('\n')).not.toContain('not run locally, and skipped');
  });

  it('lets a page of this machine read its answers, and no other', async () => {
    const ask = (origin: string): Promise<Response> =>
      fetch(`${issuer()}/oauth2/token`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const local = await ask('http://localhost:5173');

    expect(local.status).toBe(204);
    expect(local.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(local.headers.get('access-control-allow-headers')).toBe('authorization');
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    expect((await ask('http://localhost.evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('has only its own addresses and methods', async () => {
    expect((await fetch(`${issuer()}/nothing`)).status).toBe(404);
    expect((await fetch(`${issuer()}/oauth2/token`)).status).toBe(405);
  });
});

describe('a user pool without a domain', () => {
  it('has keys and nowhere to sign in', async () => {
    await run.remove();
    const runtime = signInRuntime();
    run = new TestRun([{ properties: { ...runtime.properties, EnvironmentVariables: {} } }], {
      ...POOL,
      Domain: undefined,
    });
    await run.start();

    const discovery = await (await fetch(`${issuer()}/.well-known/openid-configuration`)).json();
    expect(discovery).toMatchObject({ issuer: issuer() });
    expect(discovery).not.toHaveProperty('authorization_endpoint');
    expect(await (await fetch(authorizeUrl())).text()).toContain('has no domain, so nobody can sign in');
  });
});
