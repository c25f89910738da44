import type { MetricAggregation, MetricData, MetricIdentity } from './metric-data';
import { evaluateMetricExpression, type MetricSeries, type MetricValue } from './metric-math';

/** A metric or an expression of an alarm or a graph. */
export type MetricQuery =
  | { readonly id?: string; readonly metric: MetricIdentity & MetricAggregation }
  | { readonly id?: string; readonly expression: string; readonly periodSeconds: number };

/**
 * The series of each query: one, or those that a search finds.
 *
 * @throws Error when an expression cannot be evaluated, or refers to itself
 */
export function evaluateMetricQueries(
  queries: readonly MetricQuery[],
  data: MetricData,
): readonly (readonly MetricSeries[])[] {
  const open = new Set<MetricQuery>();
  const valueOf = (query: MetricQuery): MetricValue => {
    if ('metric' in query) return data.series(query.metric, query.metric);
    if (open.has(query)) throw new Error(`the expression "${query.expression}" refers to itself`);
    open.add(query);
    const value = evaluateMetricExpression(query.expression, {
      valueOf: (id) => {
        const other = queries.find((one) => one.id === id);
        return other === undefined ? undefined : valueOf(other);
      },
      search: (text, statistic) =>
        data.search(text).map((identity) => data.series(identity, { statistic, periodSeconds: query.periodSeconds })),
    });
    open.delete(query);
    return value;
  };
  return queries.map((query) => seriesOf(valueOf(query)));
}

function seriesOf(value: MetricValue): readonly MetricSeries[] {
  if (value instanceof Map) return [value];
  return Array.isArray(value) ? value.flatMap(seriesOf) : [];
}
