import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Pacer } from '../../../agent-image/src/workspace/pacer';
import { container, openContainer, removeDisks } from './support/disk';
import { memoryObjects, MemoryStore } from './support/memory-store';

afterEach(() => {
  jest.restoreAllMocks();
  removeDisks();
});

/** What is seen in every turn of the event loop while something is being done. */
async function watching<T>(work: Promise<unknown>, look: () => T): Promise<T[]> {
  const seen: T[] = [];
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  work.then(end, end);
  while (!ended) {
    seen.push(look());
    await turn();
  }
  await work;
  return seen;
}

test('a restore lets others go on between small files, and between what it removes for them', async () => {
  const objects = memoryObjects();
  const writer = await openContainer(new MemoryStore(objects));
  const names = Array.from({ length: 40 }, (_, number) => `kept-${number}`);
  names.forEach((name) => writeFileSync(join(writer.files, name), name));
  await writer.workspace.flush();
  const reader = container(new MemoryStore(objects));
  mkdirSync(join(reader.files, 'old'));
  for (let number = 0; number < 40; number += 1) writeFileSync(join(reader.files, 'old', `${number}`), '');
  await reader.workspace.open('session', 'ada');

  // A clock that goes on whenever it is looked at: everything takes longer than others may have to wait.
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 100));
  const count = (directory: string, begin: string): number => {
    try {
      return readdirSync(directory).filter((name) => name.startsWith(begin)).length;
    } catch {
      return 0;
    }
  };
  const seen = await watching(
    reader.workspace.restore(() => undefined),
    () => ({ old: count(join(reader.files, 'old'), ''), made: count(reader.files, 'kept-') }),
  );

  expect(new Set(seen.map(({ old }) => old)).size).toBeGreaterThan(20);
  expect(new Set(seen.map(({ made }) => made)).size).toBeGreaterThan(20);
  expect(readdirSync(reader.files).sort()).toEqual([...names].sort());
});

test('works that share a pacer keep others waiting no longer than one of them', async () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const pacer = new Pacer();
  const work = async (): Promise<void> => {
    for (let step = 0; step < 50; step += 1) {
      now += 1;
      await pacer.pause();
    }
  };
  const times = await watching(Promise.all(Array.from({ length: 10 }, work)), () => now);
  const longest = Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  expect(now).toBe(500);
  // A slice, and the step that each of them is in.
  expect(longest).toBeLessThanOrEqual(15 + 10 + 1);
});
