import { ApiFailure } from './failure';

/** Longest cursor that is looked at, in characters: a name of 255 bytes, each escaped, and some more. */
const MAX_CURSOR_CHARACTERS = 2_400;

/** What of a list a cursor is of: those of one list say nothing to another. */
export type CursorKind = 'sessions' | 'messages' | 'files';

/** Where a page ended, as text that callers give back and need not understand. */
export function encodeCursor(kind: CursorKind, position: readonly string[]): string {
  return Buffer.from(JSON.stringify([kind, ...position])).toString('base64url');
}

/**
 * The position in a cursor; undefined when there is no cursor.
 *
 * @param isPosition whether the texts in it are those of this kind
 * @throws ApiFailure `INVALID_REQUEST`
 */
export function decodeCursor(
  kind: CursorKind,
  cursor: string | undefined,
  isPosition: (position: readonly string[]) => boolean,
): readonly string[] | undefined {
  if (cursor === undefined) return undefined;
  const values = cursor.length <= MAX_CURSOR_CHARACTERS && /^[A-Za-z0-9_-]+$/.test(cursor) ? parsed(cursor) : undefined;
  if (Array.isArray(values) && values.every((value) => typeof value === 'string')) {
    const [first, ...position] = values;
    if (first === kind && isPosition(position)) return position;
  }
  throw invalidCursor();
}

export function invalidCursor(): ApiFailure {
  return new ApiFailure(
    'INVALID_REQUEST',
    '"cursor" is none that this list gave: send the one of the page before, or none to begin again.',
  );
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
