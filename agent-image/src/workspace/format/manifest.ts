import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import {
  type BytePath,
  type Entries,
  type Entry,
  type FileEntry,
  type Frame,
  type Pack,
  type Segment,
  WorkspaceDamaged,
} from './entries.ts';
import { MAX_FRAME_BYTES, MAX_MANIFEST_BYTES } from './limits.ts';
import { partsOf } from './paths.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** In place of the number of a frame: zeros that are not stored. */
const HOLE = -1;

const SECOND = 1_000_000_000n;

/** Longest path in a message, in characters. */
const MAX_SHOWN_PATH = 300;

/** `[path, "d", mode]`, `[path, "l", target]`, or `[path, "f", mode, seconds, nanoseconds, size, segments]`. */
type Row =
  | readonly [string, 'd', number]
  | readonly [string, 'l', string]
  | readonly [string, 'f', number, number, number, number, readonly number[]];

/** `[pack, offset, length, rawLength, compressed, hash]` */
type FrameRow = readonly [number, number, number, number, 0 | 1, string];

interface ManifestDocument {
  /** Ids of the packs; the empty one is the pack within HEAD. */
  readonly packs: readonly string[];
  readonly frames: readonly FrameRow[];
  readonly entries: readonly Row[];
  readonly removed: readonly string[];
}

/**
 * A manifest of `paths` as they are in `entries`; what is not there is listed as removed.
 *
 * @returns compressed
 */
export function encodeManifest(entries: Entries, paths: Iterable<BytePath>): Promise<Buffer> {
  const packs = new Map<Pack, number>();
  const frames = new Map<Frame, number>();
  const rows: FrameRow[] = [];
  const numberOf = (frame: Frame): number => {
    const known = frames.get(frame);
    if (known !== undefined) {
      return known;
    }
    const pack = packs.get(frame.pack) ?? packs.size;
    packs.set(frame.pack, pack);
    rows.push([pack, frame.offset, frame.length, frame.rawLength, frame.codec === 'zstd' ? 1 : 0, frame.hash]);
    frames.set(frame, frames.size);
    return frames.size - 1;
  };
  const listed: Row[] = [];
  const removed: string[] = [];
  for (const path of paths) {
    const entry = entries.get(path);
    if (entry) {
      listed.push(rowOf(path, entry, numberOf));
    } else {
      removed.push(path);
    }
  }
  const document: ManifestDocument = {
    packs: [...packs.keys()].map(({ id }) => id ?? ''),
    frames: rows,
    entries: listed,
    removed,
  };
  return compress(Buffer.from(JSON.stringify(document)));
}

function rowOf(path: BytePath, entry: Entry, numberOf: (frame: Frame) => number): Row {
  switch (entry.type) {
    case 'directory':
      return [path, 'd', entry.mode];
    case 'link':
      return [path, 'l', entry.target];
    case 'file': {
      const segments = entry.segments.flatMap(({ frame, offset, length }) => [
        frame ? numberOf(frame) : HOLE,
        offset,
        length,
      ]);
      const { mode, modified, size } = entry;
      return [path, 'f', mode, Number(modified / SECOND), Number(modified % SECOND), size, segments];
    }
  }
}

/**
 * Applies a manifest to the entries before it.
 *
 * @param stored what {@link encodeManifest} made
 * @param packs the packs that HEAD names, by id; the one within HEAD by the empty id. Others are added with length 0: a
 *   later manifest has replaced what was in them, or the workspace is damaged.
 * @returns the paths it concerns
 * @throws WorkspaceDamaged
 */
export async function applyManifest(
  stored: Buffer,
  entries: Map<BytePath, Entry>,
  packs: Map<string, Pack>,
): Promise<BytePath[]> {
  const document = await read(stored);
  const frames = document.frames.map((row) => frameOf(row, document.packs, packs));
  for (const path of document.removed) {
    entries.delete(path);
  }
  for (const row of document.entries) {
    const [path] = row;
    check(partsOf(path) !== undefined, () => `has the path ${shown(path)}`);
    entries.set(path, entryOf(row, frames));
  }
  return [...document.removed, ...document.entries.map(([path]) => path)];
}

