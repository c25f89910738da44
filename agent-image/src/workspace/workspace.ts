import type { PermissionMode } from '../protocol.ts';
import type { InterpreterSessionRecord } from '../tools/code-interpreter/interpreter-session.ts';

/** What a session has to know of itself when its container was replaced. */
export interface SessionRecord {
  /** Who may use the session; null where callers name no user. */
  readonly owner: string | null;
  /** The SDK's id of the conversation. */
  readonly conversation?: string;
  /** Of the caller, in place of the deployed one. */
  readonly systemPrompt?: string;
  readonly permissionMode: PermissionMode;
  /** The session of the code interpreter; missing before its first use. */
  readonly codeInterpreter?: InterpreterSessionRecord;
  /** No event that was told has a higher number. */
  readonly eventsBelow: number;
  /** What the session has used of its limits. */
  readonly used: { readonly cost_usd: number; readonly turns: number };
  /** The turn that is being done; `started_at` is ISO 8601. */
  readonly activeRun?: { readonly run_id: string; readonly started_at: string; readonly prompt: string };
}

/**
 * Where a session is kept beyond its container: its record, the SDK's transcript and the agent's files.
 *
 * The agent works on the directories of the container in any case. An implementation brings them there and takes them
 * away.
 */
export interface Workspace {
  /**
   * Brings back what was kept of a session.
   *
   * @returns its record; undefined for a session that is new
   */
  restore(sessionId: string): Promise<SessionRecord | undefined>;

  /** Keeps the record. Called often, in the middle of runs too: it must be cheap and must not wait for a network. */
  save(sessionId: string, record: SessionRecord): void;

  /** Keeps all there is. Called after each run, when a caller asks for it, and before the container stops. */
  flush(): Promise<void>;
}
