import { fork } from 'node:child_process';
import { join } from 'node:path';

/** Sees to it that no process group outlives the runner, not even after SIGKILL. */
export interface Reaper {
  watch(processGroup: number): void;
  forget(processGroup: number): void;
  /** Ends the reaper, and with it the groups it still watches. */
  close(): void;
}

export function startReaper(): Reaper {
  const child = fork(join(__dirname, 'reaper-process.ts'), {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
    env: {},
  });
  // Neither the process nor its channel may keep the runner alive.
  child.unref();
  child.channel?.unref();
  child.on('error', () => undefined);
  const tell = (message: { watch?: number; forget?: number }): void => {
    if (child.connected) child.send(message);
  };
  return {
    watch: (watch) => {
      tell({ watch });
    },
    forget: (forget) => {
      tell({ forget });
    },
    close: () => {
      if (child.connected) child.disconnect();
    },
  };
}
