import type { MetricSeries } from './metric-math';

/** One value that was measured. */
export interface MetricSample {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Milliseconds of Unix time. */
  readonly timestamp: number;
  readonly value: number;
  /** Missing where it was written without one. */
  readonly unit?: string;
}

/** Which samples a series is of. CloudWatch matches the dimensions as a whole. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** How samples become a series. */
export interface MetricAggregation {
  /** `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or `p` and a number. */
  readonly statistic: string;
  readonly periodSeconds: number;
}

/** Samples, asked for as CloudWatch is: by a whole dimension set, or by a search. */
export class MetricData {
  #samples = new Map<string, { readonly identity: MetricIdentity; readonly samples: MetricSample[] }>();
  readonly #origin: number;

  /** @param origin where a period begins, in milliseconds of Unix time; others begin whole periods before and after it */
  constructor(samples: Iterable<MetricSample>, origin = 0) {
    this.#origin = origin;
    for (const sample of samples) {
      const key = keyOf(sample);
      const kept = this.#samples.get(key) ?? { identity: sample, samples: [] };
      kept.samples.push(sample);
      this.#samples.set(key, kept);
    }
  }

  /** The same samples in other periods: those of which one begins at `origin`, in milliseconds of Unix time. */
  alignedTo(origin: number): MetricData {
    const aligned = new MetricData([], origin);
    aligned.#samples = this.#samples;
    return aligned;
  }

  /** Every metric that has samples. */
  get identities(): readonly MetricIdentity[] {
    return [...this.#samples.values()].map(({ identity }) => identity);
  }

  /** The time of the first sample and of the last one, in milliseconds of Unix time; both 0 without samples. */
  get times(): { readonly begin: number; readonly end: number } {
    const times = [...this.#samples.values()].flatMap(({ samples }) => samples.map(({ timestamp }) => timestamp));
    return times.reduce(({ begin, end }, time) => ({ begin: Math.min(begin, time), end: Math.max(end, time) }), {
      begin: times[0] ?? 0,
      end: times[0] ?? 0,
    });
  }

  /** Empty for a metric that has no samples under these dimensions. */
  series(identity: MetricIdentity, { statistic, periodSeconds }: MetricAggregation): MetricSeries {
    const period = periodSeconds * 1000;
    const buckets = new Map<number, number[]>();
    for (const { timestamp, value } of this.#samples.get(keyOf(identity))?.samples ?? []) {
      const at = Math.floor((timestamp - this.#origin) / period) * period + this.#origin;
      const bucket = buckets.get(at);
      if (bucket === undefined) buckets.set(at, [value]);
      else bucket.push(value);
    }
    return new Map([...buckets].map(([at, values]) => [at, statisticOf(statistic, values)]));
  }

  /**
   * The metrics that a search finds, as `SEARCH` reads it: a schema in braces, or `Namespace="…"`, then `MetricName="…"` and
   * dimensions.
   */
  search(query: string): readonly MetricIdentity[] {
    const { schema, terms } = readSearch(query);
    return this.identities.filter(({ namespace, metricName, dimensions }) => {
      const fields: Readonly<Record<string, string>> = { ...dimensions, Namespace: namespace, MetricName: metricName };
      const [ofSchema, ...names] = schema ?? [namespace, ...Object.keys(dimensions)];
      return (
        namespace === ofSchema &&
        sameWords(names, Object.keys(dimensions)) &&
        terms.every(({ name, any }) => any.includes(fields[name] ?? ''))
      );
    });
  }
}

/** A search, taken apart. */
export interface MetricSearch {
  /** The namespace and the dimensions; undefined where every set is searched. */
  readonly schema?: readonly string[];
  /** What must be equal to one of which. */
  readonly terms: readonly { readonly name: string; readonly any: readonly string[] }[];
}

/** Takes the query of a SEARCH apart. */
export function readSearch(query: string): MetricSearch {
  const [, words, rest = query] = /^\{([^}]*)\}(.*)$/s.exec(query.trim()) ?? [];
  const terms = [...rest.matchAll(/(\w+)=(?:"([^"]*)"|\(([^)]*)\))/g)].map(([, name = '', one, several]) => ({
    name,
    any: one === undefined ? [...(several ?? '').matchAll(/"([^"]*)"/g)].map(([, value = '']) => value) : [one],
  }));
  return { ...(words === undefined ? {} : { schema: words.split(',').map(unquoted) }), terms };
}

function unquoted(word: string): string {
  return word.trim().replace(/^"(.*)"$/, '$1');
}

function keyOf({ namespace, metricName, dimensions }: MetricIdentity): string {
  return JSON.stringify([namespace, metricName, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function sameWords(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((word) => others.includes(word));
}

/** A statistic by CloudWatch's name; see {@link MetricAggregation}. */
export function statisticOf(statistic: string, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const percentile = /^p(\d+(?:\.\d+)?)$/.exec(statistic)?.[1];
  if (percentile !== undefined) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil((Number(percentile) / 100) * sorted.length) - 1)] ?? NaN;
  }
  switch (statistic) {
    case 'Sum':
      return sum;
    case 'Average':
      return sum / values.length;
    case 'Minimum':
      return Math.min(...values);
    case 'Maximum':
      return Math.max(...values);
    case 'SampleCount':
      return values.length;
    default:
      throw new Error(
        `the statistic "${statistic}" is not known here; there are Sum, Average, Minimum, Maximum, SampleCount and percentiles such as p95`,
      );
  }
}
