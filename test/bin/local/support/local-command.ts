import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunState } from '../../../../bin/local/run-state';
import { waitUntil } from './wait-until';

const ROOT = join(__dirname, '..', '..', '..', '..');

export interface LocalCommandOptions {
  readonly directory: string;
  readonly args?: readonly string[];
}

/** A synthesis takes seconds, and on a machine that does other things much longer. */
const READY_MS = 120_000;

/** `npm start` as a process: tsx, and below it the runner itself. */
export class LocalCommand {
  public readonly child: ChildProcess;
  /** The exit code, or the signal that ended it. */
  public readonly ended: Promise<number | string>;
  private output = '';

  constructor({ directory, args = [] }: LocalCommandOptions) {
    this.child = spawn(join(ROOT, 'node_modules', '.bin', 'tsx'), [join(ROOT, 'bin', 'local.ts'), ...args], {
      cwd: directory,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
      });
    });
  }

  public get text(): string {
    return this.output;
  }

  /** Waits for the line that says where it serves, and fails with the whole output when it ends before. */
  public async ready(state: string): Promise<RunState> {
    let over = false;
    void this.ended.then(() => (over = true));
    await waitUntil(() => over || /^ready http:\/\/localhost:\d+$/m.test(this.output), READY_MS);
    if (over) throw new Error(`the local run ended before it was ready:\n${this.output}`);
    return JSON.parse(readFileSync(join(state, 'up.json'), 'utf8')) as RunState;
  }
}
