import type { BytePath, Entries } from './entries.ts';
import { MAX_NAME_BYTES, MAX_PATH_BYTES } from './limits.ts';

/** The parts of a path that may be made on a disk; undefined for any other. */
export function partsOf(path: unknown): readonly string[] | undefined {
  if (typeof path !== 'string' || path.length > MAX_PATH_BYTES || /[\0\u0100-\uffff]/.test(path)) {
    return undefined;
  }
  const parts = path.split('/');
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && part.length <= MAX_NAME_BYTES);
  return isPlain ? parts : undefined;
}

/** The directory that holds `path`; empty for what is at the top. */
export function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The directories that `path` is in, the one at the top last. */
export function pathsAbove(path: BytePath): BytePath[] {
  const above: BytePath[] = [];
  for (let at = parentOf(path); at !== ''; at = parentOf(at)) {
    above.push(at);
  }
  return above;
}

/** Whether `path` is `directory` or in it. */
export function isWithin(path: BytePath, directory: BytePath): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** A path that is in what is no directory; undefined when all are in one. */
export function pathInNoDirectory(entries: Entries): BytePath | undefined {
  for (const path of entries.keys()) {
    const parent = parentOf(path);
    if (parent !== '' && entries.get(parent)?.type !== 'directory') {
      return path;
    }
  }
  return undefined;
}

/** A path as people read it: as UTF-8, with what is none replaced. */
export function shownPath(path: BytePath): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
