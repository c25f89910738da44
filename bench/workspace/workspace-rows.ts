import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Row, timed } from '../measure';
import { AWS, awsSync, BUCKET, type ConnectClient, filesIn, ours, perObject, type SyncClient } from './clients';
import { freshDisk, MKFS } from './fresh-disk';
import { makeLargeFile, makeRepository } from './repository';
import { type SlowS3, startSlowS3, type Traffic } from './slow-s3';

/** Added to every request, in milliseconds: about what S3 takes within a Region. */
const DELAY_MS = 15;
const DISK_GIGABYTES = 24;

const ONE_FILE = '10,000-file repository: keep one changed file';
const NO_CHANGE = '10,000-file repository: keep, nothing changed';
/** How often one file is changed and kept, in each round. */
const CHANGES = 3;
/** What a client has in the bucket when it has kept the repository, in bytes. */
const STORED = 'stored';
/** How long the process of a client takes to start, in milliseconds. */
const START = 'start';

const FLOOR = 'the writes alone: the same files from memory, one thread';

/** What was measured of one client, by what it did. */
type Times = Map<string, number[]>;

/** What this machine lacks to make fresh file systems and to run the peers; undefined when it has everything. */
export function missingForWorkspace(): string | undefined {
  if (process.getuid?.() !== 0) {
    return 'only root can mount a fresh file system';
  }
  const program = [MKFS, AWS, '/usr/bin/git'].find((path) => !existsSync(path));
  return program && `there is no ${program} (Debian has them in e2fsprogs, awscli and git)`;
}

/** Keeping a directory in S3 and bringing it back: ours, `aws s3 sync` and a client that has an object for each file. */
export async function workspaceRows(rounds: number): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-workspace-'));
  const clients: readonly [ConnectClient, string][] = [
    [ours, 'ours'],
    [awsSync, 'aws'],
    [perObject, 'objects'],
  ];
  const times = clients.map((): Times => new Map());
  const names: string[] = [];
  const floor: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const disk = freshDisk(directory, `disk-${round}`, DISK_GIGABYTES);
      const s3 = await startSlowS3(join(disk.directory, 's3'), BUCKET, DELAY_MS);
      try {
        const source = join(disk.directory, 'repository');
        makeRepository(source);
        for (const [index, [connect, prefix]] of clients.entries()) {
          const client = connect(s3.url, prefix);
          names[index] = client.name;
          await measureRepository(client, s3, source, `${source}-${prefix}`, times[index] ?? new Map());
        }
        floor.push(writeAgain(source, `${source}-floor`));
        const large = join(disk.directory, 'large');
        mkdirSync(large);
        makeLargeFile(large);
        const withLarge = [...clients.slice(0, 2).entries()];
        for (const [index, [connect, prefix]] of round % 2 === 0 ? withLarge : withLarge.reverse()) {
          const client = connect(s3.url, `${prefix}-large`);
          await measureLarge(client, s3, large, `${large}-${prefix}`, times[index] ?? new Map());
        }
      } finally {
        await s3.stop();
        disk.remove();
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return rowsOf(times, names, floor);
}

async function measureRepository(
  client: SyncClient,
  s3: SlowS3,
  source: string,
  target: string,
  times: Times,
): Promise<void> {
  await step('10,000-file repository: keep all', () => client.keep(source), s3, times);
  await step('10,000-file repository: restore', () => client.restore(target), s3, times);
  // Short, so that once a round would say little.
  for (let change = 0; change < CHANGES; change += 1) {
    appendFileSync(join(source, 'src/0/0/file-0.ts'), 'one more line\n');
    await step(ONE_FILE, () => client.keep(source), s3, times);
  }
  await step(NO_CHANGE, () => client.keep(source), s3, times);
  add(times, STORED, await client.stored());
  if (client.start) {
    add(times, START, await timed(client.start));
  }
}

