export type LogLevel = 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one JSON line on standard output. Prompts and answers are never logged. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** Longest text of a field, in characters; error texts of others may be of any length. */
const MAX_FIELD_CHARACTERS = 2_000;

/** A log whose every line carries `context`, for example the session id. */
export function createLog(context: LogFields = {}): Log {
  return (level, message, fields = {}) => {
    const line = { time: new Date().toISOString(), level, message, ...context, ...fields };
    process.stdout.write(`${JSON.stringify(line, cut)}\n`);
  };
}

function cut(_name: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > MAX_FIELD_CHARACTERS
    ? `${value.slice(0, MAX_FIELD_CHARACTERS)}…`
    : value;
}
