import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';
import { RefusedRequest } from './protocol.ts';
import type { Run } from './run.ts';
import type { SessionMeters } from './session-meters.ts';
import { WorkspaceFenced, WorkspaceUnavailable } from './workspace/object-store.ts';
import { WorkspaceUnreadable } from './workspace/scan.ts';
import type {
  FlushOptions,
  FlushOutcome,
  RestoreProgress,
  SessionWorkspace,
  SkippedFiles,
} from './workspace/workspace.ts';

export interface SessionKeeperOptions {
  /** Opened. */
  readonly workspace: SessionWorkspace;
  /** Whether nothing was kept of the session. */
  readonly isNew: boolean;
  readonly meters: SessionMeters;
  /** Called once, when another container turns out to have kept a later state: nothing of this one is kept from then on. */
  readonly onFenced: () => void;
  readonly log: Log;
}

/** How long the end of a run waits for storage, in milliseconds; a workspace of gigabytes takes longer to keep. */
const KEEPING_MS = 60_000;

/** How long it is asked whether another container has taken over, in milliseconds: a stop has little time. */
const OVERTAKEN_MS = 2_000;

/** Name of the step of a run in which files and conversation are brought back. */
const RESTORE_STEP = 'workspace.restore';

/** Least growth of what is told of a restore, as a share of the whole. */
const TOLD_SHARE = 0.05;

