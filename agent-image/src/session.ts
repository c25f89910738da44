import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { ClaudeProcess, ProcessEnded } from './claude-process.ts';
import type { AgentConfig } from './config.ts';
import type { Definition } from './definition.ts';
import { RunTranslator } from './events.ts';
import type { Log } from './log.ts';
import { AG_UI_VERSION, type AgentEvent, MAX_WAITING_RUNS, RefusedRequest, RUN_FAILURES } from './protocol.ts';
import { Run } from './run.ts';
import { endingOf, type RunEnding } from './run-ending.ts';
import { sdkOptions } from './sdk-options.ts';
import { hasTranscript } from './transcript.ts';
import { NOTHING_SPENT, type Spending, SpendingMeter } from './usage.ts';

/** How long an interrupted turn may take to end by itself before its process is ended, in milliseconds. */
const INTERRUPT_GRACE_MS = 3_000;

export interface RunRequest {
  readonly runId?: string | undefined;
  readonly prompt: string;
  readonly requestId: string;
}

interface AcceptedRun {
  readonly run: Run;
  readonly prompt: string;
  readonly requestId: string;
}

interface TurnOutcome {
  readonly ending: RunEnding;
  readonly turns: number;
  readonly spent: Spending;
}

/** One runtime session: one warm agent process, whose runs are done one after the other. */
export class Session {
  readonly #id: string;
  readonly #config: AgentConfig;
  readonly #definition: Definition;
  readonly #log: Log;
  readonly #waiting: AcceptedRun[] = [];
  /** Of the agent process: a new one begins at zero. */
  #meter = new SpendingMeter();
  /** Settles when no run is left; undefined while there is none. */
  #work: Promise<void> | undefined;
  #process: ClaudeProcess | undefined;
  #conversation: string | undefined;
  #seq = 0;
  #runs = 0;
  #stopping = false;

  /** The log's lines must name the session. */
  constructor(id: string, config: AgentConfig, definition: Definition, log: Log) {
    this.#id = id;
    this.#config = config;
    this.#definition = definition;
    this.#log = log;
  }

  /** Whether a run is active or waiting. */
  get busy(): boolean {
    return this.#work !== undefined;
  }

  /**
   * Accepts a run. It begins after the current task, so that the caller can listen to all of its events.
   *
   * @throws RefusedRequest `QUEUE_FULL` when too many runs are waiting
   */
  start({ runId, prompt, requestId }: RunRequest): Run {
    if (this.#waiting.length >= MAX_WAITING_RUNS) {
      const full = `${MAX_WAITING_RUNS} runs of this session are waiting already: send the prompt when one has ended.`;
      throw new RefusedRequest('QUEUE_FULL', full);
    }
    this.#runs += 1;
    // Time and count, not random bytes: a container that was restored from a snapshot may repeat those.
    const run = new Run(runId ?? `run-${Date.now().toString(36)}-${this.#runs}`);
    this.#waiting.push({ run, prompt, requestId });
    this.#work ??= Promise.resolve().then(() => this.#workThrough());
    return run;
  }

  /** Interrupts the active run, fails those that wait, and ends the agent process. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const process = this.#process;
    if (this.#work && process?.alive) {
      process.interrupt().catch((error: unknown) => {
        this.#log('warn', 'the run could not be interrupted', { detail: String(error) });
      });
      const overdue = setTimeout(() => void process.close(), INTERRUPT_GRACE_MS);
      await this.#work;
      clearTimeout(overdue);
    }
    await this.#work;
    await process?.close();
  }

  async #workThrough(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      await this.#perform(next);
    }
    this.#work = undefined;
  }

  async #perform({ run, prompt, requestId }: AcceptedRun): Promise<void> {
    const begun = performance.now();
    const emit = (event: AgentEvent): void => run.emit((this.#seq += 1), event);
    const ids = { threadId: this.#id, runId: run.runId };
    const fields = { run_id: run.runId, request_id: requestId };
    this.#log('info', 'run started', fields);
    emit({ type: 'RUN_STARTED', ...ids, protocolVersion: AG_UI_VERSION });

    const translator = new RunTranslator();
    const { ending, turns, spent } = await this.#turn(prompt, translator, emit);
    translator.end(ending.status === 'success').forEach(emit);

    const figures = {
      model: this.#config.models.main,
      turns,
      duration_ms: Math.round(performance.now() - begun),
      ...spent,
    };
    const took = { turns, duration_ms: figures.duration_ms, ...spent.usage, cost_usd: spent.cost_usd };
    if (ending.status === 'error') {
      const { code, detail } = ending;
      const error = { code, message: RUN_FAILURES[code] };
      this.#log('error', 'run failed', { ...fields, code, detail, ...took });
      emit({ type: 'RUN_ERROR', ...error });
      run.settle({ status: 'error', error, figures });
      return;
    }
    this.#log('info', `run ended: ${ending.status}`, { ...fields, ...took });
    emit({ type: 'RUN_FINISHED', ...ids, outcome: { type: ending.status }, result: figures });
    run.settle({ status: ending.status, figures });
  }

  async #turn(prompt: string, translator: RunTranslator, emit: (event: AgentEvent) => void): Promise<TurnOutcome> {
    if (this.#stopping) {
      return noOutcome({ status: 'error', code: 'STOPPING', detail: 'the session was stopped' });
    }
    try {
      const process = this.#process?.alive ? this.#process : this.#launch();
      const result = await process.run(prompt, (message) => {
        this.#reportServers(message);
        translator.translate(message).forEach(emit);
      });
      const ending = endingOf(result, translator.modelError);
      return { ending, turns: result.num_turns, spent: this.#meter.record(result) };
    } catch (error) {
      if (this.#stopping && error instanceof ProcessEnded) {
        return noOutcome({ status: 'cancelled' });
      }
      return noOutcome({ status: 'error', code: 'AGENT_PROCESS_ENDED', detail: String(error) });
    }
  }

  /** A server that cannot be reached only leaves its tools out: nothing else would tell why the agent lacks them. */
  #reportServers(message: SDKMessage): void {
    if (message.type !== 'system' || message.subtype !== 'init') {
      return;
    }
    for (const { name, status } of message.mcp_servers.filter((server) => server.status !== 'connected')) {
      this.#log('warn', 'an MCP server is not connected', { server: name, status });
    }
  }

  /** Starts an agent process, which goes on with the conversation of the one before. */
  #launch(): ClaudeProcess {
    this.#conversation = this.#process?.sessionId ?? this.#conversation;
    const known = this.#conversation !== undefined && hasTranscript(this.#config.configDirectory, this.#conversation);
    const onStderr = (text: string): void => this.#log('warn', 'the agent process wrote to stderr', { text });
    const resume = known ? this.#conversation : undefined;
    const options = sdkOptions(this.#config, this.#definition, process.env, onStderr, resume);
    this.#log('info', 'agent process starts', { resumes: known });
    this.#meter = new SpendingMeter();
    this.#process = new ClaudeProcess(options, (reason) => {
      this.#log(this.#stopping ? 'info' : 'warn', 'agent process ended', { reason });
    });
    return this.#process;
  }
}

function noOutcome(ending: RunEnding): TurnOutcome {
  return { ending, turns: 0, spent: NOTHING_SPENT };
}
