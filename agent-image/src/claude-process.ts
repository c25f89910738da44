import { query } from '@anthropic-ai/claude-agent-sdk';
import type { Options, Query, SDKMessage, SDKResultMessage, SDKUserMessage } from '@anthropic-ai/claude-agent-sdk';

/** The agent process is gone; the message is the SDK's reason, for the log. */
export class ProcessEnded extends Error {}

interface Turn {
  readonly onMessage: (message: SDKMessage) => void;
  readonly resolve: (result: SDKResultMessage) => void;
  readonly reject: (error: ProcessEnded) => void;
}

/** One warm agent process: it stays for all turns of the session, and takes one turn at a time. */
export class ClaudeProcess {
  readonly #query: Query;
  readonly #prompts = new PromptQueue();
  readonly #ended: Promise<void>;
  #turn: Turn | undefined;
  #idle = Promise.resolve();
  #alive = true;
  #sessionId: string | undefined;

  /** `onEnd` is told the SDK's reason once, when the process is gone. */
  constructor(options: Options, onEnd: (reason: string) => void) {
    this.#query = query({ prompt: this.#prompts, options });
    this.#ended = this.#pump(onEnd);
  }

  /** Whether it answers a prompt. */
  get busy(): boolean {
    return this.#turn !== undefined;
  }

  /** Settles when the prompt that is being answered has its result, or the process is gone. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The SDK's id of the conversation; known from the first message on. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  /**
   * Has one prompt answered.
   *
   * @throws ProcessEnded when the process ends first
   */
  run(prompt: string, onMessage: (message: SDKMessage) => void): Promise<SDKResultMessage> {
    if (!this.#alive) {
      return Promise.reject(new ProcessEnded('the process had ended before the turn'));
    }
    const result = new Promise<SDKResultMessage>((resolve, reject) => {
      this.#turn = { onMessage, resolve, reject };
      this.#prompts.push(prompt);
    });
    this.#idle = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Asks for the end of the turn; the turn then ends with a result of its own. */
  async interrupt(): Promise<void> {
    await this.#query.interrupt();
  }

  /** Ends the process, and a turn with it. */
  async close(): Promise<void> {
    this.#prompts.close();
    this.#query.close();
    await this.#ended;
  }

  async #pump(onEnd: (reason: string) => void): Promise<void> {
    let reason = 'the process closed its output';
    try {
      for await (const message of this.#query) {
        this.#sessionId = 'session_id' in message ? message.session_id : this.#sessionId;
        this.#turn?.onMessage(message);
        if (message.type === 'result') {
          this.#turn?.resolve(message);
          this.#turn = undefined;
        }
      }
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    this.#alive = false;
    this.#prompts.close();
    onEnd(reason);
    this.#turn?.reject(new ProcessEnded(reason));
    this.#turn = undefined;
  }
}

/** The SDK's streaming input: prompts as they come, until it is closed. */
class PromptQueue implements AsyncIterable<SDKUserMessage> {
  readonly #waiting: SDKUserMessage[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  push(prompt: string): void {
    this.#waiting.push({ type: 'user', parent_tool_use_id: null, message: { role: 'user', content: prompt } });
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SDKUserMessage> {
    while (!this.#closed) {
      const next = this.#waiting.shift();
      if (next) {
        yield next;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }
}
