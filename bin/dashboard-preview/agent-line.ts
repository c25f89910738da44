/** A line that an agent wrote. */
export interface AgentLine {
  /** In milliseconds of Unix time. */
  readonly time: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A line of a log; undefined for what no agent wrote. */
export function readAgentLine(text: string): AgentLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const fields = JSON.parse(text) as AgentLine['fields'];
    const { Timestamp } = (fields._aws ?? {}) as { readonly Timestamp?: unknown };
    const time = typeof Timestamp === 'number' ? Timestamp : Date.parse(String(fields.time));
    return Number.isFinite(time) ? { time, fields } : undefined;
  } catch {
    return undefined;
  }
}
