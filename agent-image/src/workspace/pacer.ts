/** How long work may keep the process from anything else, in milliseconds; `/ping` has to be answered meanwhile. */
const SLICE_MS = 15;

/** Cuts long synchronous work into slices. Calls of the file system are quickest one after the other, not in parallel. */
export class Pacer {
  #since = performance.now();

  /** Lets others go on when they have waited long enough. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since > SLICE_MS) {
      await new Promise(setImmediate);
      this.#since = performance.now();
    }
  }
}
