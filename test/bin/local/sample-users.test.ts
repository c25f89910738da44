import { ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { AgentRun, type ApiReply, type SignedIn } from './support/agent-run';
import { ForgedTokens } from './support/forged-tokens';
import { describeWith } from './support/programs';
import { send, type Reply } from './support/signed-fetch';
import { SESSION_HEADER } from './support/test-run';
import { TestSocket } from './support/test-socket';
import { waitUntil } from './support/wait-until';

const SESSION = 'session-of-alice-for-tests-of-users-001';
const UNKNOWN = 'session-of-nobody-for-tests-of-users-01';
const FILE = 'plans/party.md';
const CONTENT = 'Teal cups for everybody, and a kettle.';

let run: AgentRun;
let alice: SignedIn;
let bob: SignedIn;
let s3: S3Client;

beforeAll(async () => {
  run = await AgentRun.start();
  [alice, bob] = [await run.signIn('alice'), await run.signIn('bob')];
  s3 = new S3Client({
    endpoint: run.up.url,
    region: 'us-east-1',
    credentials: run.up.credentials,
    forcePathStyle: true,
  });
}, 90_000);

afterAll(async () => {
  s3.destroy();
  await run.stop();
});

/** Everything of the sample that takes the token of a user. */
const FRONTS: Readonly<Record<string, (token: string) => Promise<Reply>>> = {
  'the runtime': (token) => run.invoke(SESSION, token, { prompt: 'Hello' }),
  'the short path': (token) =>
    send(`${run.up.url}/invocations`, {
      headers: { [SESSION_HEADER]: SESSION, ...bearer(token) },
      body: '{"prompt":"Hello"}',
    }),
  'the gateway': (token) =>
    send(run.up.gateways[0]?.url ?? '', {
      headers: { 'content-type': 'application/json', ...bearer(token) },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    }),
  'the API': (token) => send(`${run.up.httpApis[0]?.url ?? ''}/sessions`, { method: 'GET', headers: bearer(token) }),
  'the end of a session': (token) =>
    send(run.runtime('stopruntimesession'), { headers: { [SESSION_HEADER]: SESSION, ...bearer(token) } }),
};

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

const now = (): number => Math.floor(Date.now() / 1000);

/** Tokens that are good but for one thing. */
const BAD_TOKENS: Readonly<Record<string, (forged: ForgedTokens) => Promise<string> | string>> = {
  'of another issuer': (forged) => forged.with({ iss: 'https://login.example.com/pool' }),
  'of another client': (forged) => forged.with({ client_id: 'a-client-of-somebody-else' }),
  'of no client': (forged) => forged.with({ client_id: undefined }),
  'that is the ID token': () => alice.idToken,
  'that has expired': (forged) => forged.with({ exp: now() - 1 }),
  'that never expires': (forged) => forged.with({ exp: undefined }),
  'that is not valid yet': (forged) => forged.with({ nbf: now() + 600 }),
  'that nobody signed': (forged) => forged.unsigned(),
  'signed with the public key as a secret': (forged) => forged.byPublicKey(),
  'signed by a key of an unknown id': (forged) => forged.byStranger('unknown-key'),
  'signed by a stranger under the id of the key': (forged) => forged.byStranger(),
  'with another user in it': () => withSubject(alice.accessToken, bob.sub),
  'that is none': () => 'nonsense',
};

/** A token whose claims were changed after it was signed. */
function withSubject(token: string, sub: string): string {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const changed = { ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), sub };
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

describe('a token', () => {
  it.each(Object.entries(BAD_TOKENS))('%s is refused everywhere, without a hint', async (_, make) => {
    const token = await make(new ForgedTokens(run.state, alice.accessToken));
    for (const [front, call] of Object.entries(FRONTS)) {
      const { status, text, headers } = await call(token);
      const said = text + JSON.stringify(headers);

      expect([front, status]).toEqual([front, 401]);
      for (const secret of [token, token.split('.')[2] || token]) expect(said).not.toContain(secret);
      expect([front, hintsIn(said)]).toEqual([front, []]);
    }
  });

  it('that is bad opens no WebSocket either', async () => {
    const forged = new ForgedTokens(run.state, alice.accessToken);
    for (const [what, make] of Object.entries(BAD_TOKENS)) {
      const socket = new TestSocket(run.runtime('ws'), {
        headers: { [SESSION_HEADER]: SESSION, ...bearer(await make(forged)) },
      });
      expect([what, await socket.status]).toEqual([what, 401]);
      expect(hintsIn(socket.body)).toEqual([]);
    }
  });

  it('is refused with the code of each service', async () => {
    const told = async (front: string, token: string): Promise<unknown> => {
      const reply = await FRONTS[front]?.(token);
      return JSON.parse(reply?.text ?? '');
    };

    expect(await told('the API', 'nonsense')).toEqual({ message: 'Unauthorized' });
    expect(await told('the API', alice.idToken)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    for (const front of ['the runtime', 'the end of a session', 'the gateway']) {
      const reply = await FRONTS[front]?.('nonsense');
      expect([front, reply?.headers['x-amzn-errortype']]).toEqual([front, 'UnauthorizedException']);
      expect(reply?.headers['www-authenticate']).toMatch(/^Bearer resource_metadata="http:\/\/127\.0\.0\.1:/);
    }
  });

  it('that was refused has begun nothing', async () => {
    expect(await run.api(alice.accessToken, '/sessions')).toEqual({ status: 200, body: { sessions: [] } });
    expect(run.prompts).toBe('[]');
  });

  it('that is good is taken by all of them', async () => {
    for (const [front, call] of Object.entries(FRONTS)) {
      expect([front, (await call(alice.accessToken)).status]).toEqual([front, 200]);
    }
  });
});

/** What of users, of clients that would be accepted, and of the program a text tells. */
function hintsIn(text: string): string[] {
  const clients = run.up.userPools.flatMap((pool) => pool.clients.map(({ id }) => id));
  return [alice.sub, bob.sub, ...clients, 'node_modules', '.ts:'].filter((hint) => text.includes(hint));
}

interface SessionRow {
  readonly sessionId: string;
  readonly title: string;
  readonly status: string;
  readonly lastText: string;
}

/** Sessions in the list of a user, the latest first. */
async function sessionsOf({ accessToken }: SignedIn): Promise<readonly SessionRow[]> {
  const { body } = await run.api(accessToken, '/sessions');
  return (body as { readonly sessions: readonly SessionRow[] }).sessions;
}

const rowOf = async (user: SignedIn): Promise<SessionRow | undefined> =>
  (await sessionsOf(user)).find(({ sessionId }) => sessionId === SESSION);

/** What is asked of the API about one session. */
const ROUTES: readonly [method: string, path: string, body?: object][] = [
  ['PATCH', '', { title: 'Mine now' }],
  ['GET', '/messages'],
  ['GET', '/files'],
  ['GET', '/files?prefix=plans'],
  ['GET', '/files/content?path=plans%2Fparty.md'],
  ['DELETE', ''],
];

/** All that the bucket has of a user. */
async function keysOf(sub: string): Promise<string[]> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand());
  const pages = ['workspaces', 'downloads'].map((prefix) =>
    s3.send(new ListObjectsV2Command({ Bucket: Buckets[0]?.Name, Prefix: `${prefix}/${sub}/` })),
  );
  return (await Promise.all(pages)).flatMap(({ Contents = [] }) => Contents.map(({ Key = '' }) => Key));
}

describeWith('bwrap', 'bubblewrap', 'a session of a user in which code was run', () => {
  let downloaded: string;

  beforeAll(async () => {
    const copy = { interpreter_path: 'party.md', workspace_path: FILE };
    const reply = await run.turn(
      SESSION,
      alice,
      'Plan a party',
      { name: 'mcp__ci__execute_command', input: { command: `printf '${CONTENT}' > party.md` } },
      { name: 'mcp__ci__copy_from_interpreter', input: { files: [copy] } },
    );
    expect(reply).toMatchObject({ status: 'success', response: 'Done.' });
    expect(run.results.filter(({ failed }) => failed)).toEqual([]);
    await waitUntil(async () => (await rowOf(alice))?.status === 'idle');
  });

  it('is in the list with what was said last, and has its messages', async () => {
    const { status, body } = await run.api(alice.accessToken, `/sessions/${SESSION}/messages`);

    expect(await rowOf(alice)).toMatchObject({ lastText: 'Done.', status: 'idle' });
    expect(status).toBe(200);
    const { messages } = body as { readonly messages: readonly { role: string; content: string }[] };
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', content: 'Done.' });
    expect(messages).toContainEqual(expect.objectContaining({ role: 'user', content: 'Plan a party' }));
    expect(messages.filter(({ role }) => role === 'tool')).toHaveLength(2);
  });

  it('has its files, which can be saved from an address that works without a token', async () => {
    const listed = await run.api(alice.accessToken, `/sessions/${SESSION}/files?prefix=plans`);
    const { status, body } = await run.api(
      alice.accessToken,
      `/sessions/${SESSION}/files/content?path=plans%2Fparty.md`,
    );
    const { url, expiresIn } = body as { readonly url: string; readonly expiresIn: number };
    const file = await fetch(url);
    downloaded = url;

    expect(listed.body).toMatchObject({ files: [{ path: FILE, type: 'file', size: CONTENT.length }] });
    expect([status, expiresIn]).toEqual([200, expect.any(Number)]);
    expect(expiresIn).toBeLessThanOrEqual(300);
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename=/);
    expect(await file.text()).toBe(CONTENT);
  });

  it('keeps the name that its user gives it', async () => {
    const renamed = await run.api(alice.accessToken, `/sessions/${SESSION}`, 'PATCH', { title: 'The party' });
    await run.turn(SESSION, alice, 'Go on');
    await waitUntil(async () => (await rowOf(alice))?.status === 'idle');

    expect(renamed).toMatchObject({ status: 200, body: { title: 'The party' } });
    expect(await rowOf(alice)).toMatchObject({ title: 'The party', sessionId: SESSION });
  });

  it('is nothing to another user: its agent refuses, and the API knows no such session', async () => {
    const ofAgent = await run.invoke(SESSION, bob.accessToken, { prompt: 'What was planned?' });
    const answers = async (session: string): Promise<ApiReply[]> =>
      Promise.all(
        ROUTES.map(([method, path, body]) => run.api(bob.accessToken, `/sessions/${session}${path}`, method, body)),
      );
    const replies = await answers(SESSION);

    expect([ofAgent.status, ofAgent.headers['x-amzn-errortype']]).toEqual([424, 'RuntimeClientError']);
    expect(ofAgent.text).toContain('NOT_SESSION_OWNER');
    for (const hint of ['alice', alice.sub, 'party', 'Done.']) expect(ofAgent.text).not.toContain(hint);
    expect(replies.slice(0, -1).map(({ status }) => status)).toEqual(ROUTES.slice(0, -1).map(() => 404));
    expect(replies).toEqual(await answers(UNKNOWN));
    expect(await sessionsOf(bob)).toEqual([]);
    expect(await rowOf(alice)).toMatchObject({ title: 'The party' });
  });

  it('gives its files to nobody by an address that was changed', async () => {
    const elsewhere = downloaded.replace(alice.sub, bob.sub);
    const longer = downloaded.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=86400');

    expect(elsewhere).not.toBe(downloaded);
    expect(longer).not.toBe(downloaded);
    for (const url of [elsewhere, longer]) expect([url, (await fetch(url)).status]).toEqual([url, 403]);
    expect((await fetch(downloaded.replace(/\?.*/, ''))).ok).toBe(false);
    expect((await fetch(downloaded)).status).toBe(200);
  });

  it('is gone when its user deletes it, with all that was kept of it', async () => {
    const before = await keysOf(alice.sub);
    const gone = await run.api(alice.accessToken, `/sessions/${SESSION}`, 'DELETE');

    expect(before.map((key) => key.split('/')[0]).sort()).toEqual(expect.arrayContaining(['downloads', 'workspaces']));
    expect(gone).toEqual({ status: 204, body: undefined });
    expect(await rowOf(alice)).toBeUndefined();
    expect(await keysOf(alice.sub)).toEqual([]);
    expect((await run.api(alice.accessToken, `/sessions/${SESSION}/messages`)).status).toBe(404);
    expect((await fetch(downloaded)).ok).toBe(false);
  });
});
