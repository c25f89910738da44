import type { Options, SDKMessage, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import { ClaudeProcess, ProcessEnded } from './claude-process.ts';
import type { Log } from './log.ts';
import { spendingInTranscript, SpendingMeter, type SplitSpending } from './usage.ts';

/** How long an interrupted turn may take to end by itself before its process is ended, in milliseconds. */
const INTERRUPT_GRACE_MS = 3_000;

/** What is asked of the model, besides the prompt. */
export interface Ask {
  readonly prompt: string;
  readonly model: string;
  /** Of the caller. A process that was started with another one, or another model, is replaced. */
  readonly systemPrompt: string | undefined;
  readonly onMessage: (message: SDKMessage) => void;
}

export interface Answer {
  readonly result: SDKResultMessage;
  readonly spent: SplitSpending;
}

export interface ConversationOptions {
  /** Options of a new agent process. `resume` names the conversation to go on with. */
  readonly launchOptions: (ask: Ask, resume: string | undefined) => Promise<Options>;
  /** Whether the process that runs must not take another prompt. */
  readonly isOutdated: () => boolean;
  /** What the SDK kept of a conversation; it refuses to resume what it does not know. */
  readonly transcriptOf: (conversation: string) => string | undefined;
  readonly log: Log;
  /** Told the SDK's id of the conversation whenever it is another one. */
  readonly onIdentity: (conversation: string) => void;
  /** Told that the next process must not be started with what this one was. */
  readonly onRetired: () => void;
}

/** One conversation with the SDK: a warm agent process, replaced when it ended or must be another one. */
export class Conversation {
  readonly #options: ConversationOptions;
  #process: ClaudeProcess | undefined;
  #launching: Promise<ClaudeProcess> | undefined;
  #launchedWith: Pick<Ask, 'model' | 'systemPrompt'> | undefined;
  /** Of the process. */
  #meter = new SpendingMeter();
  #id: string | undefined;
  #retired = false;
  #closed = false;
  #abandon: () => void = () => undefined;

  /** `id`: the conversation to go on with, of a container that was replaced. */
  constructor(options: ConversationOptions, id: string | undefined) {
    this.#options = options;
    this.#id = id;
  }

  /**
   * Has one prompt answered.
   *
   * @throws ProcessEnded when the process ends first, and what `launchOptions` throws
   */
  async ask(ask: Ask): Promise<Answer | 'interrupted'> {
    const interrupted = new Promise<'interrupted'>((resolve) => (this.#abandon = () => resolve('interrupted')));
    const kept = this.#process;
    // What is abandoned goes on in the background: the next prompt finds the process ready.
    const process = await Promise.race([this.#processFor(ask), interrupted]);
    if (process === 'interrupted') {
      return 'interrupted';
    }
    let heard = false;
    const onMessage = (message: SDKMessage): void => {
      heard = true;
      this.#identify(process.sessionId);
      ask.onMessage(message);
    };
    try {
      const result = await process.run(ask.prompt, onMessage);
      return { result, spent: this.#meter.record(result) };
    } catch (error) {
      if (heard || process !== kept || this.#closed) {
        throw error;
      }
      // It had died since the turn before, unnoticed.
      return this.ask(ask);
    }
  }

  /** Ends the turn: the process is asked, and ended when it does not listen. One that is still to start is not waited for. */
  interrupt(): void {
    this.#abandon();
    const process = this.#process;
    if (!process?.busy) {
      return;
    }
    const overdue = setTimeout(() => void process.close(), INTERRUPT_GRACE_MS);
    void process.idle.finally(() => clearTimeout(overdue));
    process.interrupt().catch((error: unknown) => {
      this.#options.log('warn', 'the turn could not be interrupted', { detail: String(error) });
    });
  }

  /** Has the next prompt answered by a new process, with what it needs read anew. */
  retire(): void {
    this.#retired = true;
    this.#options.onRetired();
  }

  /** Ends the process, and a turn with it. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#process?.close();
  }

  async #processFor(ask: Ask): Promise<ClaudeProcess> {
    const { model, systemPrompt } = ask;
    await this.#launching?.catch(() => undefined);
    const running = this.#process;
    const before = this.#launchedWith;
    const serves = running?.alive && !this.#retired && !this.#options.isOutdated();
    // A process could be told to use another model, but notes that as a command in the conversation.
    if (serves && before?.model === model && before.systemPrompt === systemPrompt) {
      return running;
    }
    await running?.close();
    const launching = this.#launch(ask);
    launching.catch(() => undefined);
    this.#launching = launching;
    return launching;
  }

  async #launch(ask: Ask): Promise<ClaudeProcess> {
    const { log, launchOptions, transcriptOf } = this.#options;
    const transcript = this.#id === undefined ? undefined : transcriptOf(this.#id);
    const options = await launchOptions(ask, transcript === undefined ? undefined : this.#id);
    if (this.#closed) {
      throw new ProcessEnded('the session was stopped before the process started');
    }
    log('info', 'agent process starts', { resumes: transcript !== undefined });
    this.#meter = new SpendingMeter(transcript === undefined ? undefined : spendingInTranscript(transcript));
    this.#retired = false;
    this.#launchedWith = { model: ask.model, systemPrompt: ask.systemPrompt };
    this.#process = new ClaudeProcess(options, (reason) => {
      log(this.#closed ? 'info' : 'warn', 'agent process ended', { reason });
    });
    return this.#process;
  }

  #identify(id: string | undefined): void {
    if (id !== undefined && id !== this.#id) {
      this.#id = id;
      this.#options.onIdentity(id);
    }
  }
}
