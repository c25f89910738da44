import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LocalS3 } from '../../support/local-s3';
import { describeTree, openContainer, removeDisks, temporaryDirectory } from './support/disk';
import { BUCKET, PREFIX, s3Store, startBucket } from './support/s3';

/** With SLOW_TESTS=1, as CI has it, as many as it takes to hit all there is to hit. */
const KILLS = process.env.SLOW_TESTS === '1' ? 50 : 8;
const PROGRAM = join(__dirname, 'support', 'flush-process.mjs');

let server: LocalS3;

beforeAll(async () => {
  server = await startBucket();
});

afterAll(async () => {
  await server.close();
  removeDisks();
});

interface Flush {
  /** The directory whose state it flushed. */
  readonly files: string;
  /** How long it took, or lived, in milliseconds. */
  readonly ms: number;
}

/** A flush in a process of its own, killed so long after it began. */
async function flush(round: number, killAfterMs: number): Promise<Flush> {
  const directory = temporaryDirectory();
  const env = { PATH: process.env.PATH, AWS_ENDPOINT_URL_S3: server.url };
  const child = spawn(process.execPath, [PROGRAM, directory, BUCKET, PREFIX, String(round)], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let begun = 0;
  let ms = 0;
  let timer: NodeJS.Timeout | undefined;
  for await (const line of createInterface(child.stdout)) {
    if (line === 'changed') child.stdin.end('go\n');
    if (line === 'flushing') {
      begun = performance.now();
      timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    }
    if (line === 'kept') {
      ms = performance.now() - begun;
      child.kill('SIGKILL');
    }
  }
  await exited;
  clearTimeout(timer);
  expect(begun).toBeGreaterThan(0);
  return { files: join(directory, 'files'), ms: ms || killAfterMs };
}

async function restored(): Promise<object> {
  const store = s3Store(server.url);
  const { files } = await openContainer(store);
  store.close();
  return describeTree(files);
}

test(`a process that is killed at ${KILLS} moments of its flushes leaves the state before or after each`, async () => {
  const { ms } = await flush(0, 60_000);
  let before = await restored();
  const seen = { before: 0, after: 0 };
  for (let round = 1; round <= KILLS; round += 1) {
    const { files } = await flush(round, Math.random() * ms * 1.2);
    const state = await restored();
    const after = describeTree(files);
    expect([before, after]).toContainEqual(state);
    seen[JSON.stringify(state) === JSON.stringify(after) ? 'after' : 'before'] += 1;
    before = state;
  }
  // Both have to happen, or the moments were all too early or too late.
  expect(Math.min(seen.before, seen.after)).toBeGreaterThan(0);
}, 240_000);
