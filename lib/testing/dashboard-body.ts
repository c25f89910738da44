import type { MetricQuery } from './metric-queries';

/** A dashboard, as its template has it. */
export interface DashboardBody {
  readonly widgets: readonly DashboardWidget[];
}

/** A widget of a dashboard; lengths are in its grid of 24 columns. */
export interface DashboardWidget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: DashboardWidgetProperties;
}

export interface DashboardWidgetProperties {
  readonly title?: string;
  readonly markdown?: string;
  /** What a log widget asks. */
  readonly query?: string;
  readonly view?: string;
  readonly stacked?: boolean;
  /** In seconds. */
  readonly period?: number;
  readonly metrics?: readonly (readonly unknown[])[];
  readonly yAxis?: { readonly left?: { readonly label?: string } };
}

/** A line of a graph, or what other lines are made of. */
export type GraphQuery = MetricQuery & {
  readonly label: string;
  readonly visible: boolean;
  /** Set where the dashboard chooses it. */
  readonly color?: string;
  /** Which axis it is measured by. */
  readonly axis: 'left' | 'right';
};

interface GraphOptions {
  readonly id?: string;
  readonly expression?: string;
  readonly label?: string;
  readonly stat?: string;
  readonly period?: number;
  readonly visible?: boolean;
  readonly color?: string;
  readonly yAxis?: string;
}

/** Source: the default of CloudWatch's dashboard bodies, in seconds. */
const DEFAULT_PERIOD = 300;

/** What the graph of a widget asks for. A widget without metrics asks for nothing. */
export function graphQueries({ metrics = [], period = DEFAULT_PERIOD }: DashboardWidgetProperties): GraphQuery[] {
  return metrics.map((entry) => {
    const last = entry.at(-1);
    const options = (typeof last === 'object' && last !== null ? last : {}) as GraphOptions;
    const words = entry.filter((word) => typeof word === 'string');
    const { id, expression, label = '', visible = true, color, yAxis } = options;
    const axis: GraphQuery['axis'] = yAxis === 'right' ? 'right' : 'left';
    const periodSeconds = options.period ?? period;
    const common = {
      label,
      visible,
      axis,
      ...(id === undefined ? {} : { id }),
      ...(color === undefined ? {} : { color }),
    };
    if (expression !== undefined) return { ...common, expression, periodSeconds };
    const [namespace = '', metricName = '', ...rest] = words;
    const dimensions = Object.fromEntries(
      rest.flatMap((name, index) => (index % 2 === 0 ? [[name, rest[index + 1] ?? '']] : [])),
    );
    const metric = { namespace, metricName, dimensions, statistic: options.stat ?? 'Average', periodSeconds };
    return { ...common, label: label === '' ? metricName : label, metric };
  });
}
