import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { S3Workspace } from '../../../../agent-image/src/workspace/s3-workspace';
import type { LocalServices } from './local-services';

const CONVERSATION = '11111111-2222-4333-8444-555555555555';

export interface Kept {
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Lines of the SDK's transcript. */
  readonly transcript?: readonly object[];
  /** What else is to be made in the working directory. */
  readonly arrange?: (directory: string) => void;
}

/** Keeps a session as the agent does: with its own writer, in the bucket. */
export async function keepSession(
  services: LocalServices,
  userKey: string,
  sessionId: string,
  kept: Kept,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'kept-session-'));
  const directories = { configDirectory: join(directory, 'config'), workspaceDirectory: join(directory, 'files') };
  Object.values(directories).forEach((path) => mkdirSync(path));
  const opened: ReturnType<LocalServices['objects']>[] = [];
  const workspace = new S3Workspace({
    directories,
    log: () => undefined,
    openStore: (user, name) => {
      const store = services.objects(`workspaces/${user}/${name}/`);
      opened.push(store);
      return store;
    },
  });
  await workspace.open(sessionId, userKey);
  await workspace.restore(() => undefined);
  for (const [path, content] of Object.entries(kept.files ?? {})) {
    mkdirSync(join(directories.workspaceDirectory, dirname(path)), { recursive: true });
    writeFileSync(join(directories.workspaceDirectory, path), content);
  }
  kept.arrange?.(directories.workspaceDirectory);
  if (kept.transcript !== undefined) {
    const projects = join(directories.configDirectory, 'projects', '-workspace');
    mkdirSync(projects, { recursive: true });
    const lines = kept.transcript.map((line) => JSON.stringify(line)).join('\n');
    writeFileSync(join(projects, `${CONVERSATION}.jsonl`), `${lines}\n`);
  }
  workspace.save({
    owner: userKey,
    ...(kept.transcript !== undefined && { conversation: CONVERSATION }),
    permissionMode: 'ask',
    eventsBelow: 1,
    used: { cost_usd: 0, turns: 1 },
  });
  const { kind } = await workspace.flush();
  if (kind !== 'kept') throw new Error(`the session was not kept: ${kind}`);
  opened.forEach((store) => store.close());
  rmSync(directory, { recursive: true });
}
