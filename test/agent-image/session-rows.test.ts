import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LogFields } from '../../agent-image/src/log';
import type { Interrupt } from '../../agent-image/src/protocol';
import type { RunOutcome } from '../../agent-image/src/session-rows/row-of-run';
import { rowUpdate } from '../../agent-image/src/session-rows/row-update';
import { SessionRows } from '../../agent-image/src/session-rows/session-rows';
import { WorkspaceUnavailable } from '../../agent-image/src/workspace/object-store';
import { gate, waitUntil } from './support/agent-fixture';

const CREDENTIALS = { accessKeyId: 'ASIAUSER', secretAccessKey: 's', sessionToken: 't', expiration: new Date(2 ** 42) };
const KEY = { pk: { S: 'USER#ada' }, sk: { S: 'SESSION#session-1' } };

let http: Server;
let table: DynamoDBClient;
let logged: LogFields[];
let rows: SessionRows;
let now: number;

beforeAll(async () => {
  http = dynalite({ createTableMs: 0 });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  process.env.AWS_ENDPOINT_URL_DYNAMODB = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  table = new DynamoDBClient({ region: 'eu-west-1', credentials: CREDENTIALS });
});
afterAll(async () => {
  table.destroy();
  Reflect.deleteProperty(process.env, 'AWS_ENDPOINT_URL_DYNAMODB');
  http.close();
  http.closeAllConnections();
  await once(http, 'close');
});

