import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { decodeHead, encodeHead } from '../../../agent-image/src/workspace/format/head';
import { hashOf } from '../../../agent-image/src/workspace/format/frames';
import { container, describeTree, openContainer, RECORD, removeDisks, temporaryDirectory } from './support/disk';
import { memoryObjects, type MemoryObjects, MemoryStore } from './support/memory-store';

let objects: MemoryObjects;

beforeEach(() => {
  objects = memoryObjects();
});

afterEach(removeDisks);

interface Manifest {
  packs: string[];
  frames: unknown[][];
  entries: unknown[][];
  removed: string[];
}

/** Keeps one file, and then changes the manifest within HEAD as only an attacker would. */
async function forged(change: (manifest: Manifest) => void): Promise<void> {
  const { workspace, files } = await openContainer(new MemoryStore(objects));
  writeFileSync(join(files, 'file'), 'planted');
  await workspace.flush();
  const object = objects.objects.get('HEAD');
  if (!object) throw new Error('nothing was kept');
  const { head, manifest, pack } = decodeHead(object.body);
  const document = JSON.parse(zstdDecompressSync(manifest).toString()) as Manifest;
  change(document);
  object.body = encodeHead({ head, manifest: zstdCompressSync(JSON.stringify(document)), pack });
}

describe('a manifest that was forged', () => {
  test.each([
    ['..', 'files/../../escaped'],
    ['an absolute path', '/tmp/escaped'],
    ['a path with a dot', 'files/./escaped'],
    ['an empty part', 'files//escaped'],
    ['a zero byte', 'files/a\0b'],
    ['characters that are no bytes', 'files/\u2025/escaped'],
    ['a name that is too long', `files/${'x'.repeat(256)}`],
  ])('is refused for %s', async (_what, path) => {
    await forged(({ entries }) => entries.push([path, 'd', 0o755]));
    const { workspace } = container(new MemoryStore(objects));
    await expect(workspace.open('session', 'ada')).rejects.toThrow(/kept workspace cannot be read/);
  });

  test('is refused when it puts a file into a link', async () => {
    const outside = temporaryDirectory();
    await forged(({ entries }) => {
      const file = entries.find(([path]) => path === 'files/file') ?? [];
      entries.push(['files/way', 'l', outside], ['files/way/out', ...file.slice(1)]);
    });
    await expect(openContainer(new MemoryStore(objects))).rejects.toThrow('in no directory');
    expect(readdirSync(outside)).toEqual([]);
  });

  test.each<[string, (manifest: Manifest) => void]>([
    ['frame beyond its pack', ({ frames: [frame = []] }) => (frame[2] = 4_000_000)],
    ['length that is not that of its parts', ({ entries }) => (entries.at(-1) ?? []).splice(5, 1, 3)],
    ['frame that is not there', ({ entries }) => (entries.at(-1) ?? []).splice(6, 1, [9, 0, 7])],
    ['pack that HEAD does not name', ({ packs }) => packs.splice(0, 1, 'x'.repeat(22))],
    ['mode that is none', ({ entries }) => (entries.at(-1) ?? []).splice(2, 1, -1)],
    ['kind that is none', ({ entries }) => (entries.at(-1) ?? []).splice(1, 1, 'x')],
  ])('is refused for a %s', async (_what, change) => {
    await forged(change);
    const { workspace } = container(new MemoryStore(objects));
    await expect(workspace.open('session', 'ada')).rejects.toThrow(/kept workspace cannot be read/);
  });

  test.each<[string, unknown]>([
    ['nothing', []],
    ['no text for its path', [7, 'd', 448]],
    ['no more than its path', ['files/file']],
    ['a file without its parts', ['files/file', 'f', 420, 0, 0, 0]],
  ])('is refused for an entry that has %s', async (_what, entry) => {
    await forged(({ entries }) => entries.push(entry as unknown[]));
    const { workspace } = container(new MemoryStore(objects));
    await expect(workspace.open('session', 'ada')).rejects.toThrow(/kept workspace cannot be read: a manifest/);
  });

  test('is refused for a frame that is more than it says, without decompressing it', async () => {
    await forged(({ frames: [frame = []] }) => (frame[3] = 6));
    await expect(openContainer(new MemoryStore(objects))).rejects.toThrow(/kept workspace cannot be read/);
  });
});

