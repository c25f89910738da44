import { evaluateMetricExpression, type MetricSeries, type MetricValue } from '../../lib/testing';

/** A series from the minute 0 on; undefined for a minute without data. */
const series = (...values: (number | undefined)[]): MetricSeries =>
  new Map(values.flatMap((value, index) => (value === undefined ? [] : [[index, value]])));

const IDS: Readonly<Record<string, MetricSeries>> = {
  a: series(1, 2, undefined, 4),
  b: series(10, undefined, 30, 40),
  empty: series(),
};

const value = (source: string): MetricValue =>
  evaluateMetricExpression(source, {
    valueOf: (id) => IDS[id],
    search: (query, statistic) => (query === 'both' && statistic === 'Sum' ? [series(1, 2), series(3)] : []),
  });

test.each([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['8 / 4 / 2', 1],
  ['-2 + 5', 3],
  ['1 < 2 && 3 >= 3 || 1 == 2', 1],
  ['2 != 2', 0],
  ['SUM(a)', 7],
  ['AVG(b)', 80 / 3],
  ['IF(1, 2, 3)', 2],
])('%s is a number', (source, number) => {
  expect(value(source)).toBe(number);
});

test.each([
  ['an operation has data where both sides have', 'a + b', series(11, undefined, undefined, 44)],
  ['a number has data everywhere', 'a * 2', series(2, 4, undefined, 8)],
  ['a function over a list takes what is there', 'SUM([a, b])', series(11, 2, 30, 44)],
  ['so it does over metrics that never were', 'SUM([empty, a])', IDS.a],
  ['MAX', 'MAX([a, b])', series(10, 2, 30, 40)],
  ['MIN', 'MIN([a, b])', series(1, 2, 30, 4)],
  ['AVG', 'AVG([a, b])', series(5.5, 2, 30, 22)],
  ['a comparison is 1 or 0', 'a >= 2', series(0, 1, undefined, 1)],
  ['a branch that is not chosen needs no data', 'IF(a >= 2, a, b)', series(10, 2, undefined, 4)],
  ['a branch that is chosen and has none gives none', 'IF(b > 0, a, 0)', series(1, undefined, undefined, 4)],
  ['a division by zero has no data', 'b / (a - 2)', series(-10, undefined, undefined, 20)],
  ['so it has none where both are zero', '(a - 2) / (a - 2)', series(1, undefined, undefined, 1)],
  ['a division of numbers by zero has none at all', '1 / 0', series()],
  ['what a search finds can be added up', `SUM(SEARCH('both', 'Sum'))`, series(4, 2)],
])('%s', (_what, source, expected) => {
  expect(value(source)).toEqual(expected);
});

test('a search gives every series that it finds', () => {
  expect(value(`SEARCH('both', 'Sum')`)).toEqual([series(1, 2), series(3)]);
  expect(value(`SEARCH('none', 'Sum') * 2`)).toEqual([]);
});

test.each([
  ['a +', 'the expression "a +" cannot be read: its end is not expected where it is'],
  ['(a', 'its end is not expected'],
  ['a b', '"b" is not expected'],
  ['a ~ b', '"~ b" is no part of one'],
  ['[a, b] + unknown', 'metric math refers to "unknown", which is not defined'],
  ['FILL(a, 0)', 'metric math has no FILL with 2 of these arguments here'],
  ['RATE(a)', 'metric math has no RATE with 1 of these arguments here'],
  [`'text'`, `the text 'text' is no value`],
])('%s fails', (source, message) => {
  expect(() => value(source)).toThrow(message);
});
