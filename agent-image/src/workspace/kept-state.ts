import type { BytePath, Entry, Pack } from './format/entries.ts';
import type { Head } from './format/head.ts';
import type { Snapshot } from './format/snapshot.ts';

/** What was committed last. */
export interface KeptState {
  /** Undefined while nothing was ever committed; `etag`: of the object. */
  readonly committed: { readonly head: Head; readonly etag: string } | undefined;
  readonly entries: ReadonlyMap<BytePath, Entry>;
  readonly inlinePack: Pack;
  readonly inlineBytes: Buffer;
  readonly inlinePaths: ReadonlySet<BytePath>;
}

/** @param snapshot undefined when nothing was ever kept */
export function keptStateOf(snapshot: Snapshot | undefined): KeptState {
  if (!snapshot) {
    return {
      committed: undefined,
      entries: new Map(),
      inlinePack: { id: undefined, length: 0 },
      inlineBytes: Buffer.alloc(0),
      inlinePaths: new Set(),
    };
  }
  const { head, etag, entries, inlinePack, inlineBytes, inlinePaths } = snapshot;
  return { committed: { head, etag }, entries, inlinePack, inlineBytes, inlinePaths };
}
