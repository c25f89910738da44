import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';

/** A metric as its service documents it. */
export interface MetricDefinition {
  readonly namespace: string;
  readonly metricName: string;
  readonly unit: cloudwatch.Unit;
  /** The statistic that answers the usual question about it. */
  readonly statistic: string;
}

/**
 * A CloudWatch metric with the dimensions that its service writes. CloudWatch matches a dimension set as a whole, so
 * `options.dimensionsMap` can add dimensions and never replace one of these.
 */
export function metricOf(
  { namespace, metricName, unit, statistic }: MetricDefinition,
  dimensions: Readonly<Record<string, string>>,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    unit,
    statistic,
    ...options,
    namespace,
    metricName,
    dimensionsMap: { ...options.dimensionsMap, ...dimensions },
  });
}
