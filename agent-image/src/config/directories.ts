import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './variables.ts';

/** Where the agent keeps things; absolute paths. */
export interface AgentDirectories {
  /** Where the SDK keeps transcripts. */
  readonly configDirectory: string;
  /** Working directory of the agent. */
  readonly workspaceDirectory: string;
}

/**
 * Makes the agent's directories and writes to each once: with an unwritable configuration directory the SDK answers
 * as usual and keeps nothing, and a missing working directory fails with a misleading message.
 *
 * @throws ConfigError naming the variable, the path and the system's reason
 */
export function prepareDirectories({ configDirectory, workspaceDirectory }: AgentDirectories): void {
  const directories = {
    CLAUDE_CONFIG_DIR: configDirectory,
    AGENT_WORKSPACE_DIR: workspaceDirectory,
    // The agent process cannot start without it.
    TMPDIR: tmpdir(),
  };
  for (const [variable, path] of Object.entries(directories)) {
    const probe = join(path, `.write-test-${process.pid}`);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      accessSync(path, constants.R_OK | constants.X_OK);
      writeFileSync(probe, '');
      rmSync(probe);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ConfigError(
        `The agent cannot write to ${path} (${reason}): set ${variable} to a directory that this user may write to.`,
      );
    }
  }
}
