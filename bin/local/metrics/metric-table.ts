import { statisticOf, type MetricSample } from '../../../lib/testing';

/** Values of which percentiles are made: the newest. Numbers and sums are of all. */
const KEPT_VALUES = 10_000;

/** What was measured of one metric under one set of dimensions. */
export interface MetricSummary {
  readonly namespace: string;
  readonly metricName: string;
  readonly unit: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly count: number;
  readonly sum: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly latest: number;
}

interface Measured {
  readonly sample: MetricSample;
  count: number;
  sum: number;
  /** Oldest first. */
  readonly values: number[];
}

/** Sums up samples by metric and dimension set. */
export class MetricTable {
  private readonly measured = new Map<string, Measured>();

  public add(samples: Iterable<MetricSample>): void {
    for (const sample of samples) {
      const key = keyOf(sample);
      const one = this.measured.get(key) ?? { sample, count: 0, sum: 0, values: [] };
      this.measured.set(key, one);
      one.count += 1;
      one.sum += sample.value;
      one.values.push(sample.value);
      if (one.values.length > KEPT_VALUES) one.values.shift();
    }
  }

  /** By namespace and metric; of one metric, that of the agent before its parts. */
  public summaries(): MetricSummary[] {
    return [...this.measured.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => summaryOf(one));
  }
}

/** Of two sets, the one with more dimensions comes after the other. */
function keyOf({ namespace, metricName, dimensions }: MetricSample): string {
  const set = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return [namespace, metricName, ...set.flat()].join('\0');
}

function summaryOf({ sample, count, sum, values }: Measured): MetricSummary {
  const { namespace, metricName, unit = 'None', dimensions } = sample;
  const [p50 = NaN, p95 = NaN, p99 = NaN] = ['p50', 'p95', 'p99'].map((name) => statisticOf(name, values));
  return { namespace, metricName, unit, dimensions, count, sum, p50, p95, p99, latest: values.at(-1) ?? NaN };
}
