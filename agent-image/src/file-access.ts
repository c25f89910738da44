import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';

/** Where the file tools may work, as absolute paths. */
export interface FileAccess {
  /** What they may read and write, and where relative paths begin. */
  readonly workspace: string;
  /** What they may read besides. */
  readonly readable: readonly string[];
}

/** A call is refused; the message is meant for the model. */
export class FileRefused extends Error {}

type ToolInput = Readonly<Record<string, unknown>>;

/** The field that holds the path of a file or folder, by tool. */
const PATH_FIELD: Readonly<Record<string, string>> = {
  Read: 'file_path',
  Write: 'file_path',
  Edit: 'file_path',
  NotebookEdit: 'notebook_path',
  Glob: 'path',
  Grep: 'path',
};
const WRITERS = ['Write', 'Edit', 'NotebookEdit'];
const SEARCHERS = ['Glob', 'Grep'];

/** Whether the tool takes paths, and {@link confined} is to be asked. */
export function takesPaths(toolName: string): boolean {
  return Object.hasOwn(PATH_FIELD, toolName);
}

/**
 * The input of a file tool with its path replaced by the true one, links followed, so that the tool opens what was
 * checked here and not what it would make of the text.
 *
 * @throws FileRefused when the path leaves the places that are allowed
 */
export function confined(toolName: string, input: ToolInput, access: FileAccess): Record<string, unknown> {
  const field = PATH_FIELD[toolName] ?? 'path';
  const given = input[field] ?? (SEARCHERS.includes(toolName) ? access.workspace : undefined);
  if (typeof given !== 'string') throw new FileRefused(`${toolName} needs ${field} as text.`);
  const allowed = [access.workspace, ...(WRITERS.includes(toolName) ? [] : access.readable)].map((path) =>
    realpathSync(path),
  );
  const path = trueTarget(given, access.workspace, allowed);
  if (toolName === 'Glob') confinePattern(input.pattern, path, allowed);
  return { ...input, [field]: path };
}

/** Globs follow no links by themselves; what stands before their first wildcard is a path like any other. */
function confinePattern(pattern: unknown, base: string, allowed: readonly string[]): void {
  if (typeof pattern !== 'string') throw new FileRefused('Glob needs pattern as text.');
  if (pattern.includes('..') || pattern.includes('\0') || /(^|[{,(|])\s*[/~]/.test(pattern)) {
    throw new FileRefused(`${JSON.stringify(pattern)} must be relative to "path" and must not contain "..".`);
  }
  const [fixed = ''] = /^[^*?[{]*/.exec(pattern) ?? [];
  trueTarget(fixed === '' ? '.' : fixed.trim(), base, allowed);
}

function trueTarget(given: string, base: string, allowed: readonly string[]): string {
  const outside = `${JSON.stringify(given)} is outside of ${allowed.join(' and ')}.`;
  // The tool would expand, trim or recompose such a path, and then open another one than was checked.
  if (given.startsWith('~') || given.includes('\0') || given !== given.trim().normalize('NFC')) {
    throw new FileRefused(
      `${JSON.stringify(given)} is no plain path: write it from the root or relative to the workspace.`,
    );
  }
  let path: string;
  try {
    path = realPath(resolve(base, given));
  } catch {
    throw new FileRefused(outside);
  }
  if (path !== path.normalize('NFC')) throw new FileRefused(outside);
  if (!allowed.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep))) {
    throw new FileRefused(outside);
  }
  return path;
}

/** The path with all links followed, of which the last parts need not exist. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path || isThere(path)) throw error;
    return join(realPath(parent), basename(path));
  }
}

/** True for a link to nowhere too: whoever writes to it writes to its target. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