async function read(stored: Buffer): Promise<ManifestDocument> {
  let document: unknown;
  try {
    const text = await decompress(stored, { maxOutputLength: MAX_MANIFEST_BYTES });
    document = JSON.parse(text.toString('utf8'));
  } catch {
    throw new WorkspaceDamaged('a manifest', 'is no compressed JSON');
  }
  const { packs, frames, entries, removed } = (document ?? {}) as Partial<ManifestDocument>;
  check(isArrayOf(packs, 'string') && isArrayOf(removed, 'string'), () => 'has no lists of packs and removals');
  check(isRows(frames) && isRows(entries), () => 'has no lists of frames and entries');
  return document as ManifestDocument;
}

function frameOf(row: FrameRow, ids: readonly string[], packs: Map<string, Pack>): Frame {
  const [number, offset, length, rawLength, compressed, hash] = row;
  const id = ids[number];
  const isSound =
    id !== undefined &&
    [number, offset, length, rawLength].every(isCount) &&
    rawLength <= MAX_FRAME_BYTES &&
    length <= MAX_FRAME_BYTES &&
    (compressed === 1 || (compressed === 0 && length === rawLength)) &&
    typeof hash === 'string';
  check(isSound, () => 'has a frame that cannot be');
  const pack = packs.get(id) ?? { id, length: 0 };
  packs.set(id, pack);
  return { pack, offset, length, rawLength, codec: compressed === 1 ? 'zstd' : 'raw', hash };
}

function entryOf(row: Row, frames: readonly Frame[]): Entry {
  const [path, type, value] = row;
  const wrong = (): string => `describes ${shown(path)} wrongly`;
  switch (type) {
    case 'd':
      check(isMode(value), wrong);
      return { type: 'directory', mode: value };
    case 'l':
      check(typeof value === 'string' && value !== '' && !/[\0\u0100-\uffff]/.test(value), wrong);
      return { type: 'link', target: value };
    case 'f': {
      const [, , mode, seconds, nanoseconds, size, numbers] = row;
      check(isMode(mode) && Number.isSafeInteger(seconds) && Number.isSafeInteger(nanoseconds) && isCount(size), wrong);
      const file: FileEntry = {
        type: 'file',
        mode,
        size,
        modified: BigInt(seconds) * SECOND + BigInt(nanoseconds),
        segments: segmentsOf(numbers, frames, wrong),
      };
      check(file.segments.reduce((sum, { length }) => sum + length, 0) === size, wrong);
      return file;
    }
    default:
      throw new WorkspaceDamaged('a manifest', wrong());
  }
}

function segmentsOf(numbers: readonly number[], frames: readonly Frame[], wrong: () => string): Segment[] {
  check(Array.isArray(numbers) && numbers.length % 3 === 0 && numbers.every((n) => n === HOLE || isCount(n)), wrong);
  const segments: Segment[] = [];
  for (let at = 0; at < numbers.length; at += 3) {
    const [number = HOLE, offset = 0, length = 0] = numbers.slice(at, at + 3);
    const frame = frames[number];
    check(offset >= 0 && length > 0 && length <= MAX_FRAME_BYTES, wrong);
    check(number === HOLE || (frame !== undefined && offset + length <= frame.rawLength), wrong);
    segments.push({ frame, offset, length });
  }
  return segments;
}

/** `why`: asked only when it is needed, for there are many rows. */
function check(sound: boolean, why: () => string): asserts sound {
  if (!sound) {
    throw new WorkspaceDamaged('a manifest', why());
  }
}

/** What stands in the place of a path, which may be anything or nothing. */
function shown(path: unknown): string {
  return String(JSON.stringify(path)).slice(0, MAX_SHOWN_PATH);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isMode(value: unknown): value is number {
  return isCount(value) && value <= 0o7777;
}

function isArrayOf(value: unknown, type: 'string'): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}

function isRows(value: unknown): boolean {
  return Array.isArray(value) && value.every((row) => Array.isArray(row));
}
