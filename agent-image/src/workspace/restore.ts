import type { BytePath, Entries, FileEntry, Frame, Pack } from './format/entries.ts';
import { decodeFrame } from './format/frames.ts';
import { getObject, type ObjectSource, packKey } from './format/object-source.ts';
import type { KeptState } from './kept-state.ts';
import { TreeMaker, writePart } from './materialize.ts';
import { Pacer } from './pacer.ts';
import type { Tree } from './scan.ts';
import { shareWork } from './share-work.ts';

/** Packs that are fetched, and frames of each that are decoded, at the same time; both take memory. */
const MAX_FETCHING = 4;
const MAX_DECODING = 4;

/** How far a restore is, in stored bytes. */
export type OnProgress = (progress: { readonly done: number; readonly total: number }) => void;

/** A file that is made from its parts. */
interface Job {
  readonly native: string | Buffer;
  readonly file: FileEntry;
  begun: boolean;
  /** Parts that are still to be written. */
  missing: number;
}

/** Where bytes of a frame go. */
interface Use {
  readonly job: Job;
  /** In the decoded frame. */
  readonly offset: number;
  readonly length: number;
  /** In the file. */
  readonly at: number;
}

type Uses = ReadonlyMap<Pack, ReadonlyMap<Frame, readonly Use[]>>;

/**
 * Makes the files of some trees as they were kept.
 *
 * @throws ObjectGone when a newer HEAD has to be read, WorkspaceDamaged, WorkspaceUnavailable, and the system's error
 *   when a file cannot be made
 */
export async function restoreTrees(
  source: ObjectSource,
  { entries, inlineBytes }: KeptState,
  trees: readonly Pick<Tree, 'prefix' | 'directory'>[],
  onProgress: OnProgress,
): Promise<void> {
  const pacer = new Pacer();
  const makers = trees.map((tree) => new TreeMaker(tree, pacer));
  const usesOfPacks = usesOf(entries, makers);
  const total = [...usesOfPacks.keys()].reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  onProgress({ done, total });
  // The first packs travel while the directories are made.
  const directories = Promise.all(makers.map((maker) => maker.begin(entries)));
  directories.catch(() => undefined);
  try {
    await shareWork(usesOfPacks, MAX_FETCHING, async ([pack, frames]) => {
      const stored = pack.id === undefined ? inlineBytes : await getObject(source, packKey(pack.id));
      await directories;
      await shareWork(frames, MAX_DECODING, async ([frame, uses]) => {
        const raw = await decodeFrame(frame, stored.subarray(frame.offset, frame.offset + frame.length));
        for (const use of uses) {
          await write(use, raw);
          await pacer.pause();
        }
      });
      done += pack.length;
      onProgress({ done, total });
    });
  } finally {
    await directories;
  }
  for (const maker of makers) {
    await maker.end();
  }
}

function usesOf(entries: Entries, makers: readonly TreeMaker[]): Uses {
  const uses = new Map<Pack, Map<Frame, Use[]>>();
  for (const [path, file] of entries) {
    const native = file.type === 'file' ? nativePathIn(makers, path) : undefined;
    if (file.type === 'file' && native !== undefined) {
      const job = { native, file, begun: false, missing: 0 };
      let at = 0;
      for (const { frame, offset, length } of file.segments) {
        if (frame) {
          addTo(uses, frame, { job, offset, length, at });
          job.missing += 1;
        }
        at += length;
      }
    }
  }
  return uses;
}

function write({ job, offset, length, at }: Use, raw: Buffer): Promise<void> | undefined {
  const isFirst = !job.begun;
  job.begun = true;
  const isLast = (): boolean => {
    job.missing -= 1;
    return job.missing === 0;
  };
  return writePart(job.native, job.file, { bytes: raw.subarray(offset, offset + length), at, isFirst, isLast });
}

function addTo(uses: Map<Pack, Map<Frame, Use[]>>, frame: Frame, use: Use): void {
  const frames = uses.get(frame.pack) ?? new Map<Frame, Use[]>();
  uses.set(frame.pack, frames);
  const ofFrame = frames.get(frame) ?? [];
  frames.set(frame, ofFrame);
  ofFrame.push(use);
}

function nativePathIn(makers: readonly TreeMaker[], path: BytePath): string | Buffer | undefined {
  for (const maker of makers) {
    const native = maker.nativePathOf(path);
    if (native !== undefined) {
      return native;
    }
  }
  return undefined;
}
