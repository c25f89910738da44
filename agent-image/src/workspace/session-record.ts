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
 * Reads a record that was kept as JSON.
 *
 * @returns undefined when it is none: a session whose owner is not known is opened for nobody, as it may be somebody's
 */
export function parseSessionRecord(text: string): SessionRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<SessionRecord> | null;
    const isWhole = record?.owner !== undefined && record.used !== undefined && typeof record.eventsBelow === 'number';
    return isWhole ? (record as SessionRecord) : undefined;
  } catch {
    return undefined;
  }
}
