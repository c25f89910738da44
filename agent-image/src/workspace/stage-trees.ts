import { readlinkSync } from 'node:fs';
import type { DiskMemory } from './disk-memory.ts';
import type { BytePath } from './format/entries.ts';
import { MAX_FRAME_BYTES } from './format/limits.ts';
import { isWithin, pathsAbove } from './format/paths.ts';
import { openFile } from './open-file.ts';
import { Pacer } from './pacer.ts';
import { type Found, scan, type Skipped, type SkipReason, type Tree } from './scan.ts';
import type { Staging } from './staging.ts';

/** How much of a disk is kept. */
export interface WorkspaceLimits {
  /** Of one file, in bytes. */
  readonly fileBytes: number;
  /** Of all files together, in bytes. */
  readonly totalBytes: number;
  /** Files, directories and links together. */
  readonly files: number;
}

/** What one look at the disk came to. */
export interface StagedTrees {
  readonly skipped: readonly Skipped[];
  /** What is kept, by its path. */
  readonly found: ReadonlyMap<BytePath, Found>;
}

/** Sticky is kept; what would give its owner's rights to others is not. */
const KEPT_MODE = 0o1777;

/** How often a file is read that is being written; a large one is read once. */
const READ_ATTEMPTS = 3;

/** Compares directories with what was kept of them, and stages what is different. */
export class TreeStager {
  readonly #staging: Staging;
  readonly #memory: DiskMemory;
  readonly #limits: WorkspaceLimits;
  readonly #pacer = new Pacer();
  readonly #skipped: Skipped[] = [];
  readonly #found = new Map<BytePath, Found>();
  /** Paths of which nothing is known, nor of what is below them. */
  readonly #unknown = new Set<BytePath>();
  #bytes = 0;
  #count = 0;

  /** `memory` is of the state that is staged, and is changed with it. */
  constructor(staging: Staging, memory: DiskMemory, limits: WorkspaceLimits) {
    this.#staging = staging;
    this.#memory = memory;
    this.#limits = limits;
  }

  /**
   * Stages all that is different in the trees, deletions included.
   *
   * @throws WorkspaceUnreadable
   */
  async stage(trees: readonly Tree[]): Promise<StagedTrees> {
    for (const tree of trees) {
      this.#staging.putParents(`${tree.prefix}/`);
      let from: readonly BytePath[] = [''];
      while (from.length > 0) {
        const at = Date.now();
        const { found, skipped, unknown, later } = await scan(tree, from, this.#staging.before, this.#pacer);
        this.#skipped.push(...skipped);
        unknown.forEach((path) => this.#unknown.add(path));
        for (const item of found) {
          // Most files are as they were, and waiting for nothing takes time too.
          const staged = this.#stageFound(item, at);
          if (staged) await staged;
          const gap = this.#pacer.pause();
          if (gap) await gap;
        }
        from = later;
      }
      this.#removeMissing(tree);
    }
    return { skipped: this.#skipped, found: this.#found };
  }

  /** Stages a file again though it is as it was kept. */
  restage(found: Found): Promise<void> {
    return this.#stageContent(found, Date.now());
  }

  #stageFound(found: Found, at: number): Promise<void> | undefined {
    const { path, type, stats } = found;
    const size = type === 'file' ? Number(stats.size) : 0;
    const reason = this.#exceeded(size);
    if (reason) {
      this.#skip({ path, reason, ...(reason !== 'too_many_files' && { size }) });
      return undefined;
    }
    this.#bytes += size;
    this.#count += 1;
    this.#found.set(path, found);
    if (type === 'directory') {
      this.#staging.put(path, { type, mode: Number(stats.mode) & KEPT_MODE });
    } else if (!this.#memory.isUnchanged(path, stats)) {
      if (type === 'file') return this.#stageFile(found, at);
      this.#stageLink(found, at);
    }
    return undefined;
  }

  #exceeded(size: number): SkipReason | undefined {
    if (size > this.#limits.fileBytes) return 'too_large';
    if (this.#bytes + size > this.#limits.totalBytes) return 'workspace_full';
    return this.#count >= this.#limits.files ? 'too_many_files' : undefined;
  }

  #stageLink({ path, native, stats }: Found, at: number): void {
    let target: BytePath;
    try {
      target = readlinkSync(native, 'latin1');
    } catch {
      this.#found.delete(path);
      return;
    }
    this.#staging.put(path, { type: 'link', target });
    this.#memory.remember(path, stats, at);
  }

  async #stageFile(found: Found, at: number): Promise<void> {
    const { path, stats } = found;
    const former = this.#memory.formerPath(stats);
    const file = former === undefined ? undefined : this.#staging.before.get(former);
    if (file?.type === 'file' && former !== path) {
      this.#staging.putSame(path, file);
      this.#memory.remember(path, stats, at);
    } else {
      await this.#stageContent(found, at);
    }
  }

  async #stageContent({ path, native }: Found, at: number): Promise<void> {
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt += 1) {
      let file: ReturnType<typeof openFile>;
      try {
        file = openFile(native);
      } catch {
        this.#skip({ path, reason: 'not_readable' });
        this.#unknown.add(path);
        return;
      }
      if (!file) {
        this.#found.delete(path);
        return;
      }
      const { stats } = file;
      try {
        await this.#staging.putContent(
          path,
          { mode: Number(stats.mode) & KEPT_MODE, modified: stats.mtimeNs, size: Number(stats.size) },
          (from, length) => file.read(from, length),
        );
        // As it was before it was read: what is written meanwhile is found by the next look.
        this.#memory.remember(path, stats, at);
        if (stats.size > MAX_FRAME_BYTES || file.isUntouched()) {
          return;
        }
      } finally {
        file.close();
      }
    }
  }

  #skip(skipped: Skipped): void {
    this.#skipped.push(skipped);
    this.#found.delete(skipped.path);
  }

  #removeMissing({ prefix }: Tree): void {
    const missing: BytePath[] = [];
    // What stays as it was kept needs the directories above it, also those that no limit has room for.
    const needed = new Set<BytePath>();
    for (const path of this.#staging.entries.keys()) {
      if (path === prefix || !isWithin(path, prefix) || this.#found.has(path)) {
        continue;
      }
      const above = pathsAbove(path);
      if ([path, ...above].some((at) => this.#unknown.has(at))) {
        above.forEach((directory) => needed.add(directory));
      } else {
        missing.push(path);
      }
    }
    for (const path of missing.filter((at) => !needed.has(at))) {
      this.#staging.remove(path);
      this.#memory.forget(path);
    }
  }
}
