import { userToken } from '../../../bin/local/user-token';
import { clientOf, poolOf } from './support/browser';
import { CALLBACK, POOL, signInRuntime } from './support/pool-app';
import { send } from './support/signed-fetch';
import { TestRun } from './support/test-run';

let run: TestRun;

beforeAll(async () => {
  run = await new TestRun([signInRuntime()], POOL).start();
});
afterAll(async () => {
  await run.remove();
});

const get = (path: string, init: Parameters<typeof send>[1] = {}) =>
  send(`${run.up.url}${path}`, { method: 'GET', ...init });

describe('the index of a local run', () => {
  it('lists for programs what up.json does, but no credentials', async () => {
    const reply = await get('/');
    const { pid, credentials, ...addresses } = run.up;

    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json']);
    expect(JSON.parse(reply.text)).toEqual({
      ...addresses,
      invocations: `${run.up.url}/invocations`,
      ping: `${run.up.url}/ping`,
      metrics: `${run.up.url}/metrics`,
    });
    expect(pid).toBe(process.pid);
    for (const secret of Object.values(credentials)) expect(reply.text).not.toContain(secret);
  });

  it('tells browsers the same as a page that loads and runs nothing', async () => {
    const { status, headers, text } = await get('/?from=test', {
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    });
    const pool = poolOf(run.up);

    expect([status, headers['content-type'], headers.vary]).toEqual([200, 'text/html; charset=utf-8', 'accept']);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    for (const address of ['/invocations', '/ping', '/metrics', `/${pool.id}/.well-known/openid-configuration`]) {
      expect(text).toContain(`${run.up.url}${address}`);
    }
    for (const fact of [clientOf(run.up, 'web page'), CALLBACK, 'alice, bob']) expect(text).toContain(fact);
    expect(text).toContain(encodeURIComponent(run.up.runtimes[0]?.arn ?? 'no runtime'));
    expect(text).not.toMatch(/<h2>(Gateways|APIs)/);
    expect(text).not.toContain(run.up.credentials.secretAccessKey);
  });

  it('takes no other method and no foreign host', async () => {
    const posted = await get('/', { method: 'POST', body: '{}' });

    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET']);
    expect((await get('/', { headers: { host: 'evil.example' } })).status).toBe(403);
  });
});

describe('a token for a command line', () => {
  it.each([
    ['alice', ['admins']],
    ['bob', undefined],
  ])('is one of %s that the agent is reached with', async (name, groups) => {
    const token = await userToken(run.up, name);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;

    expect(claims).toMatchObject({ username: name, token_use: 'access', client_id: clientOf(run.up, 'web page') });
    expect((claims as Record<string, unknown>)['cognito:groups']).toEqual(groups);
    expect((await run.invoke({}, { authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it('is refused with what there is instead', async () => {
    const pool = poolOf(run.up);
    const clients = pool.clients.map((client) => ({ ...client, callbackUrls: [] }));

    await expect(userToken(run.up, 'carol')).rejects.toThrow('there is no user "carol"; there is alice and bob');
    await expect(userToken({ ...run.up, userPools: [] }, 'alice')).rejects.toThrow('no user pool');
    await expect(userToken({ ...run.up, userPools: [{ ...pool, clients }] }, 'alice')).rejects.toThrow(
      `no client of the user pool ${pool.id} has a callback URL`,
    );
  });

  it('does not come for an address that a client does not have', async () => {
    const pool = poolOf(run.up);
    const clients = pool.clients.map((client) => ({ ...client, callbackUrls: ['http://localhost:1/elsewhere'] }));

    await expect(userToken({ ...run.up, userPools: [{ ...pool, clients }] }, 'alice')).rejects.toThrow(
      'the sign-in of alice was refused',
    );
  });
});
