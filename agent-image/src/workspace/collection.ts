import type { Head } from './format/head.ts';
import { manifestKey, packKey } from './format/object-source.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * How old an object must be before it is deleted, in milliseconds: longer than any flush takes, whose objects are named
 * only at its end.
 */
const GRACE_MS = 24 * 60 * 60 * 1000;

/** Whether objects that nothing needs are to be looked for: once a day while a workspace is in use. */
export function isCollectionDue({ collected_at }: Head, now: number): boolean {
  return now - Date.parse(collected_at) > GRACE_MS;
}

/**
 * Deletes packs and manifests that HEAD does not name: left behind by flushes that did not end, and no longer needed.
 * A reader that still needs one finds it gone, and reads HEAD again.
 *
 * @param head the one in force
 * @returns how many were deleted
 */
export async function collect(store: ObjectStore, head: Head, now: number): Promise<number> {
  const named = new Set([
    ...head.packs.map(({ id }) => packKey(id)),
    ...head.manifests.map(({ id }) => manifestKey(id)),
  ]);
  const unneeded: string[] = [];
  for (const prefix of [packKey(''), manifestKey('')]) {
    for await (const { key, modified } of store.list(prefix)) {
      if (!named.has(key) && now - modified.getTime() > GRACE_MS) {
        unneeded.push(key);
      }
    }
  }
  await store.remove(unneeded);
  return unneeded.length;
}
