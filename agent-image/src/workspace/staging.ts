import type { BytePath, DirectoryEntry, Entry, FileEntry, Frame, LinkEntry, Pack, Segment } from './format/entries.ts';
import { hashOf } from './format/frames.ts';
import { MAX_FRAME_BYTES, SHARED_FRAME_BYTES } from './format/limits.ts';
import type { KeptState } from './kept-state.ts';
import { PackWriter } from './pack-writer.ts';

/** Zeros to compare with; see {@link Segment.frame}. */
const ZEROS = Buffer.alloc(MAX_FRAME_BYTES);

/** A file that grew is written anew when it is in more pieces than this and twice what its size needs. */
const MAX_SMALL_PIECES = 16;

/** Reads up to `length` bytes of a file. @returns fewer at its end only */
export type ReadAt = (from: number, length: number) => Buffer | Promise<Buffer>;

/** A file that waits for others to share a frame with. */
interface Shared {
  readonly bytes: Buffer;
  readonly placed: (frame: Frame, offset: number) => void;
}

/** What is to become the next commit. The state before it stays as it is until that is done. */
export class Staging {
  /** What was committed last. */
  readonly before: ReadonlyMap<BytePath, Entry>;
  readonly entries: Map<BytePath, Entry>;
  /** Paths that are no longer what they were. */
  readonly changed = new Set<BytePath>();
  readonly packs: PackWriter;
  /** Packs that are to be done without. */
  #avoided: ReadonlySet<Pack> = new Set();
  #shared: Shared[] = [];
  #sharedBytes = 0;
  #byHash: Map<string, Segment> | undefined;

  constructor(before: KeptState, upload: (id: string, body: Buffer) => Promise<unknown>) {
    this.packs = new PackWriter(upload, before.inlineBytes);
    this.before = this.#withInlineMoved(before);
    this.entries = new Map(this.before);
  }

  /** Says what a directory or a link is now. */
  put(path: BytePath, entry: DirectoryEntry | LinkEntry): void {
    const old = this.entries.get(path);
    const isSame =
      entry.type === 'directory'
        ? old?.type === 'directory' && old.mode === entry.mode
        : old?.type === 'link' && old.target === entry.target;
    if (!isSame) {
      this.#change(path, entry);
    }
  }

