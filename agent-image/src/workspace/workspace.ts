import type { Skipped } from './scan.ts';
import type { SessionRecord } from './session-record.ts';

/** How far bringing back a session is, in bytes. */
export interface RestoreProgress {
  readonly done: number;
  readonly total: number;
}

/** What is not kept though no rule says so: the first of it by path below the working directory, and how much in all. */
export interface SkippedFiles {
  readonly files: readonly Skipped[];
  readonly total: number;
}

/** `fenced`: another container has kept a later state of the session, so that this one cannot any more. */
export type FlushOutcome =
  | { readonly kind: 'unchanged' | 'fenced'; readonly skipped?: SkippedFiles }
  | {
      readonly kind: 'kept';
      /** Files, directories and links that were added, changed or removed. */
      readonly changes: number;
      /** Those of them that are in the working directory. */
      readonly files: number;
      /** What travelled, in bytes. */
      readonly bytes: number;
      /** Only when it is not what the flush before this one told. */
      readonly skipped?: SkippedFiles;
    };

export interface FlushOptions {
  /** The container is about to stop: nothing is done that can wait for another time. */
  readonly urgent?: boolean;
  /** Only the record; the files are not looked at. */
  readonly recordOnly?: boolean;
  /** Sees that no other container has kept a later state, also when nothing has changed. */
  readonly verify?: boolean;
}

/**
 * Where a session is kept beyond its container: its record, the SDK's transcripts and the agent's files.
 *
 * The agent works on the directories of the container in any case. An implementation brings them there and takes them
 * away. It is of one session: {@link open} comes first, then {@link restore}, then the rest.
 */
export interface SessionWorkspace {
  /** Whether what is kept is there for another container. */
  readonly outlivesContainer: boolean;

  /**
   * Looks up what was kept of a session; quick, and changes nothing on the disk.
   *
   * @param user `userKey` of who calls; undefined where callers name no user
   * @returns its record; undefined for a session that is new
   * @throws WorkspaceUnavailable, WorkspaceDamaged; it may be tried again
   */
  open(sessionId: string, user: string | undefined): Promise<SessionRecord | undefined>;

  /**
   * Brings back transcripts and files, before the agent does anything. What is in the working directory then is what
   * was kept, and nothing else; a session that is new begins with what it finds there.
   *
   * @throws WorkspaceUnavailable, WorkspaceDamaged; it may be tried again, and nothing is kept until it succeeded
   */
  restore(report: (progress: RestoreProgress) => void): Promise<void>;

  /** Takes the record, for the next flush at the latest. Called often: it is cheap and waits for no network. */
  save(record: SessionRecord): void;

  /**
   * Keeps what has changed. Called after each run, when a caller asks for it, and before the container stops.
   *
   * @throws WorkspaceUnavailable, WorkspaceUnreadable; what was kept before is still there, and the next flush keeps all
   */
  flush(options?: FlushOptions): Promise<FlushOutcome>;
}