/** Brings a session back before the first run in a container, and keeps it after each; runs are told of it. */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  #restored = false;
  #restoring: Promise<void> | undefined;
  /** The run that waits for it. */
  #waiting: Run | undefined;
  #progress: RestoreProgress | undefined;
  #stepOpen = false;
  #fenced = false;
  #flushes = 0;
  /** Files that are not kept, until a run was told of them. */
  #skipped: SkippedFiles | undefined;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  /** Whether another container has kept a later state, so that this one keeps nothing any more. */
  get fenced(): boolean {
    return this.#fenced;
  }

  /** How many flushes have ended but with a fence: what was saved since the last of them, no other container knows. */
  get flushes(): number {
    return this.#flushes;
  }

  /** Whether another container has taken the session over; false when storage does not tell within two seconds. */
  async isOvertaken(): Promise<boolean> {
    const flush = { urgent: true, recordOnly: true, verify: true };
    const timer = new AbortController();
    const late = delay(OVERTAKEN_MS, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([this.#try(() => this.#options.workspace.flush(flush)), late]);
    timer.abort();
    return this.#fenced;
  }

  /**
   * Has it kept that a run begins, so that the next container knows of one that was lost. In the first run, brings
   * everything back; what failed is tried again with the next.
   *
   * @param run is told how far it is, until it {@link leave leaves}
   * @throws WorkspaceUnavailable, WorkspaceDamaged, WorkspaceFenced
   */
  async begin(run: Run): Promise<void> {
    const marked = this.#try(() => this.#options.workspace.flush({ recordOnly: true }));
    if (this.#restored) {
      return;
    }
    if (!this.#options.isNew) {
      // What was told is not told again by the next container, and a fence is found before gigabytes are fetched.
      await marked;
    }
    if (this.#fenced) {
      throw new WorkspaceFenced();
    }
    await this.#restore(run);
  }

  async #restore(run: Run): Promise<void> {
    this.#waiting = run;
    if (this.#progress && this.#progress.total > 0) {
      this.#beginStep(run, this.#progress.total);
    }
    this.#restoring ??= this.#bringBack().finally(() => {
      this.#restoring = undefined;
      this.#progress = undefined;
    });
    await this.#restoring;
    this.leave(run);
  }

  /** Tells a run nothing more of the restore, which goes on. */
  leave(run: Run): void {
    if (this.#waiting !== run) {
      return;
    }
    this.#waiting = undefined;
    if (this.#stepOpen) {
      this.#stepOpen = false;
      run.emit({ type: 'STEP_FINISHED', stepName: RESTORE_STEP });
    }
  }

  /**
   * Keeps what a turn has changed. Settles when that is done, after a minute, or when `givenUp` does, and never rejects;
   * what takes longer goes on.
   *
   * @param run what tells of it; undefined when no run does
   */
  async keep(run?: Run, givenUp = new Promise<void>(() => undefined)): Promise<void> {
    const timer = new AbortController();
    const late = Promise.race([givenUp, delay(KEEPING_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
    const outcome = await Promise.race([this.#try(() => this.#flush({})), late.then(() => 'failed' as const)]);
    timer.abort();
    if (!run) {
      return;
    }
    if (outcome === 'failed') {
      run.emit({ type: 'CUSTOM', name: 'session.not_kept', value: { reason: 'storage_unavailable' } });
      return;
    }
    if (outcome.kind === 'kept' && outcome.files > 0) {
      const { files, bytes } = outcome;
      run.emit({ type: 'CUSTOM', name: 'workspace.changed', value: { files, bytes } });
    }
    if (this.#skipped) {
      run.emit({ type: 'CUSTOM', name: 'workspace.skipped', value: this.#skipped });
      this.#skipped = undefined;
    }
  }

  /**
   * Keeps everything because a caller wants to be sure of it.
   *
   * @throws RefusedRequest `WORKSPACE_UNAVAILABLE`, `WORKSPACE_FENCED`
   */
  async flush(): Promise<void> {
    try {
      const outcome = this.#noted(await this.#flush({ verify: true }));
      if (outcome.kind !== 'fenced') {
        return;
      }
    } catch (error) {
      throw error instanceof WorkspaceUnavailable || error instanceof WorkspaceUnreadable ? unavailable(error) : error;
    } finally {
      this.#count();
    }
    throw new RefusedRequest('WORKSPACE_FENCED', 'Another container of this session has kept a later state of it.');
  }

  /** Keeps everything at once, because the container stops. Never rejects. */
  async close(): Promise<void> {
    await this.#try(() => this.#flush({ urgent: true }));
  }

  async #bringBack(): Promise<void> {
    const { workspace, meters } = this.#options;
    const restore = meters.restoring(() =>
      workspace.restore((progress) => this.#tell(progress)).then(() => ({ bytes: this.#progress?.total ?? 0 })),
    );
    try {
      await restore;
    } catch (error) {
      if (error instanceof WorkspaceFenced) {
        this.#fence();
      }
      throw error;
    }
    this.#restored = true;
  }

  #tell(progress: RestoreProgress): void {
    const told = this.#progress;
    const run = this.#waiting;
    const { done, total } = progress;
    if (!told) {
      this.#progress = progress;
      if (run && total > 0) {
        this.#beginStep(run, total);
      }
    } else if (done === total || done - told.done >= total * TOLD_SHARE) {
      this.#progress = progress;
      run?.emit({
        type: 'CUSTOM',
        name: 'workspace.restoring',
        value: { done_bytes: done, total_bytes: total },
      });
    }
  }

  #beginStep(run: Run, total: number): void {
    this.#stepOpen = true;
    run.emit({ type: 'STEP_STARTED', stepName: RESTORE_STEP, metadata: { total_bytes: total } });
  }

  #flush(options: FlushOptions): Promise<FlushOutcome> {
    return this.#options.meters.flushing(async () => {
      const outcome = await this.#options.workspace.flush(options);
      this.#skipped = outcome.skipped ?? this.#skipped;
      return outcome;
    });
  }

  /** What cannot be kept now is kept with the next flush. */
  async #try(flush: () => Promise<FlushOutcome>): Promise<FlushOutcome | 'failed'> {
    const { log } = this.#options;
    try {
      return this.#noted(await flush());
    } catch (error) {
      log('error', 'the session could not be kept', { detail: error instanceof Error ? error.message : String(error) });
      return 'failed';
    } finally {
      this.#count();
    }
  }

  /** One that failed may have arrived all the same. */
  #count(): void {
    this.#flushes += this.#fenced ? 0 : 1;
  }

  #noted(outcome: FlushOutcome): FlushOutcome {
    if (outcome.kind === 'fenced') {
      this.#fence();
    }
    return outcome;
  }

  #fence(): void {
    if (this.#fenced) {
      return;
    }
    this.#fenced = true;
    const { log, onFenced } = this.#options;
    log('error', 'another container has kept a later state of this session, so nothing of this one is kept');
    onFenced();
  }
}

/** The cause is for the log: it names what the caller does not know. */
export function unavailable(cause: Error): RefusedRequest {
  const message = "The storage of this session cannot be reached: try again; the agent's log has the reason.";
  return new RefusedRequest('WORKSPACE_UNAVAILABLE', message, { cause });
}
