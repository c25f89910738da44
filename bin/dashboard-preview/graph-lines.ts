import {
  type DashboardWidgetProperties,
  evaluateMetricQueries,
  graphQueries,
  type GraphQuery,
  type MetricData,
  type MetricSeries,
} from '../../lib/testing';

/** A line of a graph. */
export interface GraphLine {
  readonly label: string;
  readonly color?: string;
  readonly series: MetricSeries;
}

/** The lines of a graph that have data. A session is short, so its points are closer than those of the dashboard. */
export function graphLines(
  properties: DashboardWidgetProperties,
  data: MetricData,
  periodSeconds: number,
): readonly GraphLine[] {
  const queries = graphQueries(properties).map((query) => withPeriod(query, periodSeconds));
  const found = evaluateMetricQueries(queries, data);
  return queries
    .flatMap((query, index) => {
      const labels = labelsOf(query, data);
      return (found[index] ?? []).map((series, at) => ({
        label: labels[at] ?? query.label,
        ...(query.color === undefined ? {} : { color: query.color }),
        series,
        visible: query.visible,
      }));
    })
    .filter(({ visible, series }) => visible && series.size > 0)
    .map(({ label, color, series }) => ({ label, ...(color === undefined ? {} : { color }), series }));
}

function withPeriod(query: GraphQuery, periodSeconds: number): GraphQuery {
  return 'metric' in query ? { ...query, metric: { ...query.metric, periodSeconds } } : { ...query, periodSeconds };
}

/** What a search finds is named by the dimensions in which it differs, as CloudWatch names it. */
function labelsOf(query: GraphQuery, data: MetricData): string[] {
  const search = 'metric' in query ? undefined : /^SEARCH\('([^']*)'/.exec(query.expression)?.[1];
  if (search === undefined) return [];
  return data.search(search).map(({ dimensions: { Agent, ...others }, metricName }) => {
    const values = Object.values(others);
    return values.length === 0 ? `${metricName} ${Agent ?? ''}` : values.join(' ');
  });
}