  /** Has the directories above `path`, which are nowhere on the disk. */
  putParents(path: BytePath): void {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      this.put(path.slice(0, end), { type: 'directory', mode: 0o700 });
    }
  }

  remove(path: BytePath): void {
    if (this.entries.delete(path)) {
      this.changed.add(path);
    }
  }

  /** Says that a file is now what another was. */
  putSame(path: BytePath, file: FileEntry): void {
    this.#putFile(path, file);
  }

  /** Reads a file, and takes in what of it is not kept already. */
  async putContent(path: BytePath, file: Pick<FileEntry, 'mode' | 'modified' | 'size'>, read: ReadAt): Promise<void> {
    const old = this.entries.get(path);
    const oldSegments = old?.type === 'file' ? this.#reusable(old, file.size) : new Map<number, Segment>();
    const segments: Segment[] = [];
    let at = 0;
    for (let rest = file.size; rest > 0; rest = file.size - at) {
      const bytes = await read(at, Math.min(rest, MAX_FRAME_BYTES));
      if (bytes.length === 0) {
        break;
      }
      const oldSegment = oldSegments.get(at);
      const isThere = oldSegment !== undefined && oldSegment.length <= bytes.length;
      if (isThere && hashOf(bytes.subarray(0, oldSegment.length)) === knownHash(oldSegment)) {
        segments.push(oldSegment);
        at += oldSegment.length;
      } else {
        // Up to where the old parts go on: what was changed in the middle of a file leaves the rest of it.
        const length = isThere && oldSegments.has(at + oldSegment.length) ? oldSegment.length : bytes.length;
        await this.#putBytes(bytes.subarray(0, length), segments);
        at += length;
      }
    }
    // A file that was cut while it was read is kept as far as it was there.
    this.#putFile(path, { type: 'file', mode: file.mode, modified: file.modified, size: at, segments });
  }

  /** Has files that are put again leave these packs. */
  avoid(packs: ReadonlySet<Pack>): void {
    this.#avoided = packs;
    this.#byHash = undefined;
  }

  /** Puts all that was taken in into packs. */
  async place(): Promise<void> {
    await this.#placeShared();
    await this.packs.place();
  }

  #putFile(path: BytePath, file: FileEntry): void {
    const old = this.entries.get(path);
    const isSame =
      old?.type === 'file' &&
      old.mode === file.mode &&
      old.modified === file.modified &&
      old.size === file.size &&
      old.segments.length === file.segments.length &&
      // Segments that are still to be placed are missing in the list, and no old one.
      old.segments.every((segment, index) => isSameSegment(segment, file.segments[index]));
    if (!isSame) {
      this.#change(path, file);
    }
  }

  #change(path: BytePath, entry: Entry): void {
    this.entries.set(path, entry);
    this.changed.add(path);
  }

  /** The segments of a file whose content is known, by where they begin in it. */
  #reusable(old: FileEntry, size: number): Map<number, Segment> {
    const reusable = new Map<number, Segment>();
    if (old.segments.length > MAX_SMALL_PIECES + 2 * Math.ceil(size / MAX_FRAME_BYTES)) {
      return reusable;
    }
    let at = 0;
    for (const segment of old.segments) {
      if (knownHash(segment) !== undefined && !this.#isAvoided(segment)) {
        reusable.set(at, segment);
      }
      at += segment.length;
    }
    return reusable;
  }

  async #putBytes(bytes: Buffer, segments: Segment[]): Promise<void> {
    const { length } = bytes;
    if (length >= SHARED_FRAME_BYTES && bytes.equals(ZEROS.subarray(0, length))) {
      segments.push({ frame: undefined, offset: 0, length });
      return;
    }
    const hash = hashOf(bytes);
    const known = this.#segmentsByHash().get(keyOf(hash, length));
    if (known) {
      segments.push(known);
      return;
    }
    const index = segments.length;
    // Holds the place until the frame is known.
    segments.length += 1;
    const placed = (frame: Frame, offset: number): void => {
      segments[index] = { frame, offset, length, hash };
    };
    if (length >= SHARED_FRAME_BYTES) {
      await this.packs.add(bytes, (frame) => placed(frame, 0), hash);
      return;
    }
    this.#shared.push({ bytes, placed });
    this.#sharedBytes += length;
    if (this.#sharedBytes >= SHARED_FRAME_BYTES) {
      await this.#placeShared();
    }
  }

  async #placeShared(): Promise<void> {
    const shared = this.#shared;
    this.#shared = [];
    this.#sharedBytes = 0;
    if (shared.length === 0) {
      return;
    }
    await this.packs.add(Buffer.concat(shared.map(({ bytes }) => bytes)), (frame) => {
      let offset = 0;
      for (const { bytes, placed } of shared) {
        placed(frame, offset);
        offset += bytes.length;
      }
    });
  }

  /** What is kept already, so that a copy or a file under a new name is not kept twice. */
  #segmentsByHash(): ReadonlyMap<string, Segment> {
    if (!this.#byHash) {
      this.#byHash = new Map();
      for (const entry of this.entries.values()) {
        for (const segment of entry.type === 'file' ? entry.segments : []) {
          // A place that is held is skipped by the loop's undefined.
          const hash = (segment as Segment | undefined) && knownHash(segment);
          if (hash !== undefined && !this.#isAvoided(segment)) {
            this.#byHash.set(keyOf(hash, segment.length), segment);
          }
        }
      }
    }
    return this.#byHash;
  }

  #isAvoided({ frame }: Segment): boolean {
    return frame !== undefined && this.#avoided.has(frame.pack);
  }

  /** The frames within HEAD go on in the pack that is written now, which may become an object. */
  #withInlineMoved({ entries, inlinePaths, inlinePack }: KeptState): ReadonlyMap<BytePath, Entry> {
    const result = new Map(entries);
    const moved = new Map<Frame, Frame>();
    const move = (segment: Segment): Segment => {
      const { frame } = segment;
      if (frame?.pack !== inlinePack) {
        return segment;
      }
      const copy = moved.get(frame) ?? { ...frame, pack: this.packs.open };
      moved.set(frame, copy);
      return { ...segment, frame: copy };
    };
    for (const path of inlinePaths) {
      const entry = entries.get(path);
      if (entry?.type === 'file') {
        result.set(path, { ...entry, segments: entry.segments.map(move) });
      }
    }
    return result;
  }
}

function keyOf(hash: string, length: number): string {
  return `${hash} ${length}`;
}

/** A frame that holds nothing else has the hash of what it holds. */
function knownHash({ hash, frame, length }: Segment): string | undefined {
  return hash ?? (frame?.rawLength === length ? frame.hash : undefined);
}

function isSameSegment(left: Segment, right: Segment | undefined): boolean {
  return left.frame === right?.frame && left.offset === right?.offset && left.length === right.length;
}
