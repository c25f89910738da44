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

/** Failures are kept by what went wrong, and under no other set. */
const failuresOf = (set: readonly string[]): Pick<MetricFamily, 'dimensionSets'> => ({
  dimensionSets: [[...set, 'ExceptionType']],
});

const API_KEY_SET = ['WorkloadIdentity', 'WorkloadIdentityDirectory', 'TokenVault', 'ProviderName'];

// One part of the page calls the last dimension Type, another FlowType.
const OAUTH_SET = [...API_KEY_SET, 'Type'];

const RESOURCE_FAMILY: MetricFamily = { ...FAMILY, standing: MetricStanding.SETS_OPEN };

const workloadMetric = familyOf(FAMILY);
const workloadFailure = familyOf({ ...FAMILY, ...failuresOf(WORKLOAD_SET) });
const oauthMetric = familyOf({ ...RESOURCE_FAMILY, dimensionSets: [OAUTH_SET] });
const oauthFailure = familyOf({ ...RESOURCE_FAMILY, ...failuresOf(OAUTH_SET) });
const apiKeyMetric = familyOf({ ...RESOURCE_FAMILY, dimensionSets: [API_KEY_SET] });
const apiKeyFailure = familyOf({ ...RESOURCE_FAMILY, ...failuresOf(API_KEY_SET) });

const callMetric = familyOf({
  ...FAMILY,
  namespace: 'AWS/Usage',
  dimensionSets: [['Service', 'Type', 'Class', 'Resource']],
  // The set is documented, and not which values of it are those of AgentCore Identity.
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
  OAUTH_TOKEN_FAILURES: oauthFailure('ResourceAccessTokenFetchFailures', COUNT, SUM),
  /** Tokens of connected services were asked for too often. */
  OAUTH_TOKEN_THROTTLES: oauthMetric('ResourceAccessTokenFetchThrottles', COUNT, SUM),
  /** An API key was given. */
  API_KEYS: apiKeyMetric('ApiKeyFetchSuccess', COUNT, SUM),
  /** No API key was given. */
  API_KEY_FAILURES: apiKeyFailure('ApiKeyFetchFailures', COUNT, SUM),
  /** API keys were asked for too often. */
  API_KEY_THROTTLES: apiKeyMetric('ApiKeyFetchThrottles', COUNT, SUM),
} as const;

/** What AWS counts of the calls of AgentCore Identity, of the whole account. */
export const IdentityUsageMetrics = {
  /** Calls of an operation, as they count against its quota. */
  CALLS: callMetric('CallCount', COUNT, SUM),
  /** Calls of an operation that were refused because of it. */
  THROTTLED_CALLS: callMetric('ThrottleCount', COUNT, SUM),
} as const;
