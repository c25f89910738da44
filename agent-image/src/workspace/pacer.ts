/** How long work may keep the process from anything else, in milliseconds; `/ping` has to be answered meanwhile. */
const SLICE_MS = 15;

/**
 * Cuts long synchronous work into slices. Calls of the file system are quickest one after the other, not in parallel.
 * Works that are under way at the same time have to share one: their slices would follow each other without a gap.
 */
export class Pacer {
  #since = performance.now();
  #gap: Promise<void> | undefined;

  /** Lets others go on when they have waited long enough. @returns nothing to wait for until then */
  pause(): Promise<void> | undefined {
    if (performance.now() - this.#since > SLICE_MS) {
      this.#gap ??= this.#letOthers();
    }
    return this.#gap;
  }

  async #letOthers(): Promise<void> {
    await new Promise(setImmediate);
    this.#since = performance.now();
    this.#gap = undefined;
  }
}
