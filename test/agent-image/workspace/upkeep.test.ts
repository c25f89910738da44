import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeHead, encodeHead } from '../../../agent-image/src/workspace/format/head';
import { describeTree, openContainer, RECORD, removeDisks } from './support/disk';
import { memoryObjects, type MemoryObjects, MemoryStore } from './support/memory-store';

/** Making thousands of files takes long on a disk that is in use. */
jest.setTimeout(180_000);

const DAY_MS = 24 * 60 * 60 * 1000;

let objects: MemoryObjects;

beforeEach(() => {
  objects = memoryObjects();
});

afterEach(removeDisks);

function keys(prefix: string): string[] {
  return [...objects.objects.keys()].filter((key) => key.startsWith(prefix));
}

function named(kind: 'packs' | 'manifests'): string[] {
  const head = objects.objects.get('HEAD');
  return head ? decodeHead(head.body).head[kind].map(({ id }) => `${kind === 'packs' ? 'pack' : 'man'}/${id}`) : [];
}

function namedPacks(): string[] {
  return named('packs');
}

function namedBytes(): number {
  return namedPacks().reduce((sum, key) => sum + (objects.objects.get(key)?.body.length ?? 0), 0);
}

/** As if everything had been written this long ago. */
function age(ms: number): void {
  for (const object of objects.objects.values()) object.modified = new Date(object.modified.getTime() - ms);
  const object = objects.objects.get('HEAD');
  if (!object) throw new Error('nothing was kept');
  const { head, ...inline } = decodeHead(object.body);
  const collected_at = new Date(Date.parse(head.collected_at) - ms).toISOString();
  object.body = encodeHead({ head: { ...head, collected_at }, ...inline });
}

test('what is stored stays in proportion to what there is, over many changes', async () => {
  const { workspace, files } = await openContainer(new MemoryStore(objects));
  const bytes = 100 * 100_000;
  for (let number = 0; number < 100; number += 1) writeFileSync(join(files, `f${number}`), randomBytes(100_000));
  await workspace.flush();
  let most = 0;
  for (let turn = 0; turn < 25; turn += 1) {
    for (let number = turn % 3; number < 100; number += 4)
      writeFileSync(join(files, `f${number}`), randomBytes(100_000));
    await workspace.flush();
    most = Math.max(most, namedBytes());
  }
  expect(most).toBeLessThan(bytes * 2.2);
  const reader = await openContainer(new MemoryStore(objects));
  expect(describeTree(reader.files)).toEqual(describeTree(files));
});

test('many short packs become few', async () => {
  const { workspace, files } = await openContainer(new MemoryStore(objects));
  for (let turn = 0; turn < 50; turn += 1) {
    writeFileSync(join(files, `f${turn}`), randomBytes(140_000));
    await workspace.flush();
  }
  expect(namedPacks().length).toBeLessThan(40);
  const reader = await openContainer(new MemoryStore(objects));
  expect(describeTree(reader.files)).toEqual(describeTree(files));
});

test('the manifests to read stay few', async () => {
  const { workspace, files } = await openContainer(new MemoryStore(objects));
  mkdirSync(join(files, 'd'));
  for (let number = 0; number < 2_000; number += 1) writeFileSync(join(files, `d/${number}`), `${number}`);
  await workspace.flush();
  let most = 0;
  for (let turn = 0; turn < 40; turn += 1) {
    writeFileSync(join(files, 'large'), randomBytes(150_000));
    await workspace.flush();
    most = Math.max(most, named('manifests').length);
  }
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(16);
});

test('what is on no disk outlives compaction', async () => {
  const { workspace, files } = await openContainer(new MemoryStore(objects));
  workspace.save({ ...RECORD, systemPrompt: randomBytes(100_000).toString('hex') });
  for (let number = 0; number < 60; number += 1) writeFileSync(join(files, `f${number}`), randomBytes(100_000));
  await workspace.flush();
  const first = namedPacks();
  for (let number = 0; number < 60; number += 1) rmSync(join(files, `f${number}`));
  writeFileSync(join(files, 'small'), randomBytes(200_000));
  await workspace.flush();
  expect(namedPacks().filter((key) => first.includes(key))).toEqual([]);
  const reader = await openContainer(new MemoryStore(objects));
  expect(reader.record?.systemPrompt).toHaveLength(200_000);
});

test('what is kept on no disk and cannot be read any more keeps nothing else from being kept', async () => {
  const { workspace, files, logged } = await openContainer(new MemoryStore(objects));
  workspace.save({ ...RECORD, systemPrompt: randomBytes(100_000).toString('hex') });
  for (let number = 0; number < 60; number += 1) writeFileSync(join(files, `f${number}`), randomBytes(100_000));
  await workspace.flush();
  namedPacks().forEach((key) => objects.objects.delete(key));
  for (let number = 0; number < 60; number += 1) rmSync(join(files, `f${number}`));
  writeFileSync(join(files, 'small'), 'small');
  expect((await workspace.flush()).kind).toBe('kept');
  expect(logged).toEqual(['warn: a file that was kept cannot be read']);
});

test('objects that nothing needs are deleted once they are a day old', async () => {
  const writer = await openContainer(new MemoryStore(objects));
  writeFileSync(join(writer.files, 'large'), randomBytes(1_000_000));
  await writer.workspace.flush();
  objects.objects.set('pack/left-behind-by-a-crash', { body: Buffer.from('x'), etag: '"x"', modified: new Date() });
  objects.objects.set('man/left-behind-by-a-crash', { body: Buffer.from('x'), etag: '"x"', modified: new Date() });
  age(2 * DAY_MS);
  objects.objects.set('pack/on-its-way', { body: Buffer.from('x'), etag: '"x"', modified: new Date() });

  const store = new MemoryStore(objects);
  const next = await openContainer(store);
  writeFileSync(join(next.files, 'large'), randomBytes(1_000_000));
  expect((await next.workspace.flush({ urgent: true })).kind).toBe('kept');
  expect(store.requests.filter((request) => request.startsWith('list'))).toEqual([]);
  writeFileSync(join(next.files, 'small'), 'x');
  await next.workspace.flush();
  expect(keys('pack/').sort()).toEqual([...namedPacks(), 'pack/on-its-way'].sort());
  expect(keys('man/').sort()).toEqual(named('manifests').sort());

  store.requests.length = 0;
  writeFileSync(join(next.files, 'small'), 'y');
  await next.workspace.flush();
  expect(store.requests).toEqual(['put HEAD']);
  const reader = await openContainer(new MemoryStore(objects));
  expect(describeTree(reader.files)).toEqual(describeTree(next.files));
});

test('a flush counts although nothing could be deleted', async () => {
  const writer = await openContainer(new MemoryStore(objects));
  writeFileSync(join(writer.files, 'file'), 'x');
  await writer.workspace.flush();
  age(2 * DAY_MS);
  const store = new MemoryStore(objects);
  const next = await openContainer(store);
  store.interfere = (request) => {
    if (request.startsWith('list')) throw new Error('no');
  };
  writeFileSync(join(next.files, 'file'), 'y');
  expect((await next.workspace.flush()).kind).toBe('kept');
  expect(next.logged).toEqual(['warn: objects that the workspace no longer needs could not be deleted']);
});
