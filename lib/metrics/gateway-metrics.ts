import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AGENTCORE_NAMESPACE, type Dimensions, familyOf, MetricStanding } from './metric';

const { COUNT, MILLISECONDS } = cloudwatch.Unit;
const { SUM } = cloudwatch.Stats;
const P95 = cloudwatch.Stats.p(95);

/** The set that accounts show for all tools of a gateway. */
const GATEWAY_SET = ['Operation', 'Protocol', 'Method', 'Resource'];

const gatewayMetric = familyOf({
  namespace: AGENTCORE_NAMESPACE,
  dimensionSets: [[...GATEWAY_SET, 'Name'], GATEWAY_SET],
  // The guide lists the dimensions and not their sets; the L2 of the CDK leaves Method and Name out.
  standing: MetricStanding.SETS_OPEN,
  source: 'AgentCore generated gateway observability data',
});

/** What AgentCore Gateway reports; `Resource` is the ARN of the gateway, `Name` the tool. */
export const GatewayMetrics = {
  /** Calls of any method, whatever became of them. */
  INVOCATIONS: gatewayMetric('Invocations', COUNT, SUM),
  /** Calls refused because of a limit. */
  THROTTLES: gatewayMetric('Throttles', COUNT, SUM),
  /** Calls that failed on AgentCore's side. */
  SYSTEM_ERRORS: gatewayMetric('SystemErrors', COUNT, SUM),
  /** Calls that failed on the caller's side. */
  USER_ERRORS: gatewayMetric('UserErrors', COUNT, SUM),
  /** Calls by the kind of their target. */
  TARGET_TYPE: gatewayMetric('TargetType', COUNT, SUM),
  /** From the call to the first token of the answer. */
  LATENCY: gatewayMetric('Latency', MILLISECONDS, P95),
  /** From the call to the last token of the answer. */
  DURATION: gatewayMetric('Duration', MILLISECONDS, P95),
  /** What the function or API behind the tool took of it. */
  TARGET_EXECUTION_TIME: gatewayMetric('TargetExecutionTime', MILLISECONDS, P95),
} as const;

/** Calls of a gateway's tools: the set that accounts show for the whole of a gateway; with `Name`, those of one tool. */
export function toolCallDimensions(gatewayArn: string): Dimensions {
  return { Operation: 'InvokeGateway', Protocol: 'MCP', Method: 'tools/call', Resource: gatewayArn };
}
