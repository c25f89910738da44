import { type MetricExpression, parseMetricExpression } from './metric-expression';

/** Values by the begin of their period, in milliseconds of Unix time. A period without data is not there. */
export type MetricSeries = ReadonlyMap<number, number>;

/** What an expression can be of. */
export type MetricValue = number | MetricSeries | readonly MetricValue[];

/** What the expressions of an alarm or a graph refer to. */
export interface MetricMathScope {
  /** The value of an id; undefined for an id that there is not. */
  readonly valueOf: (id: string) => MetricValue | undefined;
  /** What a search finds. */
  readonly search: (query: string, statistic: string) => readonly MetricSeries[];
}

/**
 * The value of an expression, by the rules of CloudWatch metric math: an operation of series has data where all of them
 * have, but for a division by zero, which has none; a function over a list takes what is there. Knows the operators, IF, SUM,
 * AVG, MIN, MAX and SEARCH.
 *
 * @throws Error when it cannot be read, or has a function or an id that is not known
 */
export function evaluateMetricExpression(source: string, scope: MetricMathScope): MetricValue {
  return evaluate(parseMetricExpression(source), scope);
}

function evaluate(expression: MetricExpression, scope: MetricMathScope): MetricValue {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'list':
      return expression.items.flatMap((item) => evaluate(item, scope));
    case 'operation': {
      const operate = OPERATIONS[expression.operator];
      if (operate === undefined) throw new Error(`metric math has no operator "${expression.operator}"`);
      return combine([evaluate(expression.left, scope), evaluate(expression.right, scope)], ([a, b]) => operate(a, b));
    }
    case 'call':
      return call(expression.name, expression.args, scope);
    case 'id': {
      const value = scope.valueOf(expression.name);
      if (value === undefined) throw new Error(`metric math refers to "${expression.name}", which is not defined`);
      return value;
    }
    case 'text':
      throw new Error(`the text '${expression.value}' is no value; texts are for SEARCH`);
  }
}

const truth = (holds: boolean): number => (holds ? 1 : 0);

/** Without a result there is no data. */
const OPERATIONS: Readonly<Record<string, (left: number, right: number) => number | undefined>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0 ? undefined : left / right),
  '<': (left, right) => truth(left < right),
  '<=': (left, right) => truth(left <= right),
  '>': (left, right) => truth(left > right),
  '>=': (left, right) => truth(left >= right),
  '==': (left, right) => truth(left === right),
  '!=': (left, right) => truth(left !== right),
  '&&': (left, right) => truth(left !== 0 && right !== 0),
  '||': (left, right) => truth(left !== 0 || right !== 0),
};

const AGGREGATES: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

function call(name: string, args: readonly MetricExpression[], scope: MetricMathScope): MetricValue {
  const aggregate = AGGREGATES[name];
  const [first, second, third] = args;
  if (aggregate !== undefined && first !== undefined) {
    const value = evaluate(first, scope);
    return isList(value) ? across(value, aggregate) : aggregate(isSeries(value) ? [...value.values()] : [value]);
  }
  if (name === 'IF' && first !== undefined && second !== undefined && third !== undefined) {
    return choose(evaluate(first, scope), evaluate(second, scope), evaluate(third, scope));
  }
  if (name === 'SEARCH' && first?.kind === 'text' && second?.kind === 'text') {
    return scope.search(first.value, second.value);
  }
  throw new Error(
    `metric math has no ${name} with ${args.length} of these arguments here; there are IF, SEARCH, ${Object.keys(AGGREGATES).join(', ')}`,
  );
}

function isSeries(value: MetricValue): value is MetricSeries {
  return value instanceof Map;
}

function isList(value: MetricValue): value is readonly MetricValue[] {
  return Array.isArray(value);
}

/** Applies `by` in every period in which all series have data. */
function combine(values: readonly MetricValue[], by: (numbers: [number, number]) => number | undefined): MetricValue {
  const [left, right] = values;
  if (left === undefined || right === undefined) throw new Error('metric math operates on two values');
  if (isList(left)) return left.map((item) => combine([item, right], by));
  if (isList(right)) return right.map((item) => combine([left, item], by));
  if (!isSeries(left) && !isSeries(right)) return by([left, right]) ?? new Map<number, number>();
  const result = new Map<number, number>();
  for (const at of timesOf([left, right])) {
    const pair = [valueAt(left, at), valueAt(right, at)];
    const value = pair[0] === undefined || pair[1] === undefined ? undefined : by([pair[0], pair[1]]);
    if (value !== undefined) result.set(at, value);
  }
  return result;
}

/** A branch that is not chosen does not matter, so it needs no data. */
function choose(condition: MetricValue, yes: MetricValue, no: MetricValue): MetricValue {
  if (!isSeries(condition)) return condition === 0 ? no : yes;
  const result = new Map<number, number>();
  for (const [at, holds] of condition) {
    const value = valueAt(holds === 0 ? no : yes, at);
    if (value !== undefined) result.set(at, value);
  }
  return result;
}

/** One series of a list, from what is there in each period. */
function across(values: readonly MetricValue[], aggregate: (values: readonly number[]) => number): MetricSeries {
  const result = new Map<number, number>();
  for (const at of timesOf(values)) {
    result.set(at, aggregate(values.map((value) => valueAt(value, at)).filter((value) => value !== undefined)));
  }
  return result;
}

function timesOf(values: readonly MetricValue[]): number[] {
  return [...new Set(values.flatMap((value) => (isSeries(value) ? [...value.keys()] : [])))].sort((a, b) => a - b);
}

function valueAt(value: MetricValue, at: number): number | undefined {
  if (isList(value))
    throw new Error('metric math has a list of series where it needs one; SUM, AVG, MIN or MAX makes one');
  return isSeries(value) ? value.get(at) : value;
}
