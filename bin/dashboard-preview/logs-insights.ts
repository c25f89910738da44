import { readAgentLine } from './agent-line';

/** A query, or a part of one, that CloudWatch may know and this does not. */
export class UnknownQuery extends Error {}

/** A line of a log or of a result, by the names of its fields. */
export type LogRow = Readonly<Record<string, unknown>>;

/**
 * What a query of CloudWatch Logs Insights finds. Knows the commands that the library's queries have, in the form that they have
 * there; what no agent wrote is left out.
 *
 * @param commands in order, without the bars between them
 * @throws UnknownQuery when a command has another form
 */
export function runLogQuery(commands: readonly string[], lines: readonly string[]): LogRow[] {
  let shown: readonly string[] | undefined;
  let rows: LogRow[] = lines.flatMap(discovered);
  for (const command of commands) {
    const [, verb = '', rest = ''] = /^(\w+) (.*)$/.exec(command) ?? [];
    switch (verb) {
      case 'fields':
        shown = rest.split(', ');
        break;
      case 'filter': {
        const conditions = rest.split(' and ').map(conditionOf);
        rows = rows.filter((row) => conditions.every((holds) => holds(row)));
        break;
      }
      case 'stats':
        rows = stats(rest, rows);
        break;
      case 'sort':
        rows = sorted(rest, rows);
        break;
      case 'limit':
        rows = rows.slice(0, Number(rest));
        break;
      default:
        throw new UnknownQuery(`no command of this form is known: ${command}`);
    }
  }
  return rows.map((row) => (shown === undefined ? row : Object.fromEntries(shown.map((name) => [name, row[name]]))));
}

/** The fields that Logs Insights finds in a line of JSON: booleans as 1 and 0. */
function discovered(text: string): LogRow[] {
  const line = readAgentLine(text);
  if (line === undefined) return [];
  const fields = Object.entries(line.fields).map(([name, value]) => [
    name,
    typeof value === 'boolean' ? Number(value) : value,
  ]);
  return [{ '@timestamp': line.time, ...Object.fromEntries(fields) }];
}

function conditionOf(text: string): (row: LogRow) => boolean {
  const present = /^ispresent\((\w+)\)$/.exec(text)?.[1];
  if (present !== undefined) return (row) => row[present] !== undefined;
  const [, name = '', operator = '', value = ''] = /^(\w+) (=|in) (.+)$/.exec(text) ?? [];
  if (name === '') throw new UnknownQuery(`no condition of this form is known: ${text}`);
  const allowed = [JSON.parse(value) as unknown].flat();
  if (operator === '=' && allowed.length !== 1) throw new UnknownQuery(`"=" takes one value: ${text}`);
  return (row) => allowed.includes(row[name]);
}

function stats(text: string, rows: readonly LogRow[]): LogRow[] {
  const [figures = '', by = ''] = text.split(' by ');
  const keys = by.split(', ');
  const groups = new Map<string, LogRow[]>();
  for (const row of rows) {
    const key = JSON.stringify(keys.map((name) => row[name] ?? null));
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => ({
    ...Object.fromEntries(keys.map((name) => [name, group[0]?.[name]])),
    ...Object.fromEntries([...figures.matchAll(/(\w+)\(([^)]*)\) as (\w+)/g)].map((match) => figure(match, group))),
  }));
}

function figure(
  [, name = '', argument = '', alias = '']: readonly string[],
  group: readonly LogRow[],
): [string, number] {
  const [field = '', percentile = '0'] = argument.split(', ');
  const values = group.map((row) => row[field]).filter((value) => value !== undefined);
  const numbers = values.map(Number).sort((one, other) => one - other);
  const figures: Readonly<Record<string, () => number>> = {
    count: () => group.length,
    count_distinct: () => new Set(values).size,
    sum: () => numbers.reduce((sum, number) => sum + number, 0),
    max: () => numbers.at(-1) ?? NaN,
    pct: () => numbers[Math.ceil((Number(percentile) / 100) * numbers.length) - 1] ?? NaN,
  };
  const compute = figures[name];
  if (compute === undefined) throw new UnknownQuery(`no figure of this name is known: ${name}`);
  return [alias, compute()];
}

function sorted(text: string, rows: readonly LogRow[]): LogRow[] {
  const [, name = '', order = ''] = /^(\S+) (asc|desc)$/.exec(text) ?? [];
  if (order === '') throw new UnknownQuery(`no order of this form is known: ${text}`);
  const factor = order === 'asc' ? 1 : -1;
  return [...rows].sort((one, other) => factor * (Number(one[name]) - Number(other[name])));
}
