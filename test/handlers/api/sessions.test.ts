import { sessionKeyOf } from '../../../agent-image/src/workspace/session-trees';
import { createHandler } from '../../../lib/handlers/api/create-handler';
import type { HttpReply } from '../../../lib/handlers/api/http-event';
import type { SessionList } from '../../../lib/handlers/api/sessions';
import { keepSession } from './support/kept-session';
import { LocalServices } from './support/local-services';
import { bodyOf, refusal, requestOf, type RequestParts, sessionId } from './support/requests';

let services: LocalServices;
const logged: string[] = [];
const ask = (sub: string, route: string, parts?: RequestParts): Promise<HttpReply> =>
  createHandler(services.environment, (line) => logged.push(line))(requestOf(sub, route, parts));

const minute = (number: number): string => new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();

beforeEach(async () => {
  services = await LocalServices.start();
  logged.length = 0;
});
afterEach(async () => {
  await services.stop();
  expect(logged).toEqual([]);
});

describe('the list of sessions', () => {
  test('has the sessions of the user by last use, page by page, and of nobody else', async () => {
    for (let number = 0; number < 5; number += 1) {
      await services.putRow('ada', sessionId(`a${number}`), { updatedAt: minute(number), title: `Title ${number}` });
      await services.putRow('adam', sessionId(`b${number}`), { updatedAt: minute(number) });
    }
    await ask('ada', 'PUT /settings', { body: { theme: 'dark' } });

    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: '2', ...(cursor !== undefined && { cursor }) };
      const page = bodyOf<SessionList>(await ask('ada', 'GET /sessions', { query }));
      expect(page.sessions.length).toBeLessThanOrEqual(2);
      seen.push(...page.sessions.map(({ title }) => title));
      cursor = page.cursor;
    } while (cursor !== undefined);

    expect(seen).toEqual(['Title 4', 'Title 3', 'Title 2', 'Title 1', 'Title 0']);
  });

  test('shows what the agent noted, and plain values for what it did not', async () => {
    const row = {
      title: 'Invoices',
      status: 'waiting',
      lastText: 'May I?',
      pendingInterrupts: 2,
      createdAt: minute(1),
      updatedAt: minute(2),
      agent: 'support',
    };
    await services.putRow('ada', sessionId('full'), row);
    await services.putRow('ada', sessionId('bare'), { status: 'dreaming' });
    const { sessions } = bodyOf<SessionList>(await ask('ada', 'GET /sessions'));
    expect(sessions).toEqual([
      { sessionId: sessionId('full'), ...row },
      {
        sessionId: sessionId('bare'),
        title: '',
        status: 'idle',
        lastText: '',
        pendingInterrupts: 0,
        createdAt: minute(0),
        updatedAt: minute(0),
        agent: 'support',
      },
    ]);
  });

  test('has no session of another agent that shares the table, however many of them lie between', async () => {
    for (let number = 0; number < 30; number += 1) {
      await services.putRow('ada', sessionId(`o${number}`), { updatedAt: minute(number), agent: 'billing' });
    }
    for (const at of [2, 15, 29]) {
      await services.putRow('ada', sessionId(`a${at}`), { updatedAt: minute(at), title: `Title ${at}` });
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: '2', ...(cursor !== undefined && { cursor }) };
      const page = bodyOf<SessionList>(await ask('ada', 'GET /sessions', { query }));
      expect(page.sessions.length).toBeLessThanOrEqual(2);
      seen.push(...page.sessions.map(({ title }) => title));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(['Title 29', 'Title 15', 'Title 2']);
  });

  test('is empty for a user who has none', async () => {
    await services.putRow('ada', sessionId('a'));
    expect(bodyOf(await ask('bob', 'GET /sessions'))).toEqual({ sessions: [] });
  });

  test('is read with credentials of the user alone, asked for with the tag of the user', async () => {
    await ask('ada', 'GET /sessions');
    await ask('auth0|bob', 'GET /sessions');
    const asked = services.sts.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    expect(asked).toHaveLength(2);
    expect(asked[0]).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: 'arn:aws:iam::111122223333:role/UserRole',
      'Tags.member.1.Key': 'userId',
      'Tags.member.1.Value': 'ada',
    });
    expect(asked[1]?.['Tags.member.1.Value']).toMatch(/^x-[A-Za-z0-9_-]{43}$/);
    for (const one of asked) expect(Object.keys(one).filter((key) => key.startsWith('Tags.'))).toHaveLength(2);
  });
});

describe('renaming a session', () => {
  test('gives it the title, and notes that it is the user’s', async () => {
    await services.putRow('ada', sessionId('a'), { title: 'Old', updatedAt: minute(3) });
    const reply = await ask('ada', 'PATCH /sessions/{id}', { id: sessionId('a'), body: { title: '  Größe 📏 ' } });
    expect(reply.statusCode).toBe(200);
    expect(bodyOf(reply)).toMatchObject({ sessionId: sessionId('a'), title: 'Größe 📏', updatedAt: minute(3) });
    expect(await services.row('ada', `SESSION#${sessionId('a')}`)).toMatchObject({
      title: 'Größe 📏',
      titledBy: 'user',
      updatedAt: minute(3),
    });
  });

  test('makes no session, and says the same of another user’s as of none', async () => {
    await services.putRow('bob', sessionId('b'), { title: 'Private' });
    const parts = { id: sessionId('b'), body: { title: 'Mine' } };
    const others = await ask('ada', 'PATCH /sessions/{id}', parts);
    const none = await ask('ada', 'PATCH /sessions/{id}', { ...parts, id: sessionId('none') });
    expect(refusal(others)).toEqual([404, 'NOT_FOUND']);
    expect(others).toEqual(none);
    expect(await services.row('ada', `SESSION#${sessionId('b')}`)).toBeUndefined();
    expect(await services.row('bob', `SESSION#${sessionId('b')}`)).toMatchObject({ title: 'Private' });
  });
});

