import type { BytePath, Entry, FileEntry, Frame, Segment } from './entries.ts';
import { decodeFrame } from './frames.ts';
import { type ByteRange, getObject, type ObjectSource, packKey } from './object-source.ts';
import { parentOf } from './paths.ts';
import type { Snapshot } from './snapshot.ts';

export interface ListedEntry {
  /** The last part of the path. */
  readonly name: BytePath;
  readonly entry: Entry;
}

/**
 * What is in a directory, in the order of the bytes of the names.
 *
 * @param directory for example `files`, which is the agent's working directory
 * @returns undefined when there is no such directory
 */
export function listDirectory({ entries }: Snapshot, directory: BytePath): ListedEntry[] | undefined {
  if (entries.get(directory)?.type !== 'directory') {
    return undefined;
  }
  const listed: ListedEntry[] = [];
  for (const [path, entry] of entries) {
    if (parentOf(path) === directory) {
      listed.push({ name: path.slice(directory.length + 1), entry });
    }
  }
  return listed.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/**
 * Reads a file, or a part of one, with one ranged request a frame.
 *
 * @param range the whole file when left out; what is beyond its end is left out
 * @throws ObjectGone when a newer HEAD has to be read, WorkspaceDamaged
 */
export async function readFile(
  source: ObjectSource,
  snapshot: Pick<Snapshot, 'inlineBytes'>,
  file: FileEntry,
  range: ByteRange = { from: 0, length: file.size },
): Promise<Buffer> {
  const until = range.from + range.length;
  const parts: Buffer[] = [];
  let at = 0;
  for (const segment of file.segments) {
    const from = Math.max(range.from - at, 0);
    const to = Math.min(until - at, segment.length);
    if (from < to) {
      parts.push((await readSegment(source, snapshot, segment)).subarray(from, to));
    }
    at += segment.length;
  }
  return Buffer.concat(parts);
}

async function readSegment(
  source: ObjectSource,
  snapshot: Pick<Snapshot, 'inlineBytes'>,
  segment: Segment,
): Promise<Buffer> {
  const { frame, offset, length } = segment;
  if (!frame) {
    return Buffer.alloc(length);
  }
  const raw = await decodeFrame(frame, await storedFrame(source, snapshot, frame));
  return raw.subarray(offset, offset + length);
}

async function storedFrame(
  source: ObjectSource,
  { inlineBytes }: Pick<Snapshot, 'inlineBytes'>,
  frame: Frame,
): Promise<Buffer> {
  const { pack, offset, length } = frame;
  return pack.id === undefined
    ? inlineBytes.subarray(offset, offset + length)
    : getObject(source, packKey(pack.id), { from: offset, length });
}
