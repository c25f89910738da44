import type { ObjectSource } from '../../../agent-image/src/workspace/format/object-source.ts';

/** Statuses of a session that the agent writes. */
export const SESSION_STATUSES = ['idle', 'running', 'waiting', 'error'] as const;

/** What a list of sessions shows of one. */
export interface SessionRow {
  readonly sessionId: string;
  readonly title: string;
  readonly status: (typeof SESSION_STATUSES)[number];
  /** The beginning of what was said last. */
  readonly lastText: string;
  /** Questions that wait for an answer. */
  readonly pendingInterrupts: number;
  /** ISO 8601, as `updatedAt`. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The name of the agent. */
  readonly agent: string;
}

/** Where a page of the list of sessions ended. */
export interface SessionPosition {
  readonly updatedAt: string;
  readonly sessionId: string;
}

export interface SessionPage {
  readonly sessions: readonly SessionRow[];
  /** Undefined at the end of the list. */
  readonly next: SessionPosition | undefined;
}

/** The rows of one user, of which those of the API's own agent are seen: several agents can share a table. */
export interface SessionRows {
  /** The sessions by last use, latest first. A page can have fewer than `limit`, though more follow. */
  list(limit: number, after: SessionPosition | undefined): Promise<SessionPage>;
  /** Whether there is one; `elsewhere` is one of another agent. */
  find(sessionId: string): Promise<'here' | 'elsewhere' | undefined>;
  /** @returns undefined when there is no such session */
  rename(sessionId: string, title: string): Promise<SessionRow | undefined>;
  /** @returns whether there was one */
  remove(sessionId: string): Promise<boolean>;
  /** @returns what was put last; undefined before that */
  settings(): Promise<string | undefined>;
  putSettings(settings: string): Promise<void>;
}

/** An address that gives a file to whoever has it. */
export interface Download {
  readonly url: string;
  /** In seconds. */
  readonly expiresIn: number;
}

/** A file that is to be given away. */
export interface OfferedFile {
  /** The same for the same content and no other: letters, digits, hyphens and underscores. */
  readonly key: string;
  /** As which it is saved. */
  readonly name: string;
  /** Reads it; not called where there is a copy already. */
  readonly content: () => Promise<Buffer>;
}

/** The objects of one session of one user. */
export interface SessionObjects {
  /** What was kept of the session. */
  readonly workspace: ObjectSource;
  /** Makes a file that is stored within others an object of its own for a while. */
  offer(file: OfferedFile): Promise<Download>;
  /** @returns how many objects there were */
  removeAll(): Promise<number>;
}

/** What belongs to one user, reached as that user. */
export interface UserData {
  readonly rows: SessionRows;
  objects(sessionId: string): SessionObjects;
  close(): void;
}

export type OpenUserData = (userKey: string) => UserData;

/** Tells AgentCore Identity that the signed-in user is the one who began to link an account. */
export interface LinkCompletion {
  /**
   * @param userToken the user's own access token: AgentCore compares it with the one that the linking began with
   * @throws ApiFailure `LINK_REFUSED`, `TOO_MANY_REQUESTS`, `UNAVAILABLE`
   */
  complete(sessionUri: string, userToken: string): Promise<void>;
}
