import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { AgentConfig } from './config.ts';
import type { Conversation } from './conversation.ts';
import type { Definition } from './definition.ts';
import type { EventLog } from './event-log.ts';
import { Plan } from './events.ts';
import { promptAfterInterrupted } from './history.ts';
import { createConversation } from './launcher.ts';
import { LimitMeter, type Used } from './limits.ts';
import { createPromptLog, type Log, type PromptLog } from './log.ts';
import { auditLog } from './permissions/audit.ts';
import { PermissionDesk } from './permissions/permission-desk.ts';
import type { Interrupt, ResumeEntry, RunChoices } from './protocol.ts';
import type { Run } from './run.ts';
import type { SessionMeters } from './session-meters.ts';
import type { SessionState } from './session-state.ts';
import { permissionHooks, ToolGate } from './tool-gate.ts';
import { readTranscript } from './transcript.ts';
import { type EndedRun, Turn } from './turn.ts';

export interface SessionAgentOptions {
  readonly config: AgentConfig;
  readonly definition: Definition;
  readonly state: SessionState;
  readonly events: EventLog;
  readonly meters: SessionMeters;
  readonly log: Log;
}

/** The agent of a session: answers one prompt after the other, and asks before it does what has to be asked. */
export class SessionAgent {
  readonly #options: SessionAgentOptions;
  readonly #desk: PermissionDesk;
  readonly #gate: ToolGate;
  readonly #conversation: Conversation;
  readonly #limits: LimitMeter;
  readonly #plan = new Plan();
  readonly #logPrompt: PromptLog;
  #turn: Turn | undefined;
  /** The last run. */
  #run: Run | undefined;
  #toldInterrupted = false;
  #stopping = false;

  constructor(options: SessionAgentOptions) {
    const { config, definition, state, meters, log } = options;
    this.#options = options;
    this.#logPrompt = createPromptLog(log, config.logPrompts);
    const audit = auditLog(log);
    this.#desk = new PermissionDesk({
      modes: config.permissionModes,
      mode: state.record.permissionMode,
      audit: (entry) => {
        audit(entry);
        meters.audited(entry);
      },
    });
    this.#gate = new ToolGate(definition, config.workspaceDirectory, this.#desk);
    this.#limits = new LimitMeter(config.limits, state.record.used);
    this.#conversation = createConversation({
      config,
      definition,
      limits: this.#limits,
      hooks: permissionHooks(this.#gate),
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
    const { state, events, config } = this.#options;
    this.#run = run;
    const { runId, requestId } = run.identity;
    const exceeded = this.#limits.exceeded();
    if (exceeded) {
      this.#options.log('warn', 'run refused: a limit is reached', {
        run_id: runId,
        request_id: requestId,
        code: exceeded,
      });
      run.fail(exceeded, config.models.main);
      return;
    }
    this.#choose(choices, requestId);
    state.begin({ run_id: runId, started_at: new Date().toISOString(), prompt }, events.last);
    this.#logPrompt('user', prompt, { run_id: runId, request_id: requestId });
    const turn = new Turn({
      conversation: this.#conversation,
      desk: this.#desk,
      log: this.#options.log,
      model: choices.model ?? config.models.main,
      systemPrompt: state.record.systemPrompt,
      plan: this.#plan,
      onMessage: (message) => this.#observe(message),
      onRunEnd: (ended, told) => this.#runEnds(ended, told),
      onAbandoned: (interruptIds) => this.#abandon(interruptIds),
    });
    this.#turn = turn;
    const over = turn.perform(run, this.#afterInterrupted(prompt));
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
    this.#run = run;
  }

  /** Ends the turn. */
  cancel(user: string | undefined, requestId: string): void {
    this.#turn?.cancel('cancelled', user, requestId);
  }

  /** Ends the turn because the container stops: the next container is told of it. */
  interrupt(): void {
    this.#stopping = true;
    this.#turn?.cancel('stopped');
  }

  /** Ends the agent process. */
  close(): Promise<void> {
    return this.#conversation.close();
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

  #afterInterrupted(prompt: string): string {
    const { config, state } = this.#options;
    const { conversation = '' } = state.record;
    if (!state.interrupted || this.#toldInterrupted) {
      return prompt;
    }
    const transcript = readTranscript(config.configDirectory, conversation) ?? '';
    return promptAfterInterrupted(prompt, state.interrupted.prompt, transcript);
  }

  /** A person may want to save what the next container will not know. */
  #tellUnkept(run: Run): void {
    const { unkept } = this.#options.state;
    if (unkept !== undefined) {
      run.emit({ type: 'CUSTOM', name: 'session.not_kept', value: { reason: unkept } });
    }
  }

  #runEnds(ended: EndedRun, run: Run): void {
    this.#options.meters.runEnded(run, ended);
    if (ended.ending?.status === 'error' && ended.ending.code === 'MODEL_ACCESS_DENIED') {
      // The key of the model may have been changed since the process was started with it.
      this.#conversation.retire();
    }
    // A turn that waits is not over; of one that is stopped, the next container has to know.
    if (ended.status !== 'interrupted') {
      this.#endTurn(ended.figures);
    }
    const { runId, requestId } = run.identity;
    this.#logPrompt('agent', run.content.content.response, { run_id: runId, request_id: requestId });
    this.#tellUnkept(run);
  }

  #abandon(interruptIds: readonly string[]): void {
    const { events } = this.#options;
    const value = { interrupt_ids: interruptIds };
    events.append(this.#run?.identity.number ?? 0, { type: 'CUSTOM', name: 'interrupts.closed', value });
    this.#endTurn({ cost_usd: 0, turns: 0 });
  }

  #endTurn(used: Used): void {
    this.#limits.record(used);
    const { state, events } = this.#options;
    if (!this.#stopping) {
      state.end(this.#limits.used, events.last);
    }
  }

  #observe(message: SDKMessage): void {
    const { meters, log } = this.#options;
    meters.message(message);
    if (message.type === 'system' && message.subtype === 'init') {
      // A server that cannot be reached only leaves its tools out: nothing else would tell why the agent lacks them.
      for (const { name, status } of message.mcp_servers.filter((server) => server.status !== 'connected')) {
        log('warn', 'an MCP server is not connected', { server: name, status });
      }
    }
  }
}
