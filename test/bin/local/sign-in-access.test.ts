import { decodeJwt } from 'jose';
import { clientOf, pageClient, poolOf, signIn } from './support/browser';
import type { FakeRuntime } from './support/fake-app';
import { POOL, signInRuntime } from './support/pool-app';
import { send, sendSigned, type Reply } from './support/signed-fetch';
import { SESSION, SESSION_HEADER, TestRun, type AgentReport } from './support/test-run';

let run: TestRun;

afterEach(() => run.remove());

async function start(runtime: FakeRuntime = signInRuntime()): Promise<void> {
  run = await new TestRun([runtime], POOL).start();
}

async function invoke(headers: Record<string, string> = {}, body = '{}'): Promise<Reply> {
  return send(run.runtime('invocations?qualifier=DEFAULT'), {
    headers: { [SESSION_HEADER]: SESSION, ...headers },
    body,
  });
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const message = (reply: Reply): string => (JSON.parse(reply.text) as { message: string }).message;

function claimsSeenBy(reply: Reply): Record<string, unknown> {
  const { headers } = JSON.parse(reply.text) as AgentReport;
  return decodeJwt((headers.authorization ?? '').replace('Bearer ', ''));
}

describe('a runtime whose users sign in', () => {
  it('lets a signed-in user through and shows the agent the token', async () => {
    await start();
    const user = await signIn(pageClient(run.up), 'bob');
    const reply = await invoke({ ...bearer(user.access_token), cookie: 'no', 'x-other': 'no' });

    expect(reply.status).toBe(200);
    expect(claimsSeenBy(reply)).toMatchObject({ username: 'bob', sub: user.profile.sub });
    expect(reply.headers[SESSION_HEADER]).toBe(SESSION);
    const { headers } = JSON.parse(reply.text) as AgentReport;
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('x-other');
  });

  it('keeps the token from an agent that does not list Authorization', async () => {
    const runtime = signInRuntime();
    await start({ properties: { ...runtime.properties, RequestHeaderConfiguration: { RequestHeaderAllowlist: [] } } });
    const user = await signIn(pageClient(run.up), 'bob');
    const reply = await invoke(bearer(user.access_token));

    expect((JSON.parse(reply.text) as AgentReport).headers).not.toHaveProperty('authorization');
  });

  it('answers 401 without a good token and says where to sign in', async () => {
    await start();
    const user = await signIn(pageClient(run.up), 'alice');
    for (const headers of [{}, bearer('nonsense'), bearer(user.id_token ?? ''), bearer(user.refresh_token ?? '')]) {
      const reply = await invoke(headers);
      expect(reply).toMatchObject({ status: 401, headers: { 'x-amzn-errortype': 'UnauthorizedException' } });
    }
    const [, metadata = ''] =
      /^Bearer resource_metadata="(.+)"$/.exec((await invoke()).headers['www-authenticate'] ?? '') ?? [];

    expect(metadata).toContain('/invocations/.well-known/oauth-protected-resource?qualifier=DEFAULT');
    expect(await (await fetch(metadata)).json()).toMatchObject({ authorization_servers: [poolOf(run.up).issuer] });
  });

  it('refuses a client that the template does not allow', async () => {
    await start(signInRuntime({ AllowedClients: [{ Ref: 'Machine' }] }));
    const reply = await invoke(bearer((await signIn(pageClient(run.up), 'alice')).access_token));

    expect(reply.status).toBe(401);
    expect(message(reply)).toBe(`the token's client_id "${clientOf(run.up, 'web page')}" is not an allowed client`);
  });

  it('applies scopes and claims of the template', async () => {
    const claim = {
      InboundTokenClaimName: 'cognito:groups',
      InboundTokenClaimValueType: 'STRING_ARRAY',
      AuthorizingClaimMatchValue: {
        ClaimMatchOperator: 'CONTAINS',
        ClaimMatchValue: { MatchValueString: { Ref: 'Admins' } },
      },
    };
    await start(signInRuntime({ AllowedScopes: ['email'], CustomClaims: [claim] }));
    const alice = await signIn(pageClient(run.up), 'alice');
    const bob = await signIn(pageClient(run.up), 'bob');
    const scopeless = await signIn(pageClient(run.up, 'openid'), 'alice');

    expect((await invoke(bearer(alice.access_token))).status).toBe(200);
    expect(message(await invoke(bearer(bob.access_token)))).toContain('cognito:groups (missing) does not fulfil');
    expect(message(await invoke(bearer(scopeless.access_token)))).toContain('none of the allowed scopes email');
  });

  it('refuses a signature: the wrong method', async () => {
    await start();
    const reply = await sendSigned(run.runtime('invocations'), run.up.credentials, {
      headers: { [SESSION_HEADER]: SESSION },
      body: '{}',
    });

    expect(reply).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' } });
    expect(message(reply)).toContain('Authorization method mismatch');
  });

  it("turns the agent's own 401 into 424, which is no reason to sign in again", async () => {
    await start();
    const user = await signIn(pageClient(run.up), 'alice');
    const reply = await invoke(bearer(user.access_token), '{"do":"fail","status":401}');

    expect(reply).toMatchObject({ status: 424, headers: { 'x-amzn-errortype': 'RuntimeClientError' } });
    expect(reply.headers).not.toHaveProperty('www-authenticate');
  });

  it('stops a session for a signed-in user only', async () => {
    await start();
    const user = await signIn(pageClient(run.up), 'alice');
    await invoke(bearer(user.access_token));
    const stop = (headers: Record<string, string>): Promise<Reply> =>
      send(run.runtime('stopruntimesession'), { headers: { [SESSION_HEADER]: SESSION, ...headers } });

    expect((await stop({})).status).toBe(401);
    expect((await stop(bearer(user.access_token))).status).toBe(200);
    expect((await stop(bearer(user.access_token))).status).toBe(404);
  });

  it('may be called by a page of this machine', async () => {
    await start();
    const user = await signIn(pageClient(run.up), 'alice');
    const origin = 'http://localhost:5173';
    const asked = await send(run.runtime('invocations'), {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
    const reply = await invoke({ origin, ...bearer(user.access_token) });

    expect(asked).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': origin } });
    expect(reply).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin } });
    expect(reply.headers['access-control-expose-headers']).toContain(SESSION_HEADER);
  });
});