test('a pack that was changed is noticed, and the next restore can succeed', async () => {
  const { workspace, files } = await openContainer(new MemoryStore(objects));
  writeFileSync(join(files, 'large'), randomBytes(1_000_000));
  await workspace.flush();
  const pack = [...objects.objects].find(([key]) => key.startsWith('pack/'))?.[1];
  if (!pack) throw new Error('there is no pack');
  const sound = Buffer.from(pack.body);
  pack.body[500_000] = (pack.body[500_000] ?? 0) ^ 1;
  const reader = container(new MemoryStore(objects));
  await reader.workspace.open('session', 'ada');
  await expect(reader.workspace.restore(() => undefined)).rejects.toThrow('is not what was stored');
  // What is half restored must not be kept.
  expect(await reader.workspace.flush()).toEqual({ kind: 'unchanged' });
  pack.body = sound;
  await reader.workspace.restore(() => undefined);
  expect(describeTree(reader.files)).toEqual(describeTree(files));
});

test.each(['null', '7', '{}', '{"manifest":-1,"pack":0}'])('a HEAD whose inline is %s is refused', async (inline) => {
  await forged(() => undefined);
  const object = objects.objects.get('HEAD');
  const text = object?.body.toString('latin1').replace(/"inline":{[^}]*}/, `"inline":${inline}`) ?? '';
  if (object) object.body = Buffer.from(text, 'latin1');
  await expect(openContainer(new MemoryStore(objects))).rejects.toThrow('its HEAD lacks fields');
});

test.each([
  ['cut', (body: Buffer) => body.subarray(0, -1), 'is cut or changed'],
  [
    'of a later version',
    (body: Buffer) => Buffer.from(body.toString('latin1').replace(/ 1\n/, ' 2\n'), 'latin1'),
    'version 2',
  ],
  ['something else', () => Buffer.from('<html>\n</html>\n'), 'does not begin as HEAD'],
  ['empty', () => Buffer.alloc(0), 'is cut'],
])('a HEAD that is %s is refused', async (_what, change, message) => {
  await forged(() => undefined);
  const object = objects.objects.get('HEAD');
  if (object) object.body = change(object.body);
  await expect(openContainer(new MemoryStore(objects))).rejects.toThrow(message);
});

test('links that were planted where files come are replaced, not followed', async () => {
  const writer = await openContainer(new MemoryStore(objects));
  const project = join(writer.directories.configDirectory, 'projects/slug');
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, `${RECORD.conversation}.jsonl`), 'transcript');
  mkdirSync(join(writer.files, 'directory'));
  writeFileSync(join(writer.files, 'directory/file'), 'content');
  writer.workspace.save(RECORD);
  await writer.workspace.flush();

  const outside = temporaryDirectory();
  writeFileSync(join(outside, 'victim'), 'untouched');
  const reader = container(new MemoryStore(objects));
  const projects = join(reader.directories.configDirectory, 'projects');
  mkdirSync(projects);
  symlinkSync(outside, join(projects, 'slug'));
  symlinkSync(outside, join(reader.files, 'directory'));
  symlinkSync(join(outside, 'victim'), join(reader.files, 'directory-file'));
  await reader.workspace.open('session', 'ada');
  await reader.workspace.restore(() => undefined);
  expect(readFileSync(join(projects, 'slug', `${RECORD.conversation}.jsonl`), 'utf8')).toBe('transcript');
  expect(realpathSync(join(projects, 'slug'))).toBe(join(realpathSync(projects), 'slug'));
  expect(readdirSync(outside)).toEqual(['victim']);
  expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('untouched');
  expect(describeTree(reader.files)).toEqual(describeTree(writer.files));
});

