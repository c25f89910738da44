import { type AgentEvent, RefusedRequest } from './protocol.ts';

/** Events that are kept, and their length as JSON in characters; what is older goes when either is passed. */
const KEPT = { events: 20_000, characters: 32 * 1024 * 1024 };

/** One event of the session, as it goes over the wire. */
export interface LoggedEvent {
  readonly seq: number;
  /** Counts the runs of this process. */
  readonly run: number;
  readonly json: string;
}

/**
 * The numbered events of a session. Readers go at their own pace and may leave and come back; whoever writes never
 * waits for them.
 */
export class EventLog {
  readonly #kept: { events: number; characters: number };
  #events: LoggedEvent[] = [];
  #characters = 0;
  #last: number;
  readonly #readers = new Set<() => void>();

  /** `last`: number of the last event before this log, of a container that was replaced. */
  constructor(last = 0, kept = KEPT) {
    this.#last = last;
    this.#kept = kept;
  }

  /** Number of the last event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  append(run: number, event: AgentEvent): void {
    this.#last += 1;
    const json = JSON.stringify(event);
    this.#events.push({ seq: this.#last, run, json });
    this.#characters += json.length;
    if (this.#events.length > this.#kept.events || this.#characters > this.#kept.characters) {
      this.#forgetHalf();
    }
    for (const wake of this.#readers) {
      wake();
    }
  }

  /**
   * Refuses a reader who would miss something.
   *
   * @throws RefusedRequest `EVENTS_GONE` when events after `seq` are no longer kept, `INVALID_REQUEST` when `seq` is in
   * the future
   */
  assertKept(seq: number): void {
    const first = this.#events[0]?.seq ?? this.#last + 1;
    if (seq > this.#last) {
      const newest = `There is no event ${seq} yet: the last one of this session is ${this.#last}.`;
      throw new RefusedRequest('INVALID_REQUEST', newest);
    }
    // 0 asks for what there is.
    if (seq !== 0 && seq < first - 1) {
      const oldest = `Events after ${seq} are no longer kept: attach after ${first - 1}, or after 0 for all there are.`;
      throw new RefusedRequest('EVENTS_GONE', oldest);
    }
  }

  /** Events with a higher number than `seq`, those that are kept. */
  after(seq: number): LoggedEvent[] {
    const first = this.#events[0]?.seq ?? 0;
    return this.#events.slice(Math.max(0, seq + 1 - first));
  }

  /**
   * Events after `seq` as they come, in portions, until `ended` settles and all were given.
   *
   * @throws RefusedRequest `EVENTS_GONE` to a reader who is so slow that events are forgotten before it came to them
   */
  async *follow(seq: number, ended: Promise<unknown>): AsyncGenerator<readonly LoggedEvent[]> {
    let read = seq;
    let over = false;
    let wake: () => void = () => undefined;
    const onWake = (): void => wake();
    this.#readers.add(onWake);
    void ended.then(() => {
      over = true;
      wake();
    });
    try {
      for (;;) {
        const events = this.after(read);
        const first = events[0];
        const last = events.at(-1);
        if (first && last) {
          if (first.seq > read + 1 && read !== 0) {
            this.assertKept(read);
          }
          read = last.seq;
          yield events;
        } else if (over) {
          return;
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    } finally {
      this.#readers.delete(onWake);
    }
  }

  /** By halves, so that a long session does not pay for each event. */
  #forgetHalf(): void {
    this.#events = this.#events.slice(Math.floor(this.#events.length / 2));
    this.#characters = this.#events.reduce((sum, { json }) => sum + json.length, 0);
  }
}