describe('the short path to such a runtime', () => {
  it('is alice, by a token of the pool', async () => {
    await start();

    expect(claimsSeenBy(await run.invoke())).toMatchObject({
      username: 'alice',
      iss: poolOf(run.up).issuer,
      client_id: clientOf(run.up, 'web page'),
      scope: 'openid email',
    });
  });

  it('is whoever the given token says', async () => {
    await start();
    const user = await signIn(pageClient(run.up), 'bob');

    expect(claimsSeenBy(await run.invoke({}, bearer(user.access_token)))).toMatchObject({ username: 'bob' });
    expect((await run.invoke({}, bearer('nonsense'))).status).toBe(401);
  });

  it('is refused when the runtime would refuse alice', async () => {
    await start(signInRuntime({ AllowedScopes: ['agents/invoke'] }));
    const reply = await run.invoke();

    expect(reply.status).toBe(401);
    expect(JSON.parse(reply.text)).toMatchObject({
      error: {
        code: 'UnauthorizedException',
        message: expect.stringContaining('none of the allowed scopes') as string,
      },
    });
  });

  it('needs a token when the users sign in elsewhere', async () => {
    await start(signInRuntime({ DiscoveryUrl: 'https://login.example.com/.well-known/openid-configuration' }));
    const reply = await run.invoke();

    expect(reply.status).toBe(401);
    expect(reply.text).toContain('sign in at https://login.example.com, which is not part of this run');
  });

  it('is not open to pages: no answer to their question before the call', async () => {
    await start();
    const reply = await send(`${run.up.url}/invocations`, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:5173', 'access-control-request-method': 'POST' },
    });

    expect(reply.status).toBe(405);
    expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('a runtime whose callers sign', () => {
  it('refuses a token and never shows the agent an Authorization header', async () => {
    await start({ properties: { RequestHeaderConfiguration: { RequestHeaderAllowlist: ['Authorization'] } } });
    const user = await signIn(pageClient(run.up), 'alice');
    const reply = await invoke(bearer(user.access_token));
    const signed = await sendSigned(run.runtime('invocations'), run.up.credentials, {
      headers: { [SESSION_HEADER]: SESSION },
      body: '{}',
    });

    expect(reply.status).toBe(403);
    expect(message(reply)).toContain('Authorization method mismatch');
    expect(signed.status).toBe(200);
    expect((JSON.parse(signed.text) as AgentReport).headers).not.toHaveProperty('authorization');
    expect((await run.report(bearer('anything'))).headers).not.toHaveProperty('authorization');
  });

  it('does not tell of an issuer', async () => {
    await start({});
    const reply = await send(run.runtime('invocations/.well-known/oauth-protected-resource'), { method: 'GET' });

    expect(reply.status).toBe(404);
  });
});
