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

/** What happens in 5 minutes. */
interface Period {
  readonly requests: number;
  readonly failedRequests?: number;
  readonly throttled?: number;
  /** How many of the requests take six minutes; the others take ten seconds. */
  readonly slow?: number;
  /** As many as requests, unless it says otherwise. */
  readonly runs?: number;
  readonly failedRuns?: number;
  readonly costOfRun?: number;
  readonly tokensOfRun?: number;
  readonly toolCalls?: number;
  readonly denied?: number;
  readonly flushFailures?: number;
  readonly restoreFailures?: number;
}

const QUIET: Period = { requests: 40 };
const NOTHING: Period = { requests: 0 };

const times = (count: number, period: Period): Period[] => Array.from({ length: count }, () => period);
const threeHours = (...special: Period[]): Period[] => [...times(12, QUIET), ...special, ...times(24, QUIET)];

/** The series of the table in docs/observability.md. */
const SERIES: Readonly<Record<string, readonly Period[]>> = {
  quiet: times(36, QUIET),
  'no traffic': [...times(12, QUIET), ...times(36, NOTHING)],
  'one error at night': times(36, { requests: 3, failedRequests: 1 }),
  'one bad period': threeHours({ ...QUIET, failedRequests: 20 }),
  'a burst': threeHours(...times(2, { ...QUIET, failedRequests: 20 })),
  'a slow creep': Array.from({ length: 36 }, (_, index) => ({ requests: 100, failedRequests: index })),
  'errors in answers': times(36, { ...QUIET, failedRuns: 8 }),
  throttled: times(36, { ...QUIET, throttled: 10 }),
  'slow answers': times(36, { ...QUIET, slow: 4 }),
  'one slow period': threeHours(...times(2, { ...QUIET, slow: 4 })),
  refusals: times(36, { ...QUIET, toolCalls: 40, denied: 20 }),
  'one refusal': times(36, { ...QUIET, toolCalls: 3, denied: 1 }),
  'lost work': threeHours({ ...QUIET, flushFailures: 1 }),
  'a session that is gone': threeHours({ ...QUIET, restoreFailures: 1 }),
  'no metrics': times(36, { ...QUIET, runs: 0 }),
  'an expensive hour': times(12, { ...QUIET, costOfRun: 0.1, tokensOfRun: 5000 }),
};

const { byId } = alarmed();

/** The dimensions with which the alarms ask for the metrics of an endpoint. */
const endpoint = (() => {
  const query = alarmQueries(byId.get('NoTraffic') as AlarmProperties)[0];
  if (query === undefined || !('metric' in query)) throw new Error('NoTraffic watches no metric');
  return query.metric.dimensions;
})();
const AGENT = { Agent: 'support' };

/** What the services and the agent report of these periods: of what did not happen, nothing. */
function reported(periods: readonly Period[]): MetricData {
  return new MetricData(
    periods.flatMap((period, index) => {
      const timestamp = BEGIN + index * PERIOD + MINUTE;
      const sample = (
        { namespace, metricName }: MetricDefinition,
        dimensions: Record<string, string>,
        value: number,
      ): MetricSample => ({ namespace, metricName, dimensions, timestamp, value });
      const counted = (definition: MetricDefinition, count = 0, dimensions = endpoint) =>
        count === 0 ? [] : [sample(definition, dimensions, count)];
      const { requests, failedRequests, throttled, slow = 0, runs = requests, toolCalls = 0, denied = 0 } = period;
      return [
        ...counted(RuntimeMetrics.INVOCATIONS, requests),
        ...counted(RuntimeMetrics.USER_ERRORS, failedRequests),
        ...counted(RuntimeMetrics.THROTTLES, throttled),
        ...Array.from({ length: requests }, (_, at) =>
          sample(RuntimeMetrics.LATENCY, endpoint, at < slow ? 6 * MINUTE : 10_000),
        ),
        ...Array.from({ length: runs }, (_, at) => [
          sample(AgentMetrics.ERRORS, AGENT, at < (period.failedRuns ?? 0) ? 1 : 0),
          sample(AgentMetrics.COST, AGENT, period.costOfRun ?? 0.01),
          sample(AgentMetrics.INPUT_TOKENS, AGENT, period.tokensOfRun ?? 100),
          sample(AgentMetrics.OUTPUT_TOKENS, AGENT, 0),
          sample(AgentMetrics.FLUSH_FAILURES, AGENT, at < (period.flushFailures ?? 0) ? 1 : 0),
        ]).flat(),
        ...counted(AgentMetrics.TOOL_CALLS, toolCalls, AGENT),
        ...counted(AgentMetrics.TOOL_CALLS, denied, { ...AGENT, Result: 'denied' }),
        ...counted(AgentMetrics.TOOL_CALLS, toolCalls - denied, { ...AGENT, Result: 'success' }),
        ...counted(AgentMetrics.RESTORE_FAILURES, period.restoreFailures, AGENT),
      ];
    }),
  );
}

/** The alarms that were in alarm at some time. */
function inAlarm(periods: readonly Period[]): string[] {
  const data = reported(periods);
  const span = { begin: BEGIN, end: BEGIN + periods.length * PERIOD };
  return [...byId]
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
  const periods = threeHours(...times(2, { ...QUIET, failedRequests: 20 }));
  const states = alarmStates(byId.get('ErrorRate') as AlarmProperties, reported(periods), {
    begin: BEGIN,
    end: BEGIN + periods.length * PERIOD,
  });
  expect(states.slice(12, 18)).toEqual(['OK', 'ALARM', 'ALARM', 'OK', 'OK', 'OK']);
});

test('nothing at all is no alarm but that of no traffic', () => {
  expect(inAlarm(times(36, NOTHING))).toEqual(['NoTraffic']);
});

test('rates and latency count from the minimum of traffic on', () => {
  const failing = (requests: number) =>
    times(36, { requests, failedRequests: requests, failedRuns: requests, slow: requests });
  expect(inAlarm(failing(9))).toEqual([]);
  expect(inAlarm(failing(19))).toEqual(['FailedRuns']);
  expect(inAlarm(failing(20))).toEqual(['ErrorRate', 'FailedRuns', 'Latency']);
});
