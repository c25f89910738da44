import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AGENTCORE_NAMESPACE, familyOf, type MetricFamily, MetricStanding } from './metric';

const { COUNT, MILLISECONDS } = cloudwatch.Unit;
const { SUM, AVERAGE } = cloudwatch.Stats;
const P95 = cloudwatch.Stats.p(95);

const FAMILY: MetricFamily = {
  namespace: AGENTCORE_NAMESPACE,
  dimensionSets: [['Operation', 'Resource']],
  // The guide names the metrics for each operation, and of their dimensions only the operation of the session.
  standing: MetricStanding.SETS_OPEN,
  source: 'AgentCore generated built-in tools observability data',
};

const toolMetric = familyOf(FAMILY);
const openMetric = familyOf({ ...FAMILY, standing: MetricStanding.NAME_OPEN });

/** What code interpreters and browsers report. */
export const ToolMetrics = {
  /** Calls of the tool's API, whatever became of them. */
  INVOCATIONS: toolMetric('Invocations', COUNT, SUM),
  /** Calls refused because of a quota. */
  THROTTLES: toolMetric('Throttles', COUNT, SUM),
  /** Calls that failed on AgentCore's side. */
  SYSTEM_ERRORS: toolMetric('SystemErrors', COUNT, SUM),
  /** Calls that failed on the caller's side. */
  USER_ERRORS: toolMetric('UserErrors', COUNT, SUM),
  /** From the call to the first token of the answer. */
  LATENCY: toolMetric('Latency', MILLISECONDS, P95),
  /** How long sessions lasted; its operation is `CodeInterpreterSession` or `BrowserSession`. */
  DURATION: toolMetric('Duration', MILLISECONDS, AVERAGE),
} as const;

/** What browsers report besides. The guide spells `TakerOver`, and the L2 of the CDK `TakeOver`. */
export const BrowserMetrics = {
  /** People who took a browser over. */
  TAKE_OVERS: openMetric('TakerOverCount', COUNT, SUM),
  /** People who gave it back. */
  TAKE_OVER_RELEASES: openMetric('TakerOverReleaseCount', COUNT, SUM),
  /** How long they had it. */
  TAKE_OVER_DURATION: openMetric('TakerOverDuration', MILLISECONDS, AVERAGE),
} as const;
