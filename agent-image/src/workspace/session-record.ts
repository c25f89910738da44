import { PERMISSION_MODES, type PermissionMode } from '../protocol.ts';
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

/** Names a file of the SDK's, or a session in a request to AWS. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** Room for the numbers of all events to come. */
const MOST_EVENTS = Number.MAX_SAFE_INTEGER / 2;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isId: Check = (value) => typeof value === 'string' && ID.test(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;

const FIELDS: Readonly<Record<keyof SessionRecord, Check>> = {
  owner: (value) => value === null || isText(value),
  conversation: optional(isId),
  systemPrompt: optional(isText),
  permissionMode: (value) => PERMISSION_MODES.some((mode) => mode === value),
  codeInterpreter: optional(isRecordOf({ interpreter: isId, session: isId })),
  eventsBelow: (value) => isCount(value) && Number(value) <= MOST_EVENTS,
  used: isRecordOf({ cost_usd: (value) => Number.isFinite(value) && Number(value) >= 0, turns: isCount }),
  activeRun: optional(isRecordOf({ run_id: isText, started_at: isText, prompt: isText })),
};

/**
 * Reads a record that was kept as JSON. Every field is checked: where users have credentials of their own, a user can
 * write the records of his sessions.
 *
 * @returns undefined when it is none: a session whose owner is not known is opened for nobody, as it may be somebody's
 */
export function parseSessionRecord(text: string): SessionRecord | undefined {
  try {
    const record: unknown = JSON.parse(text);
    return isRecordOf(FIELDS)(record) ? (record as SessionRecord) : undefined;
  } catch {
    return undefined;
  }
}

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function isRecordOf(fields: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const record = value as Readonly<Record<string, unknown>>;
    return Object.entries(fields).every(([name, check]) => check(record[name]));
  };
}
