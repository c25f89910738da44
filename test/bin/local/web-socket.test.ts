import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../../bin/local/sha256';
import { sign, type AwsCredentials } from '../../../bin/local/sigv4';
import { pageClient, signIn } from './support/browser';
import type { FakeRuntime } from './support/fake-app';
import { POOL, signInRuntime } from './support/pool-app';
import {
  credentialsOf,
  grant,
  SESSION,
  SESSION_HEADER,
  TENANT_HEADER,
  TestRun,
  type AgentReport,
} from './support/test-run';
import { TestSocket } from './support/test-socket';
import { isRunning, waitUntil } from './support/wait-until';

const IN_QUERY = `X-Amzn-Bedrock-AgentCore-Runtime-Session-Id=${SESSION}`;

let run: TestRun;
let sockets: TestSocket[];

beforeEach(() => {
  sockets = [];
});

afterEach(async () => {
  for (const { socket } of sockets) socket.terminate();
  await run.remove();
});

async function start(runtime: FakeRuntime = {}, resources: Record<string, unknown> = {}): Promise<void> {
  run = await new TestRun([runtime], resources).start();
}

function open(url: string, options: ConstructorParameters<typeof TestSocket>[1] = {}): TestSocket {
  const socket = new TestSocket(url, options);
  sockets.push(socket);
  return socket;
}

const openShort = (headers: Record<string, string> = {}): TestSocket =>
  open(`${run.up.url}/ws`, { headers: { [SESSION_HEADER]: SESSION, ...headers } });

/** A WebSocket with a signature in its headers. */
async function openSigned(credentials: AwsCredentials, extra: Record<string, string> = {}): Promise<TestSocket> {
  const url = run.runtime('ws');
  const headers = await sign(
    {
      method: 'GET',
      url: url.slice(run.up.url.length),
      headers: { host: new URL(url).host, [SESSION_HEADER]: SESSION, ...extra },
      body: Buffer.alloc(0),
    },
    { credentials, region: 'us-east-1', service: 'bedrock-agentcore' },
  );
  return open(url, { headers });
}

/** A presigned address, as the AWS SDKs make it. */
async function presigned(credentials: AwsCredentials, seconds = 300, signingDate = new Date()): Promise<string> {
  const url = new URL(run.runtime('ws'));
  const signer = new SignatureV4({
    credentials,
    region: 'us-east-1',
    service: 'bedrock-agentcore',
    sha256: Sha256,
    applyChecksum: false,
  });
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'http:',
      hostname: url.hostname,
      path: run.runtime('ws').slice(run.up.url.length),
      query: { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': SESSION, qualifier: 'DEFAULT' },
      headers: { host: url.host },
    },
    { expiresIn: seconds, signingDate },
  );
  return `${run.runtime('ws')}?${new URLSearchParams(query as Record<string, string>).toString()}`;
}

