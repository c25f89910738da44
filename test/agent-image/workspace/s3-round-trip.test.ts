import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, openSync, closeSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { listDirectory, readFile } from '../../../agent-image/src/workspace/format/read-file';
import { readSnapshot } from '../../../agent-image/src/workspace/format/snapshot';
import type { LocalS3 } from '../../support/local-s3';
import { describeTree, openContainer, RECORD, removeDisks } from './support/disk';
import { s3Store, startBucket } from './support/s3';

/** Making thousands of files takes long on a disk that is in use. */
jest.setTimeout(180_000);

/** Takes half a minute and four gigabytes of disk: run with SLOW_TESTS=1, as CI has it. */
const slowTest = process.env.SLOW_TESTS === '1' ? test : test.skip;

let server: LocalS3;

beforeEach(async () => {
  server = await startBucket();
});

afterEach(async () => {
  await server.close();
  removeDisks();
});

test('ten thousand files of any name, with the record, come back from S3', async () => {
  const store = s3Store(server.url);
  const writer = await openContainer(store);
  for (let number = 0; number < 10_000; number += 1) {
    const directory = join(writer.files, `d\n${number % 100}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `😀${number}`), randomBytes(512).toString('hex'));
  }
  symlinkSync('d\n1', join(writer.files, 'link'));
  writer.workspace.save(RECORD);
  expect(await writer.workspace.flush()).toMatchObject({ kind: 'kept', changes: 10_106 });
  const reader = await openContainer(store);
  expect(reader.record).toEqual(RECORD);
  expect(describeTree(reader.files)).toEqual(describeTree(writer.files));
  expect(await reader.workspace.flush()).toEqual({ kind: 'unchanged' });
  store.close();
});

test('one file is listed and read without the others', async () => {
  const store = s3Store(server.url);
  const { workspace, files } = await openContainer(store);
  const large = randomBytes(9_000_000);
  mkdirSync(join(files, 'd'));
  writeFileSync(join(files, 'd/large'), large);
  for (let number = 0; number < 300; number += 1) writeFileSync(join(files, `d/${number}`), randomBytes(2_000));
  await workspace.flush();
  const snapshot = await readSnapshot(store);
  if (!snapshot) throw new Error('nothing was kept');
  const listed = listDirectory(snapshot, 'files/d') ?? [];
  expect(listed.map(({ name }) => name).slice(0, 3)).toEqual(['0', '1', '10']);
  expect(listDirectory(snapshot, 'files/d/large')).toBeUndefined();
  const entry = listed.at(-1)?.entry;
  if (entry?.type !== 'file') throw new Error('the last one is no file');
  expect((await readFile(store, snapshot, entry)).equals(large)).toBe(true);
  const part = await readFile(store, snapshot, entry, { from: 4_194_300, length: 10 });
  expect(part.equals(large.subarray(4_194_300, 4_194_310))).toBe(true);
  expect(await readFile(store, snapshot, entry, { from: 8_999_999, length: 100 })).toHaveLength(1);
  expect(await readFile(store, snapshot, entry, { from: 9_000_000, length: 100 })).toHaveLength(0);
  store.close();
});

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

slowTest(
  'a file of one gigabyte comes back from S3',
  async () => {
    const store = s3Store(server.url);
    const writer = await openContainer(store);
    const descriptor = openSync(join(writer.files, 'large'), 'w');
    for (let megabyte = 0; megabyte < 1_024; megabyte += 1) {
      const half = randomBytes(524_288);
      writeSync(descriptor, Buffer.concat([half, Buffer.alloc(524_288, `line ${megabyte} `)]));
    }
    closeSync(descriptor);
    expect(await writer.workspace.flush()).toMatchObject({ kind: 'kept' });
    const reader = await openContainer(store);
    expect(await hashOfFile(join(reader.files, 'large'))).toBe(await hashOfFile(join(writer.files, 'large')));
    store.close();
  },
  600_000,
);
