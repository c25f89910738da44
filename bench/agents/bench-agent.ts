import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const MODEL = 'global.anthropic.claude-sonnet-5-5';

/** Milliseconds from the prompt to the first piece of the answer and to the end of the turn. */
export interface TurnTimes {
  readonly first: number;
  readonly whole: number;
}

/** One session, however it is served. */
export interface BenchAgent {
  /** Of the process that the session is served by; the agent process is its child. */
  readonly pid: number;
  turn(prompt: string): Promise<TurnTimes>;
  /** Milliseconds from the wish to cancel, made at the first piece of an endless answer, to the end of the turn. */
  cancel(): Promise<number>;
  stop(): Promise<void>;
}

/** Serves a session with what is kept in `home`, which need not be there. */
export type StartAgent = (modelPort: number, home: string) => Promise<BenchAgent>;

/** The same for all, so that the Claude Agent SDK does the same work below each of them. */
export function agentEnvironment(modelPort: number, home: string): NodeJS.ProcessEnv {
  mkdirSync(home, { recursive: true });
  return {
    PATH: process.env.PATH,
    HOME: home,
    HOST: '127.0.0.1',
    AGENT_MODEL_MAIN: MODEL,
    ANTHROPIC_MODEL: MODEL,
    ANTHROPIC_DEFAULT_OPUS_MODEL: 'global.anthropic.claude-opus-5-5',
    ANTHROPIC_DEFAULT_HAIKU_MODEL: 'global.anthropic.claude-haiku-5-5',
    ANTHROPIC_BEDROCK_BASE_URL: `http://127.0.0.1:${modelPort}`,
    CLAUDE_CODE_USE_BEDROCK: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIABENCH00000000000',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Waits until a server answers `GET /ping`. */
export async function untilServing(child: ChildProcess, program: string, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${program} ended with exit code ${child.exitCode} before it served`);
    const healthy = await fetch(`http://127.0.0.1:${port}/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    await sleep(10);
  }
}

export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process could not be started');
  return child.pid;
}

export async function terminate(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** An answer that did not come whole was not measured. */
export function assertPieces(prompt: string, pieces: number): void {
  const wanted = Number(prompt.replace('deltas ', ''));
  if (pieces !== wanted) throw new Error(`${pieces} pieces of the answer came instead of ${wanted}`);
}
