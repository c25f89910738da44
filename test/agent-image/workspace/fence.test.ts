import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metrics } from '../../../agent-image/src/metrics';
import { SessionKeeper } from '../../../agent-image/src/session-keeper';
import { SessionMeters } from '../../../agent-image/src/session-meters';
import { WorkspaceDamaged } from '../../../agent-image/src/workspace/format/entries';
import { WorkspaceFenced, WorkspaceUnavailable } from '../../../agent-image/src/workspace/object-store';
import { container, describeTree, openContainer, type OpenContainer, removeDisks } from './support/disk';
import { memoryObjects, type MemoryObjects, MemoryStore } from './support/memory-store';

let objects: MemoryObjects;

beforeEach(() => {
  objects = memoryObjects();
});

afterEach(removeDisks);

/** A container that has kept one file. */
async function keeping(store = new MemoryStore(objects)): Promise<OpenContainer> {
  const opened = await openContainer(store);
  writeFileSync(join(opened.files, 'file'), randomBytes(300_000));
  await opened.workspace.flush();
  return opened;
}

function replaceHead(body: string): void {
  objects.objects.set('HEAD', { body: Buffer.from(body), etag: '"of another"', modified: new Date() });
}

describe.each([
  ['of a later format', 'agent-workspace 2\n{"everything":"else"}\n'],
  ['that is none', '<html>\n</html>\n'],
])('a HEAD %s', (_what, head) => {
  test('fences a container that had read the one before', async () => {
    const { workspace, files } = await keeping();
    replaceHead(head);
    writeFileSync(join(files, 'file'), 'changed');
    expect(await workspace.flush()).toEqual({ kind: 'fenced' });
    expect(objects.objects.get('HEAD')?.body.toString()).toBe(head);
  });

  test('fences a restore whose objects are gone because of it', async () => {
    await keeping();
    const reader = container(new MemoryStore(objects));
    await reader.workspace.open('session', 'ada');
    replaceHead(head);
    [...objects.objects.keys()].filter((key) => key !== 'HEAD').forEach((key) => objects.objects.delete(key));
    await expect(reader.workspace.restore(() => undefined)).rejects.toBeInstanceOf(WorkspaceFenced);
  });
});

test('a HEAD of a later format tells an operator to deploy what has kept it, and not to restore an earlier one', async () => {
  replaceHead('agent-workspace 2\n{}\n');
  const error: unknown = await openContainer(new MemoryStore(objects)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(WorkspaceDamaged);
  expect(String(error)).toContain(
    'version 2 of the format, and 1 is the latest that is known here. Deploy the release',
  );
  expect(String(error)).not.toContain('earlier');
});

test('an object that is missing under the same HEAD is damage, and no fence', async () => {
  await keeping();
  const reader = container(new MemoryStore(objects));
  await reader.workspace.open('session', 'ada');
  [...objects.objects.keys()].filter((key) => key !== 'HEAD').forEach((key) => objects.objects.delete(key));
  await expect(reader.workspace.restore(() => undefined)).rejects.toThrow('is missing');
});

describe('a flush that verifies', () => {
  test('asks once when nothing has changed', async () => {
    const store = new MemoryStore(objects);
    const { workspace } = await keeping(store);
    store.requests.length = 0;
    expect(await workspace.flush({ verify: true })).toEqual({ kind: 'unchanged' });
    expect(store.requests).toEqual(['tag HEAD']);
  });

  test('finds that nothing was ever kept to be in order', async () => {
    const { workspace } = await openContainer(new MemoryStore(objects));
    expect(await workspace.flush({ recordOnly: true, verify: true })).toEqual({ kind: 'unchanged' });
    expect(objects.objects.size).toBe(0);
  });

  test('finds another container that has gone on, though nothing has changed here', async () => {
    const { workspace } = await keeping();
    const other = await openContainer(new MemoryStore(objects));
    writeFileSync(join(other.files, 'file'), 'later');
    await other.workspace.flush();
    const kept = objects.objects.get('HEAD')?.body;
    expect(await workspace.flush()).toEqual({ kind: 'unchanged' });
    expect(await workspace.flush({ verify: true })).toEqual({ kind: 'fenced' });
    expect(objects.objects.get('HEAD')?.body).toEqual(kept);
  });
});

test('a commit whose answer was lost is undone when its change was', async () => {
  const store = new MemoryStore(objects);
  const { workspace, files } = await keeping(store);
  const kept = describeTree(files);
  writeFileSync(join(files, 'second'), 'x');
  store.interfere = (_request, arrived) => {
    if (arrived) throw new WorkspaceUnavailable('Cannot write HEAD', 'the answer was lost');
  };
  await expect(workspace.flush()).rejects.toBeInstanceOf(WorkspaceUnavailable);
  store.interfere = () => undefined;
  rmSync(join(files, 'second'));
  await workspace.flush();
  expect(describeTree((await openContainer(new MemoryStore(objects))).files)).toEqual(kept);
});

describe('the operation that keeps everything', () => {
  function keeperOf({ workspace }: OpenContainer, onFenced: () => void): SessionKeeper {
    const metrics = new Metrics({ namespace: 'N', agentName: 'a', write: () => undefined });
    const meters = new SessionMeters(metrics, 'session');
    return new SessionKeeper({ workspace, isNew: false, meters, onFenced, log: () => undefined });
  }

  test('succeeds while nobody else has kept anything', async () => {
    const onFenced = jest.fn();
    await keeperOf(await keeping(), onFenced).flush();
    expect(onFenced).not.toHaveBeenCalled();
  });

  test('is refused in a container that another has overtaken, also without a change of its own', async () => {
    const overtaken = await keeping();
    const other = await openContainer(new MemoryStore(objects));
    writeFileSync(join(other.files, 'file'), 'later');
    await other.workspace.flush();
    const onFenced = jest.fn();
    await expect(keeperOf(overtaken, onFenced).flush()).rejects.toMatchObject({ code: 'WORKSPACE_FENCED' });
    expect(onFenced).toHaveBeenCalledTimes(1);
  });
});
