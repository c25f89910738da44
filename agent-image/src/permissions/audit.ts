import type { Log } from '../log.ts';
import type { PermissionMode } from '../protocol.ts';

/** Who decided. */
export interface Decider {
  /** The user, as the agent knows users; missing when nobody decided, or the deployment names no users. */
  readonly by?: string;
  /** The request with which the decision came. */
  readonly request_id?: string;
}

/** Leaves out what is not known. */
export function decider(by: string | undefined, requestId: string | undefined): Decider {
  return { ...(by !== undefined && { by }), ...(requestId !== undefined && { request_id: requestId }) };
}

/** What was asked and decided about tools, and by whom. Names and ids only: what a tool was to do is never logged. */
export interface AuditEntry extends Decider {
  readonly event: 'question' | 'answer' | 'expired' | 'withdrawn' | 'mode';
  readonly question_id?: string;
  readonly tool_name?: string;
  readonly tool_call_id?: string;
  /** Of an answer, `allowed` or `denied`; of a question that was withdrawn, why. */
  readonly decision?: 'allowed' | 'denied' | 'cancelled' | 'stopped';
  /** How far an answer that allows goes. */
  readonly scope?: 'once' | 'session';
  /** Whether the person changed the input. */
  readonly edited?: boolean;
  /** The mode that the session has from now on. */
  readonly mode?: PermissionMode;
}

/** Writes each entry as one line of the log with `audit: true`, by which the lines can be found. */
export function auditLog(log: Log): (entry: AuditEntry) => void {
  return (entry) => log('info', `permission: ${entry.event}`, { audit: true, ...entry });
}
