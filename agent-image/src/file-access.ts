import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { protectedPart } from './permissions/protected-files.ts';
import { type ToolInput, ToolRefused } from './permissions/tool-call.ts';
import { riskOf } from './permissions/tool-risk.ts';

/** Where the file tools may work, as absolute paths. */
export interface FileAccess {
  /** What they may read and write, and where relative paths begin. */
  readonly workspace: string;
  /** What they may read besides. */
  readonly readable: readonly string[];
}

/** Longest path that is repeated to the model, in characters. */
const MAX_SHOWN_PATH = 300;

/** The field that holds the path of a file or folder, by tool. */
const PATH_FIELD: Readonly<Record<string, string>> = {
  Read: 'file_path',
  Write: 'file_path',
  Edit: 'file_path',
  NotebookEdit: 'notebook_path',
  Glob: 'path',
  Grep: 'path',
};
const SEARCHERS = ['Glob', 'Grep'];

/** Whether the tool takes paths, and {@link confined} is to be asked. */
export function takesPaths(toolName: string): boolean {
  return Object.hasOwn(PATH_FIELD, toolName);
}

/**
 * The input of a file tool with its path replaced by the true one, links followed, so that the tool opens what was
 * checked here and not what it would make of the text.
 *
 * @throws ToolRefused when the path leaves the places that are allowed, or is nothing that the tool may open
 */
export function confined(toolName: string, input: ToolInput, access: FileAccess): Record<string, unknown> {
  const field = PATH_FIELD[toolName] ?? 'path';
  const searches = SEARCHERS.includes(toolName);
  const writes = riskOf(toolName) === 'writesFiles';
  const given = input[field] ?? (searches ? access.workspace : undefined);
  if (typeof given !== 'string') throw new ToolRefused(`${toolName} needs ${field} as text.`);
  const workspace = trueRoot(access.workspace);
  const allowed = [workspace, ...(writes ? [] : access.readable.map(trueRoot))];
  const path = trueTarget(given, access.workspace, allowed);
  assertOpenable(given, lstatSync(path, { throwIfNoEntry: false }), searches);
  if (writes) assertUnprotected(given, relative(workspace, path));
  if (toolName === 'Glob') confinePattern(input.pattern, path, allowed);
  return { ...input, [field]: path };
}

/** Whoever opens a pipe waits for its other end for ever; devices and sockets hold no text. */
function assertOpenable(given: string, found: Stats | undefined, searches: boolean): void {
  if (!found || found.isFile() || (searches && found.isDirectory())) return;
  const what = found.isDirectory() ? 'is a folder: name a file in it' : 'is a pipe, a socket or a device';
  throw new ToolRefused(`${quoted(given)} cannot be opened: it ${what}.`);
}

function assertUnprotected(given: string, path: string): void {
  const part = protectedPart(path);
  if (part === undefined) return;
  const then = 'Show the person what should be in it instead';
  throw new ToolRefused(
    `${quoted(given)} cannot be written: other programs, or the agent itself, obey what is in ${part}. ${then}.`,
  );
}

/** Globs follow no links by themselves; what stands before their first wildcard is a path like any other. */
function confinePattern(pattern: unknown, base: string, allowed: readonly string[]): void {
  if (typeof pattern !== 'string') throw new ToolRefused('Glob needs pattern as text.');
  if (pattern.includes('..') || pattern.includes('\0') || /(^|[{,(|])\s*[/~]/.test(pattern)) {
    throw new ToolRefused(`${quoted(pattern)} must be relative to "path" and must not contain "..".`);
  }
  const [fixed = ''] = /^[^*?[{]*/.exec(pattern) ?? [];
  trueTarget(fixed === '' ? '.' : fixed.trim(), base, allowed);
}

function trueRoot(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new ToolRefused(`The folder ${path} is not there any more, so no file can be used.`);
  }
}

function trueTarget(given: string, base: string, allowed: readonly string[]): string {
  const outside = `${quoted(given)} is outside of ${allowed.join(' and ')}.`;
  // The tool would expand, trim or recompose such a path, and then open another one than was checked.
  if (given.startsWith('~') || given.includes('\0') || given !== given.trim().normalize('NFC')) {
    throw new ToolRefused(`${quoted(given)} is no plain path: write it from the root or relative to the workspace.`);
  }
  let path: string;
  try {
    path = realPath(resolve(base, given));
  } catch (error) {
    const tooLong = (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG';
    throw new ToolRefused(tooLong ? `${quoted(given)} is longer than a path may be.` : outside);
  }
  if (path !== path.normalize('NFC')) throw new ToolRefused(outside);
  if (!allowed.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep))) {
    throw new ToolRefused(outside);
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

function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN_PATH ? `${text.slice(0, MAX_SHOWN_PATH)}…` : text);
}