async function measureLarge(
  client: SyncClient,
  s3: SlowS3,
  source: string,
  target: string,
  times: Times,
): Promise<void> {
  writeOnce(source, target);
  await step('1 GiB file: keep', () => client.keep(source), s3, times);
  writeOnce(source, target);
  await step('1 GiB file: restore', () => client.restore(target), s3, times);
  rmSync(target, { recursive: true, force: true });
}

/** As much is written and deleted, so that nobody pays for the first use of the machine's memory and blocks. */
function writeOnce(source: string, target: string): void {
  cpSync(source, target, { recursive: true });
  rmSync(target, { recursive: true });
  execFileSync('sync');
}

async function step(what: string, work: () => Promise<unknown>, s3: SlowS3, times: Times): Promise<void> {
  await s3.traffic();
  add(times, `${what}|ms`, await timed(work));
  const { reads, writes, received, sent } = await s3.traffic();
  add(times, `${what}|requests`, reads + writes);
  add(times, `${what}|MB`, (received + sent) / 1e6);
  add(times, `${what}|USD`, dollars({ reads, writes, received, sent }));
}

/** How long it takes to make the same files, in milliseconds. */
function writeAgain(source: string, target: string): number {
  const files = filesIn(source).map((path) => [join(target, relative(source, path)), readFileSync(path)] as const);
  const start = performance.now();
  for (const [path, content] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return performance.now() - start;
}

/** Prices of S3 Standard in us-east-1: 0.005 dollars for 1,000 writes and listings, 0.0004 for 1,000 reads. */
function dollars({ reads, writes }: Traffic): number {
  return writes * 5e-6 + reads * 4e-7;
}

function rowsOf(times: readonly Times[], names: readonly string[], floor: readonly number[]): Row[] {
  const [mine = new Map<string, number[]>(), ...others] = times;
  const rows: Row[] = [];
  for (const [key, values] of mine) {
    const [what = '', unit = ''] = key.split('|');
    for (const [index, theirs] of others.entries()) {
      const found = theirs.get(key);
      const peer = names[index + 1] ?? '';
      if (found && unit !== '' && unit !== 'USD') {
        rows.push({ what, unit, peer, ours: values, theirs: found });
      }
      const starts = theirs.get(START);
      if (found && starts && [ONE_FILE, NO_CHANGE].includes(what) && unit === 'ms') {
        const timesARound = found.length / starts.length;
        const theirWork = found.map((time, index) => time - (starts[Math.floor(index / timesARound)] ?? NaN));
        rows.push({ what, unit, peer: `${peer}, the start of its process taken off`, ours: values, theirs: theirWork });
      }
    }
    if (key === '10,000-file repository: restore|ms') {
      rows.push({ what, unit, peer: FLOOR, ours: values, theirs: floor });
    }
  }
  const costs: readonly [string, (times: Times) => number][] = [
    ['a million sessions, requests: keep all, 20 times one file, restore 3 times', requestsOfMillion],
    ['a million sessions, a month of storage', storageOfMillion],
  ];
  for (const [what, cost] of costs) {
    others.forEach((theirs, index) => {
      rows.push({ what, unit: 'USD', peer: names[index + 1] ?? '', ours: [cost(mine)], theirs: [cost(theirs)] });
    });
  }
  return rows;
}

function requestsOfMillion(times: Times): number {
  const of = (what: string): number => times.get(`${what}|USD`)?.[0] ?? NaN;
  const all = of('10,000-file repository: keep all');
  return 1e6 * (all + 20 * of(ONE_FILE) + 3 * of('10,000-file repository: restore'));
}

/** S3 Standard in us-east-1: 0.023 dollars a gigabyte and month; versions that are no longer current left out. */
function storageOfMillion(times: Times): number {
  const bytes = times.get(STORED)?.[0] ?? NaN;
  return (1e6 * 0.023 * bytes) / 1e9;
}

function add(times: Times, key: string, value: number): void {
  times.set(key, [...(times.get(key) ?? []), value]);
}
