import type { AgentEvent, ErrorDetail, NumberedEvent, RunFigures } from './protocol.ts';
import type { RunEnding } from './run-ending.ts';

/** How a run ended, and what it took. */
export interface RunSummary {
  readonly status: RunEnding['status'];
  readonly error?: ErrorDetail;
  readonly figures: RunFigures;
}

/** One prompt and its answer. It belongs to the session: whoever listens may leave without any effect on it. */
export class Run {
  readonly runId: string;
  /** Settles after the last event; never rejects. */
  readonly finished: Promise<RunSummary>;
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  #finish: (summary: RunSummary) => void = () => undefined;

  constructor(runId: string) {
    this.runId = runId;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
  }

  /** Calls `listener` with every event from now on, until the returned function is called. */
  onEvent(listener: (event: NumberedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(seq: number, event: AgentEvent): void {
    for (const listener of this.#listeners) {
      listener({ seq, event });
    }
  }

  settle(summary: RunSummary): void {
    this.#listeners.clear();
    this.#finish(summary);
  }
}
