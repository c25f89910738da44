import { promises as fs, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { confined } from '../../file-access.ts';
import { ToolRefused } from '../../permissions/tool-call.ts';
import { runGit } from './git-process.ts';
import { GitHubFault } from './github-fault.ts';

/** How long a clone may take, in milliseconds: a little less than the call of a tool. */
const CLONE_MS = 270_000;

/** Most that a clone may take of the disk, in bytes: what git fetches, and the files that it makes of it, each. */
export const MAX_CLONE_BYTES = 1024 ** 3;

/** Most files that a clone may make. */
export const MAX_CLONE_FILES = 100_000;

export interface CloneOrder {
  /** `<owner>/<name>`. */
  readonly repository: string;
  /** The default branch when missing; a tag is taken too. */
  readonly branch?: string | undefined;
  /** Whether all of the branch's history is fetched, and not only the last commit. */
  readonly history: boolean;
  /** In the workspace; the name of the repository when missing. */
  readonly directory?: string | undefined;
}

export interface ClonePlace {
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** Where repositories are, without a slash at its end. */
  readonly gitUrl: string;
  readonly token: string;
  readonly maxBytes?: number;
  readonly maxFiles?: number;
}

export interface Clone {
  /** From the root of the workspace. */
  readonly path: string;
  readonly commit: string;
  readonly files: number;
  readonly bytes: number;
}

/** Source: what GitHub takes as the names of owners and repositories. */
const REPOSITORY = /^(?!\.)[A-Za-z0-9_.-]{1,100}\/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/;

/** What git takes as a name, and what could not be taken for an option. */
const BRANCH = /^(?![-./])(?!.*(\.\.|@\{|\/\/|\.lock$))[^\s\p{Cc}~^:?*[\\]{1,250}$/u;

/**
 * Clones a repository into the workspace, as a whole or not at all.
 *
 * First what git fetches, bounded while it comes; then what the files of it would take, found out from git without making
 * them; then the files.
 *
 * @throws ToolRefused when the order is not allowed; GitHubFault
 */
export async function clone(order: CloneOrder, place: ClonePlace, cancelled: AbortSignal): Promise<Clone> {
  assertOrder(order);
  const { workspace, gitUrl, token, maxBytes = MAX_CLONE_BYTES, maxFiles = MAX_CLONE_FILES } = place;
  const target = await freeDirectory(workspace, order.directory ?? basename(order.repository));
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(CLONE_MS)]);
  const home = await fs.mkdtemp(join(tmpdir(), 'git-home-'));
  // Beside the target, so that it can be put there at once; hidden, and never kept when it fails.
  const staging = join(dirname(target), `.clone-${process.pid}-${process.hrtime.bigint()}`);
  const url = `${gitUrl}/${order.repository}.git`;
  const common = { home, signal };
  try {
    await fs.mkdir(dirname(target), { recursive: true });
    await runGit({
      ...common,
      args: [
        ...['clone', '--quiet', '--no-checkout', '--template=', '--no-recurse-submodules', '--single-branch'],
        ...(order.history ? [] : ['--depth=1']),
        ...(order.branch === undefined ? [] : [`--branch=${order.branch}`]),
        ...['--', url, staging],
      ],
      cwd: dirname(target),
      remote: { url, token },
      watch: () => assertBytes(fetchedBytes(staging), maxBytes),
    });
    assertBytes(fetchedBytes(staging), maxBytes);
    const { files, bytes } = await treeSize(staging, common, maxBytes, maxFiles);
    if (files > 0) await runGit({ ...common, args: ['checkout', '--quiet', '--force', 'HEAD', '--'], cwd: staging });
    const commit = files > 0 ? (await runGit({ ...common, args: ['rev-parse', 'HEAD'], cwd: staging })).trim() : '';
    await fs.rename(staging, target);
    return { path: relative(await fs.realpath(workspace), target), commit, files, bytes };
  } finally {
    await Promise.all([staging, home].map((path) => fs.rm(path, { recursive: true, force: true })));
  }
}

function assertOrder({ repository, branch }: CloneOrder): void {
  if (!REPOSITORY.test(repository)) {
    throw new ToolRefused(`${JSON.stringify(repository.slice(0, 200))} names no repository: write "<owner>/<name>".`);
  }
  if (branch !== undefined && !BRANCH.test(branch)) {
    throw new ToolRefused(`${JSON.stringify(branch.slice(0, 200))} is no name of a branch or tag.`);
  }
}

/** The true path of a directory that is not there yet, or empty; the rules are those of the file tools. */
async function freeDirectory(workspace: string, given: string): Promise<string> {
  // A name below it: writing to a directory itself is refused by the rules.
  const below = String(confined('Write', { file_path: join(given, 'x') }, { workspace, readable: [] }).file_path);
  const target = dirname(below);
  if (target === (await fs.realpath(workspace))) {
    throw new ToolRefused('"directory" is the workspace itself: give the name of a new directory in it.');
  }
  const entries = await fs.readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ToolRefused(`${JSON.stringify(given)} is no directory: give the name of a new one.`);
  });
  if (entries.length > 0) {
    throw new ToolRefused(`${JSON.stringify(given)} is there already and not empty: give the name of a new directory.`);
  }
  return target;
}

/** What the packs of a clone take, those included that are still being fetched. */
function fetchedBytes(repository: string): number {
  try {
    const packs = join(repository, '.git', 'objects', 'pack');
    return readdirSync(packs).reduce(
      (sum, name) => sum + (statSync(join(packs, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  } catch {
    // Not there yet.
    return 0;
  }
}

/** What the files would take. A few small objects can stand for any number of files, so counting is what is bounded. */
async function treeSize(
  repository: string,
  common: { readonly home: string; readonly signal: AbortSignal },
  maxBytes: number,
  maxFiles: number,
): Promise<{ readonly files: number; readonly bytes: number }> {
  const heads = await runGit({ ...common, args: ['rev-parse', '--quiet', '--verify', 'HEAD'], cwd: repository }).catch(
    (error: unknown) => {
      if (error instanceof GitHubFault && error.code === 'CLONE_FAILED') return '';
      throw error;
    },
  );
  // A repository without a commit.
  if (heads.trim() === '') return { files: 0, bytes: 0 };
  let files = 0;
  let bytes = 0;
  let left = '';
  await runGit({
    ...common,
    args: ['ls-tree', '-r', '-z', '--long', 'HEAD'],
    cwd: repository,
    onOutput: (text) => {
      const entries = (left + text).split('\0');
      left = entries.pop() ?? '';
      files += entries.length;
      bytes += entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (files > maxFiles) throw new GitHubFault('CLONE_TOO_LARGE', `more than ${maxFiles} files`);
      assertBytes(bytes, maxBytes);
    },
  });
  return { files, bytes };
}

/** `<mode> <type> <object> <size>`, a tab and the path; of a submodule the size is "-". */
function sizeOf(entry: string): number {
  return Number(/^\d+ blob \w+ +(\d+)\t/.exec(entry)?.[1] ?? 0);
}

function assertBytes(bytes: number, most: number): void {
  if (bytes > most) throw new GitHubFault('CLONE_TOO_LARGE', `more than ${most} bytes`);
}
