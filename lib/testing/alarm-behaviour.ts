import type { MetricData } from './metric-data';
import type { MetricSeries } from './metric-math';
import { evaluateMetricQueries, type MetricQuery } from './metric-queries';

/** An `AWS::CloudWatch::Alarm` as a template has it, with every reference resolved. */
export interface AlarmProperties {
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData?: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly AlarmDimension[];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly Metrics?: readonly AlarmMetricQuery[];
  readonly EvaluationWindow?: { readonly WallClockWindow?: unknown };
}

/** One dimension of a metric. */
export interface AlarmDimension {
  readonly Name: string;
  readonly Value: string;
}

/** One of the queries of an alarm on an expression. */
export interface AlarmMetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions?: readonly AlarmDimension[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
  readonly Period?: number;
  readonly ReturnData?: boolean;
}

/** What an alarm says after a minute. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

const COMPARISONS: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** How often CloudWatch evaluates an alarm, in milliseconds. */
const MINUTE = 60_000;

/**
 * How many periods CloudWatch looks at beyond those that it evaluates, to find as many with data. It says that the number
 * varies, and shows two.
 */
const MORE_PERIODS = 2;

/** What the queries of an alarm ask for, the one that it watches last. */
export function alarmQueries(alarm: AlarmProperties): readonly MetricQuery[] {
  const { Metrics } = alarm;
  if (Metrics === undefined) {
    const { Namespace = '', MetricName = '', Dimensions, Statistic, ExtendedStatistic = '', Period = 0 } = alarm;
    const metric = { namespace: Namespace, metricName: MetricName, dimensions: record(Dimensions) };
    return [{ metric: { ...metric, statistic: Statistic ?? ExtendedStatistic, periodSeconds: Period } }];
  }
  const periodSeconds = Math.max(...Metrics.map(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? 0));
  const watchedLast = [...Metrics].sort((a, b) => Number(a.ReturnData !== false) - Number(b.ReturnData !== false));
  return watchedLast.map(({ Id: id, Expression, MetricStat }) => {
    if (MetricStat === undefined) return { id, expression: Expression ?? '', periodSeconds };
    const { Namespace: namespace, MetricName: metricName, Dimensions } = MetricStat.Metric;
    const metric = { namespace, metricName, dimensions: record(Dimensions) };
    return { id, metric: { ...metric, statistic: MetricStat.Stat, periodSeconds: MetricStat.Period } };
  });
}

/**
 * What an alarm says after each minute from `begin` to `end`, both milliseconds of Unix time.
 *
 * Its window slides, as CloudWatch's does unless an alarm says otherwise: each minute its periods are those that end with that
 * minute. So two bad minutes can be in two periods, and no more than two.
 *
 * Of the periods that it looks at, CloudWatch takes the latest that have data; only when these are too few it makes up for
 * the rest as `TreatMissingData` says. `ignore` is not known here.
 *
 * @throws Error when the alarm has what is not known here: a wall clock window, periods that are no whole minutes, a threshold
 *   that is not fixed
 */
export function alarmStates(
  alarm: AlarmProperties,
  data: MetricData,
  { begin, end }: { readonly begin: number; readonly end: number },
): readonly AlarmState[] {
  const queries = alarmQueries(alarm);
  const watched = queries.at(-1);
  const breaches = COMPARISONS[alarm.ComparisonOperator];
  if (watched === undefined || breaches === undefined) {
    throw new Error(`the comparison "${alarm.ComparisonOperator}" is not known here; it needs a fixed threshold`);
  }
  if (alarm.EvaluationWindow?.WallClockWindow !== undefined) {
    throw new Error('a wall clock window is not known here; leave EvaluationWindow out');
  }
  const period = ('metric' in watched ? watched.metric.periodSeconds : watched.periodSeconds) * 1000;
  if (period <= 0 || period % MINUTE !== 0) {
    throw new Error(`a period of ${period / 1000} seconds is not known here; give whole minutes`);
  }
  // Minutes that are whole periods apart end periods of the same series.
  const byPhase = new Map<number, MetricSeries>();
  const periodsEndingAt = (now: number): MetricSeries => {
    const phase = now % period;
    const known = byPhase.get(phase);
    if (known !== undefined) return known;
    const series = evaluateMetricQueries(queries, data.alignedTo(phase)).at(-1)?.[0] ?? new Map<number, number>();
    byPhase.set(phase, series);
    return series;
  };
  const { EvaluationPeriods: n, DatapointsToAlarm: m = n, Threshold } = alarm;
  const states: AlarmState[] = [];
  for (let minute = Math.floor(begin / MINUTE) * MINUTE; minute < end; minute += MINUTE) {
    const now = minute + MINUTE;
    const series = periodsEndingAt(now);
    const values = Array.from({ length: n + MORE_PERIODS }, (_, back) => series.get(now - (back + 1) * period));
    const known = values.filter((value) => value !== undefined).slice(0, n);
    const made = missingVerdicts(alarm.TreatMissingData, n - known.length);
    const verdicts = [...known.map((value) => breaches(value, Threshold)), ...made];
    states.push(
      verdicts.length === 0 ? 'INSUFFICIENT_DATA' : verdicts.filter((breach) => breach).length >= m ? 'ALARM' : 'OK',
    );
  }
  return states;
}

/** Whether each of the periods without data counts as a breach; without a verdict there is none. */
function missingVerdicts(treatment: string | undefined, count: number): boolean[] {
  switch (treatment) {
    case 'breaching':
      return Array.from({ length: count }, () => true);
    case 'notBreaching':
      return Array.from({ length: count }, () => false);
    case undefined:
    case 'missing':
      return [];
    default:
      throw new Error(`TreatMissingData "${treatment}" is not known here; use breaching, notBreaching or missing`);
  }
}

function record(dimensions: readonly AlarmDimension[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));
}
