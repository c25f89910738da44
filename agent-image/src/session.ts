import type { AgentConfig } from './config.ts';
import type { Definition } from './definition.ts';
import { EventLog } from './event-log.ts';
import type { Reading } from './event-stream.ts';
import { promptWithHistory } from './history.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import {
  type HistoryMessage,
  type Interrupt,
  MAX_WAITING_RUNS,
  RefusedRequest,
  type ResumeEntry,
  type RunChoices,
} from './protocol.ts';
import { Run } from './run.ts';
import { assertChoices } from './run-choices.ts';
import { SessionAgent } from './session-agent.ts';
import { SessionKeeper, unavailable } from './session-keeper.ts';
import { SessionMeters } from './session-meters.ts';
import { openSessionRows } from './session-rows/open-session-rows.ts';
import type { SessionRows } from './session-rows/session-rows.ts';
import { SessionState } from './session-state.ts';
import type { TraceHeaders } from './trace-headers.ts';
import type { SessionSpans } from './tracing/session-spans.ts';
import type { SessionTokens } from './user-identity/request-tokens.ts';
import { WorkspaceDamaged } from './workspace/format/entries.ts';
import { WorkspaceUnavailable } from './workspace/object-store.ts';
import type { SessionWorkspace } from './workspace/workspace.ts';

export interface SessionOptions {
  readonly id: string;
  /** Who opens it; undefined where callers name no user. */
  readonly user: string | undefined;
  readonly config: AgentConfig;
  readonly definition: Definition;
  readonly workspace: SessionWorkspace;
  readonly metrics: Metrics;
  /** Missing when the agent sends none. */
  readonly spans?: SessionSpans | undefined;
  /** Of the requests to this session. */
  readonly tokens: SessionTokens;
  /** Called when another container has taken the session over: this one must end. */
  readonly onFenced: () => void;
  /** Its lines must name the session. */
  readonly log: Log;
}

/** Who asks, for the log, the audit and the trace. */
export interface RequestOrigin {
  readonly requestId: string;
  /** Missing where callers name no user. */
  readonly user?: string;
  /** Missing where the caller traces nothing. */
  readonly trace?: TraceHeaders;
}

export interface PromptRequest extends RequestOrigin {
  readonly prompt: string;
  /** Made up when missing. */
  readonly runId?: string;
  readonly choices: RunChoices;
  readonly history: readonly HistoryMessage[];
}

export interface ResumeRequest extends RequestOrigin {
  readonly entries: readonly ResumeEntry[];
  readonly runId?: string;
}

interface AcceptedPrompt {
  readonly run: Run;
  readonly prompt: string;
  readonly choices: RunChoices;
}

/** One runtime session: one conversation, whose prompts are answered one after the other. */
export class Session {
  readonly events: EventLog;
  readonly #options: SessionOptions;
  readonly #state: SessionState;
  readonly #meters: SessionMeters;
  readonly #keeper: SessionKeeper;
  readonly #agent: SessionAgent;
  /** Missing when this session is listed nowhere. */
  readonly #rows: SessionRows | undefined;
  readonly #waiting: AcceptedPrompt[] = [];
  /** Settles when no prompt is left; undefined while there is none. */
  #work: Promise<void> | undefined;
  readonly #onStep: (() => void)[] = [];
  #runs = 0;
  #stopping = false;

  /**
   * Opens the session as it was left: new, or by a container that was replaced.
   *
   * @throws RefusedRequest `NOT_SESSION_OWNER`, `WORKSPACE_UNAVAILABLE`, `SESSION_UNREADABLE`
   */
  static async open(options: SessionOptions): Promise<Session> {
    const { id, user, workspace, config, metrics, spans, log } = options;
    const meters = new SessionMeters(metrics, id, { spans, isKept: workspace.outlivesContainer });
    try {
      const state = await meters.opening(() => SessionState.open(id, user, workspace, config.permissionModes[0], log));
      return new Session(options, state, meters);
    } catch (error) {
      throw refusalToOpen(error);
    }
  }

