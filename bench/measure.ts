/** One comparison: our median and a peer's, from the same run. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly peer: string;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** How long `work` takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The rows as a Markdown table. The ratio is peer to ours: above 1, ours is the smaller; there is none to nothing. */
export function table(rows: readonly Row[]): string {
  return [
    '| What | Peer | Ours, median (min-max) | Peer, median (min-max) | Peer / ours |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${row.what} | ${row.peer} | ${spread(row.ours, row.unit)} | ${spread(row.theirs, row.unit)} | ${ratio(row)} |`,
    ),
  ].join('\n');
}

function ratio({ ours, theirs }: Row): string {
  const mine = median(ours);
  return mine === 0 ? '–' : (median(theirs) / mine).toFixed(2);
}

function spread(values: readonly number[], unit: string): string {
  return `${short(median(values))} ${unit} (${short(Math.min(...values))}-${short(Math.max(...values))})`;
}

function short(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
