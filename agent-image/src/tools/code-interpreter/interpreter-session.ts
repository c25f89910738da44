import type { ToolArguments, ToolName } from '@aws-sdk/client-bedrock-agentcore';
import { createHash } from 'node:crypto';
import type { Log } from '../../log.ts';
import { AnswerTooLong } from './bounded-answer.ts';
import type { InterpreterApi, InterpreterResult } from './interpreter-api.ts';
import { faultOf, type InterpreterCode, InterpreterFault } from './interpreter-fault.ts';
import { untilAborted } from '../../until-aborted.ts';

/** How long the start of a session may take, in milliseconds; AgentCore needs seconds at most. */
const START_MS = 30_000;

/** How long the end of a session is waited for, in milliseconds: a container that stops has little time. */
const STOP_MS = 2_000;

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

export interface InterpreterSessionOptions {
  /** Id of the interpreter. */
  readonly interpreter: string;
  readonly region: string;
  /** Names the sessions in lists. */
  readonly agentName: string;
  /** Of the agent: the runtime session id. */
  readonly sessionId: string;
  /** What the session before this container had; undefined when it had none. */
  readonly record: InterpreterSessionRecord | undefined;
  /** Keeps what the next container has to know. */
  readonly keep: (record: InterpreterSessionRecord) => void;
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
 * replaced when it has ended. Its id comes from here alone, because all users of an interpreter share it.
 */
export class InterpreterSession {
  readonly #options: InterpreterSessionOptions;
  #api: Promise<InterpreterApi> | undefined;
  #id: string | undefined;
  #starting: Promise<string> | undefined;
  #starts = 0;
  /** Of a session in which something was left that goes on. */
  #ending: Promise<void> | undefined;
  /** A session is gone, and the model was not told yet. */
  #lost = false;
  #stopped = false;

  constructor(options: InterpreterSessionOptions) {
    this.#options = options;
    const { record, interpreter } = options;
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

  /** Ends the session of the interpreter, for good; never rejects, and takes two seconds at most. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const signal = AbortSignal.timeout(STOP_MS);
    const session = this.#id ?? this.#starting;
    await Promise.all([this.#ending, session === undefined ? undefined : this.#end(session, signal)]);
    (await this.#api)?.close();
    this.#api = undefined;
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
    // One that is started now would be ended by nobody, and live for hours.
    if (this.#stopped) throw new InterpreterFault('INTERPRETER_CANCELLED', 'the agent session has ended', STOPPED);
    if (this.#id !== undefined) return this.#id;
    return untilAborted((this.#starting ??= this.#start()), signal);
  }

  async #start(): Promise<string> {
    const { agentName, interpreter, keep, log } = this.#options;
    try {
      const api = await this.#opened();
      await this.#ending;
      const session = await api.start(agentName, this.#token(), AbortSignal.timeout(START_MS));
      this.#id = session;
      keep({ interpreter, session });
      log('info', 'code interpreter session started', { interpreter, interpreter_session: session });
      return session;
    } finally {
      this.#starting = undefined;
    }
  }

  /**
   * Not random: containers that were restored from one snapshot may draw the same bytes, and the same token would give
   * both of them one session.
   */
  #token(): string {
    this.#starts += 1;
    return createHash('sha256').update(`${this.#options.sessionId}\n${Date.now()}\n${this.#starts}`).digest('hex');
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
      return !(await api.isAlive(session, signal));
    } catch {
      return false;
    }
  }

  /** Ends a session for what still runs in it: it would do so for minutes, and the next call would have to wait. */
  #discard(session: string, fault: InterpreterFault): void {
    if (this.#id !== session) return;
    this.#forget(session, fault);
    this.#ending = this.#end(session, AbortSignal.timeout(STOP_MS));
  }

  /** Never rejects. */
  async #end(session: string | Promise<string>, signal: AbortSignal): Promise<void> {
    try {
      const api = await this.#opened();
      await api.stop(await untilAborted(Promise.resolve(session), signal), signal);
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
