import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { Conversation } from './conversation.ts';
import { type Plan, RunTranslator } from './events.ts';
import type { Log } from './log.ts';
import type { TurnMeasures } from './metrics.ts';
import type { PermissionDesk } from './permissions/permission-desk.ts';
import { type AgentEvent, type Interrupt, type ResumeEntry, RUN_FAILURES, type RunFigures } from './protocol.ts';
import type { Run } from './run.ts';
import { endingOf, endingOfError, type RunEnding } from './run-ending.ts';
import { answerId, NOTHING_SPENT, NOTHING_SPLIT, roundTrips, type Spending, type SplitSpending } from './usage.ts';

/**
 * How long the agent must be silent before its questions are told, in milliseconds: the model may still be writing, and
 * tools that are called together ask together.
 */
const SETTLING_MS = 50;

export interface TurnOptions {
  readonly conversation: Conversation;
  readonly desk: PermissionDesk;
  readonly log: Log;
  /** The model that answers. */
  readonly model: string;
  readonly systemPrompt: string | undefined;
  /** Of the session. */
  readonly plan: Plan;
  /** Gives the id of the session of the code interpreter; undefined while there is none. */
  readonly codeInterpreterSession: () => string | undefined;
  /** Takes every message of the SDK besides. */
  readonly onMessage: (message: SDKMessage) => void;
  /** Gives the prompt as the model is to read it, when all is there that the model needs. */
  readonly prepare: () => Promise<string>;
  /**
   * Takes the end before it is told, by `run` unless nobody listens any more. Gives how the turn ends after all, soon
   * once `givenUp` settles; must not reject.
   */
  readonly beforeEnd: (ended: EndedTurn, run: Run | undefined, givenUp: Promise<void>) => Promise<RunEnding>;
  /** Takes each run of the turn when its end was told; when a question ended in vain, the one that had asked again. */
  readonly onRunEnd: (ended: EndedRun, run: Run) => void;
  /** Takes the questions that were told and will not be answered any more. */
  readonly onAbandoned: (interruptIds: readonly string[]) => void;
}

export interface EndedRun {
  readonly status: 'success' | 'interrupted' | 'cancelled' | 'error';
  readonly figures: RunFigures;
  readonly ending?: RunEnding;
  /** Of all runs of the turn; missing when it goes on, and when it never came to the model. */
  readonly turn?: TurnMeasures;
}

/** How a turn ended, before it is told. */
export interface EndedTurn {
  readonly figures: RunFigures;
  readonly ending: RunEnding;
}

/** How a turn ended, and what it took. */
interface TurnOutcome {
  readonly ending: RunEnding;
  readonly turns: number;
  readonly spent: SplitSpending;
}

/**
 * One prompt, until it has its answer. It is told as one run, or as several: a question to the person ends a run, and
 * the answer begins the next, while the agent process waits.
 */
