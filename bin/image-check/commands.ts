import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { CheckFailed, reason } from './failure';

export interface CommandOptions {
  /** What the command is called in a message; by default its program. */
  readonly name?: string;
  /** Name of the file, below the log directory, that gets the whole output; by default it is kept nowhere. */
  readonly log?: string;
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

const TAIL_LINES = 15;

/** Runs the programs of the machine: argument lists only, no shell, and none of them outlives an interrupted check. */
export class Commands {
  constructor(
    private readonly logDirectory: string,
    private readonly interrupted: AbortSignal,
  ) {
    mkdirSync(logDirectory, { recursive: true });
  }

  /** Path of a log file. */
  public logFile(name: string): string {
    return join(this.logDirectory, name);
  }

  /** The same, for what has to be done after an interruption as well. */
  public forCleanup(): Commands {
    return new Commands(this.logDirectory, new AbortController().signal);
  }

  /**
   * Runs `program` to its end and returns what it wrote to standard output, trimmed.
   *
   * @throws CheckFailed when it cannot be started or ends with another code than 0; the message has its last lines
   */
  public async run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
    this.interrupted.throwIfAborted();
    const logFile = options.log === undefined ? undefined : this.logFile(options.log);
    const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
    try {
      return await this.spawned(program, args, options.environment, log);
    } catch (error) {
      this.interrupted.throwIfAborted();
      const place = logFile === undefined ? '' : `\nIts whole output is in ${logFile}.`;
      throw new CheckFailed(`${options.name ?? program} ${reason(error)}${place}`);
    } finally {
      log?.end();
    }
  }

  private spawned(
    program: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> | undefined,
    log: WriteStream | undefined,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      // A group of its own, because these programs start others that must end with them.
      const child = spawn(program, args, {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...environment },
      });
      const endGroup = (): void => {
        if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
      };
      this.interrupted.addEventListener('abort', endGroup, { once: true });
      let output = '';
      let everything = '';
      const collect = (chunk: string): void => {
        everything += chunk;
        log?.write(chunk);
      };
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        collect(chunk);
      });
      child.stderr.setEncoding('utf8').on('data', collect);
      child.once('error', (error) => reject(new Error(`could not be started: ${error.message}`)));
      child.once('close', (code, signal) => {
        this.interrupted.removeEventListener('abort', endGroup);
        if (code === 0) resolve(output.trim());
        else reject(new Error(`ended with ${signal ?? `exit code ${code}`}; it said last:\n${tail(everything)}`));
      });
    });
  }
}

/** The last lines of `text`, indented. */
export function tail(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-TAIL_LINES);
  return lines.map((line) => `  ${line}`).join('\n');
}
