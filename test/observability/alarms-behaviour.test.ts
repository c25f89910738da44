import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentMetrics } from '../../lib/metrics/agent-metrics';
import { RuntimeMetrics } from '../../lib/metrics/runtime-metrics';
import type { MetricDefinition } from '../../lib/metrics/metric';
import { alarmQueries, alarmStates, type AlarmProperties, MetricData, type MetricSample } from '../../lib/testing';
import { alarmed } from './alarms-fixture';

const MINUTE = 60_000;
const PERIOD = 5 * MINUTE;
const BEGIN = Date.UTC(2026, 10, 21, 0, 0);

/** How often something happens in 5 minutes, spread over them evenly; or in a minute. */
interface Counts {
  readonly requests: number;
  readonly failedRequests?: number;
  readonly throttled?: number;
  /** How many of the requests take six minutes; the others take ten seconds. */
  readonly slow?: number;
  /** As many as requests, unless it says otherwise. */
  readonly runs?: number;
  readonly failedRuns?: number;
  readonly sessions?: number;
  readonly questions?: number;
  readonly flushes?: number;
  readonly toolCalls?: number;
  readonly denied?: number;
  readonly flushFailures?: number;
  readonly restoreFailures?: number;
}

/** What happens in 5 minutes. */
interface Period {
  readonly counts: Counts;
  readonly costOfRun?: number;
  readonly tokensOfRun?: number;
  /** The minutes of a burst: what happens in each of them besides. */
  readonly minutes?: Readonly<Record<number, Partial<Counts>>>;
}

const of = (counts: Counts): Period => ({ counts });
const QUIET = of({ requests: 40 });
const NOTHING = of({ requests: 0 });
/** As when quiet, and this. */
const quietWith = (counts: Partial<Counts>): Period => of({ requests: 40, ...counts });

const times = (count: number, period: Period): Period[] => Array.from({ length: count }, () => period);
const threeHours = (...special: Period[]): Period[] => [...times(12, QUIET), ...special, ...times(24, QUIET)];

/** Three hours that begin alike, and go on alike. */
const everyHour = (begin: readonly Period[], rest: Period): Period[] =>
  Array.from({ length: 3 }, () => [...begin, ...times(12 - begin.length, rest)]).flat();

/** The series of the table in docs/observability.md. */
const SERIES: Readonly<Record<string, readonly Period[]>> = {
  quiet: times(36, QUIET),
  'no traffic': [...times(12, QUIET), ...times(36, NOTHING)],
  'one error at night': times(36, of({ requests: 3, failedRequests: 1 })),
  'few users, and nothing works': times(36, of({ requests: 1, failedRequests: 1, runs: 0 })),
  'few users, and one is answered': everyHour(times(1, of({ requests: 1 })), of({ requests: 1, failedRequests: 1 })),
  'a broken caller at night': everyHour(times(4, of({ requests: 1, failedRequests: 1, runs: 0 })), NOTHING),
  // The last minute of a period and the first of the next one, by the clock.
  'two bad minutes': threeHours(
    { ...QUIET, minutes: { 4: { failedRequests: 8, failedRuns: 8 } } },
    { ...QUIET, minutes: { 0: { failedRequests: 8, failedRuns: 8 } } },
  ),
  'one bad period': threeHours(quietWith({ failedRequests: 20, failedRuns: 20 })),
  'a burst': threeHours(...times(2, quietWith({ failedRequests: 20 }))),
  'a slow creep': Array.from({ length: 36 }, (_, index) => of({ requests: 100, failedRequests: index })),
  'errors in answers': times(36, quietWith({ failedRuns: 8 })),
  throttled: times(36, quietWith({ throttled: 10 })),
  'slow answers': times(36, quietWith({ slow: 4 })),
  'one slow period': threeHours(quietWith({ slow: 4 })),
  refusals: times(36, quietWith({ toolCalls: 40, denied: 20 })),
  'one refusal': times(36, quietWith({ toolCalls: 3, denied: 1 })),
  'a bad moment of storage': threeHours(quietWith({ flushFailures: 1, restoreFailures: 1 })),
  'lost work': threeHours(...times(2, quietWith({ flushFailures: 1 }))),
  'sessions that are gone': threeHours(...times(2, quietWith({ restoreFailures: 1 }))),
  'no metrics': times(36, quietWith({ runs: 0 })),
  'a slow start': [...times(12, quietWith({ runs: 0 })), ...times(24, QUIET)],
  questions: times(36, of({ requests: 10, runs: 0, sessions: 1, questions: 1 })),
  'refused requests': times(36, of({ requests: 10, failedRequests: 10, runs: 0 })),
  'a canary': times(36, of({ requests: 1, runs: 0 })),
  'a canary each minute': times(36, of({ requests: 5, runs: 0 })),
  'a canary that flushes': times(36, of({ requests: 5, runs: 0, flushes: 5 })),
  'an expensive hour': times(12, { ...QUIET, costOfRun: 0.1, tokensOfRun: 5000 }),
};

