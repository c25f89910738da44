import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { agentMetricOf } from '../metrics/agent-metrics';
import { type Dimensions, type MetricDefinition, searchOf } from '../metrics/metric';
import type { IObservedAgent } from './observed';

/** Where the metrics of an agent are: an imported one can be in another account or Region. */
function placeOf(agent: IObservedAgent): Pick<cloudwatch.MetricOptions, 'account' | 'region'> {
  const { account, region } = agent.metricInvocations();
  return { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
}

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
  const { account, region } = placeOf(agent);
  return searchOf(
    { ...definition, namespace: agent.metricsNamespace },
    { Agent: agent.agentName },
    { dimensionSet: ['Agent', ...dimensions] },
  ).with({
    ...(account === undefined ? {} : { searchAccount: account }),
    ...(region === undefined ? {} : { searchRegion: region }),
  });
}
