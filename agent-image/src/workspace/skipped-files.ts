import { shownPath } from './format/paths.ts';
import type { Skipped } from './scan.ts';
import { FILES_PREFIX } from './session-trees.ts';
import type { SkippedFiles } from './workspace.ts';

/** So many are named, and the others counted. */
const MAX_NAMED = 20;

/** What is not kept, as people are told of it: by its path below the working directory. */
export function skippedFiles(skipped: readonly Skipped[]): SkippedFiles {
  const files = skipped
    .map(({ path, ...rest }) => ({
      path: path.startsWith(`${FILES_PREFIX}/`) ? path.slice(FILES_PREFIX.length + 1) : path,
      ...rest,
    }))
    .sort((left, right) => (left.path < right.path ? -1 : 1))
    .slice(0, MAX_NAMED)
    .map((file) => ({ ...file, path: shownPath(file.path) }));
  return { files, total: skipped.length };
}