describe('the WebSocket of a signed caller', () => {
  it('is joined with the /ws of the session that other calls use, and sees the allowed headers', async () => {
    await start();
    const socket = await openSigned(run.up.credentials, { [TENANT_HEADER]: 'blue', 'x-other': 'no' });
    const hello = await socket.json<AgentReport & { path: string }>();

    expect(hello.path).toBe('/ws');
    expect(hello.headers).toMatchObject({ [SESSION_HEADER]: SESSION, [TENANT_HEADER]: 'blue' });
    expect(hello.headers).not.toHaveProperty('x-other');
    expect(hello.headers).not.toHaveProperty('authorization');
    expect(hello.pid).toBe((await run.report()).pid);
  });

  it('passes text and binary frames both ways, in order', async () => {
    await start();
    const socket = await openSigned(run.up.credentials);
    await socket.next();
    for (let count = 0; count < 50; count++) socket.send({ do: 'echo', text: String(count) });
    socket.send({ do: 'binary' });

    for (let count = 0; count < 50; count++) expect(await socket.json()).toEqual({ echo: String(count) });
    expect(await socket.next()).toEqual(Buffer.from([1, 2, 3]));
  });

  it('works by a presigned address, with the session in the query', async () => {
    await start();
    const socket = open(await presigned(run.up.credentials));

    expect((await socket.json<AgentReport>()).headers).toMatchObject({ [SESSION_HEADER]: SESSION });
  });

  it.each<[string, (credentials: AwsCredentials) => Promise<string>]>([
    ['that has expired', (credentials) => presigned(credentials, 60, new Date(Date.now() - 61_000))],
    ['of the future', (credentials) => presigned(credentials, 60, new Date(Date.now() + 6 * 60_000))],
    [
      'that was changed',
      async (credentials) => (await presigned(credentials)).replace(SESSION, SESSION.replace('0', '1')),
    ],
    ['with another secret', (credentials) => presigned({ ...credentials, secretAccessKey: 'wrong' })],
    [
      'whose end was moved',
      async (credentials) => (await presigned(credentials)).replace('X-Amz-Expires=300', 'X-Amz-Expires=3000'),
    ],
    [
      'that never ends',
      async (credentials) => (await presigned(credentials)).replace('X-Amz-Expires=300', 'X-Amz-Expires=604801'),
    ],
    [
      'without its token',
      async (credentials) => (await presigned(credentials)).replace(/&X-Amz-Security-Token=[^&]*/, ''),
    ],
  ])('is refused by an address %s', async (_, make) => {
    await start();
    const socket = open(await make(run.up.credentials));

    expect(await socket.status).toBe(403);
    expect(socket.body).toMatch(/signature|security token|signed at|X-Amz-Expires/);
  });

  it('is refused with half a presigned signature', async () => {
    await start();
    const socket = open(`${run.runtime('ws')}?${IN_QUERY}&X-Amz-Signature=ab`);

    expect(await socket.status).toBe(400);
    expect(socket.body).toContain('a presigned address needs X-Amz-Algorithm');
  });

  it('takes a permission of its own', async () => {
    await start({}, { Grant: grant('bedrock-agentcore:InvokeAgentRuntime', '*') });
    const denied = await openSigned(credentialsOf(await run.report()));
    expect(await denied.status).toBe(403);
    expect(denied.body).toContain(
      'is not authorized to perform: bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStream',
    );
    await run.remove();

    await start({}, { Grant: grant('bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStream', '*') });
    expect(await (await openSigned(credentialsOf(await run.report()))).status).toBe(101);
  });

  it('is refused without a signature, a session, an endpoint or a Host of this machine', async () => {
    await start();

    expect(await open(run.runtime('ws'), { headers: { [SESSION_HEADER]: SESSION } }).status).toBe(403);
    expect(await (await openSigned(run.up.credentials, { [SESSION_HEADER]: 'short' })).status).toBe(400);
    expect(await open(`${run.up.url}/nothing`).status).toBe(404);
    expect(await openShort({ host: 'evil.example' }).status).toBe(403);
  });

  it("becomes 424 when the agent refuses it, with the agent's words", async () => {
    await start();
    const socket = await openSigned(run.up.credentials, { [TENANT_HEADER]: 'refused' });

    expect(await socket.status).toBe(424);
    expect(socket.body).toContain('Received error (403) from runtime: not you!');
  });

  it('becomes 424 when the agent does not start', async () => {
    await start({ properties: { EnvironmentVariables: { FAKE_START: 'fail' } } });
    const socket = await openSigned(run.up.credentials);

    expect(await socket.status).toBe(424);
    expect(socket.body).toContain('lacks what it needs');
  });
});

describe('the WebSocket of a signed-in user', () => {
  const token = async (username: string): Promise<string> => (await signIn(pageClient(run.up), username)).access_token;

  it('works with the token in a header', async () => {
    await start(signInRuntime(), POOL);
    const authorization = `Bearer ${await token('bob')}`;
    const socket = open(run.runtime('ws'), { headers: { [SESSION_HEADER]: SESSION, authorization } });

    expect((await socket.json<AgentReport>()).headers.authorization).toBe(authorization);
  });

  it('works with the token in the protocols of a browser, of which only the bare one is answered', async () => {
    await start(signInRuntime(), POOL);
    const access = await token('bob');
    const encoded = Buffer.from(access).toString('base64url');
    const socket = open(`${run.runtime('ws')}?${IN_QUERY}`, {
      protocols: [`base64UrlBearerAuthorization.${encoded}`, 'base64UrlBearerAuthorization'],
      origin: 'http://localhost:5173',
    });

    expect((await socket.json<AgentReport>()).headers).toMatchObject({
      authorization: `Bearer ${access}`,
      [SESSION_HEADER]: SESSION,
    });
    expect(socket.socket.protocol).toBe('base64UrlBearerAuthorization');
  });

  it('is refused without a good token, by a signature, and without the bare protocol', async () => {
    await start(signInRuntime(), POOL);
    const access = Buffer.from(await token('bob')).toString('base64url');
    const offer = (...protocols: string[]): TestSocket => open(`${run.runtime('ws')}?${IN_QUERY}`, { protocols });

    expect(await offer('base64UrlBearerAuthorization.bm9uZQ', 'base64UrlBearerAuthorization').status).toBe(401);
    expect(await offer(`base64UrlBearerAuthorization.${access}`).status).toBe(401);
    expect(await offer().status).toBe(401);
    expect(await (await openSigned(run.up.credentials)).status).toBe(403);
  });
});

