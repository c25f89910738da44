import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { IdentityMetrics } from '../metrics/identity-metrics';
import { type MetricDefinition, searchOf } from '../metrics/metric';
import { type Graph, graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent } from './observed';
import { type Place, placeOf, searchIn } from './place';

const TEXT: RowText = {
  title: 'Identity',
  description:
    'Credentials that were asked of AgentCore Identity, **by everything in the account and Region**: a line begins with the name of an agent or gateway and what AgentCore appended to it. **Workload token failures**: the execution role may not get a token, or the token of the caller is not one that the authorizer knows. **OAuth failures** of one provider: the user has not linked the account, took the consent back, or the secret of the application has changed. Empty where nothing uses connections.',
};

/**
 * Tokens and keys for other services, where the agents are.
 *
 * Not by agent: AgentCore makes the workload identity of a runtime and appends an id of its own to its name, which no
 * attribute of the resource tells.
 */
export function identityRow(agents: readonly IObservedAgent[]): cloudwatch.IWidget[][] {
  const places = [...new Map(agents.map(placeOf).map((place) => [JSON.stringify(place), place])).values()];
  const { WORKLOAD_TOKENS, WORKLOAD_TOKEN_FAILURES, WORKLOAD_TOKEN_THROTTLES } = IdentityMetrics;
  const { OAUTH_TOKENS, OAUTH_TOKEN_FAILURES, OAUTH_TOKEN_THROTTLES } = IdentityMetrics;
  const { API_KEYS, API_KEY_FAILURES, API_KEY_THROTTLES } = IdentityMetrics;
  return [
    [headingWidget(TEXT)],
    graphRow([
      fetches(places, 'Workload tokens', [WORKLOAD_TOKENS, WORKLOAD_TOKEN_FAILURES, WORKLOAD_TOKEN_THROTTLES]),
      fetches(places, 'OAuth tokens', [OAUTH_TOKENS, OAUTH_TOKEN_FAILURES, OAUTH_TOKEN_THROTTLES]),
      fetches(places, 'API keys', [API_KEYS, API_KEY_FAILURES, API_KEY_THROTTLES]),
    ]),
  ];
}

function fetches(places: readonly Place[], title: string, definitions: readonly MetricDefinition[]): Graph {
  return {
    title,
    unit: 'fetches',
    metrics: places.flatMap((place) =>
      definitions.map((definition) => searchIn(place, searchOf(definition, {}, { label: definition.metricName }))),
    ),
  };
}
