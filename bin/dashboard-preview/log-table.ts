import type { DashboardWidgetProperties } from '../../lib/testing';
import { shortNumber } from './chart';
import { type LogRow, runLogQuery, UnknownQuery } from './logs-insights';
import { escapeText } from './markup';
import type { WrittenLog } from './written-log';

/** More does not fit. */
const MAX_ROWS = 14;

/** The name of an agent in that of its log group. */
const AGENT_OF_GROUP = /\/aws\/bedrock-agentcore\/runtimes\/(\w+)-/;

/** What the query of a log widget finds in the log. A query that is not understood here is shown instead. */
export function logTable({ query = '' }: DashboardWidgetProperties, log: WrittenLog): string {
  const [source = '', ...commands] = query.split(/\s*\|\s*(?=[a-z]+ )/);
  const lines = log.linesOf(AGENT_OF_GROUP.exec(source)?.[1]);
  try {
    const rows = runLogQuery(commands, lines);
    return rows.length === 0 ? '<p class="none">The log has no such line.</p>' : table(rows.slice(0, MAX_ROWS));
  } catch (error) {
    if (!(error instanceof UnknownQuery)) throw error;
    return `<p class="none">CloudWatch answers this query; it is not understood here.</p><pre>${escapeText(query)}</pre>`;
  }
}

function table(rows: readonly LogRow[]): string {
  const names = Object.keys(rows[0] ?? {});
  const head = names.map((name) => `<th>${escapeText(name)}</th>`).join('');
  const body = rows.map(
    (row) => `<tr>${names.map((name) => `<td>${escapeText(shown(row[name]))}</td>`).join('')}</tr>`,
  );
  return `<table><tr>${head}</tr>${body.join('')}</table>`;
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'number') return String(value);
  // Only a time has so many digits.
  return value > 1e12 ? new Date(value).toISOString().slice(11, 23) : shortNumber(value);
}