describe('deleting a session', () => {
  test('removes its row, its objects and the copies made for downloads, and nothing besides', async () => {
    for (const [user, name] of [
      ['ada', 'a'],
      ['ada', 'other'],
      ['bob', 'a'],
    ] as const) {
      await services.putRow(user, sessionId(name));
      await keepSession(services, user, sessionId(name), {
        files: { 'a.txt': user, 'big.bin': Buffer.alloc(300_000, 7) },
      });
    }
    const path = { id: sessionId('a'), query: { path: 'a.txt' } };
    expect((await ask('ada', 'GET /sessions/{id}/files/content', path)).statusCode).toBe(200);
    const key = sessionKeyOf(sessionId('a'));
    expect(await services.keysOf(`downloads/ada/${key}/`)).toHaveLength(1);

    const reply = await ask('ada', 'DELETE /sessions/{id}', { id: sessionId('a') });

    expect([reply.statusCode, reply.body]).toEqual([204, '']);
    expect(await services.keysOf(`workspaces/ada/${key}/`)).toEqual([]);
    expect(await services.keysOf('downloads/ada/')).toEqual([]);
    expect(await services.row('ada', `SESSION#${sessionId('a')}`)).toBeUndefined();
    expect(await services.keysOf(`workspaces/ada/${sessionKeyOf(sessionId('other'))}/`)).toContain('HEAD');
    expect(await services.keysOf(`workspaces/bob/${key}/`)).toContain('HEAD');
    expect(await services.row('bob', `SESSION#${sessionId('a')}`)).toBeDefined();
    expect(refusal(await ask('ada', 'DELETE /sessions/{id}', { id: sessionId('a') }))).toEqual([404, 'NOT_FOUND']);
  });

  test('goes on where it was interrupted, also when only objects are left', async () => {
    await keepSession(services, 'ada', sessionId('a'), { files: { 'a.txt': 'x' } });
    const store = services.objects(`workspaces/ada/${sessionKeyOf(sessionId('a'))}/`);
    await store.remove(['HEAD']);
    await store.put('pack/orphanorphanorphanorph', Buffer.from('left'));
    store.close();
    expect((await ask('ada', 'DELETE /sessions/{id}', { id: sessionId('a') })).statusCode).toBe(204);
    expect(await services.keysOf('workspaces/ada/')).toEqual([]);
  });

  test('says the same of another user’s as of none, and leaves it', async () => {
    await services.putRow('bob', sessionId('b'));
    await keepSession(services, 'bob', sessionId('b'), { files: { 'a.txt': 'x' } });
    const others = await ask('ada', 'DELETE /sessions/{id}', { id: sessionId('b') });
    expect(refusal(others)).toEqual([404, 'NOT_FOUND']);
    expect(others).toEqual(await ask('ada', 'DELETE /sessions/{id}', { id: sessionId('none') }));
    expect(await services.row('bob', `SESSION#${sessionId('b')}`)).toBeDefined();
  });
});

test('a session of another agent that shares the table is as none: nothing of it is changed', async () => {
  const id = sessionId('a');
  await services.putRow('ada', id, { agent: 'billing', title: 'Kept' });
  await keepSession(services, 'ada', sessionId('shared'), { files: { 'a.txt': 'x' } });
  await services.putRow('ada', sessionId('shared'), { agent: 'billing' });
  for (const [route, body] of [
    ['DELETE /sessions/{id}', undefined],
    ['PATCH /sessions/{id}', { title: 'Mine' }],
    ['GET /sessions/{id}/files', undefined],
  ] as const) {
    expect(refusal(await ask('ada', route, { id, body }))).toEqual([404, 'NOT_FOUND']);
  }
  expect(refusal(await ask('ada', 'DELETE /sessions/{id}', { id: sessionId('shared') }))).toEqual([404, 'NOT_FOUND']);
  expect(await services.row('ada', `SESSION#${id}`)).toMatchObject({ title: 'Kept', agent: 'billing' });
  expect(await services.keysOf(`workspaces/ada/${sessionKeyOf(sessionId('shared'))}/`)).toContain('HEAD');
});

describe('settings', () => {
  test('are an empty object first, then what was put last, for each user', async () => {
    expect(bodyOf(await ask('ada', 'GET /settings'))).toEqual({});
    const settings = { theme: 'dark', nested: { list: [1, null, 'ü'] } };
    expect(bodyOf(await ask('ada', 'PUT /settings', { body: settings }))).toEqual(settings);
    expect(bodyOf(await ask('ada', 'GET /settings'))).toEqual(settings);
    expect(bodyOf(await ask('ada', 'PUT /settings', { body: {} }))).toEqual({});
    expect(bodyOf(await ask('ada', 'GET /settings'))).toEqual({});
    expect(bodyOf(await ask('bob', 'GET /settings'))).toEqual({});
  });
});
