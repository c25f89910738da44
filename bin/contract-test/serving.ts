import { setTimeout as delay } from 'node:timers/promises';
import { expectThat, fail, type Outcome } from './check';
import type { Target } from './target';

/** A server that is harmed by a client often falls only when it writes to it the next time; in milliseconds. */
const SETTLING_MS = 250;

/** Whether the container works after what was done to it. */
export async function expectServing(target: Target): Promise<Outcome> {
  await delay(SETTLING_MS);
  const ping = await target.ping();
  if (ping.status !== 200) {
    return fail(`after that, GET /ping was answered with ${ping.status}`);
  }
  const { status } = await target.invoke();
  return expectThat(status === 200, `after that, POST /invocations was answered with ${status}`);
}
