import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describeTree, openContainer, RECORD, removeDisks } from './support/disk';
import { memoryObjects, type MemoryObjects, MemoryStore } from './support/memory-store';

/** Making thousands of files takes long on a disk that is in use. */
jest.setTimeout(180_000);

let objects: MemoryObjects;

beforeEach(() => {
  objects = memoryObjects();
});

afterEach(removeDisks);

/** What a new container finds of what `change` did in others, one after the other, each flushed. */
async function restoredAfter(...changes: ((files: string) => void)[]): Promise<{ before: object; after: object }> {
  const writer = await openContainer(new MemoryStore(objects));
  for (const change of changes) {
    change(writer.files);
    expect((await writer.workspace.flush()).kind).toBe('kept');
  }
  const reader = await openContainer(new MemoryStore(objects));
  return { before: describeTree(writer.files), after: describeTree(reader.files) };
}

test('files, directories, links, modes and times come back', async () => {
  const { before, after } = await restoredAfter((files) => {
    mkdirSync(join(files, 'deep/er/empty'), { recursive: true });
    writeFileSync(join(files, 'deep/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(files, 'nothing'), '');
    writeFileSync(join(files, 'secret'), 'x', { mode: 0o600 });
    writeFileSync(join(files, 'deep/old'), 'old');
    utimesSync(join(files, 'deep/old'), 1_000_000_000.25, 1_000_000_000.25);
    symlinkSync('../nothing', join(files, 'deep/up'));
    symlinkSync('/etc/passwd', join(files, 'absolute'));
    symlinkSync('missing', join(files, 'nowhere'));
    mkdirSync(join(files, 'locked'));
    writeFileSync(join(files, 'locked/in'), 'in');
    chmodSync(join(files, 'locked'), 0o555);
  });
  expect(Object.keys(after)).toHaveLength(12);
  expect(after).toEqual(before);
});

test('times before 1970 come back, to the microsecond', async () => {
  const writer = await openContainer(new MemoryStore(objects));
  const times = ['1955-11-05 06:00:00.5', '1969-12-31 23:59:59.999999123', '1901-12-14 00:00:00.000001', '1970-01-01'];
  times.forEach((time, index) => {
    writeFileSync(join(writer.files, `${index}`), time);
    execFileSync('touch', ['-d', `${time} UTC`, join(writer.files, `${index}`)]);
  });
  await writer.workspace.flush();
  const reader = await openContainer(new MemoryStore(objects));
  const timesIn = (files: string): bigint[] =>
    times.map((_, index) => lstatSync(join(files, `${index}`), { bigint: true }).mtimeNs / 1000n);
  expect(timesIn(writer.files)[0]).toBeLessThan(0n);
  expect(timesIn(reader.files)).toEqual(timesIn(writer.files));
  expect(await reader.workspace.flush()).toEqual({ kind: 'unchanged' });
});

test('names of any bytes come back', async () => {
  const { before, after } = await restoredAfter((files) => {
    const names = ['a\nb', '😀.txt', ' ', '-rf', '\\', '"quoted"', 'tab\t', 'e\u0301', 'é', 'x'.repeat(255)];
    names.forEach((name) => writeFileSync(join(files, name), name));
    const noUtf8 = Buffer.concat([Buffer.from(`${files}/`), Buffer.from([0xff, 0xfe, 0x41])]);
    mkdirSync(noUtf8);
    writeFileSync(Buffer.concat([noUtf8, Buffer.from([0x2f, 0x80])]), 'in it');
    symlinkSync(Buffer.from([0xff, 0xfe, 0x41]), join(files, 'link'));
  });
  expect(Object.keys(after)).toHaveLength(13);
  expect(after).toEqual(before);
});

test('changes, deletions and changes of kind come back', async () => {
  const { before, after } = await restoredAfter(
    (files) => {
      for (const name of ['gone', 'changed', 'becomes-directory', 'becomes-link', 'mode']) {
        writeFileSync(join(files, name), name);
      }
      mkdirSync(join(files, 'becomes-file/sub'), { recursive: true });
      writeFileSync(join(files, 'becomes-file/sub/x'), 'x');
      symlinkSync('a', join(files, 'link'));
    },
    (files) => {
      rmSync(join(files, 'gone'));
      writeFileSync(join(files, 'changed'), 'CHANGED');
      rmSync(join(files, 'becomes-directory'));
      mkdirSync(join(files, 'becomes-directory'));
      rmSync(join(files, 'becomes-link'));
      symlinkSync('mode', join(files, 'becomes-link'));
      rmSync(join(files, 'becomes-file'), { recursive: true });
      writeFileSync(join(files, 'becomes-file'), 'file');
      rmSync(join(files, 'link'));
      symlinkSync('b', join(files, 'link'));
      chmodSync(join(files, 'mode'), 0o700);
    },
  );
  expect(after).toEqual(before);
});

test('a renamed directory comes back, also with another in its old place', async () => {
  const { before, after } = await restoredAfter(
    (files) => {
      mkdirSync(join(files, 'd/sub'), { recursive: true });
      writeFileSync(join(files, 'd/x'), 'old x');
      writeFileSync(join(files, 'd/sub/y'), 'y'.repeat(1_000));
      execFileSync('sleep', ['0.1']);
    },
    (files) => appendFileSync(join(files, 'other'), 'so that what was written first has settled'),
    (files) => {
      renameSync(join(files, 'd'), join(files, 'e'));
      mkdirSync(join(files, 'd'));
      writeFileSync(join(files, 'd/x'), 'new x');
      linkSync(join(files, 'd/x'), join(files, 'hard'));
    },
  );
  expect(after).toEqual(before);
});

test('large files come back after edits in their middle, at their end and at their beginning', async () => {
  const large = randomBytes(11 * 1024 * 1024 + 7);
  const at = (files: string): string => join(files, 'large');
  const { before, after } = await restoredAfter(
    (files) => writeFileSync(at(files), large),
    (files) => {
      large.write('edit', 5 * 1024 * 1024);
      writeFileSync(at(files), large);
    },
    (files) => appendFileSync(at(files), randomBytes(300_000)),
    (files) => appendFileSync(at(files), 'short'),
    (files) => truncateSync(at(files), 9 * 1024 * 1024),
    (files) => writeFileSync(at(files), Buffer.concat([Buffer.from('before'), large])),
  );
  expect(after).toEqual(before);
});

test('what is appended is stored without what was there before', async () => {
  const store = new MemoryStore(objects);
  const { workspace, files } = await openContainer(store);
  writeFileSync(join(files, 'log'), randomBytes(6 * 1024 * 1024));
  await workspace.flush();
  appendFileSync(join(files, 'log'), 'one more line\n');
  const outcome = await workspace.flush();
  expect(outcome).toMatchObject({ kind: 'kept', changes: 1 });
  expect('bytes' in outcome && outcome.bytes).toBeLessThan(2_000);
});

test('a file that grows line by line stays in few pieces and comes back', async () => {
  const grow = Array.from({ length: 60 }, (_, line) => (files: string) => {
    appendFileSync(join(files, 'log'), `line ${line} ${'x'.repeat(line * 40)}\n`);
  });
  const { before, after } = await restoredAfter(...grow);
  expect(after).toEqual(before);
});

test('holes stay holes', async () => {
  const size = 64 * 1024 * 1024;
  const { before, after } = await restoredAfter((files) => {
    writeFileSync(join(files, 'sparse'), 'begin');
    truncateSync(join(files, 'sparse'), size);
    writeFileSync(join(files, 'empty-but-long'), '');
    truncateSync(join(files, 'empty-but-long'), size);
  });
  expect(after).toEqual(before);
  const reader = await openContainer(new MemoryStore(objects));
  expect(statSync(join(reader.files, 'sparse')).blocks * 512).toBeLessThan(size / 8);
});

test('a Git repository works after a restore', async () => {
  const git = (files: string, ...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: files, encoding: 'utf8' });
  const writer = await openContainer(new MemoryStore(objects));
  git(writer.files, 'init', '-q', '-b', 'main');
  for (let number = 0; number < 5; number += 1) {
    writeFileSync(join(writer.files, `file-${number}`), `content ${number}\n`.repeat(number * 100));
    git(writer.files, 'add', '.');
    git(writer.files, 'commit', '-qm', `commit ${number}`);
    await writer.workspace.flush();
  }
  git(writer.files, 'checkout', '-qb', 'topic');
  git(writer.files, 'gc', '-q');
  writeFileSync(join(writer.files, 'file-1'), 'not committed');
  await writer.workspace.flush();
  const { files } = await openContainer(new MemoryStore(objects));
  expect(git(files, 'fsck', '--strict')).toBe('');
  expect(git(files, 'status', '--porcelain')).toBe(' M file-1\n');
  expect(git(files, 'log', '--format=%H')).toBe(git(writer.files, 'log', '--format=%H'));
  expect(git(files, 'rev-parse', '--abbrev-ref', 'HEAD')).toBe('topic\n');
});

test('record and transcript come back, and transcripts of others are not taken', async () => {
  const store = new MemoryStore(objects);
  const { workspace, directories } = await openContainer(store);
  const project = join(directories.configDirectory, 'projects/-home-agent');
  mkdirSync(join(project, `${RECORD.conversation}/tool-results`), { recursive: true });
  writeFileSync(join(project, `${RECORD.conversation}.jsonl`), '{"type":"user"}\n');
  writeFileSync(join(project, `${RECORD.conversation}/tool-results/1.txt`), 'long');
  writeFileSync(join(project, 'another.jsonl'), '{}\n');
  workspace.save(RECORD);
  expect((await workspace.flush()).kind).toBe('kept');

  const next = await openContainer(new MemoryStore(objects));
  expect(next.record).toEqual(RECORD);
  const restored = describeTree(join(next.directories.configDirectory, 'projects'));
  expect(Object.keys(restored)).toEqual([
    '-home-agent',
    `-home-agent/${RECORD.conversation}`,
    `-home-agent/${RECORD.conversation}/tool-results`,
    `-home-agent/${RECORD.conversation}/tool-results/1.txt`,
    `-home-agent/${RECORD.conversation}.jsonl`,
  ]);
});

test('a session that is new begins with the files that are there, and is kept with them', async () => {
  const store = new MemoryStore(objects);
  const { workspace, files, record } = await openContainer(store);
  expect(record).toBeUndefined();
  writeFileSync(join(files, 'from-the-image'), 'x');
  workspace.save(RECORD);
  // Of a container that is lost before its first run has ended.
  expect(await workspace.flush({ recordOnly: true })).toMatchObject({ kind: 'kept' });
  const second = await openContainer(new MemoryStore(objects));
  expect(second.record).toEqual(RECORD);
  expect(describeTree(second.files)).toEqual({});
});

test('after a restore the directory holds what was kept and nothing else', async () => {
  const writer = await openContainer(new MemoryStore(objects));
  writeFileSync(join(writer.files, 'kept'), 'x');
  await writer.workspace.flush();
  const lost = 'not-kept/sub';
  mkdirSync(join(writer.files, lost), { recursive: true });
  chmodSync(join(writer.files, 'not-kept'), 0o500);
  writeFileSync(join(writer.files, 'kept'), 'changed, and not kept');
  await writer.workspace.open('session', 'ada');
  await writer.workspace.restore(() => undefined);
  expect(readFileSync(join(writer.files, 'kept'), 'utf8')).toBe('x');
  expect(existsSync(join(writer.files, 'not-kept'))).toBe(false);
});

test('progress is told from nothing to all', async () => {
  const writer = await openContainer(new MemoryStore(objects));
  writeFileSync(join(writer.files, 'large'), randomBytes(20 * 1024 * 1024));
  await writer.workspace.flush();
  const reader = await openContainer(new MemoryStore(objects));
  const told: { done: number; total: number }[] = [];
  await reader.workspace.open('session', 'ada');
  await reader.workspace.restore((progress) => told.push(progress));
  expect(told[0]).toMatchObject({ done: 0 });
  const last = told.at(-1);
  expect(last?.done).toBe(last?.total);
  expect(told.length).toBeGreaterThan(2);
});

test('three thousand small files take few requests, and come back', async () => {
  const store = new MemoryStore(objects);
  const writer = await openContainer(store);
  for (let number = 0; number < 3_000; number += 1) {
    const directory = join(writer.files, `d${number % 100}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${number}`), randomBytes(512).toString('hex'));
  }
  store.requests.length = 0;
  await writer.workspace.flush();
  expect(store.requests.length).toBeLessThanOrEqual(8);
  const readingStore = new MemoryStore(objects);
  const reader = await openContainer(readingStore);
  expect(readingStore.requests.length).toBeLessThanOrEqual(8);
  expect(describeTree(reader.files)).toEqual(describeTree(writer.files));
  expect(lstatSync(join(reader.files, 'd7/f7')).size).toBe(1_024);
});
