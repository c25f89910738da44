import { aws_cloudwatch as cloudwatch, Token } from 'aws-cdk-lib';
import { throwFindings } from '../private/validation';

/** How much of a metric is certain. */
export enum MetricStanding {
  /** Its name and its dimension sets are documented. Alarms watch these only. */
  DOCUMENTED = 'documented',
  /** Its name and dimensions are documented, and not which sets of them are kept. Dashboards search for these. */
  SETS_OPEN = 'sets open',
  /** What documents it and what reads it spell its name in different ways. Nothing asks for these. */
  NAME_OPEN = 'name open',
}

/** A metric as its service documents it. */
export interface MetricDefinition {
  readonly namespace: string;
  readonly metricName: string;
  readonly unit: cloudwatch.Unit;
  /** The statistic that answers the usual question about it. */
  readonly statistic: string;
  /** Every set of dimensions under which it is kept; where the sets are open, one with all dimensions and those that accounts show. */
  readonly dimensionSets: readonly (readonly string[])[];
  readonly standing: MetricStanding;
  /** The title of the page that documents it. */
  readonly source: string;
}

/** The values of dimensions by name. */
export type Dimensions = Readonly<Record<string, string>>;

/** As {@link Dimensions}; of several values, any. */
export type SearchedDimensions = Readonly<Record<string, string | readonly string[]>>;

/** What the metrics of one service have in common. */
export type MetricFamily = Pick<MetricDefinition, 'namespace' | 'dimensionSets' | 'standing' | 'source'>;

/** The namespace of AgentCore's own metrics. */
export const AGENTCORE_NAMESPACE = 'AWS/Bedrock-AgentCore';

/** Defines the metrics of a family. */
export function familyOf(
  family: MetricFamily,
): (metricName: string, unit: cloudwatch.Unit, statistic: string) => MetricDefinition {
  return (metricName, unit, statistic) => ({ ...family, metricName, unit, statistic });
}

/**
 * A CloudWatch metric with the dimensions that its service writes.
 *
 * CloudWatch matches a dimension set as a whole and shows an empty graph for any other. So `options.dimensionsMap` can add
 * dimensions where that makes another set of the metric, and never replaces one of `dimensions`. The unit is left out: as a
 * filter it can only hide data, where a service writes another unit than its guide says.
 *
 * @throws Error when the metric is not kept under these dimensions
 */
export function metricOf(
  definition: MetricDefinition,
  dimensions: Dimensions,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  const { namespace, metricName, statistic } = definition;
  const dimensionsMap = { ...options.dimensionsMap, ...dimensions };
  throwFindings(`metric ${metricName}`, dimensionFindings(definition, Object.keys(dimensionsMap)));
  return new cloudwatch.Metric({
    ...options,
    statistic: options.statistic ?? statistic,
    namespace,
    metricName,
    dimensionsMap,
  });
}

/** What a search for metrics is limited to, and how its series are shown. */
export interface MetricSearchOptions {
  /** @default - that of the definition */
  readonly statistic?: string;
  /** Begins the name of each series. */
  readonly label?: string;
  /** The set to search in; only for what is documented. @default - every set */
  readonly dimensionSet?: readonly string[];
}

/**
 * A search for every series of a metric that has these values, one line each: for dimensions whose values only the running
 * agent knows, and for metrics whose sets are open. Not for alarms, which cannot search.
 *
 * @throws Error when a value has a quotation mark, which would end the search term
 */
export function searchOf(
  { namespace, metricName, statistic, standing }: MetricDefinition,
  dimensions: SearchedDimensions,
  options: MetricSearchOptions = {},
): cloudwatch.SearchExpression {
  const values = Object.entries(dimensions).map(([name, value]) => ({ name, any: [value].flat() }));
  throwFindings(
    `search for ${metricName}`,
    values.flatMap(({ name, any }) =>
      any
        .filter((value) => !Token.isUnresolved(value) && /["'\\]/.test(value))
        .map((value) => `the dimension ${name} is "${value}", and a search has no quotation marks; leave them out`),
    ),
  );
  const { dimensionSet, label = '' } = options;
  const where =
    standing === MetricStanding.DOCUMENTED && dimensionSet !== undefined
      ? `{${[namespace, ...dimensionSet].map(schemaWord).join(',')}}`
      : `Namespace="${namespace}"`;
  const terms = [where, `MetricName="${metricName}"`, ...values.map(searchTerm)];
  // Without a period the search has that of its graph, so that the dashboard's variable can change it.
  return new cloudwatch.SearchExpression({
    expression: `SEARCH('${terms.join(' ')}', '${options.statistic ?? statistic}')`,
    label,
  });
}

function searchTerm({ name, any }: { readonly name: string; readonly any: readonly string[] }): string {
  const quoted = any.map((value) => `"${value}"`);
  return `${name}=${quoted.length === 1 ? quoted.join() : `(${quoted.join(' OR ')})`}`;
}

/** Words of a schema that are more than letters and digits are quoted, beside the slash of AWS namespaces. */
function schemaWord(word: string): string {
  return /^[A-Za-z0-9/]+$/.test(word) ? word : `"${word}"`;
}

function dimensionFindings({ dimensionSets }: MetricDefinition, names: readonly string[]): string[] {
  const isKept = dimensionSets.some((set) => set.length === names.length && set.every((name) => names.includes(name)));
  if (isKept) return [];
  const sets = dimensionSets.map((set) => set.join(' + ')).join('; or ');
  return [
    `it is not kept under the dimensions ${names.join(' + ')}, and a graph or alarm of it would stay empty; it is kept under ${sets}: give one of these sets`,
  ];
}
