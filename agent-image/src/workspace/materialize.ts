import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  symlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { BytePath, DirectoryEntry, Entries, FileEntry, LinkEntry } from './format/entries.ts';
import { isWithin } from './format/paths.ts';
import { nativeName, nativePath } from './native-path.ts';
import type { Pacer } from './pacer.ts';
import { removeTree } from './remove-tree.ts';
import type { Tree } from './scan.ts';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const CONTINUE = constants.O_WRONLY | constants.O_NOFOLLOW;

/** From this length on a part is written in a thread of the pool; for short ones the way there takes longer. */
const MIN_APART_BYTES = 256 * 1024;

const writeInPool = promisify(write);

/** While a tree is being made: only this user may use it. */
const MODE_MEANWHILE = 0o700;

/**
 * Makes the files of one tree. Whatever stands where something is to be made is removed first, and no link is ever
 * followed: directories are made or seen to be some before anything is made in them, and links come last.
 */
export class TreeMaker {
  readonly #prefix: BytePath;
  readonly #directory: string;
  readonly #directories: [string | Buffer, DirectoryEntry][] = [];
  readonly #links: [string | Buffer, LinkEntry][] = [];
  readonly #pacer: Pacer;

  /** The tree's directory must be there, and may be a link to one. */
  constructor({ prefix, directory }: Pick<Tree, 'prefix' | 'directory'>, pacer: Pacer) {
    this.#prefix = prefix;
    this.#pacer = pacer;
    this.#directory = realpathSync(directory);
  }

  /** Where a path of this tree is; undefined for paths of others. */
  nativePathOf(path: BytePath): string | Buffer | undefined {
    const isOfTree = path !== this.#prefix && isWithin(path, this.#prefix);
    return isOfTree ? nativePath(this.#directory, path.slice(this.#prefix.length + 1)) : undefined;
  }

  /** Makes the directories, and the files that hold nothing that is stored. */
  async begin(entries: Entries): Promise<void> {
    // Parents have shorter paths.
    const paths = [...entries.keys()].sort((left, right) => left.length - right.length);
    for (const path of paths) {
      const entry = entries.get(path);
      const native = this.nativePathOf(path);
      if (native === undefined) {
        continue;
      }
      if (entry?.type === 'directory') {
        makeDirectory(native);
        this.#directories.push([native, entry]);
      } else if (entry?.type === 'link') {
        this.#links.push([native, entry]);
      } else if (entry?.segments.every(({ frame }) => !frame)) {
        void writePart(native, entry, { bytes: Buffer.alloc(0), at: 0, isFirst: true, isLast: () => true });
      }
      await this.#pacer.pause();
    }
  }

  /** Makes links, and gives directories their permissions, which may not let anything more be made. */
  async end(): Promise<void> {
    for (const [native, { target }] of this.#links) {
      replacing(native, () => symlinkSync(nativeName(target), native));
      await this.#pacer.pause();
    }
    for (const [native, { mode }] of this.#directories.reverse()) {
      if (mode !== MODE_MEANWHILE) {
        chmodSync(native, mode);
      }
      await this.#pacer.pause();
    }
  }
}

export interface FilePart {
  readonly bytes: Buffer;
  /** Where it belongs in the file, in bytes. */
  readonly at: number;
  /** Whether no part of the file was written before it. */
  readonly isFirst: boolean;
  /** Asked when it is written: whether every part of the file is. */
  readonly isLast: () => boolean;
}

/**
 * Writes a part of a file; parts may come in any order. A long one in a thread of the pool: a disk that cannot keep up
 * blocks who writes to it, and the next parts are to travel meanwhile.
 *
 * @returns nothing to wait for when it is written already
 */
export function writePart(native: string | Buffer, file: FileEntry, part: FilePart): Promise<void> | undefined {
  const { bytes, at, isFirst } = part;
  const descriptor = isFirst
    ? replacing(native, () => openSync(native, CREATE, MODE_MEANWHILE))
    : openSync(native, CONTINUE);
  let isApart = false;
  try {
    if (isFirst && file.size !== bytes.length) {
      // Zeros that are not stored are holes then.
      ftruncateSync(descriptor, file.size);
    }
    if (bytes.length >= MIN_APART_BYTES) {
      isApart = true;
      return writeApart(descriptor, file, part);
    }
    for (let written = 0; written < bytes.length;) {
      written += writeSync(descriptor, bytes, written, bytes.length - written, at + written);
    }
    finish(descriptor, file, part);
    return undefined;
  } finally {
    if (!isApart) {
      closeSync(descriptor);
    }
  }
}

/** Closes the descriptor. */
async function writeApart(descriptor: number, file: FileEntry, part: FilePart): Promise<void> {
  const { bytes, at } = part;
  try {
    for (let written = 0; written < bytes.length;) {
      const { bytesWritten } = await writeInPool(descriptor, bytes, written, bytes.length - written, at + written);
      written += bytesWritten;
    }
    finish(descriptor, file, part);
  } finally {
    closeSync(descriptor);
  }
}

function finish(descriptor: number, { mode, modified }: FileEntry, { isLast }: FilePart): void {
  if (isLast()) {
    fchmodSync(descriptor, mode);
    const seconds = secondsOf(modified);
    futimesSync(descriptor, seconds, seconds);
  }
}

/**
 * Node takes times as floating-point seconds, too coarse for nanoseconds, and may cut them to microseconds; the middle of
 * a microsecond is the one that it is in, whichever way it is rounded. As text, because Node puts the present time in the
 * place of a negative number, which is a time before 1970.
 */
function secondsOf(nanoseconds: bigint): string {
  const middle = nanoseconds < 0n ? -0.5 : 0.5;
  return String((Number(nanoseconds / 1_000n) + middle) / 1e6);
}

function makeDirectory(native: string | Buffer): void {
  try {
    mkdirSync(native, MODE_MEANWHILE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
    if (lstatSync(native).isDirectory()) {
      chmodSync(native, MODE_MEANWHILE);
    } else {
      removeTree(native);
      mkdirSync(native, MODE_MEANWHILE);
    }
  }
}

/** Makes something, and what is in its place goes. */
function replacing<T>(native: string | Buffer, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
    removeTree(native);
    return make();
  }
}
