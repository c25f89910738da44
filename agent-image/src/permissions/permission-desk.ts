import { invalid } from '../invocation/fields.ts';
import { type Interrupt, type PermissionMode, RefusedRequest, type ResumeEntry } from '../protocol.ts';
import { assertAnswers, verdictOf } from './answers.ts';
import { type AuditEntry, type Decider, decider } from './audit.ts';
import { type Closing, type OpenQuestion, OpenQuestions } from './open-questions.ts';
import type { ToolCall, Verdict } from './tool-call.ts';
import { riskOf } from './tool-risk.ts';

/**
 * How long a question stays open by default, in milliseconds: ten minutes, below the fifteen minutes after which
 * AgentCore stops an idle session (its default `idleRuntimeSessionTimeout`).
 */
const QUESTION_LIFETIME_MS = 10 * 60_000;

/** Why nothing more may be done in a turn. */
export type TurnOver = 'expired' | 'cancelled' | 'stopped';

export interface PermissionDeskOptions {
  /** Modes that the deployment allows; a session begins with the first one. */
  readonly modes: readonly PermissionMode[];
  /** The mode that the session had, when it is an older one; ignored when the deployment does not allow it any more. */
  readonly mode?: PermissionMode;
  /** Names of further tools of this deployment that change nothing; none by default. */
  readonly reads?: readonly string[];
  /** How long a question stays open, in milliseconds; {@link QUESTION_LIFETIME_MS} by default. */
  readonly lifetimeMs?: number;
  readonly audit: (entry: AuditEntry) => void;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly now?: () => number;
}

const OVER: Readonly<Record<TurnOver, string>> = {
  expired: 'Nobody answered in time whether this may be done, so it was not done.',
  cancelled: 'The person ended this turn instead of answering, so this was not done.',
  stopped: 'The session was stopped before somebody answered, so this was not done.',
};

/** Decides which tools of a session may run, and has people asked about the rest. What nobody allowed does not run. */
export class PermissionDesk {
  readonly lifetimeMs: number;
  readonly #modes: readonly PermissionMode[];
  readonly #reads: ReadonlySet<string>;
  readonly #audit: (entry: AuditEntry) => void;
  readonly #questions: OpenQuestions;
  /** Names of tools that are not asked about any more. */
  readonly #granted = new Set<string>();
  readonly #onQuestion = new Set<() => void>();
  readonly #onTurnOver = new Set<() => void>();
  #mode: PermissionMode;
  #turnOver: TurnOver | undefined;

