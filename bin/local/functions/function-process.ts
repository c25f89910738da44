import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Reaper } from '../reaper';

/** What the code of a function gave back. */
export interface FunctionReply {
  /** JSON: the result, or what went wrong. */
  readonly payload: string;
  /** Whether the code failed, was too slow or ended its process. */
  readonly hasFailed: boolean;
}

export interface FunctionCall {
  /** JSON. */
  readonly event: string;
  readonly requestId: string;
  readonly clientContext?: unknown;
}

export interface FunctionCommand {
  /** Folder of the code. */
  readonly directory: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** What the code writes is appended here. */
  readonly logFile: string;
}

interface Message {
  /** Of the call that is answered; the first message of a process is none, and says that its code is loaded. */
  readonly id?: number;
  readonly payload?: string;
  readonly error?: object;
}

/** How long code may take to load before that counts as part of its first call. Source: AWS Lambda, init phase. */
const INIT_MS = 10_000;
/** How much the heap may grow below the memory of the function, which the rest of Node takes part of. */
const HEAP_SHARE = 0.9;

/** The process of one function, in a process group of its own: started by the first call, again after its end. */
export class FunctionProcess {
  private child: ChildProcess | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private calls = 0;
  private isClosed = false;

  constructor(
    private readonly command: FunctionCommand,
    private readonly reaper: Reaper,
  ) {}

  /** Calls the function when those before are done: one process of AWS Lambda has one call at a time as well. */
  public async invoke(call: FunctionCall): Promise<FunctionReply> {
    const mine = this.last.then(() => this.callNow(call));
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** Ends the process, and the calls that it works on. */
  public stop(): void {
    this.isClosed = true;
    killGroup(this.child);
  }

  private async callNow({ event, requestId, clientContext }: FunctionCall): Promise<FunctionReply> {
    if (this.isClosed) return failure('Runtime.ExitError', 'the local run is stopping');
    const child = await this.ready();
    const id = this.calls++;
    const { timeoutMs } = this.command;
    return new Promise((resolve) => {
      const settle = (reply: FunctionReply): void => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit).off('error', onError);
        resolve(reply);
      };
      const onMessage = (message: Message): void => {
        if (message.id !== id) return;
        settle(
          message.error === undefined
            ? { payload: message.payload ?? 'null', hasFailed: false }
            : { payload: JSON.stringify(message.error), hasFailed: true },
        );
      };
      const onExit = (code: number | null, signal: string | null): void => {
        const how = signal === null ? `exit status ${String(code)}` : `signal: ${signal}`;
        settle(failure('Runtime.ExitError', `RequestId: ${requestId} Error: Runtime exited with error: ${how}`));
      };
      const onError = (error: Error): void => {
        settle(failure('Runtime.ExitError', error.message));
      };
      if (child.exitCode !== null || child.signalCode !== null) {
        resolve(failure('Runtime.ExitError', `RequestId: ${requestId} Error: Runtime exited while it loaded the code`));
        return;
      }
      const timer = setTimeout(() => {
        const seconds = (timeoutMs / 1000).toFixed(2);
        settle(failure('Sandbox.Timedout', `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`));
        this.discard(child);
      }, timeoutMs);
      child.on('message', onMessage).once('exit', onExit).once('error', onError);
      child.send({ id, event, requestId, clientContext, deadline: Date.now() + timeoutMs });
    });
  }

  /** The process, once it has loaded the code or has taken too long for it. */
  private async ready(): Promise<ChildProcess> {
    if (this.child !== undefined) return this.child;
    const child = (this.child = this.start());
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, INIT_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      child.once('message', done).once('exit', done).once('error', done);
    });
    return child;
  }

  private start(): ChildProcess {
    const { directory, env, memoryMb, logFile } = this.command;
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a', 0o600);
    const heap = Math.floor(memoryMb * HEAP_SHARE);
    const args = [`--max-old-space-size=${String(heap)}`, join(__dirname, 'function-child.ts')];
    const child = spawn(process.execPath, args, {
      cwd: directory,
      env,
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
    closeSync(log);
    if (child.pid !== undefined) this.reaper.watch(child.pid);
    child.once('exit', () => {
      this.discard(child);
      if (child.pid !== undefined) this.reaper.forget(child.pid);
    });
    return child;
  }

  /** The next call gets a new process. */
  private discard(child: ChildProcess): void {
    if (this.child === child) this.child = undefined;
    killGroup(child);
  }
}

function failure(errorType: string, errorMessage: string): FunctionReply {
  return { payload: JSON.stringify({ errorType, errorMessage }), hasFailed: true };
}

function killGroup(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // No process of the group is left.
  }
}
