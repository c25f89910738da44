import type { BytePath } from '../../../agent-image/src/workspace/format/entries.ts';
import { partsOf, shownPath } from '../../../agent-image/src/workspace/format/paths.ts';
import { FILES_PREFIX } from '../../../agent-image/src/workspace/session-trees.ts';
import { invalid, shown } from './parameters';

/**
 * Where a path of the caller's lies in what was kept: below the working directory, and nowhere else.
 *
 * @param path relative to the working directory; empty for that itself
 * @throws ApiFailure `INVALID_REQUEST`
 */
export function keptPathOf(parameter: string, path: string): BytePath {
  if (path === '') return FILES_PREFIX;
  const kept = `${FILES_PREFIX}/${Buffer.from(path, 'utf8').toString('latin1')}`;
  if (partsOf(kept) === undefined) {
    throw invalid(
      `"${parameter}" is ${shown(path)}; it must be relative to the working directory, without empty parts, "." and ".."`,
    );
  }
  return kept;
}

/** Whether a name on the disk can be asked for: what is no UTF-8 cannot be written in a request. */
export function isAddressable(name: BytePath): boolean {
  return Buffer.from(shownPath(name), 'utf8').toString('latin1') === name;
}
