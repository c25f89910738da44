import type { ToolArguments, ToolName } from '@aws-sdk/client-bedrock-agentcore';
import type { Log } from '../../log.ts';
import { AnswerTooLong } from './bounded-answer.ts';
import type { InterpreterApi, InterpreterResult } from './interpreter-api.ts';
import { faultOf, type InterpreterCode, InterpreterFault } from './interpreter-fault.ts';
import { type NamedSession, sessionNameOf, startTokenOf } from './session-name.ts';
import { untilAborted } from '../../until-aborted.ts';

/** How long the start of a session may take, in milliseconds; AgentCore needs seconds at most. */
const START_MS = 30_000;

/** How long the end of a session is waited for, in milliseconds: a container that stops has little time. */
const STOP_MS = 2_000;

/** How long a start goes on that the end of the agent session finds under way, in milliseconds: only its id can end it. */
const LATE_START_MS = 4_000;

/** What a call to a session that is gone may fail with; which of them it is, AgentCore does not document. */
const MAY_BE_GONE: readonly InterpreterCode[] = [
  ...(['INTERPRETER_NOT_FOUND', 'INTERPRETER_CONFLICT'] as const),
  ...(['INTERPRETER_REFUSED', 'INTERPRETER_FAILED'] as const),
];

/** What goes on when nobody waits for it any more: AgentCore has no call that takes one of them back. */
const GOES_ON: readonly ToolName[] = ['executeCode', 'executeCommand', 'startCommandExecution'];

const NOT_THERE =
  'The code interpreter has no such file or task; nothing was run. list_files tells which files there are, and the result of start_command which task.';

const STOPPED = 'The session of the agent has ended, and its code interpreter with it; nothing was run.';

/** What the next container has to know to go on with the same session. */
export interface InterpreterSessionRecord {
  /** Id of the interpreter: after a deployment the agent may have another one. */
  readonly interpreter: string;
  readonly session: string;
}

export interface InterpreterSessionOptions extends NamedSession {
  /** Id of the interpreter. */
  readonly interpreter: string;
  readonly region: string;
  /** What the session before this container had; undefined when it had none. */
  readonly record: InterpreterSessionRecord | undefined;
  /** Keeps what the next container has to know. What it returns says whether another container may know it by now. */
  readonly keep: (record: InterpreterSessionRecord) => () => boolean;
  readonly log: Log;
}

/** What one call led to. */
export interface InterpreterAnswer {
  readonly result: InterpreterResult;
  /** Whether the session before is gone, and with it all that the model may take for being there. */
  readonly renewed: boolean;
}

/**
 * The interpreter session of an agent session: started by the first call, used by all others, also after a resume, and
 * replaced when it has ended. Its id comes from here alone, because all users of an interpreter share it; an id from a
 * record is used and ended only when AgentCore has it under the name of this agent session.
 */
export class InterpreterSession {
  readonly #options: InterpreterSessionOptions;
  readonly #name: string;
  #api: Promise<InterpreterApi> | undefined;
  #id: string | undefined;
  /** The session that is known to be of this agent session: where users can write their record, it proves nothing. */
  #own: string | undefined;
  #mayBeKnown = (): boolean => true;
  #starting: Promise<string> | undefined;
  #starts = 0;
  /** Of a session in which something was left that goes on. */
  #ending: Promise<void> | undefined;
  /** A session is gone, and the model was not told yet. */
  #lost = false;
  #stopped = false;
  readonly #givingUp = new AbortController();
  #lateStart: NodeJS.Timeout | undefined;

  constructor(options: InterpreterSessionOptions) {
    this.#options = options;
    const { record, interpreter } = options;
    this.#name = sessionNameOf(options);
    if (record?.interpreter === interpreter) this.#id = record.session;
    this.#lost = record !== undefined && this.#id === undefined;
  }

  /** Of the interpreter; undefined before the first call. */
  get id(): string | undefined {
    return this.#id;
  }

  /**
   * Has the interpreter do something.
   *
   * @throws InterpreterFault
   */
  async call(name: ToolName, args: ToolArguments, signal: AbortSignal): Promise<InterpreterAnswer> {
    try {
      return await this.#call(name, args, signal);
    } catch (error) {
      const fault = faultOf(error, signal);
      const { code, detail } = fault;
      const level = code === 'INTERPRETER_CANCELLED' ? 'info' : 'warn';
      this.#options.log(level, 'a call of the code interpreter failed', { operation: name, code, detail });
      throw fault;
    }
  }

  /** Starts nothing and ends nothing from now on, what is cancelled included: {@link stop} does. */
  leave(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const late = new DOMException('the agent session has ended', 'TimeoutError');
    this.#lateStart = setTimeout(() => this.#givingUp.abort(late), LATE_START_MS);
  }

