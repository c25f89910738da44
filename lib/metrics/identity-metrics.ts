import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AGENTCORE_NAMESPACE, familyOf, type MetricFamily, MetricStanding } from './metric';

const { COUNT } = cloudwatch.Unit;
const { SUM } = cloudwatch.Stats;

const WORKLOAD_SET = ['WorkloadIdentity', 'WorkloadIdentityDirectory', 'Operation'];

const FAMILY: MetricFamily = {
  namespace: AGENTCORE_NAMESPACE,
  dimensionSets: [WORKLOAD_SET],
  standing: MetricStanding.DOCUMENTED,
  source: 'AgentCore generated identity observability data',
};

const workloadMetric = familyOf(FAMILY);
const workloadFailure = familyOf({ ...FAMILY, dimensionSets: [WORKLOAD_SET, [...WORKLOAD_SET, 'ExceptionType']] });
// One part of the page calls the last dimension Type, another FlowType.
const oauthMetric = familyOf({
  ...FAMILY,
  dimensionSets: [[...WORKLOAD_SET, 'TokenVault', 'ProviderName', 'Type']],
  standing: MetricStanding.SETS_OPEN,
});
const apiKeyMetric = familyOf({
  ...FAMILY,
  dimensionSets: [[...WORKLOAD_SET, 'TokenVault', 'ProviderName']],
  standing: MetricStanding.SETS_OPEN,
});

/** What AgentCore Identity reports of an agent that asks for credentials; `WorkloadIdentity` is that of the agent. */
export const IdentityMetrics = {
  /** The agent got a token for itself or for its user. */
  WORKLOAD_TOKENS: workloadMetric('WorkloadAccessTokenFetchSuccess', COUNT, SUM),
  /** The agent got none. */
  WORKLOAD_TOKEN_FAILURES: workloadFailure('WorkloadAccessTokenFetchFailures', COUNT, SUM),
  /** The agent asked too often. */
  WORKLOAD_TOKEN_THROTTLES: workloadMetric('WorkloadAccessTokenFetchThrottles', COUNT, SUM),
  /** A connected service gave a token. */
  OAUTH_TOKENS: oauthMetric('ResourceAccessTokenFetchSuccess', COUNT, SUM),
  /** A connected service gave none. */
  OAUTH_TOKEN_FAILURES: oauthMetric('ResourceAccessTokenFetchFailures', COUNT, SUM),
  /** Tokens of connected services were asked for too often. */
  OAUTH_TOKEN_THROTTLES: oauthMetric('ResourceAccessTokenFetchThrottles', COUNT, SUM),
  /** An API key was given. */
  API_KEYS: apiKeyMetric('ApiKeyFetchSuccess', COUNT, SUM),
  /** No API key was given. */
  API_KEY_FAILURES: apiKeyMetric('ApiKeyFetchFailures', COUNT, SUM),
  /** API keys were asked for too often. */
  API_KEY_THROTTLES: apiKeyMetric('ApiKeyFetchThrottles', COUNT, SUM),
} as const;
