import type { UserAccess } from './user-access.ts';
import { ConfigError, matching, quoted } from './variables.ts';

/** The table in which the sessions of users are listed. */
export interface SessionTableConfig {
  readonly table: string;
  readonly access: UserAccess;
  /** After so many days without a change the row of a session expires; never when missing. */
  readonly retentionDays?: number;
}

/** Source: the API reference of Amazon DynamoDB, `TableName`. */
const TABLE = /^[a-zA-Z0-9_.-]{3,255}$/;

/** Ten years, like the construct that sets it: more is a mistake in the unit. */
const MAX_RETENTION_DAYS = 3_650;

/**
 * Reads `AGENT_SESSION_TABLE`, and `AGENT_SESSION_RETENTION_DAYS` beside it; not set means that sessions are listed nowhere.
 *
 * @throws ConfigError when it is no name of a table, or the agent cannot reach what is its users'; when there is a number of
 * days that is none, or no table
 */
export function readSessionTable(
  env: NodeJS.ProcessEnv,
  access: UserAccess | undefined,
): SessionTableConfig | undefined {
  const rule = 'give the name of a DynamoDB table, 3 to 255 letters, digits, "_", "." and "-", no ARN';
  const table = matching(env, 'AGENT_SESSION_TABLE', TABLE, rule);
  const retentionDays = readRetentionDays(env, table);
  if (table === undefined) return undefined;
  if (access === undefined) {
    const remedy = 'give AGENT_USER_ROLE_ARN or AGENT_USER_IDENTITY, or leave the table out';
    throw new ConfigError(`AGENT_SESSION_TABLE is set, and the agent reaches rows as its users only: ${remedy}.`);
  }
  return { table, access, ...(retentionDays !== undefined && { retentionDays }) };
}

function readRetentionDays(env: NodeJS.ProcessEnv, table: string | undefined): number | undefined {
  const name = 'AGENT_SESSION_RETENTION_DAYS';
  const rule = `give a whole number of days from 1 to ${MAX_RETENTION_DAYS}`;
  const text = matching(env, name, /^[1-9]\d{0,3}$/, rule);
  if (text === undefined) return undefined;
  if (Number(text) > MAX_RETENTION_DAYS) throw new ConfigError(`${name} is ${quoted(text)}: ${rule}.`);
  if (table === undefined) throw new ConfigError(`${name} is set without AGENT_SESSION_TABLE: give both, or none.`);
  return Number(text);
}
