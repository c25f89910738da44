import { setTimeout as delay } from 'node:timers/promises';

const LIMIT_MS = 20_000;

/** Waits until `condition` holds, and gives up long after it should. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, limitMs = LIMIT_MS): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so within ${String(limitMs)} ms: ${String(condition)}`);
    await delay(20);
  }
}

/** True while a process is there; one that ended stays there until its parent has taken note. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
