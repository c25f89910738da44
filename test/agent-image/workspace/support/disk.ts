import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentDirectories } from '../../../../agent-image/src/config/directories';
import type { Log } from '../../../../agent-image/src/log';
import type { ObjectStore } from '../../../../agent-image/src/workspace/object-store';
import { S3Workspace } from '../../../../agent-image/src/workspace/s3-workspace';
import type { WorkspaceLimits } from '../../../../agent-image/src/workspace/stage-trees';
import type { SessionRecord } from '../../../../agent-image/src/workspace/session-record';

export const RECORD: SessionRecord = {
  owner: 'ada',
  conversation: '11111111-2222-4333-8444-555555555555',
  permissionMode: 'ask',
  eventsBelow: 7,
  used: { cost_usd: 0.5, turns: 2 },
};

const made: string[] = [];

/** A directory that {@link removeDisks} removes. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'workspace-test-'));
  made.push(directory);
  return directory;
}

export function removeDisks(): void {
  made.splice(0).forEach((directory) => rmSync(directory, { recursive: true, force: true }));
}

/** The disk of one container, with a workspace that is not opened yet. */
export interface Container {
  readonly directories: AgentDirectories;
  readonly files: string;
  readonly workspace: S3Workspace;
  /** Messages of the log. */
  readonly logged: string[];
  /** Users and workspaces that stores were opened for. */
  readonly stores: string[];
}

export function container(store: ObjectStore, limits?: WorkspaceLimits): Container {
  const directory = temporaryDirectory();
  const directories = { configDirectory: join(directory, 'config'), workspaceDirectory: join(directory, 'files') };
  mkdirSync(directories.configDirectory);
  mkdirSync(directories.workspaceDirectory);
  const logged: string[] = [];
  const stores: string[] = [];
  const log: Log = (level, message) => logged.push(`${level}: ${message}`);
  const openStore = (userKey: string, workspace: string): ObjectStore => {
    stores.push(`${userKey}/${workspace}`);
    return store;
  };
  const workspace = new S3Workspace({ directories, openStore, log, ...(limits && { limits }) });
  return { directories, files: directories.workspaceDirectory, workspace, logged, stores };
}

export interface OpenContainer extends Container {
  readonly record: SessionRecord | undefined;
}

/** A container with everything brought back. */
export async function openContainer(store: ObjectStore, limits?: WorkspaceLimits): Promise<OpenContainer> {
  const opened = container(store, limits);
  const record = await opened.workspace.open('session', 'ada');
  await opened.workspace.restore(() => undefined);
  return { ...opened, record };
}

/** Everything about a tree that has to survive, by path; times to the microsecond. */
export function describeTree(directory: string | Buffer, path = ''): Record<string, string> {
  const described: Record<string, string> = {};
  for (const name of readdirSync(directory, { encoding: 'latin1' }).sort()) {
    const native = Buffer.concat([Buffer.from(directory), Buffer.from('/'), Buffer.from(name, 'latin1')]);
    const stats = lstatSync(native, { bigint: true });
    const mode = (stats.mode & 0o7777n).toString(8);
    const at = path + name;
    if (stats.isDirectory()) {
      described[at] = `directory ${mode}`;
      Object.assign(described, describeTree(native, `${at}/`));
    } else if (stats.isSymbolicLink()) {
      described[at] = `link ${readlinkSync(native, 'latin1')}`;
    } else {
      const hash = createHash('sha256').update(readFileSync(native)).digest('hex').slice(0, 16);
      described[at] = `file ${mode} ${stats.size} ${hash} ${stats.mtimeNs / 1000n}`;
    }
  }
  return described;
}
