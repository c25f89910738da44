import type { Log } from './log.ts';
import { type PermissionMode, RefusedRequest, type SessionNotKept } from './protocol.ts';
import type { SessionRecord } from './workspace/session-record.ts';
import type { SessionWorkspace } from './workspace/workspace.ts';

/** Added to the number of the last event while the container may be lost: more than any run has events. */
const NUMBERS_AHEAD = 10_000_000;

/** The same at the end of a turn, which is kept before it is told: more than there are events that tell it. */
const NUMBERS_OF_END = 20;

const DISK_FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

type ActiveRun = NonNullable<SessionRecord['activeRun']>;

/** What a session knows of itself, kept so that the next container goes on where this one was lost. */
export class SessionState {
  /** What the container before this one was doing when it was lost. */
  readonly interrupted: ActiveRun | undefined;
  readonly #sessionId: string;
  readonly #workspace: SessionWorkspace;
  readonly #log: Log;
  #record: SessionRecord | undefined;
  #unkept: SessionNotKept['value']['reason'] | undefined;
  readonly #begin: Pick<SessionRecord, 'permissionMode'>;

  private constructor(
    sessionId: string,
    workspace: SessionWorkspace,
    permissionMode: PermissionMode,
    log: Log,
    record: SessionRecord | undefined,
  ) {
    this.#log = log;
    this.#sessionId = sessionId;
    this.#workspace = workspace;
    this.#begin = { permissionMode };
    this.#record = record;
    this.interrupted = record?.activeRun;
  }

  /**
   * Reads what a session knew of itself, and lets its user in.
   *
   * @param user who opens it; undefined where callers name no user
   * @param permissionMode what a new session begins with
   * @throws RefusedRequest `NOT_SESSION_OWNER`, and what the workspace throws
   */
  static async open(
    sessionId: string,
    user: string | undefined,
    workspace: SessionWorkspace,
    permissionMode: PermissionMode,
    log: Log,
  ): Promise<SessionState> {
    const record = await workspace.open(sessionId, user);
    const state = new SessionState(sessionId, workspace, permissionMode, log, record);
    state.admit(user);
    return state;
  }

  get sessionId(): string {
    return this.#sessionId;
  }

  /** Whether no prompt was ever accepted. */
  get isNew(): boolean {
    return this.#record?.conversation === undefined && this.#record?.activeRun === undefined;
  }

  /** Who owns the session; undefined where callers name no user. */
  get owner(): string | undefined {
    return this.#record?.owner ?? undefined;
  }

  /** Why the next container would not know of what was done last; undefined when it would. */
  get unkept(): SessionNotKept['value']['reason'] | undefined {
    return this.#unkept;
  }

  get record(): Omit<SessionRecord, 'owner'> {
    return this.#record ?? { ...this.#begin, eventsBelow: 0, used: { cost_usd: 0, turns: 0 } };
  }

  /**
   * Lets a user in: the first one owns the session from then on.
   *
   * @param user undefined where callers name no user
   * @throws RefusedRequest `NOT_SESSION_OWNER` for every other one
   */
  admit(user: string | undefined): void {
    const owner = user ?? null;
    if (!this.#record) {
      this.#keep({ ...this.record, owner });
    } else if (this.#record.owner !== owner) {
      const remedy = 'begin a session of your own, under another session id';
      throw new RefusedRequest('NOT_SESSION_OWNER', `This session belongs to another user: ${remedy}.`);
    }
  }

  /** A turn begins. `lastEvent`: number of the last event that was told. */
  begin(run: ActiveRun, lastEvent: number): void {
    this.#change({ activeRun: run, eventsBelow: lastEvent + NUMBERS_AHEAD });
  }

  /**
   * The turn is over, and will be told so.
   *
   * @param isCut whether it was ended because the container stops: the next one has to know of it
   */
  end(used: SessionRecord['used'], lastEvent: number, isCut: boolean): void {
    const { conversation, systemPrompt, permissionMode, activeRun, codeInterpreter } = this.record;
    this.#keep({
      ...{ owner: this.#record?.owner ?? null, permissionMode, used, eventsBelow: lastEvent + NUMBERS_OF_END },
      ...(conversation !== undefined && { conversation }),
      ...(systemPrompt !== undefined && { systemPrompt }),
      ...(codeInterpreter && { codeInterpreter }),
      ...(isCut && activeRun && { activeRun }),
    });
  }

  /** The end of the turn was told. */
  settled(lastEvent: number): void {
    this.#change({ eventsBelow: lastEvent });
  }

  /** Something was told outside of a turn. */
  told(lastEvent: number): void {
    this.#change({ eventsBelow: Math.max(lastEvent, this.record.eventsBelow) });
  }

  change(
    change: Partial<Pick<SessionRecord, 'conversation' | 'systemPrompt' | 'permissionMode' | 'codeInterpreter'>>,
  ): void {
    this.#change(change);
  }

  #change(change: Partial<SessionRecord>): void {
    this.#keep({ ...this.record, owner: this.#record?.owner ?? null, ...change });
  }

  /** What cannot be kept now is tried again with the next change: the session goes on without. */
  #keep(record: SessionRecord): void {
    this.#record = record;
    try {
      this.#workspace.save(record);
      this.#unkept = undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#unkept = DISK_FULL.includes(code ?? '') ? 'disk_full' : 'not_writable';
      this.#log('error', 'the session cannot be kept', { reason: this.#unkept, detail: String(error) });
    }
  }
}
