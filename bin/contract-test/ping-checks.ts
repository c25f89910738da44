import { setTimeout as delay } from 'node:timers/promises';
import { type Check, expectThat, fail, HTTP_CONTRACT, type Outcome, PASS, quoted, skip } from './check';
import type { Exchange } from './exchange';
import type { Target } from './target';

const STATUSES: readonly unknown[] = ['Healthy', 'HealthyBusy'];

/** Between two pings whose times are compared, in milliseconds: the time is in whole seconds. */
const PING_PAUSE_MS = 1_100;

/** Between pings while the agent works, in milliseconds. */
const BUSY_PING_PAUSE_MS = 50;

/** Pings that a run must outlast before it may be said that none of them was told of it. */
const BUSY_PINGS = 5;

/** How long an agent may take to say that it is idle again, in milliseconds. */
const IDLE_AGAIN_MS = 5_000;

/** The health check, by which AgentCore knows when a session may be stopped. */
export const PING_CHECKS: readonly Check[] = [
  {
    id: 'ping-status',
    contract: 'GET /ping answers with status 200.',
    source: HTTP_CONTRACT,
    remedy: 'Serve GET /ping on the port of POST /invocations, without authentication.',
    async run(target) {
      const { status } = await target.ping();
      return expectThat(status === 200, `it answered ${status}`);
    },
  },
  {
    id: 'ping-json',
    contract: 'The answer of GET /ping is a JSON object, with Content-Type application/json.',
    source: HTTP_CONTRACT,
    remedy: 'Send {"status":"Healthy"} with Content-Type application/json.',
    async run(target) {
      const pong = await target.ping();
      if (!/^application\/json\b/i.test(pong.headers['content-type'] ?? '')) {
        return fail(`the Content-Type is ${quoted(pong.headers['content-type'] ?? '')}`);
      }
      return expectThat(fieldsOf(pong) !== undefined, `the body is ${quoted(pong.body)}`);
    },
  },
  {
    id: 'ping-value',
    contract: 'The field "status" is Healthy or HealthyBusy, written exactly so.',
    source: HTTP_CONTRACT,
    remedy: 'Send one of the two words with this casing: any other one is not healthy.',
    async run(target) {
      const status = fieldsOf(await target.ping())?.status;
      return expectThat(STATUSES.includes(status), `"status" is ${quoted(JSON.stringify(status) ?? 'missing')}`);
    },
  },
  {
    id: 'ping-time',
    contract: '"time_of_last_update" is in Unix seconds and moves only when the status changes.',
    source: HTTP_CONTRACT,
    remedy:
      'Keep the time of the last change of status and send that: a time that moves with every ping keeps idle sessions alive, and paid for, until their maximum lifetime.',
    run: checkTime,
  },
  {
    id: 'ping-busy',
    contract: 'The status is HealthyBusy while the agent works, and Healthy again when it does not.',
    source: HTTP_CONTRACT,
    remedy:
      'Set the status by the work that is under way: a busy session that says Healthy is stopped in the middle of it, and an idle one that says HealthyBusy is never stopped.',
    run: checkBusy,
  },
];

async function checkTime(target: Target): Promise<Outcome> {
  const first = fieldsOf(await target.ping());
  const time = first?.time_of_last_update;
  if (time === undefined) {
    return skip('"time_of_last_update" is not sent; it is optional, and worth sending');
  }
  const inAMinute = Date.now() / 1000 + 60;
  if (typeof time !== 'number' || !Number.isInteger(time) || time < 0 || time > inAMinute) {
    return fail(
      `"time_of_last_update" is ${quoted(JSON.stringify(time))}, not a past time in whole seconds since 1970`,
    );
  }
  await delay(PING_PAUSE_MS);
  const second = fieldsOf(await target.ping());
  if (first?.status !== second?.status) {
    return skip('the status changed between two pings');
  }
  const moved = `it was ${time} and ${String(second?.time_of_last_update)} in two pings with the same status`;
  return expectThat(time === second?.time_of_last_update, moved);
}

async function checkBusy(target: Target): Promise<Outcome> {
  if (target.busyPayload === undefined) {
    return skip('give a body that keeps the agent busy for some seconds, with --busy-payload');
  }
  let working = true;
  const run = target.invoke(target.busyPayload).finally(() => (working = false));
  // Awaited below: until then a failure must not end this program.
  run.catch(() => undefined);
  let pings = 0;
  let busy = false;
  while (working && !busy) {
    const status = fieldsOf(await target.ping())?.status;
    pings += working ? 1 : 0;
    busy = status === 'HealthyBusy';
    await delay(BUSY_PING_PAUSE_MS);
  }
  const { status } = await run;
  if (status >= 400) {
    return fail(`the busy payload was answered with ${status}`);
  }
  if (!busy) {
    const short = `the run lasted for ${pings} pings only: give a --busy-payload that takes longer`;
    return pings < BUSY_PINGS ? skip(short) : fail(`none of ${pings} pings during a run said HealthyBusy`);
  }
  return (await idleAgain(target)) ? PASS : fail(`it still said HealthyBusy ${IDLE_AGAIN_MS / 1000} s after the run`);
}

async function idleAgain(target: Target): Promise<boolean> {
  const deadline = Date.now() + IDLE_AGAIN_MS;
  while (Date.now() < deadline) {
    if (fieldsOf(await target.ping())?.status === 'Healthy') {
      return true;
    }
    await delay(BUSY_PING_PAUSE_MS);
  }
  return false;
}

function fieldsOf({ body }: Exchange): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
