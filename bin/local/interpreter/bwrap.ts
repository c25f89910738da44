import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { InterpreterLimits } from './limits';

const SCRIPTS = [
  'keeper.py',
  'child.py',
  'processes.py',
  'memory.py',
  'channel.py',
  'python-session.py',
  'node-session.mjs',
  'files.py',
] as const;
/** Where the programs of the run are, on this machine. */
const SCRIPT_FOLDER = join(__dirname, 'sandbox');

/** Folders, seen from inside the sandbox. */
const INSIDE = '/run/interpreter';
const WORK = '/work';
/** The first descriptor for the programs; those before are the channel and the standard ones. */
const FIRST_SCRIPT_FD = 5;

/** Of /tmp; in memory as well. */
const TMP_BYTES = 64 * 1024 * 1024;
/** Of /dev/shm, which Python's locks between processes need. */
const SHM_BYTES = 1024 * 1024;
/** Of a socket in one direction, where the machine does not say: its own default. */
const SOCKET_BYTES = 212_992;
/** Whom the sandbox belongs to when the run is root's: nobody, because limits on processes do not hold for root. */
const NOBODY = 65_534;

/** How to start the keeper of a session. */
export interface KeeperCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files that the process gets as descriptors, from 5 on; to be closed by {@link closeFiles}. */
  readonly files: readonly number[];
  readonly cwd: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** The program `name` on this machine, in the folders where systems put theirs; undefined when it is not there. */
export function findProgram(name: string): string | undefined {
  const folders = ['/usr/bin', '/bin', '/usr/local/bin', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((path) => isAccessible(path, constants.X_OK));
}

/**
 * The keeper in a sandbox: no network, no files of this machine but its programs (read only), no capability, no further
 * namespaces, no system call that takes memory beside all limits, a root directory that cannot be written to, and a
 * directory of limited size that is gone with the sandbox.
 *
 * @param bwrap the program that makes the sandbox
 * @param python below /usr, which is all that the sandbox sees
 * @param refused see `refusedCalls`
 */
export function sandboxedKeeper(
  bwrap: string,
  python: string,
  limits: InterpreterLimits,
  refused: Buffer,
): KeeperCommand {
  // By descriptor and not by path: whom the sandbox belongs to need not be able to read this folder.
  const files = [...SCRIPTS.map((name) => openSync(join(SCRIPT_FOLDER, name), 'r')), namelessFile(refused)];
  const isRoot = process.getuid?.() === 0;
  const node = readableNode(isRoot);
  return {
    program: bwrap,
    args: [
      ...['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--as-pid-1'],
      ...['--seccomp', String(FIRST_SCRIPT_FD + SCRIPTS.length)],
      ...['--cap-drop', 'ALL', '--uid', '1000', '--gid', '1000', '--hostname', 'sandbox', '--clearenv'],
      ...['--ro-bind', '/usr', '/usr'],
      ...['bin', 'lib', 'lib64', 'sbin'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
      ...['alternatives', 'ld.so.cache', 'fonts', 'matplotlibrc', 'mime.types'].flatMap((name) => [
        ...['--ro-bind-try', `/etc/${name}`, `/etc/${name}`],
      ]),
      ...['--proc', '/proc', '--dev', '/dev'],
      ...['--size', String(SHM_BYTES), '--tmpfs', '/dev/shm'],
      ...['--size', String(TMP_BYTES), '--tmpfs', '/tmp'],
      ...['--size', String(limits.diskBytes), '--tmpfs', WORK],
      ...SCRIPTS.flatMap((name, index) => ['--ro-bind-data', String(FIRST_SCRIPT_FD + index), `${INSIDE}/${name}`]),
      ...(node === undefined ? [] : ['--ro-bind', node, `${INSIDE}/node`]),
      // Both are in memory and have no size of their own.
      ...['--remount-ro', '/dev', '--remount-ro', '/'],
      ...['--chdir', WORK],
      ...Object.entries(keeperEnvironment(limits, WORK, node === undefined ? undefined : `${INSIDE}/node`)).flatMap(
        ([name, value]) => ['--setenv', name, value],
      ),
      ...['--', python, '-u', `${INSIDE}/keeper.py`],
    ],
    env: {},
    files,
    cwd: '/',
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  };
}

/** The keeper as a process of this user, without any wall around it. */
export function unsandboxedKeeper(python: string, limits: InterpreterLimits, directory: string): KeeperCommand {
  return {
    program: python,
    args: ['-u', join(SCRIPT_FOLDER, 'keeper.py')],
    env: { ...keeperEnvironment(limits, directory, process.execPath), PYTHONDONTWRITEBYTECODE: '1' },
    files: [],
    cwd: directory,
  };
}

export function closeFiles({ files }: KeeperCommand): void {
  for (const file of files) closeSync(file);
}

/** A file with this content, open for reading, that no folder has any more. */
function namelessFile(content: Buffer): number {
  const folder = mkdtempSync(join(tmpdir(), 'interpreter-'));
  try {
    const path = join(folder, 'content');
    writeFileSync(path, content);
    return openSync(path, 'r');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function keeperEnvironment(limits: InterpreterLimits, work: string, node: string | undefined): Record<string, string> {
  return {
    WORK: work,
    MEMORY_BYTES: String(limits.memoryBytes),
    ADDRESS_BYTES: String(limits.addressBytes),
    PROCESSES: String(limits.processes),
    RESERVE_BYTES: String(limits.reserveBytes),
    SOCKET_BYTES: String(socketBytes()),
    ...(node === undefined ? {} : { NODE: node }),
  };
}

/**
 * The most that the buffers of one socket hold: a message is taken as long as there is any room, and may be as large as
 * the whole buffer. What this machine would let programs ask for does not matter: in the sandbox, they cannot.
 */
function socketBytes(): number {
  const sizes = ['wmem_default', 'rmem_default'].map((name) => {
    try {
      return Number(readFileSync(`/proc/sys/net/core/${name}`, 'utf8'));
    } catch {
      return SOCKET_BYTES;
    }
  });
  return 2 * Math.max(...sizes);
}

/** A Node.js that whom the sandbox belongs to can read: that of this run or, when it lies in a private folder, the system's. */
function readableNode(isRoot: boolean): string | undefined {
  return [process.execPath, '/usr/bin/node'].find((path) =>
    isRoot ? isOpenToAll(path) : isAccessible(path, constants.R_OK | constants.X_OK),
  );
}

function isOpenToAll(path: string): boolean {
  for (let at = path; at !== '/'; at = dirname(at)) {
    if (!isAccessible(at, constants.F_OK) || (statSync(at).mode & 0o005) !== 0o005) return false;
  }
  return true;
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
