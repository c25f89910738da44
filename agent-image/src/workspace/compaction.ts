import type { BytePath, Entry, FileEntry, Pack } from './format/entries.ts';
import { PACK_BYTES } from './format/limits.ts';

/** Packs are left when more than this share of all that is stored is of no use. */
const TOLERATED_WASTE = 0.3;

/** A workspace that stores less, in bytes, is let be. */
const WORTH_COMPACTING = 4 * 1024 * 1024;

/** Packs of which less than this share is of use are the ones to leave. */
const SPARSE = 0.6;

/** Packs shorter than this, in bytes, are put together when there are more of them than that. */
const SHORT_PACK_BYTES = PACK_BYTES / 8;
const MAX_SHORT_PACKS = 32;

/** How much of use is written anew at once, in bytes: a flush must not take long because of it. */
const MAX_MOVED_BYTES = 32 * 1024 * 1024;

/** How much of every pack is of use, in bytes; packs of which nothing is are not among them. */
export function liveBytes(entries: Iterable<Entry>): Map<Pack, number> {
  const live = new Map<Pack, number>();
  for (const entry of entries) {
    for (const { frame, length } of entry.type === 'file' ? entry.segments : []) {
      if (frame) {
        live.set(frame.pack, (live.get(frame.pack) ?? 0) + (frame.length * length) / frame.rawLength);
      }
    }
  }
  return live;
}

/** The packs that it is time to leave, so that their objects can be deleted; mostly none. */
export function packsToLeave(entries: Iterable<Entry>): Set<Pack> {
  const live = [...liveBytes(entries)].filter(([{ id }]) => id !== undefined);
  const stored = live.reduce((sum, [{ length }]) => sum + length, 0);
  const used = live.reduce((sum, [, bytes]) => sum + bytes, 0);
  const short = live.filter(([{ length }]) => length < SHORT_PACK_BYTES);
  const isWasteful = stored > WORTH_COMPACTING && used < stored * (1 - TOLERATED_WASTE);
  const candidates = [
    ...(isWasteful ? live.filter(([{ length }, bytes]) => bytes < length * SPARSE) : []),
    ...(short.length > MAX_SHORT_PACKS ? short : []),
  ].sort(([left, usedLeft], [right, usedRight]) => usedLeft / left.length - usedRight / right.length);
  const leaving = new Set<Pack>();
  let moved = 0;
  for (const [pack, bytes] of candidates) {
    if (moved + bytes <= MAX_MOVED_BYTES) {
      leaving.add(pack);
      moved += bytes;
    }
  }
  return leaving;
}

/** The files that are in any of these packs. */
export function filesIn(entries: ReadonlyMap<BytePath, Entry>, packs: ReadonlySet<Pack>): [BytePath, FileEntry][] {
  const files: [BytePath, FileEntry][] = [];
  for (const [path, entry] of entries) {
    if (entry.type === 'file' && entry.segments.some(({ frame }) => frame && packs.has(frame.pack))) {
      files.push([path, entry]);
    }
  }
  return files;
}
