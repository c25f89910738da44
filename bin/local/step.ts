import { spawn } from 'node:child_process';
import type { Reaper } from './reaper';

export interface Step {
  readonly program: string;
  readonly args: readonly string[];
  /** True for a command line that a person wrote for a shell. */
  readonly shell?: boolean;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How a step ended; `output` is what it wrote to standard output and standard error. */
export interface StepResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end, in a process group that does not outlive the runner. */
export async function runStep(step: Step, reaper: Reaper): Promise<StepResult> {
  const child = spawn(step.program, step.args, {
    cwd: step.cwd,
    env: step.env,
    shell: step.shell ?? false,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) reaper.watch(child.pid);
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { code, output: Buffer.concat(output).toString().trim() };
  } finally {
    if (child.pid !== undefined) reaper.forget(child.pid);
  }
}
