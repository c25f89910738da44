import type { FileEntry } from '../../../agent-image/src/workspace/format/entries.ts';
import { readFile } from '../../../agent-image/src/workspace/format/read-file.ts';
import type { Snapshot } from '../../../agent-image/src/workspace/format/snapshot.ts';
import { recordPathOf, sessionKeyOf } from '../../../agent-image/src/workspace/session-trees.ts';
import { decodeCursor, encodeCursor, invalidCursor } from './cursor';
import type { HttpEvent } from './http-event';
import { readKept } from './kept-session';
import { limitOf, queryOf, sessionIdOf } from './parameters';
import type { SessionObjects, UserData } from './ports';
import { type Message, messagesOf } from './transcript';

const PAGE = { most: 200, usual: 50 } as const;

/** Longest page, in characters of JSON: a function answers with 6 MB at the most, and a character has up to 3 bytes. */
const MAX_PAGE_CHARACTERS = 1_500_000;

/** How much of a conversation is read, from its end, in bytes. */
const MAX_TRANSCRIPT_BYTES = 32 * 1024 * 1024;

export interface MessageList {
  /** When this state was kept, ISO 8601; missing when nothing was kept yet. */
  readonly asOf?: string;
  /** In the order in which they were said. */
  readonly messages: readonly Message[];
  /** Gives the page before this one; missing at the beginning of the conversation. */
  readonly cursor?: string;
}

/** The latest messages of a session, or those before a cursor, from the transcript that was kept. */
export function listMessages(event: HttpEvent, data: UserData): Promise<MessageList> {
  const sessionId = sessionIdOf(event);
  const limit = limitOf(event, PAGE.most, PAGE.usual);
  const [before] = decodeCursor('messages', queryOf(event, 'cursor'), ({ length }) => length === 1) ?? [];
  return readKept(sessionId, data, async (kept) => {
    if (kept === undefined) return { messages: [] };
    const messages = messagesOf(await readTranscript(sessionKeyOf(sessionId), kept));
    return { asOf: kept.snapshot.head.committed_at, ...pageBefore(messages, before, limit) };
  });
}

function pageBefore(
  messages: readonly Message[],
  before: string | undefined,
  limit: number,
): Pick<MessageList, 'messages' | 'cursor'> {
  const end = before === undefined ? messages.length : messages.findIndex(({ id }) => id === before);
  if (end === -1) throw invalidCursor();
  let start = end;
  let characters = 0;
  while (start > 0 && end - start < limit) {
    characters += JSON.stringify(messages[start - 1]).length;
    if (characters > MAX_PAGE_CHARACTERS && start < end) break;
    start -= 1;
  }
  const [first] = messages.slice(start, end);
  return {
    messages: messages.slice(start, end),
    ...(first !== undefined && start > 0 && { cursor: encodeCursor('messages', [first.id]) }),
  };
}

interface Kept {
  readonly snapshot: Snapshot;
  readonly session: SessionObjects;
}

/** Empty before the first turn of the session. */
async function readTranscript(sessionKey: string, { snapshot, session }: Kept): Promise<string> {
  const record = snapshot.entries.get(recordPathOf(sessionKey));
  if (record?.type !== 'file') return '';
  const conversation = conversationIn((await readFile(session.workspace, snapshot, record)).toString('utf8'));
  const file = conversation === undefined ? undefined : transcriptIn(snapshot, sessionKey, conversation);
  if (file === undefined) return '';
  const from = Math.max(0, file.size - MAX_TRANSCRIPT_BYTES);
  const range = { from, length: file.size - from };
  // A first line that is cut is skipped as one that cannot be read.
  return (await readFile(session.workspace, snapshot, file, range)).toString('utf8');
}

/** The SDK names the folder of a transcript after the working directory, which is the agent's matter. */
function transcriptIn({ entries }: Snapshot, sessionKey: string, conversation: string): FileEntry | undefined {
  const [folders, name] = [`sessions/${sessionKey}/projects/`, `/${conversation}.jsonl`];
  for (const [path, entry] of entries) {
    const isTranscript = path.startsWith(folders) && path.indexOf('/', folders.length) === path.length - name.length;
    if (entry.type === 'file' && isTranscript && path.endsWith(name)) return entry;
  }
  return undefined;
}

function conversationIn(record: string): string | undefined {
  try {
    const { conversation } = JSON.parse(record) as { readonly conversation?: unknown };
    return typeof conversation === 'string' && conversation !== '' ? conversation : undefined;
  } catch {
    return undefined;
  }
}
