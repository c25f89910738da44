import { createHash } from 'node:crypto';

/** Of the hash in a name. */
const HASH_CHARACTERS = 32;

/** What an interpreter session belongs to. */
export interface NamedSession {
  /** Up to 48 characters. */
  readonly agentName: string;
  /** Whose session of the agent it is, as the request proved; undefined where callers name no user. */
  readonly owner: string | undefined;
  /** Of the agent: the runtime session id. */
  readonly sessionId: string;
}

/**
 * Under which name AgentCore has the interpreter sessions of a session of the agent: the agent's, for people, and a hash
 * that no other user and no other session has.
 *
 * @returns less than the 100 characters that StartCodeInterpreterSession takes
 */
export function sessionNameOf({ agentName, owner, sessionId }: NamedSession): string {
  return `${agentName}-${sha256(JSON.stringify([owner ?? null, sessionId])).slice(0, HASH_CHARACTERS)}`;
}

/**
 * The token of one start. Not random: containers that were restored from one snapshot may draw the same bytes, and the
 * same token would give both of them one session.
 *
 * @param start number of the start in this container
 */
export function startTokenOf(sessionId: string, start: number): string {
  return sha256(`${sessionId}\n${Date.now()}\n${start}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
