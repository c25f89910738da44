import { escaped } from '../identity/page';
import type { MetricSummary } from './metric-table';

/** Beside the style of all pages: tables take the width that there is. */
export const METRICS_STYLE = `
main { max-width: 75rem; margin: 2rem auto; }
table { width: 100%; margin-bottom: 2rem; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { font-weight: 600; text-align: left; }
th, td { padding: 0.25rem 0.5rem; border-bottom: 1px solid #767676; text-align: right; }
th:first-child, th:nth-child(2), td:first-child, td:nth-child(2) { text-align: left; overflow-wrap: anywhere; }
`;

const COLUMNS = ['Metric', 'Of', 'Count', 'Sum', 'p50', 'p95', 'p99', 'Latest'];

/** Units as they are written behind numbers. */
const UNITS: Readonly<Record<string, string>> = { Milliseconds: 'ms', Seconds: 's', Bytes: 'bytes' };

/** The numbers as HTML, a table for each namespace. */
export function metricsContent(summaries: readonly MetricSummary[]): string {
  const namespaces = [...new Set(summaries.map(({ namespace }) => namespace))];
  const tables = namespaces.map((namespace) =>
    table(
      namespace,
      summaries.filter((one) => one.namespace === namespace),
    ),
  );
  return [
    '<p>What the agents of this run have written into their logs since it started; percentiles are of the newest 10,000 values. CloudWatch makes metrics of the same lines. <a href="/metrics.json">As JSON</a>; this page renews itself.</p>',
    ...(tables.length === 0 ? ['<p>Nothing yet: ask an agent something.</p>'] : tables),
  ].join('\n');
}

function table(namespace: string, summaries: readonly MetricSummary[]): string {
  const head = COLUMNS.map((name) => `<th scope="col">${name}</th>`).join('');
  const rows = summaries.map(row).join('\n');
  return `<table>\n<caption>${escaped(namespace)}</caption>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows}\n</tbody>\n</table>`;
}

function row({ metricName, unit, dimensions, count, sum, p50, p95, p99, latest }: MetricSummary): string {
  const suffix = UNITS[unit];
  const name = suffix === undefined ? metricName : `${metricName} (${suffix})`;
  const numbers = [count, sum, p50, p95, p99, latest].map((value) => `<td>${number(value)}</td>`).join('');
  const of = Object.entries(dimensions).map(([key, value]) => `${key} ${value}`);
  return `<tr><th scope="row">${escaped(name)}</th><td>${escaped(of.join(', '))}</td>${numbers}</tr>`;
}

/** Cents of a cent are of interest in a cost. */
function number(value: number): string {
  return String(Number(value.toFixed(6)));
}
