import { setTimeout as delay } from 'node:timers/promises';
import { type BytePath, type Entries, type Pack, WorkspaceDamaged } from './format/entries.ts';
import { hashOf } from './format/frames.ts';
import { decodeHead, encodeHead, type Head, type ManifestReference } from './format/head.ts';
import { MAX_INLINE_BYTES } from './format/limits.ts';
import { encodeManifest } from './format/manifest.ts';
import { HEAD_KEY, manifestKey } from './format/object-source.ts';
import { pathInNoDirectory } from './format/paths.ts';
import { liveBytes } from './compaction.ts';
import type { KeptState } from './kept-state.ts';
import {
  ConditionConflict,
  ConditionFailed,
  type ObjectStore,
  WorkspaceFenced,
  WorkspaceUnavailable,
  type WriteCondition,
} from './object-store.ts';
import type { Staging } from './staging.ts';
import { uniqueId } from './unique-id.ts';

/** So many manifests are read at a restore at most; then one is written that holds all. */
const MAX_MANIFESTS = 16;

/** How often HEAD is tried while other writes of it are under way; the pauses double, in milliseconds. */
const HEAD_ATTEMPTS = 6;
const HEAD_PAUSE_MS = 50;

/** Commits what was staged. */
export class Committer {
  readonly #store: ObjectStore;
  readonly #writer = uniqueId();
  /** Commits that were tried; which of them arrived is not always known. */
  readonly #tried = new Set<string>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * Makes what was staged the state of the workspace, all of it or nothing: HEAD is written last, and only when it is
   * still the one that was read.
   *
   * @throws WorkspaceFenced, WorkspaceUnavailable; then the state is what it was, or what was staged if only the answer was lost
   */
  async commit(staging: Staging, before: KeptState): Promise<KeptState> {
    const { entries, packs } = staging;
    assertReadable(entries);
    await staging.place();
    const paths = new Set([...before.inlinePaths, ...staging.changed]);
    let manifests = before.committed?.head.manifests ?? [];
    const inline = await inlineManifest(staging, paths);
    if (!inline) {
      await packs.close();
      manifests = await this.#putManifest(entries, paths, manifests);
    }
    // Nothing names what is written until now, so it may arrive in any order, or not at all.
    await packs.arrived();
    const head = this.#head(before, manifests, entries);
    const pack = packs.openBytes;
    const object = encodeHead({ head, manifest: inline ?? Buffer.alloc(0), pack });
    const etag = await this.#putHead(object, head.commit, before);
    return {
      committed: { head, etag },
      entries,
      inlinePack: packs.open,
      inlineBytes: pack,
      inlinePaths: inline ? paths : new Set(),
    };
  }

  async #putManifest(
    entries: Entries,
    paths: ReadonlySet<BytePath>,
    before: readonly ManifestReference[],
  ): Promise<ManifestReference[]> {
    const [first, ...later] = before;
    let body = await encodeManifest(entries, paths);
    let others = before;
    const laterBytes = later.reduce((sum, { length }) => sum + length, body.length);
    if (first && (before.length >= MAX_MANIFESTS || laterBytes > first.length)) {
      body = await encodeManifest(entries, entries.keys());
      others = [];
    }
    const id = uniqueId();
    await this.#store.put(manifestKey(id), body);
    return [...others, { id, length: body.length, hash: hashOf(body) }];
  }

  #head({ committed }: KeptState, manifests: readonly ManifestReference[], entries: Entries): Head {
    const now = new Date().toISOString();
    const packs = [...liveBytes(entries.values()).keys()].flatMap(({ id, length }: Pack) =>
      id === undefined ? [] : [{ id, length }],
    );
    return {
      generation: (committed?.head.generation ?? 0) + 1,
      commit: uniqueId(),
      writer: this.#writer,
      committed_at: now,
      collected_at: committed?.head.collected_at ?? now,
      manifests,
      packs,
    };
  }

  async #putHead(body: Buffer, commit: string, { committed }: KeptState): Promise<string> {
    this.#tried.add(commit);
    let condition: WriteCondition = committed ? { etag: committed.etag } : 'absent';
    for (let attempt = 1; attempt <= HEAD_ATTEMPTS; attempt += 1) {
      try {
        return await this.#store.put(HEAD_KEY, body, condition);
      } catch (error) {
        if (error instanceof ConditionFailed) {
          const { etag, commit: found } = await this.#readHead();
          if (found === commit) {
            return etag;
          }
          // An earlier commit of this container whose answer was lost: it names nothing that this one needs.
          condition = { etag };
        } else if (!(error instanceof ConditionConflict)) {
          throw error;
        }
      }
      await delay(HEAD_PAUSE_MS * 2 ** (attempt - 1));
    }
    throw new WorkspaceUnavailable('Cannot write HEAD', 'other writes of it were always under way; try again');
  }

  /** @throws WorkspaceFenced when it is not of this container */
  async #readHead(): Promise<{ readonly etag: string; readonly commit: string }> {
    const object = await this.#store.get(HEAD_KEY);
    const commit = object && commitIn(object.body);
    if (!object || commit === undefined || !this.#tried.has(commit)) {
      throw new WorkspaceFenced();
    }
    return { etag: object.etag, commit };
  }
}

/** Undefined for a HEAD that cannot be read, as of a later format: this container has not written it. */
function commitIn(head: Buffer): string | undefined {
  try {
    return decodeHead(head).head.commit;
  } catch (error) {
    if (error instanceof WorkspaceDamaged) {
      return undefined;
    }
    throw error;
  }
}

/** No container could open what is no tree, so that all of the session would be lost. */
function assertReadable(entries: Entries): void {
  const path = pathInNoDirectory(entries);
  if (path !== undefined) {
    throw new Error(
      `${JSON.stringify(path)} would be kept in no directory, so nothing was kept: what was kept before is still there. This is a fault of the agent; report it with this line.`,
    );
  }
}

/** A manifest of what is not in objects of its own yet; undefined when that is too much for HEAD. */
async function inlineManifest({ entries, packs }: Staging, paths: ReadonlySet<BytePath>): Promise<Buffer | undefined> {
  if (packs.closed.length > 0 || packs.open.length > MAX_INLINE_BYTES) {
    return undefined;
  }
  const manifest = await encodeManifest(entries, paths);
  return manifest.length + packs.open.length <= MAX_INLINE_BYTES ? manifest : undefined;
}