test('a link in the place of a transcript is replaced', async () => {
  const writer = await openContainer(new MemoryStore(objects));
  const project = join(writer.directories.configDirectory, 'projects/slug');
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, `${RECORD.conversation}.jsonl`), 'transcript');
  writer.workspace.save(RECORD);
  await writer.workspace.flush();
  const outside = join(temporaryDirectory(), 'victim');
  writeFileSync(outside, 'untouched');
  const reader = container(new MemoryStore(objects));
  mkdirSync(join(reader.directories.configDirectory, 'projects/slug'), { recursive: true });
  symlinkSync(outside, join(reader.directories.configDirectory, `projects/slug/${RECORD.conversation}.jsonl`));
  await reader.workspace.open('session', 'ada');
  await reader.workspace.restore(() => undefined);
  expect(readFileSync(outside, 'utf8')).toBe('untouched');
});

/** Root reads everything, so whoever is root is nobody for a while. */
async function asOrdinaryUser<T>(files: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) {
    return work();
  }
  for (const path of [files, join(files, '..'), join(files, '../config'), join(files, '../config/projects')]) {
    chmodSync(path, 0o755);
  }
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('what cannot be kept', () => {
  const small = { fileBytes: 1_000, totalBytes: 2_500, files: 6 };

  test('is told once, with its reason, until it changes', async () => {
    const { workspace, files } = await openContainer(new MemoryStore(objects), small);
    writeFileSync(join(files, 'a-too-large'), 'x'.repeat(1_001));
    writeFileSync(join(files, 'b'), 'x'.repeat(1_000));
    writeFileSync(join(files, 'c'), 'x'.repeat(1_000));
    writeFileSync(join(files, 'd-no-room'), 'x'.repeat(501));
    writeFileSync(join(files, 'e'), 'x'.repeat(500));
    execFileSync('mkfifo', [join(files, 'f-pipe')]);
    const skipped = {
      files: [
        { path: 'a-too-large', reason: 'too_large', size: 1_001 },
        { path: 'd-no-room', reason: 'workspace_full', size: 501 },
        { path: 'f-pipe', reason: 'special_file' },
      ],
      total: 3,
    };
    expect(await workspace.flush()).toMatchObject({ kind: 'kept', skipped });
    expect(await workspace.flush()).toEqual({ kind: 'unchanged' });
    rmSync(join(files, 'a-too-large'));
    expect(await workspace.flush()).toMatchObject({ kind: 'unchanged', skipped: { total: 2 } });
    const reader = await openContainer(new MemoryStore(objects));
    expect(readdirSync(reader.files)).toEqual(['b', 'c', 'e']);
  });

  test('is told when there are too many files, and the others are kept', async () => {
    const { workspace, files } = await openContainer(new MemoryStore(objects), small);
    for (let number = 0; number < 40; number += 1) writeFileSync(join(files, `f${number + 10}`), '');
    const outcome = await workspace.flush();
    expect(outcome.skipped?.total).toBe(34);
    expect(outcome.skipped?.files).toHaveLength(20);
    expect(outcome.skipped?.files[0]).toEqual({ path: 'f16', reason: 'too_many_files' });
  });

  test('because it cannot be read stays as it was kept', async () => {
    const { workspace, files } = await openContainer(new MemoryStore(objects));
    mkdirSync(join(files, 'directory'));
    writeFileSync(join(files, 'directory/file'), 'kept');
    await workspace.flush();
    chmodSync(join(files, 'directory'), 0o000);
    const { skipped } = await asOrdinaryUser(files, () => workspace.flush());
    expect(skipped?.files).toEqual([{ path: 'directory', reason: 'not_readable' }]);
    chmodSync(join(files, 'directory'), 0o700);
    const reader = await openContainer(new MemoryStore(objects));
    expect(readFileSync(join(reader.files, 'directory/file'), 'utf8')).toBe('kept');
  });

  test('stays as it was kept in a directory that there is no room for', async () => {
    const { workspace, files } = await openContainer(new MemoryStore(objects), small);
    mkdirSync(join(files, 'z/deep'), { recursive: true });
    writeFileSync(join(files, 'z/deep/file'), 'kept');
    await workspace.flush();
    for (let number = 0; number < 12; number += 1) writeFileSync(join(files, `a${number}`), '');
    // Its names can be read, and nothing else of it.
    chmodSync(join(files, 'z/deep'), 0o444);
    const outcome = await asOrdinaryUser(files, () => workspace.flush());
    chmodSync(join(files, 'z/deep'), 0o700);
    expect(outcome.skipped?.files).toContainEqual({ path: 'z/deep/file', reason: 'not_readable' });
    const reader = await openContainer(new MemoryStore(objects));
    expect(readFileSync(join(reader.files, 'z/deep/file'), 'utf8')).toBe('kept');
  });
});

