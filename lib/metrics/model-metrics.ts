import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { familyOf, MetricStanding } from './metric';

const { COUNT, MILLISECONDS } = cloudwatch.Unit;
const { SUM } = cloudwatch.Stats;

const modelMetric = familyOf({
  namespace: 'AWS/Bedrock',
  dimensionSets: [['ModelId']],
  // Whether a call through an inference profile is kept under the id of the profile or of the model is not documented.
  standing: MetricStanding.SETS_OPEN,
  source: 'Monitor bedrock-runtime inference using CloudWatch metrics',
});

/** What Amazon Bedrock reports of a model: of all its callers in the account and Region, not of one agent. */
export const ModelMetrics = {
  /** Calls; copies of the page disagree on whether those that failed count. */
  INVOCATIONS: modelMetric('Invocations', COUNT, SUM),
  /** From a call to the last token of its answer. */
  LATENCY: modelMetric('InvocationLatency', MILLISECONDS, cloudwatch.Stats.p(95)),
  /** Calls that failed on the caller's side. */
  CLIENT_ERRORS: modelMetric('InvocationClientErrors', COUNT, SUM),
  /** Calls that failed on Bedrock's side. */
  SERVER_ERRORS: modelMetric('InvocationServerErrors', COUNT, SUM),
  /** Calls refused because of a quota. */
  THROTTLES: modelMetric('InvocationThrottles', COUNT, SUM),
  /** Tokens that were read. */
  INPUT_TOKENS: modelMetric('InputTokenCount', COUNT, SUM),
  /** Tokens that were written. */
  OUTPUT_TOKENS: modelMetric('OutputTokenCount', COUNT, SUM),
} as const;
