import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkspaceDamaged } from './format/entries.ts';
import { parseSessionRecord, type SessionRecord } from './session-record.ts';
import type { FlushOutcome, SessionWorkspace } from './workspace.ts';

/**
 * Sessions that are kept in the directories of the container and nowhere else: they outlive the process, and the
 * container where these directories are on a volume.
 */
export class DirectoryWorkspace implements SessionWorkspace {
  readonly outlivesContainer = false;
  readonly #directory: string;
  #file: string | undefined;

  /** `configDirectory`: where the SDK keeps its transcripts; the records go beside them. */
  constructor(configDirectory: string) {
    this.#directory = join(configDirectory, 'agent-sessions');
  }

  open(sessionId: string): Promise<SessionRecord | undefined> {
    return Promise.resolve().then(() => {
      // Session ids are the caller's text and no file names.
      this.#file = join(this.#directory, `${createHash('sha256').update(sessionId).digest('hex')}.json`);
      let text: string;
      try {
        text = readFileSync(this.#file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
          return undefined;
        }
        throw error;
      }
      const record = parseSessionRecord(text);
      if (!record) {
        throw new WorkspaceDamaged('the record of the session', 'is not what it should be');
      }
      return record;
    });
  }

  restore(): Promise<void> {
    return Promise.resolve();
  }

  save(record: SessionRecord): void {
    if (this.#file === undefined) {
      throw new Error('the workspace was used before it was opened');
    }
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    // Written beside and moved: a process that is killed leaves the old record or the new one, never half of one.
    writeFileSync(`${this.#file}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }

  flush(): Promise<FlushOutcome> {
    return Promise.resolve({ kind: 'unchanged' });
  }
}