test('nothing is deleted because the working directory is gone', async () => {
  const { workspace, files } = await openContainer(new MemoryStore(objects));
  writeFileSync(join(files, 'file'), 'x');
  await workspace.flush();
  renameSync(files, `${files}-elsewhere`);
  await expect(workspace.flush()).rejects.toThrow('cannot be read (ENOENT), so nothing was kept');
  renameSync(`${files}-elsewhere`, files);
  expect(await workspace.flush()).toEqual({ kind: 'unchanged' });
});

describe('rules', () => {
  const RULES = '# rules\n\nnode_modules/\n*.log\n!keep.log\n';

  /** Files of which the rules leave some out. */
  function makeFiles(files: string): void {
    mkdirSync(join(files, 'node_modules/a'), { recursive: true });
    mkdirSync(join(files, 'src/node_modules'), { recursive: true });
    for (const name of ['node_modules/a/b', 'src/node_modules/c', 'src/x.log', 'src/keep.log', 'src/y']) {
      writeFileSync(join(files, name), name);
    }
  }

  test('leave out what they name, and say nothing of it', async () => {
    const { workspace, files } = await openContainer(new MemoryStore(objects));
    makeFiles(files);
    writeFileSync(join(files, '.agentignore'), RULES);
    const outcome = await workspace.flush();
    expect(outcome).toMatchObject({ kind: 'kept', files: 4 });
    expect(outcome.skipped).toBeUndefined();
    const reader = await openContainer(new MemoryStore(objects));
    expect(Object.keys(describeTree(reader.files))).toEqual(['.agentignore', 'src', 'src/keep.log', 'src/y']);
  });

  test('that are new lose nothing of what was kept, and keep its changes and deletions', async () => {
    const { workspace, files } = await openContainer(new MemoryStore(objects));
    makeFiles(files);
    await workspace.flush();
    writeFileSync(join(files, '.agentignore'), `*\n${RULES}`);
    expect(await workspace.flush()).toMatchObject({ kind: 'kept', changes: 1 });
    writeFileSync(join(files, 'node_modules/a/b'), 'changed');
    rmSync(join(files, 'src/x.log'));
    writeFileSync(join(files, 'src/new'), 'left out');
    writeFileSync(join(files, 'node_modules/a/new'), 'left out');
    expect(await workspace.flush()).toMatchObject({ kind: 'kept', changes: 2 });
    rmSync(join(files, 'src/new'));
    rmSync(join(files, 'node_modules/a/new'));
    const reader = await openContainer(new MemoryStore(objects));
    expect(describeTree(reader.files)).toEqual(describeTree(files));
    // Also in the next container, which finds nothing changed.
    expect(await reader.workspace.flush()).toEqual({ kind: 'unchanged' });
  });
});

test('one user has one place, and callers without a name have one for each session', async () => {
  const store = new MemoryStore(objects);
  const { workspace, stores } = container(store);
  await workspace.open('session', 'ada');
  await workspace.open('session', undefined);
  await workspace.open('another', undefined);
  const [ada = '', nobody = '', other = ''] = stores;
  const key = ada.replace('ada/', '');
  expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(nobody).toBe(`s-${key}/${key}`);
  expect(other).not.toContain(key);
});

test('the same bytes have the same hash, whoever computes it', () => {
  expect(hashOf(Buffer.from('abc'))).toBe('ungWv48Bz-pBQUDeXa4iIw');
});
