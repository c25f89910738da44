import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeHead } from '../../../agent-image/src/workspace/format/head';
import { ConditionConflict, WorkspaceFenced } from '../../../agent-image/src/workspace/object-store';
import { container, describeTree, openContainer, type OpenContainer, RECORD, removeDisks } from './support/disk';
import { Killed, memoryObjects, type MemoryObjects, MemoryStore } from './support/memory-store';

/** Making thousands of files takes long on a disk that is in use. */
jest.setTimeout(180_000);

afterEach(removeDisks);

function copyOf({ objects, etags }: MemoryObjects): MemoryObjects {
  return { objects: new Map([...objects].map(([key, object]) => [key, { ...object }])), etags };
}

/** Changes of every kind, too much for HEAD alone. */
function change(files: string): void {
  writeFileSync(join(files, 'large'), randomBytes(9 * 1024 * 1024));
  writeFileSync(join(files, 'kept'), 'changed');
  rmSync(join(files, 'gone'));
  renameSync(join(files, 'directory'), join(files, 'renamed'));
  for (let number = 0; number < 100; number += 1) writeFileSync(join(files, `new-${number}`), randomBytes(1_000));
}

async function prepared(): Promise<MemoryObjects> {
  const objects = memoryObjects();
  const { workspace, files } = await openContainer(new MemoryStore(objects));
  mkdirSync(join(files, 'directory'));
  for (const name of ['kept', 'gone', 'directory/in']) writeFileSync(join(files, name), name);
  writeFileSync(join(files, 'large'), randomBytes(1024 * 1024));
  await workspace.flush();
  return objects;
}

/** Whatever is asked after the request with this number fails; that one before or after it had its effect. */
function killAt(store: MemoryStore, number: number, arrives: boolean): void {
  const from = store.requests.length;
  store.interfere = (_request, arrived) => {
    const count = store.requests.length - from;
    if (count > number || (count === number && arrived === arrives)) {
      throw new Killed();
    }
  };
}

test('a flush that is killed at any request leaves the state before it or the one after it', async () => {
  const objects = await prepared();
  let ended = false;
  const seen = new Set<string>();
  for (let number = 1; !ended; number += 1) {
    for (const arrives of [false, true]) {
      const bucket = copyOf(objects);
      const store = new MemoryStore(bucket);
      const writer = await openContainer(store);
      const before = describeTree(writer.files);
      change(writer.files);
      const after = describeTree(writer.files);
      killAt(store, number, arrives);
      ended = await writer.workspace.flush().then(
        () => true,
        () => false,
      );
      const { files } = await openContainer(new MemoryStore(bucket));
      const restored = describeTree(files);
      seen.add(restored.new === undefined && 'gone' in restored ? 'before' : 'after');
      expect([before, after]).toContainEqual(restored);
      if (ended) expect(restored).toEqual(after);
    }
  }
  expect([...seen].sort()).toEqual(['after', 'before']);
});

test('a flush that failed is made up for by the next one, of the same container', async () => {
  const objects = await prepared();
  for (const number of [1, 2, 3, 4]) {
    for (const arrives of [false, true]) {
      const bucket = copyOf(objects);
      const store = new MemoryStore(bucket);
      const writer = await openContainer(store);
      change(writer.files);
      killAt(store, number, arrives);
      await writer.workspace.flush().catch(() => undefined);
      store.interfere = () => undefined;
      appendFileSync(join(writer.files, 'kept'), ' again');
      expect((await writer.workspace.flush()).kind).toBe('kept');
      const { files } = await openContainer(new MemoryStore(bucket));
      expect(describeTree(files)).toEqual(describeTree(writer.files));
    }
  }
});

test('a commit whose answer was lost counts as one', async () => {
  const store = new MemoryStore(memoryObjects());
  const { workspace, files } = await openContainer(store);
  let attempts = 0;
  // As a client does that tries again by itself: the first attempt had its effect.
  store.put = async function (this: MemoryStore, key, body, condition): Promise<string> {
    attempts += 1;
    await MemoryStore.prototype.put.call(this, key, body, condition);
    return MemoryStore.prototype.put.call(this, key, body, condition);
  };
  writeFileSync(join(files, 'file'), 'x');
  expect(await workspace.flush()).toMatchObject({ kind: 'kept' });
  appendFileSync(join(files, 'file'), 'y');
  expect(await workspace.flush()).toMatchObject({ kind: 'kept' });
  expect(attempts).toBe(2);
  expect(await workspace.flush()).toEqual({ kind: 'unchanged' });
});

test('a write of HEAD that meets another one is tried again', async () => {
  const store = new MemoryStore(memoryObjects());
  const { workspace, files } = await openContainer(store);
  let conflicts = 2;
  store.interfere = (request, arrived) => {
    if (request === 'put HEAD' && !arrived && conflicts > 0) {
      conflicts -= 1;
      throw new ConditionConflict();
    }
  };
  writeFileSync(join(files, 'file'), 'x');
  expect(await workspace.flush()).toMatchObject({ kind: 'kept' });
  expect(conflicts).toBe(0);
});

test('of two containers that go on from one state, exactly one can, and the other is told', async () => {
  const objects = await prepared();
  for (let round = 0; round < 10; round += 1) {
    const bucket = copyOf(objects);
    const writers = await Promise.all([openContainer(new MemoryStore(bucket)), openContainer(new MemoryStore(bucket))]);
    writers.forEach(({ files }, index) => writeFileSync(join(files, 'whose'), `${index}`));
    const outcomes = await Promise.all(writers.map(({ workspace }) => workspace.flush()));
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['fenced', 'kept']);
    const winner = outcomes.findIndex(({ kind }) => kind === 'kept');
    const loser = writers[1 - winner] as OpenContainer;
    writeFileSync(join(loser.files, 'whose'), 'not mine');
    expect(await loser.workspace.flush()).toEqual({ kind: 'fenced' });
    const { files } = await openContainer(new MemoryStore(bucket));
    expect(readFileSync(join(files, 'whose'), 'utf8')).toBe(`${winner}`);
  }
});

