import type { SessionLimits } from '../limits.ts';
import { ConfigError, jsonObject } from './variables.ts';

const NAME = 'AGENT_LIMITS';
const EXAMPLE = '{"budgetUsd":2.5,"turns":100}';

/**
 * Reads `AGENT_LIMITS`; not set means none.
 *
 * @throws ConfigError saying which limit is wrong
 */
export function readSessionLimits(env: NodeJS.ProcessEnv): SessionLimits {
  const { budgetUsd, turns } = jsonObject(env, NAME, ['budgetUsd', 'turns'], EXAMPLE) ?? {};
  if (budgetUsd !== undefined && !(typeof budgetUsd === 'number' && Number.isFinite(budgetUsd) && budgetUsd > 0)) {
    throw new ConfigError(`${NAME} has the "budgetUsd" ${shown(budgetUsd)}: give a number above 0, as in ${EXAMPLE}.`);
  }
  if (turns !== undefined && !(typeof turns === 'number' && Number.isSafeInteger(turns) && turns >= 1)) {
    throw new ConfigError(`${NAME} has the "turns" ${shown(turns)}: give a whole number from 1, as in ${EXAMPLE}.`);
  }
  return { ...(budgetUsd !== undefined && { budgetUsd }), ...(turns !== undefined && { turns }) };
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 100);
}
