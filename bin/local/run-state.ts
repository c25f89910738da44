import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MintedCredentials } from './credentials';
import { readPrivateJson, writePrivateJson } from './private-file';
import type { RunAddresses } from './run-addresses';

/** What a running local run tells other programs of the same person, in `up.json`. */
export interface RunState extends RunAddresses {
  readonly pid: number;
  /** For signed calls of the data plane. They are worth nothing outside of this run. */
  readonly credentials: MintedCredentials;
}

const FILE = 'up.json';
const ANSWER_TIMEOUT_MS = 2_000;

/** Writes the state where only its owner can read it; readers never see half of it. */
export function writeRunState(directory: string, state: RunState): void {
  writePrivateJson(join(directory, FILE), state);
}

/** Removes the state of this process; that of another one is left alone. */
export function removeRunState(directory: string): void {
  if (readRunState(directory)?.pid === process.pid) rmSync(join(directory, FILE), { force: true });
}

/** The state of a run that is alive in `directory`; undefined when there is none or it was left by a dead one. */
export async function liveRunState(directory: string): Promise<RunState | undefined> {
  const state = readRunState(directory);
  // The number of a dead process may be another one's by now, so its address has to answer as well.
  return state !== undefined && isAlive(state.pid) && (await answers(state.url)) ? state : undefined;
}

function readRunState(directory: string): RunState | undefined {
  return readPrivateJson(join(directory, FILE)) as RunState | undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const reply = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return reply.ok;
  } catch {
    return false;
  }
}