export class Turn {
  readonly #options: TurnOptions;
  readonly #translator: RunTranslator;
  /** Undefined while the turn waits for answers. */
  #run: Run | undefined;
  /** The run that asked what is waited for. */
  #asking: Run | undefined;
  #begun = 0;
  /** What its runs that have ended took, in milliseconds: the waits for a person between them are left out. */
  #ranMs = 0;
  #firstContentMs: number | undefined;
  /** Ids of the model's answers so far. */
  readonly #answers = new Set<string>();
  #told: readonly Interrupt[] = [];
  /** What came while there was no run to tell it. */
  #withheld: AgentEvent[] = [];
  #settling: NodeJS.Timeout | undefined;
  #interrupted = false;
  #abandon: () => void = () => undefined;
  readonly #abandoned = new Promise<void>((resolve) => (this.#abandon = resolve));

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#translator = new RunTranslator(options.plan);
  }

  /** Whether it was ended early. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** Whether it waits for answers of the person. */
  get waiting(): boolean {
    return this.#run === undefined && !this.#interrupted;
  }

  /** Has the prompt answered, beginning with `run`; settles when the turn is over, and never rejects. */
  async perform(run: Run): Promise<void> {
    const { desk } = this.#options;
    this.#begin(run);
    const unsubscribe = [desk.onQuestion(() => this.#settle()), desk.onTurnOver(() => this.#interrupt())];
    const outcome = await this.#ask();
    unsubscribe.forEach((end) => end());
    clearTimeout(this.#settling);
    this.#translator.end(outcome.ending.status === 'success').forEach((event) => this.#emit(event));
    await this.#end(outcome);
  }

  /**
   * Goes on after questions, told as `run`.
   *
   * @throws RefusedRequest when the answers are not those that are waited for
   */
  resume(run: Run, entries: readonly ResumeEntry[], by: string | undefined): void {
    const { desk } = this.#options;
    desk.resume(entries, by, run.identity.requestId);
    if (this.#asking) {
      run.content.carryOn(this.#asking.content);
    }
    this.#begin(run);
    for (const event of [...this.#translator.proceed(), ...this.#withheld.splice(0)]) {
      run.emit(event);
    }
    if (desk.open.length > 0) {
      this.#settle();
    }
  }

  /** Ends the turn at once; its questions are withdrawn. */
  cancel(reason: 'cancelled' | 'stopped', by?: string, requestId?: string): void {
    this.#options.desk.withdraw(reason, by, requestId);
    this.#interrupt();
  }

  #interrupt(): void {
    this.#interrupted = true;
    this.#abandon();
    this.#options.conversation.interrupt();
  }

  async #ask(): Promise<TurnOutcome> {
    const { conversation, model, systemPrompt, prepare } = this.#options;
    try {
      const prompt = await Promise.race([prepare(), this.#abandoned]);
      if (prompt === undefined) {
        return this.#unfinished({ status: 'cancelled' });
      }
      const onMessage = (message: SDKMessage): void => this.#take(message);
      const answer = await conversation.ask({ prompt, model, systemPrompt, onMessage });
      if (answer === 'interrupted') {
        return this.#unfinished({ status: 'cancelled' });
      }
      const { result, spent } = answer;
      return {
        ending: endingOf(result, this.#translator.modelError),
        turns: roundTrips(result, this.#answers.size),
        spent,
      };
    } catch (error) {
      if (this.#interrupted) {
        return this.#unfinished({ status: 'cancelled' });
      }
      return this.#unfinished(endingOfError(error));
    }
  }

  /** A turn of which the SDK does not say what it took. */
  #unfinished(ending: RunEnding): TurnOutcome {
    return { ending, turns: this.#answers.size, spent: NOTHING_SPLIT };
  }

  #take(message: SDKMessage): void {
    this.#options.onMessage(message);
    const answer = answerId(message);
    if (answer !== undefined) {
      this.#answers.add(answer);
    }
    if (this.#settling) {
      this.#settle();
    }
    this.#translator.translate(message).forEach((event) => this.#emit(event));
  }

  #emit(event: AgentEvent): void {
    if (this.#run) {
      this.#run.emit(event);
    } else {
      this.#withheld.push(event);
    }
  }

  #begin(run: Run): void {
    this.#run = run;
    this.#begun = performance.now();
    const { runId, requestId } = run.identity;
    this.#options.log('info', 'run started', { run_id: runId, request_id: requestId });
    run.begin();
  }

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#pause(), SETTLING_MS);
  }

  /** Ends the run with the questions that are open. */
  #pause(): void {
    this.#settling = undefined;
    const run = this.#run;
    if (!run || this.#options.desk.open.length === 0) {
      return;
    }
    const interrupts = this.#options.desk.tell();
    this.#translator.suspend(interrupts).forEach((event) => run.emit(event));
    this.#run = undefined;
    this.#asking = run;
    this.#told = interrupts;
    const ended: EndedRun = { status: 'interrupted', figures: this.#figures(0, NOTHING_SPENT) };
    this.#count(run, ended.figures);
    this.#tellLog(run, ended);
    run.end({ status: 'interrupted', interrupts, figures: ended.figures });
    this.#options.onRunEnd(ended, run);
  }

  async #end(outcome: TurnOutcome): Promise<void> {
    const { total, byModel } = outcome.spent;
    const figures = this.#figures(outcome.turns, total);
    if (this.#run) {
      this.#count(this.#run, figures);
    }
    const turn = { turnMs: this.#ranMs, timeToFirstEventMs: this.#firstContentMs, byModel };
    // What is cancelled from here on is the wait.
    const givenUp = new Promise<void>((resolve) => (this.#abandon = resolve));
    const ending = await this.#options.beforeEnd({ figures, ending: outcome.ending }, this.#run, givenUp);
    const ended: EndedRun = { status: ending.status, figures, ending, turn };
    const run = this.#run ?? this.#asking;
    if (!run) {
      return;
    }
    this.#tellLog(run, ended);
    if (this.#run) {
      const error = ending.status === 'error' ? { code: ending.code, message: RUN_FAILURES[ending.code] } : undefined;
      run.end({ status: ending.status, figures, ...(error && { error }) });
    } else {
      // Expired, cancelled or stopped while it waited: what was withheld belongs to no run.
      this.#options.onAbandoned(this.#told.map(({ id }) => id));
    }
    this.#options.onRunEnd(ended, run);
  }

  /** Takes a run that ends into what the turn took: its answer may begin in a later run than the first. */
  #count({ firstContentMs }: Run, { duration_ms }: RunFigures): void {
    this.#firstContentMs ??= firstContentMs === undefined ? undefined : this.#ranMs + firstContentMs;
    this.#ranMs += duration_ms;
  }

  #tellLog(run: Run, { status, figures, ending }: EndedRun): void {
    const { runId, requestId } = run.identity;
    const { usage, ...took } = figures;
    const fields = { run_id: runId, request_id: requestId, ...took, ...usage };
    if (ending?.status === 'error') {
      this.#options.log('error', 'run failed', { ...fields, code: ending.code, detail: ending.detail });
    } else {
      this.#options.log('info', `run ended: ${status}`, fields);
    }
  }

  #figures(turns: number, spent: Spending): RunFigures {
    const interpreter = this.#options.codeInterpreterSession();
    return {
      model: this.#options.model,
      turns,
      duration_ms: Math.round(performance.now() - this.#begun),
      ...spent,
      ...(interpreter !== undefined && { code_interpreter_session: interpreter }),
    };
  }
}
