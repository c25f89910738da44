import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port';
import { readUpTo } from './http-messages';
import type { Reaper } from './reaper';

const PING_EVERY_MS = 20;
const PING_TIMEOUT_MS = 2_000;
const PING_REPLY_BYTES = 4_096;
/** AgentCore gives a container 120 seconds to its first healthy ping. */
const START_TIMEOUT_MS = 120_000;
const SHOWN_LINES = 15;

export type AgentHealth = 'Healthy' | 'HealthyBusy';

export interface AgentCommand {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment but for PORT. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard output and standard error are appended here. */
  readonly logFile: string;
}

/** One running agent, in a process group of its own. */
export class AgentProcess {
  private constructor(
    /** Where it serves, on 127.0.0.1. */
    public readonly port: number,
    private readonly child: ChildProcess,
    /** How it ended, for instance `exit code 1`; settles once and never rejects. */
    public readonly exited: Promise<string>,
  ) {}

  /**
   * Starts an agent and waits until it answers `GET /ping`.
   *
   * @param signal ends the start early
   * @throws Error with the last lines the agent wrote when it ends or stays silent
   */
  public static async start(command: AgentCommand, reaper: Reaper, signal?: AbortSignal): Promise<AgentProcess> {
    try {
      return await AgentProcess.startOnce(command, reaper, signal);
    } catch (error) {
      // Between finding the port free and binding it, somebody else may have taken it.
      if (!(error instanceof Error) || !error.message.includes('EADDRINUSE')) throw error;
      return AgentProcess.startOnce(command, reaper, signal);
    }
  }

  private static async startOnce(command: AgentCommand, reaper: Reaper, signal?: AbortSignal): Promise<AgentProcess> {
    const port = await freePort();
    mkdirSync(dirname(command.logFile), { recursive: true });
    const log = openSync(command.logFile, 'a', 0o600);
    const logStart = fstatSync(log).size;
    const [program, ...args] = command.argv;
    const child = spawn(program, args, {
      cwd: command.cwd,
      env: { ...command.env, PORT: String(port) },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    if (child.pid !== undefined) reaper.watch(child.pid);
    const exited = endOf(child, reaper);
    const agent = new AgentProcess(port, child, exited);

    const ended = exited.then((how) => ({ how }));
    const deadline = Date.now() + START_TIMEOUT_MS;
    let how: string | undefined;
    while (how === undefined && signal?.aborted !== true && Date.now() < deadline) {
      if ((await agent.ping()) !== undefined) return agent;
      how = (await Promise.race([ended, delay(PING_EVERY_MS, undefined)]))?.how;
    }
    await agent.stop(0);
    if (signal?.aborted === true) throw new Error('the agent was stopped while it started');
    throw new Error(
      `the agent (${command.argv.join(' ')} in ${command.cwd}) ` +
        `${how === undefined ? `did not answer GET /ping within ${String(START_TIMEOUT_MS / 1000)} s` : `ended with ${how} before it answered GET /ping`}` +
        `; its last output, from ${command.logFile}:\n${lastLines(command.logFile, logStart)}`,
    );
  }

  /** What the agent says of itself; undefined when it does not answer. */
  public async ping(): Promise<AgentHealth | undefined> {
    return new Promise((resolve) => {
      const request = get(
        { host: '127.0.0.1', port: this.port, path: '/ping', agent: false, timeout: PING_TIMEOUT_MS },
        (response) => {
          readUpTo(response, PING_REPLY_BYTES).then(
            ({ bytes }) => {
              if (response.statusCode !== 200) resolve(undefined);
              else resolve(bytes.includes('"HealthyBusy"') ? 'HealthyBusy' : 'Healthy');
            },
            () => {
              resolve(undefined);
            },
          );
        },
      );
      request.on('timeout', () => request.destroy());
      request.on('error', () => {
        resolve(undefined);
      });
    });
  }

  /**
   * Asks the agent to end, and ends its whole process group after `graceMs`.
   *
   * Only the agent itself gets SIGTERM, as in a container: its children are its own to close in order.
   */
  public async stop(graceMs: number): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = new AbortController();
    await Promise.race([this.exited, delay(graceMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    if (this.child.exitCode === null && this.child.signalCode === null) killGroup(this.child.pid);
    await this.exited;
  }
}

function endOf(child: ChildProcess, reaper: Reaper): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      // What the agent left behind goes with it.
      killGroup(child.pid);
      if (child.pid !== undefined) reaper.forget(child.pid);
      resolve(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // No process of the group is left.
  }
}

function lastLines(file: string, from: number): string {
  const written = readFileSync(file).subarray(from).toString().trim();
  return written === '' ? '(nothing)' : written.split('\n').slice(-SHOWN_LINES).join('\n');
}
