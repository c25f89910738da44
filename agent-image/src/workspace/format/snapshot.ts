import { type BytePath, type Entries, type Entry, type Pack, WorkspaceDamaged } from './entries.ts';
import { hashOf } from './frames.ts';
import { decodeHead, type Head } from './head.ts';
import { applyManifest } from './manifest.ts';
import { getObject, HEAD_KEY, manifestKey, type ObjectSource, rereading } from './object-source.ts';
import { pathInNoDirectory } from './paths.ts';

/** A workspace as it was committed. */
export interface Snapshot {
  readonly head: Head;
  /** Of the HEAD that was read. */
  readonly etag: string;
  readonly entries: Map<BytePath, Entry>;
  /** The pack within HEAD, and what it holds. */
  readonly inlinePack: Pack;
  readonly inlineBytes: Buffer;
  /** Paths that the manifest within HEAD concerns. */
  readonly inlinePaths: ReadonlySet<BytePath>;
}

/**
 * Reads what a workspace is: two round trips, one when HEAD holds all.
 *
 * @returns undefined when nothing was ever kept
 * @throws WorkspaceDamaged
 */
export function readSnapshot(source: ObjectSource): Promise<Snapshot | undefined> {
  return rereading(async () => {
    const object = await source.get(HEAD_KEY);
    if (!object) {
      return undefined;
    }
    const { head, manifest, pack } = decodeHead(object.body);
    const manifests = await Promise.all(
      head.manifests.map(async ({ id, hash }) => {
        const stored = await getObject(source, manifestKey(id));
        if (hashOf(stored) !== hash) {
          throw new WorkspaceDamaged(`the manifest ${id}`, 'is not what was stored');
        }
        return stored;
      }),
    );
    const inlinePack: Pack = { id: undefined, length: pack.length };
    const packs = new Map<string, Pack>(head.packs.map(({ id, length }) => [id, { id, length }]));
    const entries = new Map<BytePath, Entry>();
    for (const stored of manifests) {
      await applyManifest(stored, entries, packs);
    }
    // Only the manifest within HEAD may speak of the pack within HEAD.
    packs.set('', inlinePack);
    const inlinePaths = manifest.length > 0 ? await applyManifest(manifest, entries, packs) : [];
    assertTree(entries);
    assertStored(entries);
    return { head, etag: object.etag, entries, inlinePack, inlineBytes: pack, inlinePaths: new Set(inlinePaths) };
  });
}

function assertTree(entries: Entries): void {
  const path = pathInNoDirectory(entries);
  if (path !== undefined) {
    throw new WorkspaceDamaged('its manifest', `has ${JSON.stringify(path)} in no directory`);
  }
}

function assertStored(entries: Entries): void {
  for (const [path, entry] of entries) {
    for (const { frame } of entry.type === 'file' ? entry.segments : []) {
      if (frame && frame.offset + frame.length > frame.pack.length) {
        throw new WorkspaceDamaged('its manifest', `has ${JSON.stringify(path)} outside of the packs there are`);
      }
    }
  }
}
