import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { AgentConfig } from './config.ts';
import type { Conversation } from './conversation.ts';
import type { Definition } from './definition.ts';
import type { EventLog } from './event-log.ts';
import { Plan } from './events.ts';
import { promptAfterLost } from './history.ts';
import { createConversation, createInterpreterSession } from './launcher.ts';
import { LimitMeter } from './limits.ts';
import { createPromptLog, type Log, type PromptLog } from './log.ts';
import { auditLog } from './permissions/audit.ts';
import { PermissionDesk } from './permissions/permission-desk.ts';
import type { Interrupt, ResumeEntry, RunChoices, RunFailureCode } from './protocol.ts';
import type { Run } from './run.ts';
import type { SessionKeeper } from './session-keeper.ts';
import type { SessionMeters } from './session-meters.ts';
import type { SessionState } from './session-state.ts';
import { permissionHooks, ToolGate } from './tool-gate.ts';
import { readingTools, SessionServers } from './tools/session-servers.ts';
import type { InterpreterSession } from './tools/code-interpreter/interpreter-session.ts';
import { readTranscript, toolResultFolders } from './transcript.ts';
import type { SessionTokens } from './user-identity/request-tokens.ts';
import { type EndedRun, type EndedTurn, Turn } from './turn.ts';
import type { RunEnding } from './run-ending.ts';

export interface SessionAgentOptions {
  readonly config: AgentConfig;
  readonly definition: Definition;
  readonly state: SessionState;
  readonly keeper: SessionKeeper;
  readonly events: EventLog;
  readonly meters: SessionMeters;
  /** Of the requests to this session. */
  readonly tokens: SessionTokens;
  /** Called when questions are closed without a run that goes on. */
  readonly onAbandoned: () => void;
  readonly log: Log;
}

/** The agent of a session: answers one prompt after the other, and asks before it does what has to be asked. */
export class SessionAgent {
  readonly #options: SessionAgentOptions;
  readonly #desk: PermissionDesk;
  readonly #gate: ToolGate;
  readonly #conversation: Conversation;
  readonly #limits: LimitMeter;
  readonly #interpreter: InterpreterSession | undefined;
  readonly #servers: SessionServers;
  readonly #plan = new Plan();
  readonly #logPrompt: PromptLog;
  #turn: Turn | undefined;
  /** The last run. */
  #run: Run | undefined;
  #toldInterrupted = false;
  /** The prompt that a container was lost with, until the model was told of it. */
  #lost: string | undefined;
  #stopping = false;

