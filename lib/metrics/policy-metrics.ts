import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AGENTCORE_NAMESPACE, type Dimensions, familyOf, type MetricFamily, MetricStanding } from './metric';

const { COUNT, MILLISECONDS, NONE } = cloudwatch.Unit;
const { SUM, AVERAGE } = cloudwatch.Stats;
const P95 = cloudwatch.Stats.p(95);

/** The set that accounts show for the whole of a gateway. */
const GATEWAY_SET = ['TargetResource', 'OperationName', 'Mode'];

const ALL = [...GATEWAY_SET, 'PolicyEngine', 'Policy', 'ToolName', 'Category', 'Filter'];

const FAMILY: MetricFamily = {
  namespace: AGENTCORE_NAMESPACE,
  dimensionSets: [ALL, GATEWAY_SET],
  // The guide lists the dimensions and not their sets; older copies of it spell the namespace "Bedrock-Agentcore".
  standing: MetricStanding.SETS_OPEN,
  source: 'AgentCore generated Policy in AgentCore observability data',
};

const policyMetric = familyOf(FAMILY);
const byEnforcement = familyOf({ ...FAMILY, dimensionSets: [[...ALL, 'PolicyEnforcementMode'], GATEWAY_SET] });

/** What Policy in AgentCore reports of the calls that it decides. */
export const PolicyMetrics = {
  /** Calls to decide. */
  INVOCATIONS: policyMetric('Invocations', COUNT, SUM),
  /** Calls that were let through. */
  ALLOW_DECISIONS: policyMetric('AllowDecisions', COUNT, SUM),
  /** Calls that were denied, by a `forbid` or because nothing permitted them. */
  DENY_DECISIONS: policyMetric('DenyDecisions', COUNT, SUM),
  /** Policies that decided a call. */
  DETERMINING_POLICIES: policyMetric('DeterminingPolicies', COUNT, SUM),
  /** Calls that were denied because nothing permitted them. */
  NO_DETERMINING_POLICIES: policyMetric('NoDeterminingPolicies', COUNT, SUM),
  /** Calls for which a policy could not be evaluated: an attribute was missing, or of another type. */
  MISMATCH_ERRORS: byEnforcement('MismatchErrors', COUNT, SUM),
  /** Policies that could not be evaluated for a call. */
  TOTAL_MISMATCHED_POLICIES: policyMetric('TotalMismatchedPolicies', COUNT, SUM),
  /** How often one policy could not be evaluated. */
  POLICY_MISMATCH: policyMetric('PolicyMismatch', COUNT, SUM),
  /** How long a decision took. */
  LATENCY: policyMetric('Latency', MILLISECONDS, P95),
  /** How long guardrails in policies took. */
  GUARDRAIL_LATENCY: policyMetric('GuardrailLatency', MILLISECONDS, P95),
  /** How long temporal policies took; a sample for each evaluation. */
  TEMPORAL_LATENCY: policyMetric('TemporalLatency', MILLISECONDS, P95),
  /** What guardrails in policies gave a call: the higher, the surer or the graver. */
  CONFIDENCE_SCORE: byEnforcement('ConfidenceScore', NONE, AVERAGE),
  /** From which score on a policy applies. */
  CONFIDENCE_THRESHOLD: byEnforcement('ConfidenceThreshold', NONE, AVERAGE),
  /** Outputs of tools that policies kept back. */
  SUPPRESSED_OUTPUTS: policyMetric('SuppressOutputs', COUNT, SUM),
  /** Matches of policies that only log. */
  LOG_ONLY_MATCHES: policyMetric('LogOnlyMatches', COUNT, SUM),
  /** Those of them that would change the decision. */
  LOG_ONLY_DECISION_FLIPS: policyMetric('LogOnlyDecisionFlips', COUNT, SUM),
  /** Calls for which policies that only log could not all be evaluated. */
  LOG_ONLY_INCOMPLETE: policyMetric('LogOnlyEvalIncomplete', COUNT, SUM),
  /** Decisions that failed on AgentCore's side; a gateway denies what is not decided. */
  SYSTEM_ERRORS: policyMetric('SystemErrors', COUNT, SUM),
  /** Decisions that failed on the caller's side. */
  USER_ERRORS: policyMetric('UserErrors', COUNT, SUM),
} as const;

/** Decisions on calls of one gateway's tools: the set that accounts show for the whole of a gateway. */
export function policyDimensions(gatewayId: string): Dimensions {
  return { TargetResource: gatewayId, OperationName: 'AuthorizeAction', Mode: 'ENFORCE' };
}
