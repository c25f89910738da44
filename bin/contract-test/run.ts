import { randomUUID } from 'node:crypto';
import type { Check, Outcome } from './check';
import { NoAnswer } from './exchange';
import { INVOCATION_CHECKS } from './invocation-checks';
import { PING_CHECKS } from './ping-checks';
import { ROBUSTNESS_CHECKS } from './robustness-checks';
import { type ContractTestOptions, Target } from './target';
import { WEB_SOCKET_CHECKS } from './web-socket-checks';

/** What a check is about, and what it found. */
export type CheckResult = Omit<Check, 'run'> & Outcome;

/** Nothing answers at the address. */
export class Unreachable extends Error {}

const CHECKS: readonly Check[] = [...PING_CHECKS, ...INVOCATION_CHECKS, ...ROBUSTNESS_CHECKS, ...WEB_SOCKET_CHECKS];

/**
 * Checks a running container against the HTTP contract of Amazon Bedrock AgentCore Runtime, one check after the other.
 * The checks call the agent about 20 times with `payload`.
 *
 * @param onResult told of every result as it comes
 * @throws Unreachable when nothing answers at the address
 */
export async function runContractTest(
  options: ContractTestOptions,
  onResult: (result: CheckResult) => void = () => undefined,
): Promise<CheckResult[]> {
  const target = new Target({ ...options, sessionId: options.sessionId ?? randomUUID() });
  await assertReachable(target);
  const results: CheckResult[] = [];
  for (const { run, ...check } of CHECKS) {
    const result = { ...check, ...(await outcomeOf(run, target)) };
    results.push(result);
    onResult(result);
  }
  return results;
}

async function assertReachable(target: Target): Promise<void> {
  try {
    await target.ping();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Unreachable(
      `${target.address('').href} does not answer (${why}): start the container and give its address.`,
    );
  }
}

async function outcomeOf(run: Check['run'], target: Target): Promise<Outcome> {
  try {
    return await run(target);
  } catch (error) {
    if (!(error instanceof NoAnswer)) {
      throw error;
    }
    return { status: 'FAIL', reason: error.message };
  }
}