  /**
   * Ends the session of the interpreter, for good; never rejects.
   *
   * @param isOvertaken whether another container goes on with the agent session, and so with what it knows of this one
   */
  async stop(isOvertaken: () => Promise<boolean>): Promise<void> {
    this.leave();
    const ended = this.#id === undefined ? undefined : this.#endUnlessTaken(this.#id, isOvertaken);
    await Promise.all([this.#ending, this.#starting?.catch(() => undefined), ended]);
    clearTimeout(this.#lateStart);
    (await this.#api)?.close();
    this.#api = undefined;
  }

  async #endUnlessTaken(session: string, isOvertaken: () => Promise<boolean>): Promise<void> {
    if ((await isOvertaken()) && this.#mayBeKnown()) return;
    await this.#end(session, AbortSignal.timeout(STOP_MS));
  }

  async #call(name: ToolName, args: ToolArguments, signal: AbortSignal): Promise<InterpreterAnswer> {
    const session = await this.#current(signal);
    const api = await this.#opened();
    try {
      return this.#answer(await this.#invoke(session, name, args, signal));
    } catch (error) {
      const fault = faultOf(error, signal);
      if (!(await this.#isGone(api, session, fault, signal))) throw told(fault);
      this.#forget(session, fault);
      // It may have begun, and what ended the session would then be done a second time.
      if (fault.code === 'INTERPRETER_FAILED') throw new InterpreterFault('INTERPRETER_SESSION_LOST', fault.detail);
    }
    const next = await this.#current(signal);
    try {
      return { ...this.#answer(await this.#invoke(next, name, args, signal)), renewed: true };
    } catch (error) {
      throw told(faultOf(error, signal));
    }
  }

  async #invoke(session: string, name: ToolName, args: ToolArguments, signal: AbortSignal): Promise<InterpreterResult> {
    const api = await this.#opened();
    this.#assertGoesOn();
    try {
      return await api.invoke(session, name, args, signal);
    } catch (error) {
      const fault = faultOf(error, signal);
      if (isLeft(fault) && GOES_ON.includes(name)) this.#discard(session, fault);
      throw fault;
    }
  }

  /** Loaded here, so that only an agent that runs code waits for the client of AWS. */
  #opened(): Promise<InterpreterApi> {
    const { interpreter, region } = this.#options;
    return (this.#api ??= import('./interpreter-api.ts').then((api) => new api.InterpreterApi(interpreter, region)));
  }

  async #current(signal: AbortSignal): Promise<string> {
    this.#assertGoesOn();
    const session = this.#id;
    if (session !== undefined) {
      if (await this.#isOwn(session, signal)) return session;
      const why = 'AgentCore has no such session any more, or not under the name of this agent session';
      this.#forget(session, new InterpreterFault('INTERPRETER_NOT_FOUND', why));
      this.#assertGoesOn();
    }
    return this.#id ?? untilAborted((this.#starting ??= this.#start()), signal);
  }

  /** One that is started after the end would be ended by nobody, and live for hours. */
  #assertGoesOn(): void {
    if (this.#stopped) throw new InterpreterFault('INTERPRETER_CANCELLED', 'the agent session has ended', STOPPED);
  }

  async #isOwn(session: string, signal: AbortSignal): Promise<boolean> {
    if (this.#own === session) return true;
    const api = await this.#opened();
    if (!(await api.isAlive(session, this.#name, signal))) return false;
    this.#own = session;
    return true;
  }

  async #start(): Promise<string> {
    const { sessionId, interpreter, keep, log } = this.#options;
    try {
      const api = await this.#opened();
      await this.#ending;
      this.#assertGoesOn();
      const signal = AbortSignal.any([AbortSignal.timeout(START_MS), this.#givingUp.signal]);
      this.#starts += 1;
      const session = await api.start(this.#name, startTokenOf(sessionId, this.#starts), signal);
      this.#own = session;
      if (this.#stopped) await this.#end(session, AbortSignal.timeout(STOP_MS));
      this.#assertGoesOn();
      this.#id = session;
      this.#mayBeKnown = keep({ interpreter, session });
      log('info', 'code interpreter session started', { interpreter, interpreter_session: session });
      return session;
    } finally {
      this.#starting = undefined;
    }
  }

  #answer(result: InterpreterResult): InterpreterAnswer {
    const renewed = this.#lost;
    this.#lost = false;
    return { result, renewed };
  }

  /** Asked of AgentCore: the same errors are told for a session that lives. */
  async #isGone(
    api: InterpreterApi,
    session: string,
    { code }: InterpreterFault,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!MAY_BE_GONE.includes(code)) return false;
    try {
      return !(await api.isAlive(session, this.#name, signal));
    } catch {
      return false;
    }
  }

  /** Ends a session for what still runs in it: it would do so for minutes, and the next call would have to wait. */
  #discard(session: string, fault: InterpreterFault): void {
    if (this.#id !== session || this.#stopped) return;
    this.#forget(session, fault);
    this.#ending = this.#end(session, AbortSignal.timeout(STOP_MS));
  }

  /** Never rejects. */
  async #end(session: string, signal: AbortSignal): Promise<void> {
    try {
      if (!(await this.#isOwn(session, signal))) return;
      await (await this.#opened()).stop(session, signal);
    } catch (error) {
      const { code, detail } = faultOf(error, signal);
      // Ended already, by time or by the container before.
      if (code === 'INTERPRETER_NOT_FOUND' || code === 'INTERPRETER_CONFLICT') return;
      this.#options.log('warn', 'the code interpreter session could not be stopped', { code, detail });
    }
  }

  #forget(session: string, { code, detail }: InterpreterFault): void {
    this.#lost = true;
    // Another call may have noticed it too, and have a new one by now.
    if (this.#id !== session) return;
    this.#id = undefined;
    const level = code === 'INTERPRETER_CANCELLED' ? 'info' : 'warn';
    this.#options.log(level, 'the code interpreter session is gone', { interpreter_session: session, code, detail });
  }
}

/** Whether the answer is not waited for any longer, or not read any further. */
function isLeft(fault: InterpreterFault): boolean {
  const { code } = fault;
  return code === 'INTERPRETER_CANCELLED' || code === 'INTERPRETER_TIMEOUT' || fault instanceof AnswerTooLong;
}

/** The session is there, so what was not found is something in it. */
function told(fault: InterpreterFault): InterpreterFault {
  return fault.code === 'INTERPRETER_NOT_FOUND'
    ? new InterpreterFault('INTERPRETER_REFUSED', fault.detail, NOT_THERE)
    : fault;
}
