import type { Frame, Pack } from './format/entries.ts';
import { type EncodedFrame, encodeFrame, hashOf } from './format/frames.ts';
import { PACK_BYTES } from './format/limits.ts';
import { uniqueId } from './unique-id.ts';

/** Frames that are compressed at the same time, and packs that travel at the same time; both take memory. */
const MAX_COMPRESSING = 4;
const MAX_TRAVELLING = 4;

interface Waiting {
  readonly raw: Buffer;
  readonly hash: string;
  readonly encoded: Promise<EncodedFrame>;
  readonly placed: (frame: Frame) => void;
}

/** Writes frames into packs, and every pack that is full into an object of its own. */
export class PackWriter {
  /** Packs that were closed. */
  readonly closed: Pack[] = [];
  readonly #upload: (id: string, body: Buffer) => Promise<unknown>;
  #pack: Pack;
  #parts: Buffer[];
  readonly #waiting: Waiting[] = [];
  readonly #travelling = new Set<Promise<unknown>>();

  /** `begun`: a pack that is continued; its frames must refer to {@link open}. */
  constructor(upload: (id: string, body: Buffer) => Promise<unknown>, begun: Buffer) {
    this.#upload = upload;
    this.#pack = { id: undefined, length: begun.length };
    this.#parts = [begun];
  }

  /** The pack that is not closed yet. */
  get open(): Pack {
    return this.#pack;
  }

  /** What the pack that is not closed holds. */
  get openBytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /**
   * Adds a frame.
   *
   * @param placed told where it is, once it is known
   */
  async add(raw: Buffer, placed: (frame: Frame) => void, hash = hashOf(raw)): Promise<void> {
    const encoded = encodeFrame(raw);
    // It is awaited later, and must not count as unhandled until then.
    encoded.catch(() => undefined);
    this.#waiting.push({ raw, hash, encoded, placed });
    if (this.#waiting.length >= MAX_COMPRESSING) {
      await this.#placeNext();
    }
  }

  /** Places all frames that were added. */
  async place(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#placeNext();
    }
  }

  /** Closes the open pack when it holds anything; its frames then are in an object of their own. */
  async close(): Promise<void> {
    const pack = this.#pack;
    if (pack.length === 0) {
      return;
    }
    const body = this.openBytes;
    pack.id = uniqueId();
    this.closed.push(pack);
    this.#pack = { id: undefined, length: 0 };
    this.#parts = [];
    while (this.#travelling.size >= MAX_TRAVELLING) {
      await Promise.race(this.#travelling);
    }
    const upload = this.#upload(pack.id, body);
    this.#travelling.add(upload);
    upload.then(
      () => this.#travelling.delete(upload),
      // It stays, so that whoever waits is told.
      () => undefined,
    );
  }

  /** Settles when all closed packs have arrived. */
  async arrived(): Promise<void> {
    await Promise.all(this.#travelling);
  }

  /** Settles when nothing travels any more, whatever became of it. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#travelling);
  }

  async #placeNext(): Promise<void> {
    const next = this.#waiting.shift();
    if (!next) {
      return;
    }
    const { codec, stored } = await next.encoded;
    const pack = this.#pack;
    next.placed({
      pack,
      offset: pack.length,
      length: stored.length,
      rawLength: next.raw.length,
      codec,
      hash: next.hash,
    });
    this.#parts.push(stored);
    pack.length += stored.length;
    if (pack.length >= PACK_BYTES) {
      await this.close();
    }
  }
}
