import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import type { MetricDefinition } from './metric';

const { COUNT, MILLISECONDS } = cloudwatch.Unit;

const policyMetric = (metricName: string, unit: cloudwatch.Unit, statistic: string): MetricDefinition => ({
  namespace: 'AWS/Bedrock-AgentCore',
  metricName,
  unit,
  statistic,
});

/**
 * What Policy in AgentCore reports of the calls that it decides.
 *
 * Source: "AgentCore generated Policy in AgentCore observability data" in the developer guide.
 */
export const PolicyMetrics = {
  /** Calls that were let through. */
  ALLOW_DECISIONS: policyMetric('AllowDecisions', COUNT, cloudwatch.Stats.SUM),
  /** Calls that were denied, by a `forbid` or because nothing permitted them. */
  DENY_DECISIONS: policyMetric('DenyDecisions', COUNT, cloudwatch.Stats.SUM),
  /** How long a decision took. */
  LATENCY: policyMetric('Latency', MILLISECONDS, cloudwatch.Stats.p(95)),
  /** Decisions that failed on AgentCore's side; a gateway denies what is not decided. */
  SYSTEM_ERRORS: policyMetric('SystemErrors', COUNT, cloudwatch.Stats.SUM),
} as const;

/**
 * The dimension set of decisions on calls of one gateway's tools. The guide lists the dimensions and not their sets; this
 * is the one that accounts show for the whole of a gateway.
 */
export function policyDimensions(gatewayId: string): Record<string, string> {
  return { TargetResource: gatewayId, OperationName: 'AuthorizeAction', Mode: 'ENFORCE' };
}
