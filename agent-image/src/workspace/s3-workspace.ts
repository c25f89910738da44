import { mkdirSync } from 'node:fs';
import type { AgentDirectories } from '../config/directories.ts';
import type { Log } from '../log.ts';
import { WorkspaceDamaged } from './format/entries.ts';
import { type ObjectStore, WorkspaceUnavailable } from './object-store.ts';
import {
  FILES_PREFIX,
  fileTree,
  recordPathOf,
  sessionKeyOf,
  transcriptDirectoryOf,
  transcriptTree,
} from './session-trees.ts';
import { skippedFiles } from './skipped-files.ts';
import type { WorkspaceLimits } from './stage-trees.ts';
import { parseSessionRecord, type SessionRecord } from './session-record.ts';
import type { FlushOptions, FlushOutcome, RestoreProgress, SessionWorkspace } from './workspace.ts';
import { type KeptTree, WorkspaceSync } from './workspace-sync.ts';

export interface S3WorkspaceOptions {
  readonly directories: AgentDirectories;
  /** The objects of one workspace of one user. */
  readonly openStore: (userKey: string, workspace: string) => ObjectStore;
  readonly limits?: WorkspaceLimits;
  readonly log: Log;
}

/** Documented in docs/workspace-format.md; the time of a restore, and memory, grow with all three. */
const LIMITS: WorkspaceLimits = { fileBytes: 4 * 1024 ** 3, totalBytes: 16 * 1024 ** 3, files: 250_000 };

/** A session that was opened. */
interface Opened {
  readonly key: string;
  readonly store: ObjectStore;
  readonly sync: WorkspaceSync;
  /** The record that is kept, as JSON. */
  keptRecord: string | undefined;
  record: SessionRecord | undefined;
  restored: boolean;
}

/** Sessions that are kept in Amazon S3, in a workspace of their own below the prefix of their user. */
export class S3Workspace implements SessionWorkspace {
  readonly outlivesContainer = true;
  readonly #options: S3WorkspaceOptions;
  #opened: Opened | undefined;
  #flushing: Promise<unknown> = Promise.resolve();
  /** Flushes that cannot wait, and are not done. */
  #urgent = 0;
  /** The files that were told not to be kept, as JSON. */
  #toldSkipped = JSON.stringify(skippedFiles([]));

  constructor(options: S3WorkspaceOptions) {
    this.#options = options;
  }

  async open(sessionId: string, user: string | undefined): Promise<SessionRecord | undefined> {
    const { openStore, limits = LIMITS, log } = this.#options;
    const key = sessionKeyOf(sessionId);
    this.#opened?.store.close();
    this.#opened = undefined;
    // Without a name for the user, the session is all that tells one caller from another.
    const store = openStore(user ?? `s-${key}`, key);
    try {
      const sync = await WorkspaceSync.open({ store, limits, log });
      const keptRecord = await sync.readText(recordPathOf(key));
      const record = keptRecord === undefined ? undefined : parseSessionRecord(keptRecord);
      if (keptRecord !== undefined && !record) {
        throw new WorkspaceDamaged('the record of the session', 'is not what it should be');
      }
      this.#opened = { key, store, sync, keptRecord, record, restored: false };
      return record;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  async restore(report: (progress: RestoreProgress) => void): Promise<void> {
    const opened = this.#session();
    const [transcripts, files] = this.#trees(opened);
    const trees: KeptTree[] = [
      { ...transcripts, exclusive: false },
      { ...files, exclusive: true },
    ];
    try {
      mkdirSync(transcriptDirectoryOf(this.#options.directories), { recursive: true, mode: 0o700 });
      await opened.sync.restore(trees, report);
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall === undefined) {
        throw error;
      }
      const remedy = code === 'ENOSPC' ? 'the disk is too small for what was kept' : 'a file cannot be made';
      throw new WorkspaceUnavailable('The workspace cannot be brought back', `${remedy} (${code ?? syscall})`);
    }
    opened.restored = true;
  }

  save(record: SessionRecord): void {
    this.#session().record = record;
  }

  /** One after the other: each goes on from where the one before it ended. */
  flush(options: FlushOptions = {}): Promise<FlushOutcome> {
    const urgent = options.urgent ? 1 : 0;
    this.#urgent += urgent;
    const flush = this.#flushing.then(() => this.#flush(options)).finally(() => (this.#urgent -= urgent));
    this.#flushing = flush.catch(() => undefined);
    return flush;
  }

  async #flush({ urgent = false, recordOnly = false, verify = false }: FlushOptions): Promise<FlushOutcome> {
    const opened = this.#opened;
    if (!opened) {
      return { kind: 'unchanged' };
    }
    const record = opened.record && JSON.stringify(opened.record);
    const texts =
      record === undefined || !isWorthKeeping(opened, urgent)
        ? new Map<string, string>()
        : new Map([[recordPathOf(opened.key), record]]);
    // Before all was brought back, what is missing on the disk would pass for deleted.
    const trees = recordOnly || !opened.restored ? [] : this.#trees(opened);
    const hurries = (): boolean => this.#urgent > 0;
    const { kind, changed, uploaded, skipped } = await opened.sync.flush({ texts, trees, hurries, verifies: verify });
    if (kind === 'kept') {
      opened.keptRecord = record ?? opened.keptRecord;
    }
    const told = skipped && this.#newlySkipped(skipped);
    const kept = {
      changes: changed.length,
      files: changed.filter((path) => path.startsWith(`${FILES_PREFIX}/`)).length,
      bytes: uploaded,
    };
    return { ...(kind === 'kept' ? { kind, ...kept } : { kind }), ...(told && { skipped: told }) };
  }

  /** What is not kept, when it is not what was told last. */
  #newlySkipped(skipped: Parameters<typeof skippedFiles>[0]): ReturnType<typeof skippedFiles> | undefined {
    const files = skippedFiles(skipped);
    const told = JSON.stringify(files);
    if (told === this.#toldSkipped) {
      return undefined;
    }
    this.#toldSkipped = told;
    return files;
  }

  /** Transcripts first: files that are too many must not leave the conversation without room. */
  #trees({ key, record }: Opened): [ReturnType<typeof transcriptTree>, ReturnType<typeof fileTree>] {
    const { directories } = this.#options;
    return [transcriptTree(directories, key, record?.conversation), fileTree(directories)];
  }

  #session(): Opened {
    if (!this.#opened) {
      throw new Error('the workspace was used before it was opened');
    }
    return this.#opened;
  }
}

/** Where the numbers of events go on is kept with the next change, or at the end: they may have gaps. */
function isWorthKeeping({ record, keptRecord }: Opened, atEnd: boolean): boolean {
  const kept = keptRecord === undefined ? undefined : parseSessionRecord(keptRecord);
  if (!record || !kept || atEnd || record.eventsBelow > kept.eventsBelow) {
    return JSON.stringify(record) !== keptRecord;
  }
  return JSON.stringify({ ...record, eventsBelow: 0 }) !== JSON.stringify({ ...kept, eventsBelow: 0 });
}
