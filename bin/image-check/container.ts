import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tail, type Commands } from './commands';
import { CheckFailed } from './failure';
import type { ContainerSpec } from './container-spec';

const ID = 'image-check';

/** One run of the image under runc. */
export class Container {
  private output = '';
  private readonly ended: Promise<string>;
  private end: string | undefined;

  private constructor(
    private readonly directory: string,
    private readonly commands: Commands,
    runc: ChildProcess,
  ) {
    const log = createWriteStream(commands.logFile('server.log'));
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString('utf8');
      log.write(chunk);
    };
    runc.stdout?.on('data', collect);
    runc.stderr?.on('data', collect);
    this.ended = new Promise((resolve) => {
      const settle = (end: string): void => {
        this.end = end;
        log.end();
        resolve(end);
      };
      runc.once('error', (error) => settle(`no start: ${error.message}`));
      runc.once('close', (code, signal) => settle(signal ?? `exit code ${code}`));
    });
  }

  /**
   * Starts a container; its output goes to `server.log`.
   *
   * @param directory for the specification and runc's state
   */
  public static start(spec: ContainerSpec, directory: string, commands: Commands): Container {
    const bundle = join(directory, 'bundle');
    mkdirSync(bundle, { recursive: true });
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
    // In its own group, because Ctrl+C must end it through `remove`, not before the check knows of it.
    const runc = spawn('runc', runcArguments(directory, 'run', '--bundle', bundle, ID), {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Container(directory, commands, runc);
  }

  /** Ends a container that was started in `directory`, by this check or an earlier one, and forgets it. */
  public static async clear(directory: string, commands: Commands): Promise<void> {
    await commands.run('runc', runcArguments(directory, 'delete', '--force', ID));
    rmSync(directory, { recursive: true, force: true });
  }

  /** @throws CheckFailed with the container's last lines when it is no longer running */
  public assertRunning(): void {
    if (this.end !== undefined) throw new CheckFailed(`the container ended with ${this.end}; ${this.lastLines()}`);
  }

  /** Every process of the container with its real, effective, saved and file system user ids. */
  public async processes(): Promise<{ readonly command: string; readonly userIds: readonly number[] }[]> {
    const namespace = pidNamespace(await this.processId());
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry) && pidNamespace(entry) === namespace)
      .flatMap((id) => {
        const [status, command] = [processFile(id, 'status'), processFile(id, 'cmdline')];
        if (status === undefined || command === undefined) return [];
        const userIds = /^Uid:\s+(.+)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
        return [{ command: command.replaceAll('\0', ' ').trim(), userIds }];
      });
  }

  /** True when the kernel has the container's root mounted read-only, whatever the specification asked for. */
  public async hasReadOnlyRoot(): Promise<boolean> {
    const mounts = readFileSync(`/proc/${await this.processId()}/mountinfo`, 'utf8').split('\n');
    const root = mounts.map((line) => line.split(' ')).find((fields) => fields[4] === '/');
    return root?.[5]?.split(',').includes('ro') ?? false;
  }

  /** Sends SIGTERM, as the platform does, and returns how the container ended. */
  public async stop(deadlineMs: number): Promise<string> {
    this.assertRunning();
    await this.commands.run('runc', runcArguments(this.directory, 'kill', ID, 'TERM'));
    const deadline = AbortSignal.timeout(deadlineMs);
    const late = new Promise<undefined>((resolve) => {
      deadline.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const end = await Promise.race([this.ended, late]);
    if (end === undefined) {
      throw new CheckFailed(`the container still runs ${deadlineMs / 1000} s after SIGTERM; ${this.lastLines()}`);
    }
    return end;
  }

  /** Ends whatever still runs in the container, and forgets it. */
  public async remove(): Promise<void> {
    await Container.clear(this.directory, this.commands.forCleanup());
    await this.ended;
  }

  public lastLines(): string {
    return this.output === '' ? 'it said nothing' : `it said last:\n${tail(this.output)}`;
  }

  private async processId(): Promise<string> {
    const state = await this.commands.run('runc', runcArguments(this.directory, 'state', ID));
    return String((JSON.parse(state) as { readonly pid: number }).pid);
  }
}

function runcArguments(directory: string, ...args: readonly string[]): string[] {
  return ['--root', join(directory, 'runc'), ...args];
}

/** Identity of a process's pid namespace; undefined when the process has gone. */
function pidNamespace(processId: string): string | undefined {
  return unlessGone(() => readlinkSync(`/proc/${processId}/ns/pid`));
}

/** A file of a process; undefined when the process has gone. */
function processFile(processId: string, name: string): string | undefined {
  return unlessGone(() => readFileSync(`/proc/${processId}/${name}`, 'utf8'));
}

function unlessGone(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
