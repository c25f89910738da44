import { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';

/** Of the 24 columns of a dashboard. */
const FULL = 24;
const HALF = 12;
const THIRD = 8;
const QUARTER = 6;

const GRAPH_HEIGHT = 6;
const LOG_HEIGHT = 7;
const HEADING_HEIGHT = 3;

/** What stands above a row of graphs: what they show, what red means, and what to do then. */
export interface RowText {
  readonly title: string;
  /** Markdown. */
  readonly description: string;
}

/** How wide the graphs of a row are, by their number. */
const WIDTHS: Readonly<Record<number, number>> = { 1: FULL, 2: HALF, 3: THIRD, 4: QUARTER };

/** Counts and times begin at zero, or a small change looks like a large one. */
function axis(label: string): cloudwatch.YAxisProps {
  return { label, min: 0, showUnits: false };
}

/** A graph of a row. */
export interface Graph {
  readonly title: string;
  /** What its axis counts. */
  readonly unit: string;
  readonly metrics: cloudwatch.IMetric[];
  /** Drawn over each other as areas, because they add up. */
  readonly stacked?: boolean;
  /** What is counted in something else, with its own axis on the right. */
  readonly right?: { readonly unit: string; readonly metrics: cloudwatch.IMetric[] };
  /** @default Duration.minutes(5) */
  readonly period?: Duration;
  /** How far back it goes, whatever the dashboard shows. @default - as the dashboard */
  readonly since?: Duration;
}

/**
 * The text of a row.
 *
 * @param of what it is of, where there are several rows of the kind
 */
export function headingWidget({ title, description }: RowText, of?: string): cloudwatch.IWidget {
  return new cloudwatch.TextWidget({
    markdown: `## ${of === undefined ? title : `${of}: ${title}`}\n${description}`,
    width: FULL,
    height: HEADING_HEIGHT,
    background: cloudwatch.TextWidgetBackground.TRANSPARENT,
  });
}

/** Graphs side by side, at most four. */
export function graphRow(graphs: readonly Graph[]): cloudwatch.IWidget[] {
  const width = WIDTHS[graphs.length] ?? QUARTER;
  return graphs.map(
    ({ title, unit, metrics, right, stacked = false, period = Duration.minutes(5), since }) =>
      new cloudwatch.GraphWidget({
        title,
        left: metrics,
        leftYAxis: axis(unit),
        ...(right === undefined ? {} : { right: right.metrics, rightYAxis: axis(right.unit) }),
        stacked,
        width,
        height: GRAPH_HEIGHT,
        // Said even where it is the default: the dashboard's variable changes what is there.
        period,
        ...(since === undefined ? {} : { start: `-${since.toIsoString()}` }),
      }),
  );
}

/** The latest figures of a row, before its graphs. */
export function figuresRow(title: string, metrics: cloudwatch.IMetric[]): cloudwatch.IWidget[] {
  return [new cloudwatch.SingleValueWidget({ title, metrics, width: FULL, height: 3, setPeriodToTimeRange: true })];
}

/** A table from the log. */
export function logTable(
  title: string,
  {
    logGroupName,
    queryLines,
    region,
    isWide,
  }: Pick<cloudwatch.LogQueryWidgetProps, 'queryLines' | 'region'> & {
    readonly logGroupName: string;
    /** Whether it is alone in its row. */
    readonly isWide: boolean;
  },
): cloudwatch.IWidget {
  return new cloudwatch.LogQueryWidget({
    title,
    logGroupNames: [logGroupName],
    queryLines,
    ...(region === undefined ? {} : { region }),
    view: cloudwatch.LogQueryVisualizationType.TABLE,
    width: isWide ? FULL : HALF,
    height: LOG_HEIGHT,
  });
}