test('a container is fenced when its workspace was deleted', async () => {
  const objects = await prepared();
  const { workspace, files } = await openContainer(new MemoryStore(objects));
  objects.objects.clear();
  writeFileSync(join(files, 'file'), 'x');
  expect(await workspace.flush()).toEqual({ kind: 'fenced' });
});

test('flushes that are asked for at once are done one after the other', async () => {
  const store = new MemoryStore(memoryObjects());
  const { workspace, files } = await openContainer(store);
  const outcomes = await Promise.all(
    ['a', 'b', 'c'].map((name) => {
      writeFileSync(join(files, name), name);
      return workspace.flush();
    }),
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(['kept', 'unchanged', 'unchanged']);
});

test('a restore ends when another container went on meanwhile: its files would not belong to the record', async () => {
  const objects = await prepared();
  const writer = await openContainer(new MemoryStore(objects));
  writeFileSync(join(writer.files, 'large'), randomBytes(9 * 1024 * 1024));
  await writer.workspace.flush();
  const store = new MemoryStore(objects);
  const cleanUp = async (): Promise<void> => {
    change(writer.files);
    await writer.workspace.flush();
    const head = objects.objects.get('HEAD');
    const named = head ? decodeHead(head.body).head.packs.map(({ id }) => `pack/${id}`) : [];
    const unneeded = [...objects.objects.keys()].filter((key) => key.startsWith('pack/') && !named.includes(key));
    unneeded.forEach((key) => objects.objects.delete(key));
  };
  let cleaning: Promise<void> | undefined;
  store.interfere = (request) => {
    if (request.startsWith('get pack/')) cleaning ??= cleanUp();
    return cleaning;
  };
  const reader = container(store);
  await reader.workspace.open('session', 'ada');
  await expect(reader.workspace.restore(() => undefined)).rejects.toBeInstanceOf(WorkspaceFenced);
  const head = objects.objects.get('HEAD')?.body;
  reader.workspace.save({ ...RECORD, eventsBelow: 99 });
  expect((await reader.workspace.flush()).kind).toBe('fenced');
  expect(objects.objects.get('HEAD')?.body).toEqual(head);
  expect(describeTree((await openContainer(new MemoryStore(objects))).files)).toEqual(describeTree(writer.files));
});

/** A container most of whose kept files are deleted since, so that what is kept is mostly of no use. */
async function worthCompacting(): Promise<{ objects: MemoryObjects; writer: OpenContainer }> {
  const objects = await prepared();
  const writer = await openContainer(new MemoryStore(objects));
  const names = Array.from({ length: 2_000 }, (_, index) => join(writer.files, `file-${index}`));
  names.forEach((name) => writeFileSync(name, randomBytes(10_000)));
  await writer.workspace.flush();
  names.slice(0, 1_400).forEach((name) => rmSync(name));
  return { objects, writer };
}

test('a record alone is kept with one request, however much could be compacted', async () => {
  const { objects, writer } = await worthCompacting();
  await writer.workspace.flush({ urgent: true });
  const store = new MemoryStore(objects);
  const { workspace } = await openContainer(store);
  store.requests.length = 0;
  workspace.save({ ...RECORD, eventsBelow: 1_000 });

  expect((await workspace.flush({ recordOnly: true })).kind).toBe('kept');
  expect(store.requests).toEqual(['put HEAD']);
});

test('a flush that cannot wait has the one before it leave out what can', async () => {
  const { objects, writer } = await worthCompacting();
  const before = objects.objects.size;
  const usual = writer.workspace.flush();
  await Promise.all([usual, writer.workspace.flush({ urgent: true })]);
  expect((await usual).kind).toBe('kept');
  expect(objects.objects.size).toBe(before);
});

test('numbers of events alone are kept at the end only', async () => {
  const objects = await prepared();
  const store = new MemoryStore(objects);
  const { workspace } = await openContainer(store);
  workspace.save({ ...RECORD, eventsBelow: 40 });
  await workspace.flush();
  workspace.save({ ...RECORD, eventsBelow: 23 });
  expect(await workspace.flush()).toEqual({ kind: 'unchanged' });
  expect((await workspace.flush({ urgent: true })).kind).toBe('kept');
  expect((await openContainer(new MemoryStore(objects))).record?.eventsBelow).toBe(23);
});

test('a flush without a change makes no request, also right after a restore', async () => {
  const objects = await prepared();
  const store = new MemoryStore(objects);
  const { workspace, record } = await openContainer(store);
  expect(record).toBeUndefined();
  store.requests.length = 0;
  expect(await workspace.flush()).toEqual({ kind: 'unchanged' });
  workspace.save(RECORD);
  await workspace.flush();
  expect(store.requests).toEqual(['put HEAD']);
  expect(await workspace.flush()).toEqual({ kind: 'unchanged' });
  expect(store.requests).toEqual(['put HEAD']);
});

test('changing one file takes one request', async () => {
  const store = new MemoryStore(await prepared());
  const { workspace, files } = await openContainer(store);
  store.requests.length = 0;
  for (let turn = 0; turn < 10; turn += 1) {
    writeFileSync(join(files, 'kept'), `turn ${turn}`);
    await workspace.flush();
  }
  expect(store.requests).toEqual(Array.from({ length: 10 }, () => 'put HEAD'));
});