describe('the short path of WebSockets', () => {
  it('takes the session in a header or in the query', async () => {
    await start();

    expect((await openShort().json<AgentReport>()).headers).toMatchObject({ [SESSION_HEADER]: SESSION });
    expect((await open(`${run.up.url}/ws?${IN_QUERY}`).json<AgentReport>()).headers).toMatchObject({
      [SESSION_HEADER]: SESSION,
    });
    expect(await open(`${run.up.url}/ws`).status).toBe(400);
  });

  it('is alice where users sign in', async () => {
    await start(signInRuntime(), POOL);
    const { headers } = await openShort().json<AgentReport>();
    const [, claims = ''] = (headers.authorization ?? '').split('.');

    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ username: 'alice' });
  });

  it('is open to pages of this machine only', async () => {
    await start();

    expect(await openShort({ origin: 'https://evil.example' }).status).toBe(403);
    expect(await openShort({ origin: 'http://localhost:5173' }).status).toBe(101);
  });

  it('asks a plain GET to upgrade', async () => {
    await start();

    expect((await fetch(`${run.up.url}/ws`)).status).toBe(426);
  });
});

describe('an open WebSocket', () => {
  it('ends with 1009 at a frame above 64 KB, and passes one of 64 KB', async () => {
    await start();
    const socket = openShort();
    await socket.next();
    const exact = JSON.stringify({ do: 'echo', text: '' }).length;
    socket.send({ do: 'echo', text: 'x'.repeat(65_536 - exact) });
    expect(await socket.json<{ echo: string }>()).toMatchObject({ echo: expect.stringMatching(/^x+$/) as string });
    socket.send({ do: 'echo', text: 'x'.repeat(65_537) });

    expect(await socket.closed).toMatch(/^1009/);
  });

  it('ends with 1009 when the agent sends such a frame', async () => {
    await start();
    const socket = openShort();
    await socket.next();
    socket.send({ do: 'large', bytes: 65_536 });
    expect(String(await socket.next())).toHaveLength(65_536);
    socket.send({ do: 'large', bytes: 65_537 });

    expect(await socket.closed).toBe('1009 a frame was larger than 65536 bytes');
  });

  it("ends with the agent's own code and reason", async () => {
    await start();
    const socket = openShort();
    await socket.next();
    socket.send({ do: 'close' });

    expect(await socket.closed).toBe('4001 as asked');
  });

  it('ends with 1011 when the agent dies, and the next one starts another', async () => {
    await start();
    const socket = openShort();
    const { pid } = await socket.json<AgentReport>();
    socket.send({ do: 'die' });

    expect(await socket.closed).toMatch(/^1011/);
    await waitUntil(() => !isRunning(pid));
    expect((await openShort().json<AgentReport>()).pid).not.toBe(pid);
  });

  it('keeps the session busy until it is closed', async () => {
    await start();
    const busy = async (): Promise<boolean> =>
      (await (await fetch(`${run.up.url}/ping`)).text()).includes('HealthyBusy');
    const socket = openShort();
    await socket.next();
    expect(await busy()).toBe(true);
    socket.socket.close();

    await socket.closed;
    await waitUntil(async () => !(await busy()));
  });

  it('does not hold up the end of the run', async () => {
    await start();
    const socket = openShort();
    const { pid } = await socket.json<AgentReport>();
    await run.stop();

    await socket.closed;
    expect(isRunning(pid)).toBe(false);
  });
});