const { byId } = alarmed();

/** The dimensions with which alarms ask for the metrics of their endpoint. */
function endpointOf(alarms: typeof byId): Readonly<Record<string, string>> {
  const query = alarmQueries(alarms.get('NoTraffic') as AlarmProperties)[0];
  if (query === undefined || !('metric' in query)) throw new Error('NoTraffic watches no metric');
  return query.metric.dimensions;
}

const AGENT = { Agent: 'support' };

/** The part of a count that is in a minute of five. */
function inMinute(count: number, minute: number): number {
  return Math.floor(((minute + 1) * count) / 5) - Math.floor((minute * count) / 5);
}

/** What the services and the agent report of a minute: of what did not happen, nothing. */
function reportedOf(
  { requests, runs = requests, slow = 0, toolCalls = 0, denied = 0, ...counts }: Counts,
  { costOfRun = 0.01, tokensOfRun = 100 }: Period,
  { timestamp, endpoint }: { readonly timestamp: number; readonly endpoint: Readonly<Record<string, string>> },
): MetricSample[] {
  const sample = (
    { namespace, metricName }: MetricDefinition,
    dimensions: Readonly<Record<string, string>>,
    value: number,
  ): MetricSample => ({ namespace, metricName, dimensions, timestamp, value });
  const counted = (definition: MetricDefinition, count = 0, dimensions = endpoint) =>
    count === 0 ? [] : [sample(definition, dimensions, count)];
  const each = (definition: MetricDefinition, count = 0, dimensions = AGENT, value = 1) =>
    Array.from({ length: count }, () => sample(definition, dimensions, value));
  return [
    ...counted(RuntimeMetrics.INVOCATIONS, requests),
    ...counted(RuntimeMetrics.USER_ERRORS, counts.failedRequests),
    ...counted(RuntimeMetrics.THROTTLES, counts.throttled),
    ...Array.from({ length: requests }, (_, at) =>
      sample(RuntimeMetrics.LATENCY, endpoint, at < slow ? 6 * MINUTE : 10_000),
    ),
    ...Array.from({ length: runs }, (_, at) => [
      sample(AgentMetrics.ERRORS, AGENT, at < (counts.failedRuns ?? 0) ? 1 : 0),
      sample(AgentMetrics.COST, AGENT, costOfRun),
      sample(AgentMetrics.INPUT_TOKENS, AGENT, tokensOfRun),
      sample(AgentMetrics.OUTPUT_TOKENS, AGENT, 0),
      sample(AgentMetrics.FLUSH_FAILURES, AGENT, at < (counts.flushFailures ?? 0) ? 1 : 0),
    ]).flat(),
    ...each(AgentMetrics.SESSIONS, counts.sessions),
    ...each(AgentMetrics.PERMISSION_WAIT, counts.questions, AGENT, 60_000),
    ...each(AgentMetrics.FLUSH_TIME, counts.flushes, AGENT, 100),
    ...counted(AgentMetrics.TOOL_CALLS, toolCalls, AGENT),
    ...counted(AgentMetrics.TOOL_CALLS, denied, { ...AGENT, Result: 'denied' }),
    ...counted(AgentMetrics.TOOL_CALLS, toolCalls - denied, { ...AGENT, Result: 'success' }),
    ...counted(AgentMetrics.RESTORE_FAILURES, counts.restoreFailures, AGENT),
  ];
}

