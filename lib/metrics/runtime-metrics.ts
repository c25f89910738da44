import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AGENTCORE_NAMESPACE, type Dimensions, familyOf, type MetricFamily, MetricStanding } from './metric';

const { COUNT, MILLISECONDS, BYTES } = cloudwatch.Unit;
const { SUM, MAXIMUM } = cloudwatch.Stats;

const ENDPOINT_SET = ['Operation', 'Resource', 'Name'];

const FAMILY: MetricFamily = {
  namespace: AGENTCORE_NAMESPACE,
  // Runtimes behind a harness have the second set.
  dimensionSets: [ENDPOINT_SET, [...ENDPOINT_SET, 'EndpointQualifier', 'HarnessId']],
  standing: MetricStanding.DOCUMENTED,
  source: 'AgentCore generated runtime observability data',
};

const runtimeMetric = familyOf(FAMILY);
const openMetric = familyOf({ ...FAMILY, standing: MetricStanding.NAME_OPEN });
const serviceMetric = familyOf({ ...FAMILY, dimensionSets: [['Service']] });
const socketMetric = familyOf({ ...FAMILY, standing: MetricStanding.SETS_OPEN });

/** What AgentCore Runtime reports of each endpoint of a runtime, every minute. */
export const RuntimeMetrics = {
  /** Requests to the endpoint. */
  INVOCATIONS: runtimeMetric('Invocations', COUNT, SUM),
  /** From the request to the last token of the answer. */
  LATENCY: runtimeMetric('Latency', MILLISECONDS, cloudwatch.Stats.p(95)),
  /** Requests refused because of a quota. */
  THROTTLES: runtimeMetric('Throttles', COUNT, SUM),
  /** Requests that failed on AgentCore's side. */
  SYSTEM_ERRORS: runtimeMetric('SystemErrors', COUNT, SUM),
  /** Requests that failed on the caller's or the agent's side. */
  USER_ERRORS: runtimeMetric('UserErrors', COUNT, SUM),
  /** Both kinds of errors; the guide has the title "Total Errors" only. They are the sum of the two. */
  ERRORS: openMetric('Errors', COUNT, SUM),
  /** Sessions; the guide has the title "Session Count", and dashboards of accounts read `Sessions`. */
  SESSIONS: openMetric('SessionCount', COUNT, SUM),
  /** WebSocket connections that are open; its guide wants the sum of one minute. */
  STREAMING_CONNECTIONS: socketMetric('ActiveStreamingConnections', COUNT, SUM),
  /** Bytes that came in over WebSocket. */
  INBOUND_BYTES: socketMetric('InboundStreamingBytesProcessed', BYTES, SUM),
  /** Bytes that went out over WebSocket. */
  OUTBOUND_BYTES: socketMetric('OutboundStreamingBytesProcessed', BYTES, SUM),
  /** Sessions that are running, of all runtimes of the account. */
  ACTIVE_SESSIONS: serviceMetric('ActiveSessionCount', COUNT, MAXIMUM),
} as const;

/** The full dimension set of the metrics of an endpoint; a part of it finds no data. */
export function runtimeDimensions(runtimeArn: string, runtimeName: string, endpoint: string): Dimensions {
  return { Operation: 'InvokeAgentRuntime', Resource: runtimeArn, Name: `${runtimeName}::${endpoint}` };
}
