/** A value that is asked for when the query is started, and stands in it as `{{name}}`. */
export interface LogQueryParameter {
  readonly name: string;
  readonly description: string;
}

/** A query of CloudWatch Logs Insights over the log of an agent. */
export interface LogQuery {
  /** What it finds. */
  readonly title: string;
  /** Its commands, in order. */
  readonly commands: readonly string[];
  /** @default - none */
  readonly parameters?: readonly LogQueryParameter[];
}

/**
 * What is worth asking the log of an agent. The fields are those of the lines that the agent writes: its log lines, which
 * have `level` and `message`, and the lines of its metrics. A test runs each query over such lines.
 */
export const LOG_QUERIES = {
  SLOWEST_TURNS: {
    title: 'Slowest turns',
    commands: [
      'fields @timestamp, TurnLatency, TimeToFirstEvent, Turns, Model, session_id, run_id',
      'filter ispresent(TurnLatency)',
      'sort TurnLatency desc',
      'limit 20',
    ],
  },
  ERRORS_BY_CODE: {
    title: 'Errors by code',
    commands: [
      'filter ispresent(Code) and Errors = 1',
      'stats count(*) as failed, max(@timestamp) as latest by Code',
      'sort failed desc',
    ],
  },
  WARNINGS_AND_ERRORS: {
    title: 'Warnings and errors, refused requests included',
    commands: [
      'filter level in ["warn", "error"]',
      'stats count(*) as times, max(@timestamp) as latest by level, message, code',
      'sort times desc',
      'limit 50',
    ],
  },
  TOP_TOOLS: {
    title: 'Top tools',
    commands: [
      'filter ispresent(ToolCalls)',
      'stats sum(ToolCalls) as calls, pct(ToolLatency, 95) as p95_ms by Tool, Result',
      'sort calls desc',
      'limit 20',
    ],
  },
  DENIED_TOOLS: {
    title: 'Denied tools',
    commands: [
      'filter ispresent(ToolCalls) and Result = "denied"',
      'stats sum(ToolCalls) as denials, count_distinct(session_id) as sessions, max(@timestamp) as latest by Tool',
      'sort denials desc',
    ],
  },
  DECISIONS: {
    title: 'Who allowed and denied tools',
    commands: [
      'fields @timestamp, tool_name, decision, scope, edited, by, session_id',
      'filter ispresent(audit) and ispresent(decision)',
      'sort @timestamp desc',
      'limit 100',
    ],
  },
  DEAREST_SESSIONS: {
    title: 'Dearest sessions',
    commands: [
      // The lines of whole turns: those of single models have a part of the same cost.
      'filter ispresent(Cost) and ispresent(Turns)',
      'stats sum(Cost) as dollars, sum(Turns) as turns, sum(InputTokens) as tokens_read, sum(OutputTokens) as tokens_written, sum(CacheReadTokens) as tokens_from_cache, sum(CacheWriteTokens) as tokens_to_cache by session_id',
      'sort dollars desc',
      'limit 20',
    ],
  },
  ONE_SESSION: {
    title: 'The story of one session',
    commands: [
      'fields @timestamp, level, message, code, detail, tool_name, decision, Tool, Result, ToolLatency, TurnLatency, Model, InputTokens, OutputTokens, Cost, run_id',
      'filter session_id = "{{sessionId}}"',
      'sort @timestamp asc',
      'limit 1000',
    ],
    parameters: [{ name: 'sessionId', description: 'The id of the session, as callers give it' }],
  },
} as const satisfies Record<string, LogQuery>;
