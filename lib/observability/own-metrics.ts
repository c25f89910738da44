import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { agentMetricOf } from '../metrics/agent-metrics';
import { type Dimensions, type MetricDefinition, searchOf } from '../metrics/metric';
import type { IObservedAgent } from './observed';
import { placeOf, searchIn } from './place';

/** A metric that the agent writes itself. */
export function ownMetric(
  agent: IObservedAgent,
  definition: MetricDefinition,
  options: cloudwatch.MetricOptions & { readonly dimensions?: Dimensions } = {},
): cloudwatch.Metric {
  return agentMetricOf(agent, definition, { ...placeOf(agent), ...options });
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
