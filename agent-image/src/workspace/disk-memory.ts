import type { BigIntStats } from 'node:fs';
import type { BytePath } from './format/entries.ts';

/**
 * How old the last change of a file must be for its times to tell the next change, in nanoseconds: file systems count in
 * ticks of up to 10 ms.
 */
const SETTLED_NS = 50_000_000n;

/** What a path on the disk looked like when its content was known last. */
interface Look {
  readonly inode: bigint;
  readonly size: number;
  readonly modified: bigint;
  readonly changed: bigint;
  readonly mode: number;
  /** Whether the same look means the same content. */
  readonly settled: boolean;
}

/** Tells what on a disk may have changed without reading it. */
export class DiskMemory {
  readonly #looks: Map<BytePath, Look>;
  readonly #before: ReadonlyMap<BytePath, Look>;
  /** Of what was remembered with the last commit, by inode. */
  #paths: Map<bigint, BytePath> | undefined;

  /** @param before what was remembered with the last commit; it stays as it is */
  constructor(before?: DiskMemory) {
    this.#before = before ? before.#looks : new Map<BytePath, Look>();
    this.#looks = new Map(this.#before);
  }

  /** Remembers a path whose content is known; `at`: when it was looked at, in milliseconds since 1970. */
  remember(path: BytePath, stats: BigIntStats, at: number): void {
    const settled = BigInt(at) * 1_000_000n - stats.ctimeNs > SETTLED_NS;
    this.#looks.set(path, lookOf(stats, settled));
  }

  /** Remembers what was just made here, before anything else could change it. */
  rememberMade(path: BytePath, stats: BigIntStats): void {
    this.#looks.set(path, lookOf(stats, true));
  }

  forget(path: BytePath): void {
    this.#looks.delete(path);
  }

  isUnchanged(path: BytePath, stats: BigIntStats): boolean {
    return isSame(this.#looks.get(path), stats);
  }

  /** The path under which this very file was known with the last commit, with the same content. */
  formerPath(stats: BigIntStats): BytePath | undefined {
    this.#paths ??= new Map([...this.#before].map(([path, { inode }]) => [inode, path]));
    const path = this.#paths.get(stats.ino);
    return path !== undefined && isSame(this.#before.get(path), stats) ? path : undefined;
  }
}

/** Of the figures of a file only those that are needed: there may be many files. */
function lookOf({ ino, size, mtimeNs, ctimeNs, mode }: BigIntStats, settled: boolean): Look {
  return { inode: ino, size: Number(size), modified: mtimeNs, changed: ctimeNs, mode: Number(mode), settled };
}

/** A file looks different whenever it is written, replaced, renamed or given other permissions. */
function isSame(look: Look | undefined, { ino, size, mtimeNs, ctimeNs, mode }: BigIntStats): boolean {
  return (
    look?.settled === true &&
    look.changed === ctimeNs &&
    look.modified === mtimeNs &&
    look.inode === ino &&
    look.size === Number(size) &&
    look.mode === Number(mode)
  );
}
