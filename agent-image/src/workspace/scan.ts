import { type BigIntStats, type Dirent, lstatSync, readdirSync } from 'node:fs';
import type { BytePath, Entries } from './format/entries.ts';
import { MAX_PATH_BYTES } from './format/limits.ts';
import { nativePath } from './native-path.ts';
import type { Pacer } from './pacer.ts';

/** A directory that is to be kept is not there, or cannot be read. */
export class WorkspaceUnreadable extends Error {
  constructor(directory: string, error: unknown) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    super(`${directory} cannot be read (${reason}), so nothing was kept: what was kept before is still there.`);
    this.name = 'WorkspaceUnreadable';
  }
}

/** What was found on the disk. */
export interface Found {
  /** In the workspace: the prefix of its tree, and where it is below the tree's directory. */
  readonly path: BytePath;
  /** For `node:fs`. */
  readonly native: string | Buffer;
  readonly type: 'file' | 'directory' | 'link';
  readonly stats: BigIntStats;
}

export type SkipReason =
  'special_file' | 'not_readable' | 'too_large' | 'workspace_full' | 'too_many_files' | 'path_too_long';

/** Something that is not kept, though no rule says so. */
export interface Skipped {
  readonly path: BytePath;
  readonly reason: SkipReason;
  /** In bytes. */
  readonly size?: number;
}

/** A directory of the disk that is kept, under a prefix of its own. */
export interface Tree {
  readonly prefix: BytePath;
  readonly directory: string;
  /** Whether a path, relative to the directory, is to be kept. */
  readonly keeps: (path: BytePath, isDirectory: boolean) => boolean;
  /** Whether what was kept already goes on to be kept, whatever {@link keeps} says of it now. */
  readonly keptStays: boolean;
}

export interface Scanned {
  readonly found: Found[];
  readonly skipped: Skipped[];
  /** Paths of which nothing is known, nor of what is below them. */
  readonly unknown: BytePath[];
  /** Directories that are to be scanned when the rest has been read, relative to the tree's directory. */
  readonly later: BytePath[];
}

/**
 * Finds all that is in some directories of a tree, parents before children and in the order of the bytes of the names.
 *
 * The objects of a Git repository are left for later: who reads its references first, and the objects they name after
 * that, has them all, also when something is committed meanwhile.
 *
 * @param from directories relative to the tree's; they are not among what is found
 * @param kept what was kept already
 */
export async function scan(tree: Tree, from: readonly BytePath[], kept: Entries, pacer: Pacer): Promise<Scanned> {
  const scanned: Scanned = { found: [], skipped: [], unknown: [], later: [] };
  const waiting = [...from].reverse();
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const children = readDirectory(tree, directory, scanned);
    const isRepository = children.some(({ name }) => name === 'HEAD') && children.some(({ name }) => name === 'refs');
    const directories: BytePath[] = [];
    for (const child of children) {
      const path = directory === '' ? child.name : `${directory}/${child.name}`;
      const inWorkspace = `${tree.prefix}/${path}`;
      const stays = tree.keptStays && kept.has(inWorkspace);
      if (!stays && !tree.keeps(path, child.isDirectory())) {
        continue;
      }
      const found = look(inWorkspace, nativePath(tree.directory, path), scanned);
      if (found?.type === 'directory') {
        (isRepository && child.name === 'objects' ? scanned.later : directories).push(path);
      }
      const gap = pacer.pause();
      if (gap) await gap;
    }
    waiting.push(...directories.reverse());
  }
  return scanned;
}

/** Names as the characters of their bytes. */
function readDirectory(tree: Tree, path: BytePath, scanned: Scanned): Dirent[] {
  try {
    return readdirSync(nativePath(tree.directory, path), { withFileTypes: true, encoding: 'latin1' }).sort(
      (left, right) => (left.name < right.name ? -1 : 1),
    );
  } catch (error) {
    // Without its top, all of the tree would pass for deleted.
    if (path === '') {
      throw new WorkspaceUnreadable(tree.directory, error);
    }
    noteUnknown(`${tree.prefix}/${path}`, error, scanned);
    return [];
  }
}

function look(path: BytePath, native: string | Buffer, scanned: Scanned): Found | undefined {
  let stats: BigIntStats | undefined;
  try {
    stats = lstatSync(native, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    noteUnknown(path, error, scanned);
  }
  const type = stats && typeOf(stats);
  const isTooLong = path.length > MAX_PATH_BYTES;
  if (!stats || !type || isTooLong) {
    if (stats) {
      scanned.skipped.push({ path, reason: isTooLong ? 'path_too_long' : 'special_file' });
    }
    return undefined;
  }
  const item: Found = { path, native, type, stats };
  scanned.found.push(item);
  return item;
}

/** What cannot be looked at stays as it was kept; what is gone is gone. */
function noteUnknown(path: BytePath, error: unknown, { skipped, unknown }: Scanned): void {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENAMETOOLONG') {
    skipped.push({ path, reason: 'path_too_long' });
  } else if (code !== 'ENOENT' && code !== 'ENOTDIR') {
    skipped.push({ path, reason: 'not_readable' });
    unknown.push(path);
  }
}

function typeOf(stats: BigIntStats): Found['type'] | undefined {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : undefined;
}
