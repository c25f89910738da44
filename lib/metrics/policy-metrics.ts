import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AGENTCORE_NAMESPACE, type Dimensions, familyOf, MetricStanding } from './metric';

const { COUNT, MILLISECONDS } = cloudwatch.Unit;
const { SUM } = cloudwatch.Stats;

const policyMetric = familyOf({
  namespace: AGENTCORE_NAMESPACE,
  dimensionSets: [['TargetResource', 'OperationName', 'Mode']],
  // The guide lists the dimensions and not their sets, and spells the namespace "Bedrock-Agentcore".
  standing: MetricStanding.SETS_OPEN,
  source: 'AgentCore generated Policy in AgentCore observability data',
});

/** What Policy in AgentCore reports of the calls that it decides. */
export const PolicyMetrics = {
  /** Calls that were let through. */
  ALLOW_DECISIONS: policyMetric('AllowDecisions', COUNT, SUM),
  /** Calls that were denied, by a `forbid` or because nothing permitted them. */
  DENY_DECISIONS: policyMetric('DenyDecisions', COUNT, SUM),
  /** Calls that were denied because nothing permitted them. */
  NO_DETERMINING_POLICIES: policyMetric('NoDeterminingPolicies', COUNT, SUM),
  /** Calls for which a policy could not be evaluated: an attribute was missing, or of another type. */
  MISMATCH_ERRORS: policyMetric('MismatchErrors', COUNT, SUM),
  /** How long a decision took. */
  LATENCY: policyMetric('Latency', MILLISECONDS, cloudwatch.Stats.p(95)),
  /** Decisions that failed on AgentCore's side; a gateway denies what is not decided. */
  SYSTEM_ERRORS: policyMetric('SystemErrors', COUNT, SUM),
  /** Decisions that failed on the caller's side. */
  USER_ERRORS: policyMetric('UserErrors', COUNT, SUM),
} as const;

/** Decisions on calls of one gateway's tools: the set that accounts show for the whole of a gateway. */
export function policyDimensions(gatewayId: string): Dimensions {
  return { TargetResource: gatewayId, OperationName: 'AuthorizeAction', Mode: 'ENFORCE' };
}
