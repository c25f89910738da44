import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedRequest } from '../protocol.ts';
import type { SessionRecord, Workspace } from './workspace.ts';

/**
 * Sessions that are kept in the directories of the container and nowhere else: they outlive the process, and the
 * container where these directories are on a volume.
 */
export class DirectoryWorkspace implements Workspace {
  readonly #directory: string;

  /** `configDirectory`: where the SDK keeps its transcripts; the records go beside them. */
  constructor(configDirectory: string) {
    this.#directory = join(configDirectory, 'agent-sessions');
  }

  restore(sessionId: string): Promise<SessionRecord | undefined> {
    return Promise.resolve().then(() => {
      let text: string;
      try {
        text = readFileSync(this.#file(sessionId), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
          return undefined;
        }
        throw error;
      }
      return readRecord(text);
    });
  }

  save(sessionId: string, record: SessionRecord): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const file = this.#file(sessionId);
    // Written beside and moved: a process that is killed leaves the old record or the new one, never half of one.
    writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  /** Session ids are the caller's text and no file names. */
  #file(sessionId: string): string {
    return join(this.#directory, `${createHash('sha256').update(sessionId).digest('hex')}.json`);
  }
}

/** A session whose owner is not known is opened for nobody: it may be somebody's. */
function readRecord(text: string): SessionRecord {
  try {
    const record = JSON.parse(text) as Partial<SessionRecord> | null;
    if (record?.owner !== undefined && record.used !== undefined && typeof record.eventsBelow === 'number') {
      return record as SessionRecord;
    }
  } catch {
    // Said below.
  }
  throw new RefusedRequest(
    'SESSION_UNREADABLE',
    'What was kept of this session is damaged, so it cannot go on: begin a session under another id.',
  );
}
