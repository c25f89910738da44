import type { BigIntStats } from 'node:fs';
import type { BytePath } from './format/entries.ts';

/**
 * How old the last change of a file must be for its times to tell the next change, in nanoseconds: file systems count in
 * ticks of up to 10 ms.
 */
const SETTLED_NS = 50_000_000n;

/** What a path on the disk looked like when its content was known last. */
interface Look {
  readonly signature: string;
  /** Whether the same look means the same content. */
  readonly settled: boolean;
}

/** Tells what on a disk may have changed without reading it. */
export class DiskMemory {
  readonly #looks: Map<BytePath, Look>;
  readonly #before: ReadonlyMap<BytePath, Look>;
  #paths: Map<string, BytePath> | undefined;

  /** @param before what was remembered with the last commit; it stays as it is */
  constructor(before?: DiskMemory) {
    this.#before = before ? before.#looks : new Map<BytePath, Look>();
    this.#looks = new Map(this.#before);
  }

  /** Remembers a path whose content is known; `at`: when it was looked at, in milliseconds since 1970. */
  remember(path: BytePath, stats: BigIntStats, at: number): void {
    const settled = BigInt(at) * 1_000_000n - stats.ctimeNs > SETTLED_NS;
    this.#looks.set(path, { signature: signatureOf(stats), settled });
  }

  /** Remembers what was just made here, before anything else could change it. */
  rememberMade(path: BytePath, stats: BigIntStats): void {
    this.#looks.set(path, { signature: signatureOf(stats), settled: true });
  }

  forget(path: BytePath): void {
    this.#looks.delete(path);
  }

  isUnchanged(path: BytePath, stats: BigIntStats): boolean {
    const look = this.#looks.get(path);
    return look !== undefined && look.settled && look.signature === signatureOf(stats);
  }

  /** The path under which this very file was known with the last commit, with the same content. */
  formerPath(stats: BigIntStats): BytePath | undefined {
    this.#paths ??= new Map(
      [...this.#before].flatMap(([path, look]) => (look.settled ? [[look.signature, path]] : [])),
    );
    return this.#paths.get(signatureOf(stats));
  }
}

/** Changes whenever the file is written, replaced, renamed or given other permissions. */
function signatureOf({ ino, size, mtimeNs, ctimeNs, mode }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs} ${ctimeNs} ${mode}`;
}
