import { aws_cloudwatch as cloudwatch, type Duration } from 'aws-cdk-lib';
import type { IInvocationTarget } from '../runtime/invocation-target';

/** A part of a whole in percent. */
export interface RateOptions {
  readonly part: cloudwatch.IMetric;
  readonly whole: cloudwatch.IMetric;
  /** Under this many of the whole there is no rate: one of three at night is not a third of everybody. */
  readonly minimum: number;
  readonly label: string;
  /** @default Duration.minutes(5) */
  readonly period?: Duration;
}

/**
 * The rate, 0 under the minimum, no data without the whole.
 *
 * The part has no data where it has not happened. `SUM([part, none])` is 0 then, because `none` is 0 wherever the whole has
 * data.
 */
export function rate({ part, whole, minimum, label, period }: RateOptions): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `IF(whole >= ${minimum}, 100 * SUM([part, none]) / whole, 0)`,
    label,
    ...(period === undefined ? {} : { period }),
    usingMetrics: {
      whole,
      part,
      none: new cloudwatch.MathExpression({ expression: 'whole * 0', usingMetrics: { whole } }),
    },
  });
}

/** Requests to an endpoint that failed on either side, in percent. */
export function failureRate(
  endpoint: IInvocationTarget,
  minimum: number,
  period?: Duration,
): cloudwatch.MathExpression {
  return rate({
    ...(period === undefined ? {} : { period }),
    part: endpoint.metricTotalErrors(),
    whole: endpoint.metricInvocations(),
    minimum,
    label: 'Failed requests in percent',
  });
}

/** The 95th percentile of latency, 0 where there are too few requests for one. */
export function sampledLatency(endpoint: IInvocationTarget, minimum: number): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `IF(requests >= ${minimum}, latency, 0)`,
    label: 'Latency in milliseconds',
    usingMetrics: { requests: endpoint.metricInvocations(), latency: endpoint.metricLatency() },
  });
}

/**
 * 1 where there are as many requests as the minimum, without those that were refused, and no sample of any of `signs`;
 * otherwise 0.
 */
export function withoutSamples(
  endpoint: IInvocationTarget,
  signs: Readonly<Record<string, cloudwatch.IMetric>>,
  { minimum, period }: { readonly minimum: number; readonly period: Duration },
): cloudwatch.MathExpression {
  const requests = endpoint.metricInvocations();
  const samples = [...Object.keys(signs), 'none'].join(', ');
  return new cloudwatch.MathExpression({
    expression: `IF(requests - SUM([refused, none]) >= ${minimum}, IF(SUM([${samples}]) == 0, 1, 0), 0)`,
    label: 'Hours without metrics',
    period,
    usingMetrics: {
      requests,
      refused: endpoint.metricUserErrors(),
      ...signs,
      none: new cloudwatch.MathExpression({ expression: 'requests * 0', usingMetrics: { requests } }),
    },
  });
}
