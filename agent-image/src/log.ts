export type LogLevel = 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Writes one JSON line on standard output: `time`, `level`, `message`, and fields such as `session_id` and
 * `request_id`. Prompts and answers belong in {@link PromptLog} alone.
 */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** Writes what a person or the model said, where the deployment wants that in its log. */
export type PromptLog = (who: 'user' | 'agent', text: string, fields?: LogFields) => void;

/** Longest text of a field, in characters; error texts of others may be of any length. */
const MAX_FIELD_CHARACTERS = 2_000;

/** A log whose every line carries `context`, for example the session id. */
export function createLog(context: LogFields = {}): Log {
  return (level, message, fields = {}) => {
    const line = { time: new Date().toISOString(), level, message, ...context, ...fields };
    process.stdout.write(`${JSON.stringify(line, cut)}\n`);
  };
}

/** @param logPrompts whether the deployment wants it; otherwise nothing is ever written */
export function createPromptLog(log: Log, logPrompts: boolean): PromptLog {
  return logPrompts ? (who, text, fields) => log('info', 'conversation', { ...fields, who, text }) : () => undefined;
}

function cut(_name: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > MAX_FIELD_CHARACTERS
    ? `${value.slice(0, MAX_FIELD_CHARACTERS)}…`
    : value;
}
