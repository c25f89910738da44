import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { type Dimensions, type MetricDefinition, searchOf } from '../metrics/metric';
import type { IObservedAgent } from './observed';
import { placeOf, searchIn } from './place';

/** A metric that the agent writes itself. */
export function ownMetric(
  agent: IObservedAgent,
  definition: MetricDefinition,
  { dimensions = {}, ...options }: cloudwatch.MetricOptions & { readonly dimensions?: Dimensions } = {},
): cloudwatch.Metric {
  return agent.metric(definition, { ...options, dimensionsMap: { ...dimensions } });
}

/** A line for each value of the dimensions beside `Agent`, which only the running agent knows. */
export function ownSearch(
  agent: IObservedAgent,
  definition: MetricDefinition,
  dimensions: readonly string[],
): cloudwatch.SearchExpression {
  const search = searchOf(
    { ...definition, namespace: agent.metricsNamespace },
    { Agent: agent.agentName },
    { dimensionSet: ['Agent', ...dimensions] },
  );
  return searchIn(placeOf(agent), search);
}
