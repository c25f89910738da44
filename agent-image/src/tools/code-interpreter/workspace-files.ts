import { constants, promises as fs } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { confined } from '../../file-access.ts';
import { ToolRefused } from '../../permissions/tool-call.ts';

/** Largest file that is copied, in bytes; the interpreter itself takes up to 100 MB in a call. */
export const MAX_COPY_BYTES = 10_485_760;

/** A file of the workspace. */
export interface WorkspaceFile {
  /** From the root of the workspace. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads a file for the interpreter.
 *
 * @param workspace absolute path of the workspace
 * @param given absolute, or relative to the workspace
 * @throws ToolRefused when it is outside of the workspace, no regular file, not there or too large
 */
export async function readWorkspaceFile(workspace: string, given: string): Promise<WorkspaceFile> {
  const path = trueTarget('Read', workspace, given);
  // What was checked above is opened, and not what took its place since: no link, and no pipe that is waited for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await fs.open(path, flags).catch((error: unknown) => {
    throw refusal(given, error);
  });
  try {
    const { size } = await regular(file, given);
    assertSize(given, size);
    const bytes = await file.readFile();
    // It may have grown.
    assertSize(given, bytes.byteLength);
    return { path: relative(await fs.realpath(workspace), path), bytes };
  } finally {
    await file.close();
  }
}

/**
 * Writes a file that comes from the interpreter, as a whole or not at all; folders on its way are made. A file that is
 * replaced keeps its mode.
 *
 * @param workspace absolute path of the workspace
 * @param given absolute, or relative to the workspace
 * @returns the path from the root of the workspace
 * @throws ToolRefused when it is outside of the workspace, protected, no regular file, or cannot be written
 */
export async function writeWorkspaceFile(workspace: string, given: string, bytes: Uint8Array): Promise<string> {
  const path = trueTarget('Write', workspace, given);
  assertSize(given, bytes.byteLength);
  const beside = join(dirname(path), `.copy-${process.pid}-${process.hrtime.bigint()}`);
  try {
    await fs.mkdir(dirname(path), { recursive: true });
    await writeNew(beside, bytes, await modeOf(path));
    await fs.rename(beside, path);
  } catch (error) {
    await fs.rm(beside, { force: true }).catch(() => undefined);
    throw refusal(given, error);
  }
  return relative(await fs.realpath(workspace), path);
}

/** Permissions of what is there; undefined when there is nothing. */
async function modeOf(path: string): Promise<number | undefined> {
  try {
    // Not set-user-ID and its like: they are no longer meant when the bytes are others.
    return (await fs.lstat(path)).mode & 0o777;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeNew(path: string, bytes: Uint8Array, mode: number | undefined): Promise<void> {
  // From the first byte: nobody may read it who may not read what it replaces.
  const file = await fs.open(path, 'wx', mode);
  try {
    await file.writeFile(bytes);
    // What the umask took away.
    if (mode !== undefined) await file.chmod(mode);
  } finally {
    await file.close();
  }
}

/** The rules are those of the file tools: a copy must not be a way around them. */
function trueTarget(tool: 'Read' | 'Write', workspace: string, given: string): string {
  return String(confined(tool, { file_path: given }, { workspace, readable: [] }).file_path);
}

async function regular(file: fs.FileHandle, given: string): Promise<{ readonly size: number }> {
  const found = await file.stat();
  if (!found.isFile()) throw new ToolRefused(`${JSON.stringify(given)} is no regular file.`);
  return found;
}

function assertSize(given: string, size: number): void {
  if (size <= MAX_COPY_BYTES) return;
  const remedy = 'copy a part of it, or pack it first';
  throw new ToolRefused(
    `${JSON.stringify(given)} has ${size} bytes, and at most ${MAX_COPY_BYTES} are copied: ${remedy}.`,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  ENOSPC: 'the disk of the workspace is full',
  EDQUOT: 'the disk of the workspace is full',
  EACCES: 'the agent may not open it',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a part of its path is a file',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a link',
};

function refusal(given: string, error: unknown): ToolRefused {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return new ToolRefused(`${JSON.stringify(given)} cannot be used: ${REASONS[code] ?? `the system says ${code}`}.`);
}
