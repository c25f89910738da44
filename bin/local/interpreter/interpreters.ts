import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RequestFault } from '../http-messages';
import type { Reaper } from '../reaper';
import { findProgram, sandboxedKeeper, unsandboxedKeeper, type KeeperCommand } from './bwrap';
import { DEFAULT_LIMITS, type InterpreterLimits } from './limits';
import { Sandbox } from './sandbox';
import { SessionTools } from './session';
import { KNOWN_MACHINES, refusedCalls } from './system-calls';

/** Of all interpreters together; each may hold as much memory as its limits say. */
const MAX_SESSIONS = 8;
/** Ended ones that are still told of. */
const MAX_REMEMBERED = 100;

export interface InterpreterSession {
  readonly id: string;
  readonly interpreterId: string;
  readonly name?: string;
  readonly timeoutSeconds: number;
  readonly createdAt: Date;
  status: 'READY' | 'TERMINATED';
  updatedAt: Date;
}

interface Entry {
  readonly session: InterpreterSession;
  readonly sandbox: Sandbox;
  readonly tools: SessionTools;
  readonly timer: NodeJS.Timeout;
}

export interface InterpretersOptions {
  readonly reaper: Reaper;
  /** Whether code may run without a sandbox where none can be made. */
  readonly allowUnsandboxed: boolean;
  /** @default DEFAULT_LIMITS */
  readonly limits?: InterpreterLimits;
  /** @default - as found on this machine */
  readonly bwrap?: string | undefined;
}

/** The sessions of code interpreters. */
export class Interpreters {
  private readonly sessions = new Map<string, Entry>();
  private readonly limits: InterpreterLimits;
  private readonly bwrap: string | undefined;

  constructor(private readonly options: InterpretersOptions) {
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.bwrap = 'bwrap' in options ? options.bwrap : findProgram('bwrap');
  }

  /** How code will run, for the person who starts the run. */
  public get description(): string {
    if (this.bwrap !== undefined) return `code runs in a sandbox without network (${this.bwrap})`;
    return this.options.allowUnsandboxed
      ? 'CODE RUNS WITHOUT A SANDBOX, with all that you may do on this machine, as asked for'
      : `code is refused: ${NO_SANDBOX}`;
  }

  /**
   * Starts a session with a sandbox of its own.
   *
   * @throws RequestFault 402 when there are too many, 500 with one sentence when no sandbox can be made
   */
  public async start(interpreterId: string, timeoutSeconds: number, name?: string): Promise<InterpreterSession> {
    if ([...this.sessions.values()].filter(({ session }) => session.status === 'READY').length >= MAX_SESSIONS) {
      throw new RequestFault(
        402,
        'ServiceQuotaExceededException',
        `${String(MAX_SESSIONS)} sessions of code interpreters are running, the most in a local run; stop one`,
      );
    }
    const { command, cleanUp } = this.command();
    const sandbox = Sandbox.start(command, this.options.reaper);
    const now = new Date();
    const session: InterpreterSession = {
      id: randomUUID(),
      interpreterId,
      timeoutSeconds,
      createdAt: now,
      updatedAt: now,
      status: 'READY',
      ...(name === undefined ? {} : { name }),
    };
    const timer = setTimeout(() => void sandbox.stop(), timeoutSeconds * 1000);
    timer.unref();
    void sandbox.ended.then(() => {
      clearTimeout(timer);
      cleanUp();
      session.status = 'TERMINATED';
      session.updatedAt = new Date();
    });
    this.sessions.set(session.id, { session, sandbox, tools: new SessionTools(sandbox, this.limits), timer });
    try {
      await sandbox.request({ op: 'look', of: '' }).reply;
    } catch (error) {
      this.sessions.delete(session.id);
      const reason = error instanceof Error ? error.message : String(error);
      throw refused(`the sandbox for code cannot be made: ${reason}`);
    }
    this.forgetOld();
    return session;
  }

  /** @throws RequestFault 404 when there is none, or it is over */
  public tools(
    interpreterId: string,
    sessionId: string,
  ): { readonly session: InterpreterSession; readonly tools: SessionTools } {
    const { session, tools } = this.entry(interpreterId, sessionId);
    if (session.status === 'TERMINATED') {
      throw new RequestFault(404, 'ResourceNotFoundException', `the session "${sessionId}" is over; start another one`);
    }
    session.updatedAt = new Date();
    return { session, tools };
  }

  /** @throws RequestFault 404 */
  public get(interpreterId: string, sessionId: string): InterpreterSession {
    return this.entry(interpreterId, sessionId).session;
  }

  public list(interpreterId: string): InterpreterSession[] {
    return [...this.sessions.values()]
      .map(({ session }) => session)
      .filter((session) => session.interpreterId === interpreterId);
  }

  /** @throws RequestFault 404 */
  public async stop(interpreterId: string, sessionId: string): Promise<InterpreterSession> {
    const { session, sandbox } = this.entry(interpreterId, sessionId);
    await sandbox.stop();
    return session;
  }

  /** Ends every session. */
  public async stopAll(): Promise<void> {
    await Promise.all([...this.sessions.values()].map(({ sandbox }) => sandbox.stop()));
  }

  private command(): { readonly command: KeeperCommand; cleanUp(): void } {
    const { bwrap, limits } = this;
    const python = findProgram('python3');
    if (bwrap === undefined && !this.options.allowUnsandboxed) throw refused(NO_SANDBOX);
    if (python === undefined || (bwrap !== undefined && !python.startsWith('/usr/'))) throw refused(NO_PYTHON);
    if (bwrap !== undefined) {
      const calls = refusedCalls(process.arch);
      if (calls === undefined) throw unknownMachine();
      return { command: sandboxedKeeper(bwrap, python, limits, calls), cleanUp: () => undefined };
    }
    const directory = mkdtempSync(join(tmpdir(), 'interpreter-'));
    return {
      command: unsandboxedKeeper(python, limits, directory),
      cleanUp: () => {
        rmSync(directory, { recursive: true, force: true });
      },
    };
  }

  private entry(interpreterId: string, sessionId: string): Entry {
    const entry = this.sessions.get(sessionId);
    if (entry?.session.interpreterId !== interpreterId) {
      throw new RequestFault(
        404,
        'ResourceNotFoundException',
        `there is no session "${sessionId}" of the code interpreter ${interpreterId}`,
      );
    }
    return entry;
  }

  private forgetOld(): void {
    const over = [...this.sessions.values()].filter(({ session }) => session.status === 'TERMINATED');
    for (const { session } of over.slice(0, -MAX_REMEMBERED)) this.sessions.delete(session.id);
  }
}

const NO_SANDBOX =
  'bubblewrap, which makes the sandbox, is not installed (Linux only; Debian: apt-get install bubblewrap); ' +
  'start with --unsandboxed-code to run code with all that you may do on this machine';
const NO_PYTHON =
  'python3, which looks after the sessions of code interpreters, is not installed in /usr (Debian: apt-get install python3)';

function unknownMachine(): RequestFault {
  const known = KNOWN_MACHINES.join(' and ');
  return refused(
    `the sandbox for code is made for processors of the kinds ${known}, and this one is ${process.arch}; use such a machine`,
  );
}

function refused(message: string): RequestFault {
  return new RequestFault(500, 'InternalServerException', message);
}