function reported(periods: readonly Period[], endpoint = endpointOf(byId)): MetricData {
  return new MetricData(
    periods.flatMap((period, index) =>
      [0, 1, 2, 3, 4].flatMap((minute) => {
        const counts = Object.entries(period.counts).map(([name, count]) => [name, inMinute(Number(count), minute)]);
        const ofMinute = { ...Object.fromEntries(counts), ...period.minutes?.[minute] } as Counts;
        const timestamp = BEGIN + index * PERIOD + minute * MINUTE + MINUTE / 2;
        return reportedOf(ofMinute, period, { timestamp, endpoint });
      }),
    ),
  );
}

/** The alarms that were in alarm at some time from the end of the first period on. */
function inAlarm(periods: readonly Period[], { alarms = byId, endpoint = endpointOf(byId) } = {}): string[] {
  const data = reported(periods, endpoint);
  const span = { begin: BEGIN + PERIOD - MINUTE, end: BEGIN + periods.length * PERIOD };
  return [...alarms]
    .filter(([, alarm]) => alarmStates(alarm, data, span).includes('ALARM'))
    .map(([id]) => id)
    .sort();
}

const [, table = ''] =
  /### What fires, and what does not\n([\s\S]*?)\n## /.exec(
    readFileSync(join(__dirname, '../../docs/observability.md'), 'utf8'),
  ) ?? [];

const documented = [...table.matchAll(/^\| ([^|`]+?) +\| ([^|]+?) +\| (none|`.*?`) +\|$/gm)].map(
  ([, name = '', , alarms = '']) => ({
    name,
    alarms: alarms === 'none' ? [] : alarms.replaceAll('`', '').split(', ').sort(),
  }),
);

test('the documented table has every series, and every alarm fires in one', () => {
  expect(documented.map(({ name }) => name)).toEqual(Object.keys(SERIES));
  expect(new Set(documented.flatMap(({ alarms }) => alarms))).toEqual(new Set(byId.keys()));
});

test.each(documented)('$name: what is in alarm is what the table says', ({ name, alarms }) => {
  expect(inAlarm(SERIES[name] ?? [])).toEqual(alarms);
});

test('an alarm is over when what it tells of is over', () => {
  const periods = threeHours(...times(3, quietWith({ failedRequests: 20 })));
  const states = alarmStates(byId.get('ErrorRate') as AlarmProperties, reported(periods), {
    begin: BEGIN,
    end: BEGIN + periods.length * PERIOD,
  });
  const minutes = states.flatMap((state, minute) => (state === 'ALARM' ? [minute] : []));
  const [first = NaN, last = NaN] = [minutes.at(0), minutes.at(-1)];
  // It fails from minute 60 to 74; three periods are bad when two whole ones are and one has begun to be.
  expect([first, last]).toEqual([70, 78]);
  expect(minutes).toHaveLength(last - first + 1);
});

test('nothing at all is no alarm but that of no traffic', () => {
  expect(inAlarm(times(36, NOTHING))).toEqual(['NoTraffic']);
});

test('no traffic is told of until the first request', () => {
  const periods = [...times(1, NOTHING), ...times(3, QUIET)];
  const states = alarmStates(byId.get('NoTraffic') as AlarmProperties, reported(periods), {
    begin: BEGIN,
    end: BEGIN + periods.length * PERIOD,
  });
  expect(states).toEqual([...Array<string>(5).fill('ALARM'), ...Array<string>(15).fill('OK')]);
});

test('rates and latency count from the minimum of traffic on', () => {
  const failing = (requests: number) =>
    times(36, of({ requests, failedRequests: requests, failedRuns: requests, slow: requests }));
  expect(inAlarm(failing(9))).toEqual(['AllRequestsFail']);
  expect(inAlarm(failing(19))).toEqual(['AllRequestsFail', 'FailedRuns']);
  expect(inAlarm(failing(20))).toEqual(['AllRequestsFail', 'ErrorRate', 'FailedRuns', 'Latency']);
});

test('metrics are missed by the requests of the endpoint that is watched', () => {
  const alarms = alarmed({ endpointName: 'prod' }).byId;
  const prod = endpointOf(alarms);
  expect(prod.Name).toBe('support::prod');
  const missing = SERIES['no metrics'] ?? [];
  expect(inAlarm(missing, { alarms, endpoint: prod })).toContain('MetricsMissing');
  expect(inAlarm(missing, { alarms })).not.toContain('MetricsMissing');
});
