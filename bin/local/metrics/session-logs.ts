import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Begins the names of the logs of functions, which lie beside those of sessions. */
export const FUNCTION_LOG_PREFIX = 'function-';

/**
 * The logs of the sessions of agents. Functions may write metrics too, which are not of agents.
 *
 * @param directory of the logs; made with the first session
 */
export function sessionLogs(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.log') && !name.startsWith(FUNCTION_LOG_PREFIX))
    .map((name) => join(directory, name));
}
