import type { Log } from '../log.ts';
import { collect, isCollectionDue } from './collection.ts';
import { Committer } from './commit.ts';
import { filesIn, packsToLeave } from './compaction.ts';
import { DiskMemory } from './disk-memory.ts';
import { type BytePath, type FileEntry, WorkspaceDamaged } from './format/entries.ts';
import { HEAD_KEY, ObjectGone, packKey, rereading } from './format/object-source.ts';
import { shownPath } from './format/paths.ts';
import { readFile } from './format/read-file.ts';
import { readSnapshot } from './format/snapshot.ts';
import { type KeptState, keptStateOf } from './kept-state.ts';
import { type ObjectStore, WorkspaceFenced } from './object-store.ts';
import { Pacer } from './pacer.ts';
import { emptyDirectory } from './remove-tree.ts';
import { type OnProgress, restoreTrees } from './restore.ts';
import { type Found, scan, type Skipped, type Tree } from './scan.ts';
import { type StagedTrees, TreeStager, type WorkspaceLimits } from './stage-trees.ts';
import { Staging } from './staging.ts';

/** A tree that may be made from what was kept. */
export interface KeptTree extends Tree {
  /** Whether its directory is to hold nothing else. */
  readonly exclusive: boolean;
}

export interface Changes {
  /** Files that are on no disk. */
  readonly texts: ReadonlyMap<BytePath, string>;
  /** May be none: then nothing is done that takes long. */
  readonly trees: readonly Tree[];
  /** Whether there is no time for what can be done another time; asked again in between. */
  readonly hurries: () => boolean;
  /** Whether to see that nobody else has committed, also when nothing has changed. */
  readonly verifies: boolean;
}

export interface SyncOutcome {
  readonly kind: 'kept' | 'unchanged' | 'fenced';
  /** Paths that were added, changed or removed. */
  readonly changed: readonly BytePath[];
  /** In bytes. */
  readonly uploaded: number;
  /** Undefined when no tree was looked at. */
  readonly skipped: readonly Skipped[] | undefined;
}

export interface WorkspaceSyncOptions {
  readonly store: ObjectStore;
  readonly limits: WorkspaceLimits;
  readonly log: Log;
}

/** Keeps directories of this disk in the objects of one workspace. */
export class WorkspaceSync {
  readonly #store: ObjectStore;
  readonly #limits: WorkspaceLimits;
  readonly #log: Log;
  readonly #committer: Committer;
  #state: KeptState;
  #memory = new DiskMemory();
  #fenced = false;
  /** Whether a commit failed, which may have arrived all the same. */
  #isInDoubt = false;

  private constructor({ store, limits, log }: WorkspaceSyncOptions, state: KeptState) {
    this.#store = store;
    this.#limits = limits;
    this.#log = log;
    this.#committer = new Committer(store);
    this.#state = state;
  }

  /** Reads what was kept, and no file of it. */
  static async open(options: WorkspaceSyncOptions): Promise<WorkspaceSync> {
    return new WorkspaceSync(options, keptStateOf(await readSnapshot(options.store)));
  }

  /** A file that was kept, as text; undefined when there is none. */
  readText(path: BytePath): Promise<string | undefined> {
    return this.#rereading(async ({ entries, inlineBytes }) => {
      const entry = entries.get(path);
      return entry?.type === 'file'
        ? (await readFile(this.#store, { inlineBytes }, entry)).toString('utf8')
        : undefined;
    });
  }

