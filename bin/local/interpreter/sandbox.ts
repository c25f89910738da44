import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import type { Reaper } from '../reaper';
import { closeFiles, type KeeperCommand } from './bwrap';

/** What the keeper is asked to do; the fields of each are those of its program. */
export type KeeperRequest =
  | { readonly op: 'run'; readonly argv: readonly string[]; readonly seconds?: number; readonly keep: number }
  | { readonly op: 'files'; readonly stdin: string; readonly seconds: number; readonly keep: number }
  | {
      readonly op: 'code';
      readonly language: 'python' | 'javascript';
      readonly code: string;
      readonly typescript?: boolean;
      readonly clear?: boolean;
      readonly seconds: number;
      readonly keep: number;
    }
  | { readonly op: 'look' | 'cancel'; readonly of: string };

/** What the keeper answers. Code that runs beside it may have a hand in it, so every field may be missing or wrong. */
export type KeeperReply = Readonly<Record<string, unknown>>;

/** The sandbox is gone, and everything in it. */
export class SandboxEnded extends Error {}

/** Longest reply: a hundred megabytes of files in base64, with room. Whatever is longer is no reply. */
const MAX_REPLY_BYTES = 160 * 1024 * 1024;
const ERROR_BYTES = 4_096;

interface Waiting {
  readonly resolve: (reply: KeeperReply) => void;
  readonly reject: (error: Error) => void;
}

/** A running sandbox with its keeper. */
export class Sandbox {
  /** Settles once the process is gone, with what it said at its end. */
  public readonly ended: Promise<string>;
  private readonly waiting = new Map<string, Waiting>();
  private readonly requests: Writable;
  private isOver = false;
  private errors = '';

  private constructor(
    private readonly child: ChildProcess,
    reaper: Reaper,
  ) {
    const [, , errors, requests, replies] = child.stdio;
    this.requests = requests as Writable;
    this.requests.on('error', () => undefined);
    (errors as Readable).on('data', (data: Buffer) => {
      this.errors = (this.errors + data.toString()).slice(0, ERROR_BYTES);
    });
    this.listen(replies as Readable);
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        if (this.isOver) return;
        this.isOver = true;
        killGroup(child.pid);
        if (child.pid !== undefined) reaper.forget(child.pid);
        for (const { reject } of this.waiting.values()) reject(new SandboxEnded(how));
        this.waiting.clear();
        resolve(how);
      };
      child.once('error', (error) => {
        end(error.message);
      });
      child.once('close', (code, signal) => {
        end(this.errors.trim() || (signal === null ? `exit code ${String(code)}` : `signal ${signal}`));
      });
    });
  }

  /** Starts a sandbox; its first reply tells whether it could be made. */
  public static start(command: KeeperCommand, reaper: Reaper): Sandbox {
    try {
      const child = spawn(command.program, command.args, {
        cwd: command.cwd,
        env: { ...command.env },
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', ...command.files],
        // A group of its own: whatever is in it can be ended at once, and a Ctrl-C of the terminal does not reach it.
        detached: true,
        ...(command.uid === undefined ? {} : { uid: command.uid }),
        ...(command.gid === undefined ? {} : { gid: command.gid }),
      });
      if (child.pid !== undefined) reaper.watch(child.pid);
      return new Sandbox(child, reaper);
    } finally {
      closeFiles(command);
    }
  }

  /**
   * Sends a request; `reply` is given once it is done.
   *
   * @throws SandboxEnded when the sandbox is gone before
   */
  public request(request: KeeperRequest): { readonly id: string; readonly reply: Promise<KeeperReply> } {
    // Code in the sandbox cannot answer what it cannot name.
    const id = randomUUID();
    const reply = new Promise<KeeperReply>((resolve, reject) => {
      if (this.isOver) {
        reject(new SandboxEnded('the sandbox is gone'));
        return;
      }
      this.waiting.set(id, { resolve, reject });
      this.requests.write(`${JSON.stringify({ id, ...request })}\n`);
    });
    return { id, reply };
  }

  /** Ends everything in the sandbox and waits for it. */
  public async stop(): Promise<void> {
    killGroup(this.child.pid);
    await this.ended;
  }

  private listen(replies: Readable): void {
    let pieces: Buffer[] = [];
    let size = 0;
    replies.on('data', (data: Buffer) => {
      for (let start = 0; ;) {
        const end = data.indexOf('\n', start);
        const piece = data.subarray(start, end < 0 ? data.length : end);
        size += piece.length;
        if (size <= MAX_REPLY_BYTES) pieces.push(piece);
        if (end < 0) return;
        if (size <= MAX_REPLY_BYTES) this.settle(Buffer.concat(pieces).toString());
        pieces = [];
        size = 0;
        start = end + 1;
      }
    });
    replies.on('error', () => undefined);
  }

  private settle(line: string): void {
    let reply: unknown;
    try {
      reply = JSON.parse(line);
    } catch {
      return;
    }
    if (typeof reply !== 'object' || reply === null) return;
    const { id } = reply as KeeperReply;
    const waiting = typeof id === 'string' ? this.waiting.get(id) : undefined;
    if (waiting === undefined) return;
    this.waiting.delete(String(id));
    waiting.resolve(reply as KeeperReply);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // No process of the group is left.
  }
}