  constructor(options: PermissionDeskOptions) {
    const { modes, mode, lifetimeMs = QUESTION_LIFETIME_MS, audit, now = Date.now } = options;
    this.#modes = modes;
    this.#reads = new Set(options.reads);
    this.#mode = modes.find((allowed) => allowed === mode) ?? modes[0] ?? 'ask';
    this.#audit = audit;
    this.lifetimeMs = lifetimeMs;
    this.#questions = new OpenQuestions({
      lifetimeMs,
      now,
      onOverdue: () => this.#expire(),
      onAbort: (question) => {
        this.#close(question, 'withdrawn', { event: 'withdrawn', decision: 'stopped' });
        question.settle(overVerdict('stopped'));
      },
    });
  }

  get mode(): PermissionMode {
    return this.#mode;
  }

  /**
   * Changes the mode for the calls to come; questions that are open stay open.
   *
   * @throws RefusedRequest `CHOICE_NOT_ALLOWED` when the deployment does not allow the mode
   */
  setMode(mode: PermissionMode, by?: string, requestId?: string): void {
    if (!this.#modes.includes(mode)) {
      const allowed = this.#modes.join(', ');
      throw new RefusedRequest('CHOICE_NOT_ALLOWED', `The permission mode "${mode}" is not one of: ${allowed}.`);
    }
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#audit({ event: 'mode', mode, ...decider(by, requestId) });
  }

  /** Begins a turn: why the turn before was over does not count any more. */
  beginTurn(): void {
    this.#turnOver = undefined;
  }

  /** Why the turn is over, when a question or {@link withdraw} ended it. */
  get turnOver(): TurnOver | undefined {
    return this.#turnOver;
  }

  /** Settles when it is clear whether the call may run: at once, or with the answer of a person. */
  async judge(call: ToolCall, signal: AbortSignal): Promise<Verdict> {
    if (this.#turnOver) return overVerdict(this.#turnOver);
    if (signal.aborted) return overVerdict('stopped');
    if (this.#passes(call.toolName)) return { allowed: true, input: call.input };
    if (this.#mode === 'plan') return { allowed: false, reason: planReason(call.toolName) };
    return this.#questions.ask(call, signal, (question) => {
      this.#audit({ event: 'question', ...namesOf(question) });
      this.#onQuestion.forEach((listener) => listener());
    });
  }

  /** Questions that wait for an answer, in the order asked. */
  get open(): readonly Interrupt[] {
    return this.#questions.all.map(({ interrupt }) => interrupt);
  }

  /** The open questions, which count as told from now on: the next {@link resume} has to answer all of them. */
  tell(): readonly Interrupt[] {
    this.#questions.tell();
    return this.open;
  }

  /** Has `listener` called for every new question; gives what ends that. */
  onQuestion(listener: () => void): () => void {
    this.#onQuestion.add(listener);
    return () => void this.#onQuestion.delete(listener);
  }

  /**
   * Has `listener` called when a question expired or was cancelled: the turn has to be interrupted, because an agent
   * whose sub-agent is refused would go on. It is called before the calls that wait learn of it. Gives what ends that.
   */
  onTurnOver(listener: () => void): () => void {
    this.#onTurnOver.add(listener);
    return () => void this.#onTurnOver.delete(listener);
  }

  /**
   * Takes the answers of a person: all of them, or none when there is something wrong with one.
   *
   * @throws RefusedRequest `INTERRUPT_NOT_OPEN` when a question is not open, or no longer; `INVALID_REQUEST` when an
   * answer is not what may be answered, or one that was told is missing
   */
  resume(entries: readonly ResumeEntry[], by?: string, requestId?: string): void {
    assertAnswers(entries);
    if (this.#questions.hasOverdue) this.#expire();
    const answers = entries.map((entry) => ({ entry, question: this.#questions.find(entry.interruptId) }));
    const missing = this.#questions.toldBeside(entries.map(({ interruptId }) => interruptId));
    if (missing !== undefined) {
      throw invalid(`the question ${JSON.stringify(missing)} is open too: answer all questions in one "resume"`);
    }
    const verdicts = answers.map(({ entry, question }) => ({ entry, question, verdict: verdictOf(entry, question) }));
    const who = decider(by, requestId);
    if (entries.some(({ status }) => status === 'cancelled')) {
      this.#endTurn('cancelled', who, true);
      return;
    }
    for (const { entry, question, verdict } of verdicts) {
      const { scope = 'once', editedArgs } = entry.payload ?? {};
      if (verdict.allowed && scope === 'session') this.#granted.add(question.call.toolName);
      const decision = verdict.allowed
        ? ({ decision: 'allowed', scope, edited: editedArgs !== undefined } as const)
        : ({ decision: 'denied' } as const);
      this.#close(question, 'answered', { event: 'answer', ...decision, ...who });
      question.settle(verdict);
    }
  }

  /** Ends the turn: what is open is closed and does not run, nor does what is still called. The caller interrupts. */
  withdraw(reason: 'cancelled' | 'stopped', by?: string, requestId?: string): void {
    this.#endTurn(reason, decider(by, requestId), false);
  }

  #passes(toolName: string): boolean {
    const risk = this.#reads.has(toolName) ? 'reads' : riskOf(toolName);
    switch (this.#mode) {
      case 'bypass':
        return true;
      case 'plan':
        return risk === 'reads';
      case 'acceptEdits':
        return risk !== 'acts' || this.#granted.has(toolName);
      case 'ask':
        return risk === 'reads' || this.#granted.has(toolName);
    }
  }

  #expire(): void {
    this.#endTurn('expired', {}, true);
  }

  #endTurn(over: TurnOver, who: Decider, tells: boolean): void {
    this.#turnOver = over;
    const questions = this.#questions.all;
    const event = over === 'expired' ? 'expired' : 'withdrawn';
    const entry: AuditEntry = { event, ...(over !== 'expired' && { decision: over }), ...who };
    questions.forEach((question) => this.#close(question, event, entry));
    if (tells) this.#onTurnOver.forEach((listener) => listener());
    questions.forEach((question) => question.settle(overVerdict(over)));
  }

  #close(question: OpenQuestion, how: Closing, entry: AuditEntry): void {
    this.#questions.close(question, how);
    this.#audit({ ...entry, ...namesOf(question) });
  }
}

function overVerdict(over: TurnOver): Verdict {
  return { allowed: false, reason: OVER[over], endsTurn: true };
}

function planReason(toolName: string): string {
  const what =
    'only reading is allowed now. Do not try another way: make a plan, and say step by step what you would do';
  return `${toolName} may not run: this session is in plan mode, and ${what}.`;
}

function namesOf({ call, interrupt }: OpenQuestion): Partial<AuditEntry> {
  return { question_id: interrupt.id, tool_name: call.toolName, tool_call_id: call.toolCallId };
}
