import { type Interrupt, RefusedRequest } from '../protocol.ts';
import { questionOf } from './question.ts';
import type { ToolCall, Verdict } from './tool-call.ts';

/** Closed questions of which is remembered how they were closed. */
const MAX_REMEMBERED = 200;

/** How a question may be closed. */
export type Closing = 'answered' | 'expired' | 'withdrawn';

export interface OpenQuestion {
  readonly call: ToolCall;
  readonly interrupt: Interrupt;
  /** Lets the call that waits go on. */
  readonly settle: (verdict: Verdict) => void;
}

export interface OpenQuestionsOptions {
  /** How long a question stays open, in milliseconds. */
  readonly lifetimeMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Takes a question whose time is over; it stays open until it is closed. */
  readonly onOverdue: () => void;
  /** Takes a question whose call the SDK has given up; it stays open until it is closed. */
  readonly onAbort: (question: OpenQuestion) => void;
}

/** The questions of a session that wait for an answer, in the order asked. */
export class OpenQuestions {
  readonly #options: OpenQuestionsOptions;
  readonly #open = new Map<string, OpenQuestion>();
  readonly #told = new Set<string>();
  readonly #closed = new Map<string, Closing>();
  #asked = 0;

  constructor(options: OpenQuestionsOptions) {
    this.#options = options;
  }

  get all(): readonly OpenQuestion[] {
    return [...this.#open.values()];
  }

  /** All that are open count as told from now on. */
  tell(): void {
    for (const id of this.#open.keys()) this.#told.add(id);
  }

  /** A question that was told and is not among `ids`. */
  toldBeside(ids: readonly string[]): string | undefined {
    return [...this.#told].find((id) => !ids.includes(id));
  }

  /**
   * Opens a question.
   *
   * @param onOpen is called when it is open
   * @returns what it is settled with
   */
  ask(call: ToolCall, signal: AbortSignal, onOpen: (question: OpenQuestion) => void): Promise<Verdict> {
    const { lifetimeMs, now, onOverdue, onAbort } = this.#options;
    this.#asked += 1;
    // The call's id as well, because a container that goes on with a session counts from one again.
    const id = `q${this.#asked}-${call.toolCallId}`;
    const interrupt = questionOf(call, id, new Date(now() + lifetimeMs));
    return new Promise((resolve) => {
      const timer = setTimeout(onOverdue, lifetimeMs).unref();
      const abandon = (): void => onAbort(question);
      const settle = (verdict: Verdict): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abandon);
        resolve(verdict);
      };
      const question: OpenQuestion = { call, interrupt, settle };
      signal.addEventListener('abort', abandon, { once: true });
      this.#open.set(id, question);
      onOpen(question);
    });
  }

  /** Timers do not run while a machine is suspended: the clock tells that one is overdue. */
  get hasOverdue(): boolean {
    const now = this.#options.now();
    return this.all.some(({ interrupt }) => Date.parse(interrupt.expiresAt) <= now);
  }

  /** @throws RefusedRequest `INTERRUPT_NOT_OPEN`, with how it was closed */
  find(id: string): OpenQuestion {
    const question = this.#open.get(id);
    if (question) return question;
    const how = this.#closed.get(id);
    const why = how === undefined ? 'is not known' : how === 'expired' ? 'has expired' : `was ${how} already`;
    const then = how === 'expired' ? ' Nothing was run: send the prompt again.' : '';
    throw new RefusedRequest('INTERRUPT_NOT_OPEN', `The question ${JSON.stringify(id)} ${why}.${then}`);
  }

  /** No answer counts any more; the call that waits is settled by the caller. */
  close({ interrupt: { id } }: OpenQuestion, how: Closing): void {
    this.#open.delete(id);
    this.#told.delete(id);
    this.#closed.set(id, how);
    const [oldest] = this.#closed.keys();
    if (this.#closed.size > MAX_REMEMBERED && oldest !== undefined) this.#closed.delete(oldest);
  }
}