  /**
   * Makes the trees of which anything was kept; the others stay as they are.
   *
   * @throws WorkspaceFenced when there is a later state: files of it would not belong to what was read before
   */
  async restore(trees: readonly KeptTree[], onProgress: OnProgress): Promise<void> {
    const state = this.#state;
    const kept = trees.filter(({ prefix }) => state.entries.has(prefix));
    const pacer = new Pacer();
    for (const { directory } of kept.filter(({ exclusive }) => exclusive)) {
      await emptyDirectory(directory, pacer);
    }
    try {
      await restoreTrees(this.#store, state, kept, onProgress);
    } catch (error) {
      throw error instanceof ObjectGone ? await this.#reasonOf(error) : error;
    }
    const memory = new DiskMemory();
    for (const tree of kept) {
      await rememberTree(tree, state, memory, pacer);
    }
    this.#memory = memory;
  }

  /** Why an object is gone that HEAD named. */
  async #reasonOf({ key }: ObjectGone): Promise<Error> {
    if (!(await this.#isOvertaken())) {
      return new WorkspaceDamaged(`the object ${key}`, 'is missing');
    }
    this.#fenced = true;
    return new WorkspaceFenced();
  }

  /** Whether HEAD is another one than was read or written last, whatever it is. */
  async #isOvertaken(): Promise<boolean> {
    const etag = this.#state.committed?.etag;
    return (await this.#store.tagOf(HEAD_KEY, etag)) !== etag;
  }

  /**
   * Keeps what has changed; makes no request when nothing has, unless it is to verify that.
   *
   * @throws WorkspaceUnavailable, WorkspaceUnreadable
   */
  async flush({ texts, trees, hurries, verifies }: Changes): Promise<SyncOutcome> {
    if (this.#fenced) {
      return { kind: 'fenced', changed: [], uploaded: 0, skipped: undefined };
    }
    let uploaded = 0;
    const staging = new Staging(this.#state, (id, body) => {
      uploaded += body.length;
      return this.#store.put(packKey(id), body);
    });
    try {
      const memory = new DiskMemory(this.#memory);
      const stager = new TreeStager(staging, memory, this.#limits);
      const staged = await stager.stage(trees);
      for (const [path, text] of texts) {
        await stageText(staging, path, text);
      }
      const outcome = { changed: [...staging.changed], skipped: trees.length > 0 ? staged.skipped : undefined };
      const hasChanged = staging.changed.size > 0;
      // What overtook it may be a commit of its own that failed for want of an answer: the next one finds out.
      if (!hasChanged && !((verifies || this.#isInDoubt) && (await this.#isOvertaken()))) {
        this.#isInDoubt = false;
        this.#memory = memory;
        return { kind: 'unchanged', uploaded, ...outcome };
      }
      const isThorough = hasChanged && trees.length > 0;
      if (isThorough && !hurries()) {
        await this.#compact(staging, stager, staged.found);
      }
      this.#isInDoubt = true;
      this.#state = await this.#committer.commit(staging, this.#state);
      this.#isInDoubt = false;
      this.#memory = memory;
      if (isThorough && !hurries()) {
        await this.#collect();
      }
      return { kind: 'kept', uploaded: uploaded + this.#state.inlineBytes.length, ...outcome };
    } catch (error) {
      if (!(error instanceof WorkspaceFenced)) {
        throw error;
      }
      this.#fenced = true;
      return { kind: 'fenced', changed: [], uploaded, skipped: undefined };
    } finally {
      await staging.packs.ended();
    }
  }

  /** Writes what is of use in packs that are mostly not, so that they are not needed any more. */
  async #compact(staging: Staging, stager: TreeStager, found: StagedTrees['found']): Promise<void> {
    await staging.place();
    const leaving = packsToLeave(staging.entries.values());
    staging.avoid(leaving);
    for (const [path, file] of leaving.size > 0 ? filesIn(staging.entries, leaving) : []) {
      const onDisk = found.get(path);
      if (onDisk) {
        await stager.restage(onDisk);
      } else {
        await this.#moveKept(staging, path, file);
      }
    }
  }

  /** Writes again what is on no disk. What cannot be read stays where it is: nothing else may be lost because of it. */
  async #moveKept(staging: Staging, path: BytePath, file: FileEntry): Promise<void> {
    try {
      const content = await readFile(this.#store, { inlineBytes: staging.packs.openBytes }, file);
      await staging.putContent(path, file, (from, length) => content.subarray(from, from + length));
    } catch (error) {
      if (!(error instanceof ObjectGone || error instanceof WorkspaceDamaged)) {
        throw error;
      }
      this.#log('warn', 'a file that was kept cannot be read', { path: shownPath(path), detail: error.message });
    }
  }

  /** Deletes what nothing needs; what cannot be deleted now costs a little, and is tried again another time. */
  async #collect(): Promise<void> {
    const { committed } = this.#state;
    const now = Date.now();
    if (!committed || !isCollectionDue(committed.head, now)) {
      return;
    }
    try {
      const deleted = await collect(this.#store, committed.head, now);
      const head = { ...committed.head, collected_at: new Date(now).toISOString() };
      this.#state = { ...this.#state, committed: { ...committed, head } };
      this.#log('info', 'objects that the workspace no longer needs were deleted', { objects: deleted });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#log('warn', 'objects that the workspace no longer needs could not be deleted', { detail });
    }
  }

  /** Does what reads objects, again with the HEAD in force when one of them is gone. */
  #rereading<T>(read: (state: KeptState) => Promise<T>): Promise<T> {
    let isFirst = true;
    return rereading(async () => {
      if (!isFirst) {
        this.#state = keptStateOf(await readSnapshot(this.#store));
      }
      isFirst = false;
      return read(this.#state);
    });
  }
}

async function stageText(staging: Staging, path: BytePath, text: string): Promise<void> {
  const content = Buffer.from(text);
  const modified = BigInt(Date.now()) * 1_000_000n;
  staging.putParents(path);
  await staging.putContent(path, { mode: 0o600, modified, size: content.length }, (from, length) =>
    content.subarray(from, from + length),
  );
}

/** What was made is known until something else changes it. */
async function rememberTree(tree: Tree, { entries }: KeptState, memory: DiskMemory, pacer: Pacer): Promise<void> {
  let from: readonly BytePath[] = [''];
  while (from.length > 0) {
    const { found, later } = await scan(tree, from, entries, pacer);
    for (const { path, stats } of found.filter((item: Found) => entries.has(item.path))) {
      memory.rememberMade(path, stats);
    }
    from = later;
  }
}
