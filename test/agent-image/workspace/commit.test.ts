import { Committer } from '../../../agent-image/src/workspace/commit';
import { readSnapshot } from '../../../agent-image/src/workspace/format/snapshot';
import { keptStateOf } from '../../../agent-image/src/workspace/kept-state';
import { Staging } from '../../../agent-image/src/workspace/staging';
import { memoryObjects, MemoryStore } from './support/memory-store';

test('a state that no container could open is not committed', async () => {
  const store = new MemoryStore(memoryObjects());
  const committer = new Committer(store);
  const first = new Staging(keptStateOf(undefined), () => Promise.resolve());
  first.putParents('files/in/');
  const before = await committer.commit(first, keptStateOf(undefined));
  const staging = new Staging(before, () => Promise.resolve());
  staging.put('files/in/deep/link', { type: 'link', target: 'x' });

  await expect(committer.commit(staging, before)).rejects.toThrow('"files/in/deep/link" would be kept in no directory');

  expect([...((await readSnapshot(store))?.entries.keys() ?? [])]).toEqual(['files', 'files/in']);
});