  constructor(options: SessionAgentOptions) {
    const { config, definition, state, meters, log } = options;
    this.#options = options;
    this.#logPrompt = createPromptLog(log, config.logPrompts);
    const audit = auditLog(log);
    this.#desk = new PermissionDesk({
      modes: config.permissionModes,
      mode: state.record.permissionMode,
      reads: readingTools(config),
      audit: (entry) => {
        audit(entry);
        meters.audited(entry);
      },
    });
    this.#gate = new ToolGate(definition, config.workspaceDirectory, this.#desk, () =>
      toolResultFolders(config.configDirectory, state.record.conversation ?? ''),
    );
    this.#lost = state.interrupted?.prompt;
    this.#limits = new LimitMeter(config.limits, state.record.used);
    this.#interpreter = createInterpreterSession(config, state, options.keeper, log);
    this.#servers = new SessionServers({
      ...{ config, tokens: options.tokens, meter: meters, log },
      onLink: ({ connection, url, sessionUri }) =>
        this.#run?.emit({
          type: 'CUSTOM',
          name: 'oauth.required',
          value: { connection, url, ...(sessionUri !== undefined && { session_uri: sessionUri }) },
        }),
    });
    this.#conversation = createConversation({
      servers: this.#servers,
      interpreter: this.#interpreter,
      config,
      definition,
      limits: this.#limits,
      hooks: permissionHooks(this.#gate),
      traceHeaders: (callId) => meters.traceHeaders(callId),
      log,
      conversation: state.record.conversation,
      onIdentity: (conversation) => state.change({ conversation }),
    });
  }

  /** Whether it waits for the answers to questions. */
  get waiting(): boolean {
    return this.#turn?.waiting ?? false;
  }

  /** Questions that wait for an answer. */
  get interrupts(): readonly Interrupt[] {
    return this.waiting ? this.#desk.open : [];
  }

  /** The run that is being told; while questions are open, the one that asked. */
  get run(): Run | undefined {
    return this.#turn && this.#run;
  }

  /** Answers one prompt; settles when its turn is over, and never rejects. */
  async answer(run: Run, prompt: string, choices: RunChoices): Promise<void> {
    const { state, config } = this.#options;
    this.#run = run;
    const exceeded = this.#limits.exceeded();
    if (exceeded) {
      this.refuse(run, exceeded, 'nothing is left of the limit');
      return;
    }
    const model = choices.model ?? config.models.main;
    this.#options.meters.runBegins(run, model);
    this.#choose(choices, run.identity.requestId);
    this.#servers.refresh();
    const turn: Turn = new Turn({
      conversation: this.#conversation,
      desk: this.#desk,
      log: this.#options.log,
      model,
      systemPrompt: config.callerOverrides.includes('systemPrompt') ? state.record.systemPrompt : undefined,
      plan: this.#plan,
      codeInterpreterSession: () => this.#interpreter?.id,
      onMessage: (message) => this.#observe(message),
      prepare: () => this.#prepare(turn, run, prompt),
      beforeEnd: (ended, telling, givenUp) => this.#keep(ended, telling, givenUp),
      onRunEnd: (ended, ran) => this.#runEnds(ended, ran),
      onAbandoned: (interruptIds) => this.#abandon(interruptIds),
    });
    this.#turn = turn;
    const over = turn.perform(run);
    this.#tellInterrupted(run);
    await over;
    this.#turn = undefined;
  }

  /**
   * Goes on after questions, told as `run`.
   *
   * @throws RefusedRequest when the answers are not those that are waited for
   */
  resume(run: Run, entries: readonly ResumeEntry[], user: string | undefined): void {
    this.#turn?.resume(run, entries, user);
    this.#options.meters.runBegins(run);
    this.#run = run;
  }

  /** Ends the turn. */
  cancel(user: string | undefined, requestId: string): void {
    this.#turn?.cancel('cancelled', user, requestId);
  }

  /** Ends the turn because nothing of it could be kept. */
  fence(): void {
    this.#interpreter?.leave();
    this.#turn?.cancel('stopped');
  }

  /** Ends the turn because the container stops: the next one is told of it. Settles when nothing of it runs elsewhere. */
  interrupt(): Promise<void> | undefined {
    this.#stopping = true;
    // Beside all else that a stop has to do in a few seconds, and before what the turn does with it is cut short.
    const interpreterStopped = this.#interpreter?.stop(() => this.#options.keeper.isOvertaken());
    this.#turn?.cancel('stopped');
    return interpreterStopped;
  }

  /** Ends the agent process. */
  async close(): Promise<void> {
    await Promise.all([this.#conversation.close(), this.#servers.close()]);
  }

  /** Brings the session back when this is its first run here; gives the prompt for the model. */
  async #prepare(turn: Turn, run: Run, prompt: string): Promise<string> {
    const { state, events, keeper } = this.#options;
    const { runId, requestId } = run.identity;
    state.begin({ run_id: runId, started_at: new Date().toISOString(), prompt }, events.last);
    await keeper.begin(run);
    if (turn.interrupted) {
      return prompt;
    }
    this.#logPrompt('user', prompt, { run_id: runId, request_id: requestId });
    return this.#afterLost(prompt);
  }

  #choose({ systemPrompt, permissionMode, tools }: RunChoices, requestId: string): void {
    const { state } = this.#options;
    if (systemPrompt !== undefined) {
      state.change({ systemPrompt });
    }
    if (permissionMode !== undefined) {
      this.#desk.setMode(permissionMode, state.owner, requestId);
      state.change({ permissionMode });
    }
    this.#gate.offer(tools);
  }

  /** What the container before this one was doing when it was lost, told once. */
  #tellInterrupted(run: Run): void {
    const { interrupted } = this.#options.state;
    if (interrupted && !this.#toldInterrupted) {
      this.#toldInterrupted = true;
      const { run_id, started_at } = interrupted;
      run.emit({ type: 'CUSTOM', name: 'run.interrupted', value: { run_id, started_at } });
    }
  }

  /** The prompt, after one that was lost with the container before this one. */
  #afterLost(prompt: string): string {
    const { config, state } = this.#options;
    if (this.#lost === undefined) {
      return prompt;
    }
    const transcript = readTranscript(config.configDirectory, state.record.conversation ?? '') ?? '';
    return promptAfterLost(prompt, this.#lost, transcript);
  }

  /** Keeps a turn before its end is told: who reads the end may rely on it. */
  async #keep({ figures, ending }: EndedTurn, run: Run | undefined, givenUp: Promise<void>): Promise<RunEnding> {
    const { state, events, keeper } = this.#options;
    if (run) {
      keeper.leave(run);
    }
    this.#limits.record(figures);
    // Of a turn that is stopped the next container has to know.
    state.end(this.#limits.used, events.last, this.#stopping);
    if (!this.#stopping) {
      await keeper.keep(run, givenUp);
    }
    if (run && state.unkept !== undefined) {
      // A person may want to save what the next container will not know.
      run.emit({ type: 'CUSTOM', name: 'session.not_kept', value: { reason: state.unkept } });
    }
    return keeper.fenced ? { status: 'error', code: 'WORKSPACE_FENCED', detail: 'a later state was kept' } : ending;
  }

  /** Ends a run that never comes to the model. */
  refuse(run: Run, code: RunFailureCode, detail: string): void {
    const { log, config, state, events } = this.#options;
    const { runId, requestId } = run.identity;
    log('error', 'run failed', { run_id: runId, request_id: requestId, code, detail });
    const figures = run.fail(code, config.models.main);
    this.#options.meters.runEnded(run, { status: 'error', figures, ending: { status: 'error', code, detail } });
    state.told(events.last);
  }

  #runEnds(ended: EndedRun, run: Run): void {
    const { state, events, keeper, meters } = this.#options;
    meters.runEnded(run, ended);
    if (ended.ending?.status === 'error' && ended.ending.code === 'MODEL_ACCESS_DENIED') {
      // The key of the model may have been changed since the process was started with it.
      this.#conversation.retire();
    }
    const { runId, requestId } = run.identity;
    this.#logPrompt('agent', run.content.content.response, { run_id: runId, request_id: requestId });
    if (ended.status === 'interrupted') {
      // The answer may take long, and what was done until the question must not be lost meanwhile.
      void keeper.keep();
    } else {
      state.settled(events.last);
    }
  }

  #abandon(interruptIds: readonly string[]): void {
    const value = { interrupt_ids: interruptIds };
    const number = this.#run?.identity.number ?? 0;
    this.#options.events.append(number, { type: 'CUSTOM', name: 'interrupts.closed', value });
    this.#options.onAbandoned();
  }

  #observe(message: SDKMessage): void {
    const { meters, log } = this.#options;
    // The model was told of it.
    this.#lost = undefined;
    meters.message(message);
    if (message.type === 'system' && message.subtype === 'init') {
      // A server that cannot be reached only leaves its tools out: nothing else would tell why the agent lacks them.
      for (const { name, status } of message.mcp_servers.filter((server) => server.status !== 'connected')) {
        log('warn', 'an MCP server is not connected', { server: name, status });
      }
    }
  }
}
