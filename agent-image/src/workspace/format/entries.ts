/**
 * A path within a workspace, relative and with `/`: every byte of the name as the character of the same number. Names
 * on disk are bytes and need not be UTF-8, so no decoding could give them back.
 */
export type BytePath = string;

/** Stored frames, one after the other. */
export interface Pack {
  /** Name of its object; undefined while it is the one within HEAD. */
  id: string | undefined;
  /** In bytes. */
  length: number;
}

/** Bytes that were compressed together: a part of one large file, or many small files. */
export interface Frame {
  readonly pack: Pack;
  /** Where it begins in its pack, in bytes. */
  readonly offset: number;
  /** How long it is in its pack, in bytes. */
  readonly length: number;
  /** How long it is when decoded, in bytes. */
  readonly rawLength: number;
  readonly codec: 'raw' | 'zstd';
  /** {@link hashOf} what it is when decoded. */
  readonly hash: string;
}

/** Consecutive bytes of a file. */
export interface Segment {
  /** Where they are; undefined for zeros that are not stored. */
  readonly frame: Frame | undefined;
  /** Where they begin in the decoded frame. */
  readonly offset: number;
  readonly length: number;
  /** {@link hashOf} them, where it is known: it is not stored. */
  readonly hash?: string;
}

export interface FileEntry {
  readonly type: 'file';
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  /** When it was last written, in nanoseconds since 1970. */
  readonly modified: bigint;
  readonly segments: readonly Segment[];
}

export interface DirectoryEntry {
  readonly type: 'directory';
  readonly mode: number;
}

export interface LinkEntry {
  readonly type: 'link';
  /** What the link says, as bytes like a path; it may point anywhere and is never followed. */
  readonly target: BytePath;
}

export type Entry = FileEntry | DirectoryEntry | LinkEntry;

/** A whole workspace at one time. */
export type Entries = ReadonlyMap<BytePath, Entry>;

const RESTORE_EARLIER = 'Restore an earlier version of the object in the bucket, or begin a new session';

/** What is stored cannot be understood; nothing was changed because of it. */
export class WorkspaceDamaged extends Error {
  constructor(what: string, why: string, remedy = RESTORE_EARLIER) {
    super(`The kept workspace cannot be read: ${what} ${why}. ${remedy}.`);
    this.name = 'WorkspaceDamaged';
  }
}