  private constructor(options: SessionOptions, state: SessionState, meters: SessionMeters) {
    this.#options = options;
    this.#state = state;
    const { config, definition, workspace, tokens, log } = options;
    this.#meters = meters;
    this.#keeper = new SessionKeeper({
      ...{ workspace, isNew: state.isNew, meters, log },
      onFenced: () => {
        this.#agent.fence();
        this.#endWhenFenced();
      },
    });
    this.events = new EventLog(state.record.eventsBelow);
    const { events } = this;
    const onAbandoned = (): void => this.#rows?.abandoned();
    this.#rows = openSessionRows(options);
    this.#agent = new SessionAgent({
      config,
      definition,
      log,
      state,
      keeper: this.#keeper,
      meters,
      tokens,
      events,
      onAbandoned,
    });
  }

  /** Whether something is being done, or a question waits for its answer. */
  get busy(): boolean {
    return this.#work !== undefined;
  }

  /** Questions that wait for an answer. */
  get interrupts(): readonly Interrupt[] {
    return this.#agent.interrupts;
  }

  /**
   * Lets a user in.
   *
   * @throws RefusedRequest `NOT_SESSION_OWNER`
   */
  admit(user: string | undefined): void {
    this.#state.admit(user);
  }

  /**
   * Accepts a prompt.
   *
   * @throws RefusedRequest `INTERRUPT_PENDING`, `QUEUE_FULL`, and for choices that are not allowed
   */
  start({ prompt, runId, choices, history, ...origin }: PromptRequest): Run {
    if (this.#agent.waiting) {
      const what = 'answer its questions with "resume", or cancel, before the next prompt';
      throw new RefusedRequest('INTERRUPT_PENDING', `The session waits for an answer: ${what}.`);
    }
    if (this.#waiting.length >= MAX_WAITING_RUNS) {
      const full = `${MAX_WAITING_RUNS} runs of this session are waiting already: send the prompt when one has ended.`;
      throw new RefusedRequest('QUEUE_FULL', full);
    }
    if (history.length > 0 && (!this.#state.isNew || this.#work)) {
      const why = 'only the first prompt of a session may have "history": this session knows its conversation';
      throw new RefusedRequest('INVALID_REQUEST', `The request is not valid: ${why}.`);
    }
    assertChoices(choices, this.#options.config, this.#options.definition);
    const run = this.#newRun(runId, origin);
    this.#rows?.follow(run, prompt);
    this.#waiting.push({ run, prompt: promptWithHistory(prompt, history), choices });
    this.#work ??= Promise.resolve().then(() => this.#workThrough());
    return run;
  }

  /**
   * Goes on after questions.
   *
   * @throws RefusedRequest `INTERRUPT_NOT_OPEN` and `INVALID_REQUEST` for answers that are not those waited for
   */
  resume({ entries, runId, ...origin }: ResumeRequest): Run {
    if (!this.#agent.waiting) {
      const why = 'it was answered, has expired, or was withdrawn when the container stopped; send the prompt again';
      throw new RefusedRequest('INTERRUPT_NOT_OPEN', `This session has no open question: ${why}.`);
    }
    const run = this.#newRun(runId, origin);
    this.#agent.resume(run, entries, origin.user);
    this.#rows?.follow(run);
    return run;
  }

  /** Ends what is being done; prompts that wait are answered next. The run that was ended, if there was one. */
  cancel({ user, requestId }: RequestOrigin): string | undefined {
    const { run } = this.#agent;
    this.#agent.cancel(user, requestId);
    return run?.identity.runId;
  }

  /**
   * Events after `after`, and those to come while something is being done.
   *
   * @throws RefusedRequest `EVENTS_GONE` when some are no longer kept
   */
  attach(after: number): Reading {
    this.events.assertKept(after);
    return { log: this.events, after, ended: this.#resting() };
  }

  /**
   * Keeps all there is beyond the container.
   *
   * @throws RefusedRequest `WORKSPACE_UNAVAILABLE`, `WORKSPACE_FENCED`
   */
  flush(): Promise<void> {
    return this.#keeper.flush();
  }

  /** Interrupts the active run, fails those that wait, keeps the session and ends the agent process. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const endedElsewhere = this.#agent.interrupt();
    await this.#work;
    await this.#agent.close();
    await Promise.all([this.#keeper.close(), endedElsewhere]);
    await this.#rows?.close();
    this.#meters.closed();
  }

  #newRun(runId: string | undefined, { requestId, trace }: RequestOrigin): Run {
    this.#runs += 1;
    // Time and count, not random bytes: a container that was restored from a snapshot may repeat those.
    const id = runId ?? `run-${Date.now().toString(36)}-${this.#runs}`;
    return new Run({ runId: id, threadId: this.#options.id, number: this.#runs, requestId }, this.events, trace);
  }

  async #workThrough(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { run, prompt, choices } = next;
      this.#step();
      if (this.#stopping) {
        this.#agent.refuse(run, 'STOPPING', 'the session was stopped');
      } else {
        await this.#agent.answer(run, prompt, choices);
        this.#endWhenFenced();
      }
    }
    this.#work = undefined;
    this.#step();
  }

  /** Lets those go on who wait for the next run, or for the end of all. */
  #step(): void {
    this.#onStep.splice(0).forEach((goOn) => goOn());
  }

  /** What the container would do from here on is lost: the prompts that wait are for the one that goes on. */
  #endWhenFenced(): void {
    // A run that is being done is told first.
    if (this.#keeper.fenced && !this.#stopping && !this.#agent.run) {
      this.#stopping = true;
      this.#options.onFenced();
    }
  }

  /** Settles when nothing is being done; questions that wait are nothing. */
  async #resting(): Promise<void> {
    while (this.#work && !this.#agent.waiting) {
      const { run } = this.#agent;
      const stepped = new Promise<void>((resolve) => this.#onStep.push(resolve));
      await run?.finished;
      if (!this.#agent.waiting && this.#agent.run === run) {
        await stepped;
      }
    }
  }
}

/** What a caller is told when a session cannot be opened. */
function refusalToOpen(error: unknown): unknown {
  if (error instanceof WorkspaceUnavailable) {
    return unavailable(error);
  }
  if (error instanceof WorkspaceDamaged) {
    const message =
      "What was kept of this session cannot be read: begin a session under another id; the agent's log says what an operator can do.";
    return new RefusedRequest('SESSION_UNREADABLE', message, { cause: error });
  }
  return error;
}
