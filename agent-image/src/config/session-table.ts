import type { UserAccess } from './user-access.ts';
import { ConfigError, matching } from './variables.ts';

/** The table in which the sessions of users are listed. */
export interface SessionTableConfig {
  readonly table: string;
  readonly access: UserAccess;
}

/** Source: the API reference of Amazon DynamoDB, `TableName`. */
const TABLE = /^[a-zA-Z0-9_.-]{3,255}$/;

/**
 * Reads `AGENT_SESSION_TABLE`; not set means that sessions are listed nowhere.
 *
 * @throws ConfigError when it is no name of a table, or the agent cannot reach what is its users'
 */
export function readSessionTable(
  env: NodeJS.ProcessEnv,
  access: UserAccess | undefined,
): SessionTableConfig | undefined {
  const rule = 'give the name of a DynamoDB table, 3 to 255 letters, digits, "_", "." and "-", no ARN';
  const table = matching(env, 'AGENT_SESSION_TABLE', TABLE, rule);
  if (table === undefined) return undefined;
  if (access === undefined) {
    const remedy = 'give AGENT_USER_ROLE_ARN or AGENT_USER_IDENTITY, or leave the table out';
    throw new ConfigError(`AGENT_SESSION_TABLE is set, and the agent reaches rows as its users only: ${remedy}.`);
  }
  return { table, access };
}
