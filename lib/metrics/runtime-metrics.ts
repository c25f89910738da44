import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import type { MetricDefinition } from './metric';

const { COUNT, MILLISECONDS } = cloudwatch.Unit;

const runtimeMetric = (metricName: string, unit: cloudwatch.Unit, statistic: string): MetricDefinition => ({
  namespace: 'AWS/Bedrock-AgentCore',
  metricName,
  unit,
  statistic,
});

/**
 * What AgentCore Runtime reports of each endpoint of a runtime, every minute.
 *
 * Sessions are not here: the guide gives the title of their metric only, and what reads it spells the name in different
 * ways. Total errors are not either, for the same reason; they are the sum of the two kinds.
 *
 * Source: "AgentCore generated runtime observability data" in the developer guide.
 */
export const RuntimeMetrics = {
  /** Requests to the endpoint. */
  INVOCATIONS: runtimeMetric('Invocations', COUNT, cloudwatch.Stats.SUM),
  /** From the request to the last token of the answer. */
  LATENCY: runtimeMetric('Latency', MILLISECONDS, cloudwatch.Stats.p(95)),
  /** Requests refused because of a quota. */
  THROTTLES: runtimeMetric('Throttles', COUNT, cloudwatch.Stats.SUM),
  /** Requests that failed on AgentCore's side. */
  SYSTEM_ERRORS: runtimeMetric('SystemErrors', COUNT, cloudwatch.Stats.SUM),
  /** Requests that failed on the caller's or the agent's side. */
  USER_ERRORS: runtimeMetric('UserErrors', COUNT, cloudwatch.Stats.SUM),
} as const;

/** The full dimension set of {@link RuntimeMetrics}; a part of it finds no data. */
export function runtimeDimensions(runtimeArn: string, runtimeName: string, endpoint: string): Record<string, string> {
  return { Operation: 'InvokeAgentRuntime', Resource: runtimeArn, Name: `${runtimeName}::${endpoint}` };
}