let count = 0;
let name: string;
beforeEach(async () => {
  count += 1;
  name = `sessions-${count}`;
  await table.send(
    new CreateTableCommand({
      TableName: name,
      AttributeDefinitions: ['pk', 'sk', 'updatedAt'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys('pk', 'sk'),
      GlobalSecondaryIndexes: [
        { IndexName: 'byLastUse', KeySchema: keys('pk', 'updatedAt'), Projection: { ProjectionType: 'ALL' } },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  logged = [];
  now = Date.parse('2026-11-21T10:00:00.000Z');
  rows = open();
});
afterEach(() => rows.close());

function keys(hash: string, range: string) {
  return [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
}

function open(overrides: Partial<ConstructorParameters<typeof SessionRows>[0]> = {}): SessionRows {
  return new SessionRows({
    ...{ table: name, region: 'eu-west-1', agentName: 'helper', userKey: 'ada', sessionId: 'session-1' },
    credentials: () => Promise.resolve(() => Promise.resolve(CREDENTIALS)),
    log: (_level, _message, fields = {}) => logged.push(fields),
    now: () => now,
    ...overrides,
  });
}

async function row(): Promise<Record<string, unknown> | undefined> {
  const { Item } = await table.send(new GetItemCommand({ TableName: name, Key: KEY, ConsistentRead: true }));
  return Item && Object.fromEntries(Object.entries(Item).map(([key, value]) => [key, value.S ?? Number(value.N)]));
}

const rowIs = (status: string): Promise<void> => waitUntil(async () => (await row())?.status === status);

function run(outcome: RunOutcome, response = ''): { ends(): void } & Parameters<SessionRows['follow']>[0] {
  const end = gate();
  return { finished: end.promise.then(() => outcome), content: { content: { response } }, ends: () => end.open() };
}

test('a run is told from its begin to its end', async () => {
  const first = run({ status: 'success' }, 'Order 7 is\n on its  way.');
  rows.follow(first, '  Where is\norder 7? ');
  await rowIs('running');
  expect(await row()).toEqual({
    ...{ pk: 'USER#ada', sk: 'SESSION#session-1', sessionId: 'session-1', agent: 'helper' },
    ...{ status: 'running', title: 'Where is order 7?', pendingInterrupts: 0 },
    ...{ createdAt: '2026-11-21T10:00:00.000Z', updatedAt: '2026-11-21T10:00:00.000Z' },
  });
  now += 1_500;
  first.ends();
  await rowIs('idle');
  expect(await row()).toMatchObject({
    ...{ lastText: 'Order 7 is on its way.', title: 'Where is order 7?' },
    ...{ createdAt: '2026-11-21T10:00:00.000Z', updatedAt: '2026-11-21T10:00:01.500Z' },
  });
  expect(logged).toEqual([]);
});

test('sessions are listed by their last use', async () => {
  const other = open({ sessionId: 'session-2' });
  rows.change({ status: 'idle', prompt: 'One?' });
  await rowIs('idle');
  now += 1;
  other.change({ status: 'idle', prompt: 'Two?' });
  await other.close();
  const { Items = [] } = await table.send(
    new QueryCommand({
      TableName: name,
      IndexName: 'byLastUse',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'USER#ada' } },
      ScanIndexForward: false,
    }),
  );
  expect(Items.map(({ sessionId }) => sessionId?.S)).toEqual(['session-2', 'session-1']);
});

test('a title that is there stays, for example one that the user gave', async () => {
  await table.send(
    new UpdateItemCommand({
      ...{ TableName: name, Key: KEY, UpdateExpression: 'SET title = :title, titledBy = :user' },
      ExpressionAttributeValues: { ':title': { S: 'Mine' }, ':user': { S: 'user' } },
    }),
  );
  rows.follow(run({ status: 'success' }), 'Where is order 7?');
  await rowIs('running');
  expect(await row()).toMatchObject({ title: 'Mine', titledBy: 'user' });
});

test('questions that wait are counted, and closed ones are not', async () => {
  const interrupt: Interrupt = {
    ...{ id: 'q1', reason: 'tool_call', toolCallId: 't1', message: 'May it write?', responseSchema: {} },
    ...{ expiresAt: '2026-11-21T10:10:00.000Z', metadata: { tool_name: 'Write', input: {} } },
  };
  const asking = run({ status: 'interrupted', interrupts: [interrupt, { ...interrupt, id: 'q2' }] }, 'I will write.');
  rows.follow(asking, 'Write.');
  asking.ends();
  await rowIs('waiting');
  expect(await row()).toMatchObject({ pendingInterrupts: 2, lastText: 'May it write?' });
  rows.abandoned();
  await rowIs('idle');
  expect(await row()).toMatchObject({ pendingInterrupts: 0 });
});

test('while runs wait behind one that ended, the session goes on running', async () => {
  const [first, second] = [
    run({ status: 'success' }, 'One.'),
    run({ status: 'error', error: { message: 'Throttled.' } }),
  ];
  rows.follow(first, 'One?');
  rows.follow(second, 'Two?');
  first.ends();
  await waitUntil(async () => (await row())?.lastText === 'One.');
  expect(await row()).toMatchObject({ status: 'running', title: 'One?' });
  second.ends();
  await rowIs('error');
  expect(await row()).toMatchObject({ lastText: 'Throttled.' });
});

test('a session that its user deleted is listed again by its next prompt, and by nothing else', async () => {
  const first = run({ status: 'success' }, 'On its way.');
  rows.follow(first, 'Where is order 7?');
  await rowIs('running');
  await table.send(new DeleteItemCommand({ TableName: name, Key: KEY }));
  first.ends();
  await first.finished;
  rows.abandoned();
  await rows.close();
  expect(await row()).toBeUndefined();
  now += 60_000;
  const second = run({ status: 'success' }, 'Tomorrow.');
  rows.follow(second, 'And order 8?');
  second.ends();
  await rowIs('idle');
  expect(await row()).toMatchObject({
    ...{ title: 'And order 8?', lastText: 'Tomorrow.', createdAt: '2026-11-21T10:01:00.000Z' },
  });
  expect(logged).toEqual([]);
});

test('a change that comes while the prompt is written makes no row either', async () => {
  rows.change({ status: 'running', prompt: 'Where is order 7?' });
  rows.change({ status: 'idle' });
  await rowIs('idle');
  await table.send(new DeleteItemCommand({ TableName: name, Key: KEY }));
  rows.change({ status: 'idle', lastText: 'On its way.' });
  await rows.close();
  expect(await row()).toBeUndefined();
});

test('a row expires so many days after its last change, and never where no days are given', async () => {
  const expiring = open({ retentionDays: 30 });
  expiring.change({ status: 'running', prompt: 'Where is order 7?' });
  await rowIs('running');
  const day = 86_400;
  expect((await row())?.expiresAt).toBe(now / 1_000 + 30 * day);
  now += day * 1_000;
  expiring.change({ status: 'idle' });
  await rowIs('idle');
  expect((await row())?.expiresAt).toBe(now / 1_000 + 30 * day);
  await expiring.close();
  await table.send(new DeleteItemCommand({ TableName: name, Key: KEY }));
  rows.change({ status: 'waiting', prompt: 'And order 8?' });
  await rowIs('waiting');
  expect(await row()).not.toHaveProperty('expiresAt');
});

test('long texts are cut to what a list shows, at no half character', () => {
  const texts = (text: string) => {
    const change = { status: 'idle', prompt: text, lastText: text } as const;
    const owner = { table: name, userKey: 'ada', sessionId: 's', agentName: 'helper' };
    return rowUpdate(owner, change, now).ExpressionAttributeValues;
  };
  const long = texts('😀'.repeat(400));
  expect(long?.[':title']?.S?.length).toBeLessThanOrEqual(200);
  expect(long?.[':title']?.S).toMatch(/^(😀)+…$/u);
  expect(long?.[':last']?.S?.length).toBeLessThanOrEqual(500);
  const none = texts(' \n\t ');
  expect(Object.keys(none ?? {})).not.toEqual(expect.arrayContaining([':title']));
});

test('changes that come while one is written are written together, the last of them last', async () => {
  const held = gate();
  const slow = open({ credentials: () => held.promise.then(() => () => Promise.resolve(CREDENTIALS)) });
  slow.change({ status: 'running', prompt: 'Go.' });
  for (let step = 0; step < 50; step += 1) slow.change({ status: 'running', lastText: `step ${step}` });
  slow.change({ status: 'idle' });
  held.open();
  await rowIs('idle');
  expect(await row()).toMatchObject({ lastText: 'step 49' });
  await slow.close();
});

test('a table that cannot be written is told once, and what was missed comes with the next change', async () => {
  const failing = { now: true };
  const flaky = open({
    credentials: () =>
      Promise.resolve(() =>
        failing.now
          ? Promise.reject(new WorkspaceUnavailable('Cannot assume the role', 'AccessDenied; let it'))
          : Promise.resolve(CREDENTIALS),
      ),
  });
  flaky.change({ status: 'running', prompt: 'Where is order 7?' });
  await waitUntil(() => logged.length === 1);
  flaky.change({ status: 'idle' });
  await flaky.close();
  expect(logged).toEqual([
    expect.objectContaining({ code: 'SESSION_ROW_NOT_WRITTEN', reason: 'WorkspaceUnavailable', table: name }),
  ]);
  failing.now = false;
  flaky.change({ status: 'idle' });
  await rowIs('idle');
  expect(await row()).toMatchObject({ title: 'Where is order 7?' });
  await flaky.close();
});

test('a table that is not there fails nothing, and the end of a session does not wait for one that hangs', async () => {
  const missing = open({ table: 'no-such-table' });
  missing.change({ status: 'idle' });
  await waitUntil(() => logged.length === 1);
  expect(logged[0]).toMatchObject({
    reason: 'ResourceNotFoundException',
    remedy: expect.stringContaining('AGENT_SESSION_TABLE'),
  });
  await missing.close();
  const hanging = open({ credentials: () => new Promise(() => undefined) });
  hanging.change({ status: 'idle' });
  await expect(hanging.close()).resolves.toBeUndefined();
});
