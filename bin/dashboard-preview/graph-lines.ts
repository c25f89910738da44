import {
  type DashboardWidgetProperties,
  evaluateMetricQueries,
  graphQueries,
  type GraphQuery,
  type MetricData,
  type MetricSeries,
  readSearch,
} from '../../lib/testing';
import type { PreviewedApp } from './sources';

/** A line of a graph. */
export interface GraphLine {
  readonly label: string;
  readonly color?: string;
  /** Which axis it is measured by. */
  readonly axis: 'left' | 'right';
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
        axis: query.axis,
        series,
        visible: query.visible,
      }));
    })
    .filter(({ visible, series }) => visible && series.size > 0);
}

/** The agents whose own metrics a graph asks for; none for a graph of AWS services. */
export function agentsOf(properties: DashboardWidgetProperties): readonly string[] {
  return graphQueries(properties).flatMap((query) => {
    if ('metric' in query) return query.metric.dimensions.Agent ?? [];
    const search = searchedIn(query.expression);
    return search === undefined
      ? []
      : readSearch(search).terms.flatMap(({ name, any }) => (name === 'Agent' ? any : []));
  });
}

/** The agents whose own metrics the dashboards of an app ask for. */
export function askedAgents({ dashboards }: PreviewedApp): ReadonlySet<string> {
  return new Set(dashboards.flatMap(({ widgets }) => widgets.flatMap(({ properties }) => agentsOf(properties))));
}

function withPeriod(query: GraphQuery, periodSeconds: number): GraphQuery {
  return 'metric' in query ? { ...query, metric: { ...query.metric, periodSeconds } } : { ...query, periodSeconds };
}

/** What a search finds is named by the dimensions in which it differs, as CloudWatch names it. */
function labelsOf(query: GraphQuery, data: MetricData): string[] {
  const search = 'metric' in query ? undefined : searchedIn(query.expression);
  if (search === undefined) return [];
  return data.search(search).map(({ dimensions: { Agent, ...others }, metricName }) => {
    const values = Object.values(others);
    return values.length === 0 ? `${metricName} ${Agent ?? ''}` : values.join(' ');
  });
}

function searchedIn(expression: string): string | undefined {
  return /^SEARCH\('([^']*)'/.exec(expression)?.[1];
}
