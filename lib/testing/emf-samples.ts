import type { MetricSample } from './metric-data';
import { isRecord } from './policy';

interface EmfDirective {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
}

/**
 * What CloudWatch makes of the lines of a log: a sample of each metric under each of its dimension sets. Lines that are not in
 * the embedded metric format have none, and neither has what is malformed in one that is: a log holds what anybody wrote.
 */
export function samplesOfEmf(lines: Iterable<string>): MetricSample[] {
  return [...lines].flatMap((line) => {
    const fields = jsonObject(line);
    if (!isRecord(fields?._aws)) return [];
    const { Timestamp: timestamp, CloudWatchMetrics: directives } = fields._aws;
    if (typeof timestamp !== 'number' || !Array.isArray(directives)) return [];
    return (directives as unknown[]).filter(isDirective).flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
      Dimensions.flatMap((names) => {
        const dimensions = dimensionsOf(names, fields);
        if (dimensions === undefined) return [];
        return Metrics.flatMap(({ Name: metricName, Unit: unit }) =>
          [fields[metricName]]
            .flat()
            .filter((value) => typeof value === 'number')
            .map((value) => ({
              ...{ namespace, metricName, dimensions, timestamp, value },
              ...(unit === undefined ? {} : { unit }),
            })),
        );
      }),
    );
  });
}

/** The values of a dimension set; undefined where a line does not say one of them. */
function dimensionsOf(
  names: readonly string[],
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> | undefined {
  const values = names.map((name) => [name, fields[name]] as const);
  return values.every((entry): entry is readonly [string, string] => typeof entry[1] === 'string')
    ? Object.fromEntries(values)
    : undefined;
}

function isDirective(value: unknown): value is EmfDirective {
  if (!isRecord(value)) return false;
  const { Namespace, Dimensions, Metrics } = value;
  return (
    typeof Namespace === 'string' &&
    Array.isArray(Dimensions) &&
    Dimensions.every((set) => Array.isArray(set) && set.every((name) => typeof name === 'string')) &&
    Array.isArray(Metrics) &&
    Metrics.every(
      (metric) =>
        isRecord(metric) &&
        typeof metric.Name === 'string' &&
        (metric.Unit === undefined || typeof metric.Unit === 'string'),
    )
  );
}

function jsonObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
