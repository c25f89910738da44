import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { IdentityMetrics } from '../metrics/identity-metrics';
import { type MetricDefinition, searchOf } from '../metrics/metric';
import { type Graph, graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent } from './observed';
import { placeOf, searchIn } from './place';

const TEXT: RowText = {
  title: 'Identity',
  description:
    'Credentials that the agent asked AgentCore Identity for. **Workload token failures**: the execution role may not get a token, or the token of the caller is not one that the authorizer knows. **OAuth failures** of one provider: the user has not linked the account, took the consent back, or the secret of the application has changed. Empty where an agent uses no connections.',
};

/** Tokens and keys for other services. */
export function identityRow(agent: IObservedAgent, of?: string): cloudwatch.IWidget[][] {
  const { WORKLOAD_TOKENS, WORKLOAD_TOKEN_FAILURES, WORKLOAD_TOKEN_THROTTLES } = IdentityMetrics;
  const { OAUTH_TOKENS, OAUTH_TOKEN_FAILURES, OAUTH_TOKEN_THROTTLES } = IdentityMetrics;
  const { API_KEYS, API_KEY_FAILURES, API_KEY_THROTTLES } = IdentityMetrics;
  return [
    [headingWidget(TEXT, of)],
    graphRow([
      fetches(agent, 'Workload tokens', [WORKLOAD_TOKENS, WORKLOAD_TOKEN_FAILURES, WORKLOAD_TOKEN_THROTTLES]),
      fetches(agent, 'OAuth tokens', [OAUTH_TOKENS, OAUTH_TOKEN_FAILURES, OAUTH_TOKEN_THROTTLES]),
      fetches(agent, 'API keys', [API_KEYS, API_KEY_FAILURES, API_KEY_THROTTLES]),
    ]),
  ];
}

function fetches(agent: IObservedAgent, title: string, definitions: MetricDefinition[]): Graph {
  return {
    title,
    unit: 'fetches',
    metrics: definitions.map((definition) =>
      // AgentCore names the workload identity of a runtime as the runtime.
      searchIn(
        placeOf(agent),
        searchOf(definition, { WorkloadIdentity: agent.runtimeId }, { label: definition.metricName }),
      ),
    ),
  };
}
