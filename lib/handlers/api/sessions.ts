import { decodeCursor, encodeCursor } from './cursor';
import { ApiFailure, sessionNotFound } from './failure';
import type { HttpEvent } from './http-event';
import { bodyOf, invalid, isSessionId, limitOf, queryOf, sessionIdOf } from './parameters';
import type { SessionRow, UserData } from './ports';

const PAGE = { most: 100, usual: 50 } as const;

/** Longest title, in characters; the agent keeps to it too. */
const MAX_TITLE_CHARACTERS = 200;

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export interface SessionList {
  readonly sessions: readonly SessionRow[];
  /** Missing at the end of the list. */
  readonly cursor?: string;
}

/** The user's sessions by last use, latest first. */
export async function listSessions(event: HttpEvent, { rows }: UserData): Promise<SessionList> {
  const limit = limitOf(event, PAGE.most, PAGE.usual);
  const [updatedAt, sessionId] =
    decodeCursor('sessions', queryOf(event, 'cursor'), ([time = '', id = '', ...more]) => {
      return TIMESTAMP.test(time) && isSessionId(id) && more.length === 0;
    }) ?? [];
  const after = updatedAt === undefined || sessionId === undefined ? undefined : { updatedAt, sessionId };
  const { sessions, next } = await rows.list(limit, after);
  return { sessions, ...(next && { cursor: encodeCursor('sessions', [next.updatedAt, next.sessionId]) }) };
}

/** Gives a session a title that the agent leaves as it is. */
export async function renameSession(event: HttpEvent, { rows }: UserData): Promise<SessionRow> {
  const sessionId = sessionIdOf(event);
  const title = titleOf(bodyOf(event));
  const row = await rows.rename(sessionId, title);
  if (row === undefined) throw sessionNotFound();
  return row;
}

/**
 * Deletes all that is kept of a session. The row goes last: what was interrupted is still in the list, and is done by
 * asking again. A session of another agent is left alone: its files may be in another bucket.
 */
export async function deleteSession(event: HttpEvent, { rows, objects }: UserData): Promise<void> {
  const sessionId = sessionIdOf(event);
  if ((await rows.find(sessionId)) === 'elsewhere') throw sessionNotFound();
  const removed = await objects(sessionId).removeAll();
  const hadRow = await rows.remove(sessionId);
  if (!hadRow && removed === 0) throw sessionNotFound();
}

function titleOf({ title, ...others }: Readonly<Record<string, unknown>>): string {
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw invalid(`of a session only "title" can be changed, and the body has other fields too`);
  const text = typeof title === 'string' ? title.trim() : '';
  // Control characters would break the line that a list shows.
  if (text === '' || [...text].length > MAX_TITLE_CHARACTERS || /\p{Cc}/u.test(text)) {
    throw new ApiFailure(
      'INVALID_REQUEST',
      `"title" must be a text of 1 to ${MAX_TITLE_CHARACTERS} characters on one line.`,
    );
  }
  return text;
}
