import { rereading } from '../../../agent-image/src/workspace/format/object-source.ts';
import { readSnapshot, type Snapshot } from '../../../agent-image/src/workspace/format/snapshot.ts';
import { sessionNotFound } from './failure';
import type { SessionObjects, UserData } from './ports';

/**
 * Does what reads the kept state of a session, again with a newer state when objects went away meanwhile.
 *
 * @param read is given undefined when nothing was kept of the session yet
 * @throws ApiFailure `NOT_FOUND` when the user has no such session
 */
export async function readKept<T>(
  sessionId: string,
  { rows, objects }: UserData,
  read: (kept: { readonly snapshot: Snapshot; readonly session: SessionObjects } | undefined) => Promise<T> | T,
): Promise<T> {
  const session = objects(sessionId);
  return rereading(async () => {
    const snapshot = await readSnapshot(session.workspace);
    if (snapshot === undefined && (await rows.find(sessionId)) !== 'here') throw sessionNotFound();
    return read(snapshot && { snapshot, session });
  });
}
