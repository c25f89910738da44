import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AGENTCORE_NAMESPACE, familyOf, type MetricFamily, MetricStanding } from './metric';

const { COUNT, MILLISECONDS } = cloudwatch.Unit;
const { SUM } = cloudwatch.Stats;

const FAMILY: MetricFamily = {
  namespace: AGENTCORE_NAMESPACE,
  dimensionSets: [['Operation', 'Resource']],
  // The guide names no dimension of these.
  standing: MetricStanding.SETS_OPEN,
  source: 'AgentCore generated memory observability data',
};

const memoryMetric = familyOf(FAMILY);
const openMetric = familyOf({ ...FAMILY, standing: MetricStanding.NAME_OPEN });

/** What AgentCore Memory reports; `Resource` is the ARN of the memory. */
export const MemoryMetrics = {
  /** Calls of the API, and events that were taken in. */
  INVOCATIONS: memoryMetric('Invocations', COUNT, SUM),
  /** Calls that failed on either side. */
  ERRORS: memoryMetric('Errors', COUNT, SUM),
  /** Calls refused because of a quota. */
  THROTTLES: memoryMetric('Throttles', COUNT, SUM),
  /** From a call to the end of its answer. */
  LATENCY: memoryMetric('Latency', MILLISECONDS, cloudwatch.Stats.p(95)),
  /** Calls that failed on AgentCore's side; the guide has the title "System Errors" only. */
  SYSTEM_ERRORS: openMetric('SystemErrors', COUNT, SUM),
  /** Calls that failed on the caller's side; the guide has the title "User Errors" only. */
  USER_ERRORS: openMetric('UserErrors', COUNT, SUM),
  /** Events and records that were made; the guide has the title "Creation Count" only. */
  CREATIONS: openMetric('CreationCount', COUNT, SUM),
  /** Tokens of long-term extraction; pages disagree on the namespace. */
  TOKENS: openMetric('TokenCount', COUNT, SUM),
} as const;
