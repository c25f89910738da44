import { MetricData, samplesOfEmf } from '../../lib/testing';

const DIRECTIVE = { Namespace: 'N', Dimensions: [['Agent']], Metrics: [{ Name: 'Turns', Unit: 'Count' }] };
const LINE = { _aws: { Timestamp: 5, CloudWatchMetrics: [DIRECTIVE] }, Agent: 'a', Turns: 3 };

const samples = (...lines: unknown[]) => samplesOfEmf(lines.map((line) => JSON.stringify(line)));

test('a sample is made under each dimension set, of each number', () => {
  const twoSets = { ...DIRECTIVE, Dimensions: [['Agent'], ['Agent', 'Model']] };
  const made = samples({ ...LINE, _aws: { Timestamp: 5, CloudWatchMetrics: [twoSets] }, Model: 'm', Turns: [1, 2] });
  expect(made.map(({ dimensions, value }) => [Object.keys(dimensions).join(), value])).toEqual([
    ['Agent', 1],
    ['Agent', 2],
    ['Agent,Model', 1],
    ['Agent,Model', 2],
  ]);
  expect(made[0]).toMatchObject({ namespace: 'N', metricName: 'Turns', timestamp: 5, unit: 'Count' });
});

test.each<[string, unknown]>([
  ['no dimensions', { ...DIRECTIVE, Dimensions: undefined }],
  ['dimensions that are no list', { ...DIRECTIVE, Dimensions: 'Agent' }],
  ['a dimension set that is no list', { ...DIRECTIVE, Dimensions: ['Agent'] }],
  ['a dimension set of numbers', { ...DIRECTIVE, Dimensions: [[1]] }],
  ['no metrics', { ...DIRECTIVE, Metrics: undefined }],
  ['a metric without a name', { ...DIRECTIVE, Metrics: [{ Unit: 'Count' }] }],
  ['a metric that is null', { ...DIRECTIVE, Metrics: [null] }],
  ['a unit that is a number', { ...DIRECTIVE, Metrics: [{ Name: 'Turns', Unit: 1 }] }],
  ['no namespace', { ...DIRECTIVE, Namespace: undefined }],
  ['a directive that is null', null],
  ['a directive that is text', 'Turns'],
])('a directive with %s makes nothing, and those beside it do', (_what, broken) => {
  const line = { ...LINE, _aws: { Timestamp: 5, CloudWatchMetrics: [broken, DIRECTIVE] } };
  expect(samples(line, LINE).map(({ value }) => value)).toEqual([3, 3]);
});

test.each<[string, unknown]>([
  ['no directives', { ...LINE, _aws: { Timestamp: 5 } }],
  ['directives that are no list', { ...LINE, _aws: { Timestamp: 5, CloudWatchMetrics: DIRECTIVE } }],
  ['no time', { ...LINE, _aws: { CloudWatchMetrics: [DIRECTIVE] } }],
  ['a time that is text', { ...LINE, _aws: { Timestamp: '5', CloudWatchMetrics: [DIRECTIVE] } }],
  ['metadata that are null', { ...LINE, _aws: null }],
  ['a dimension that it does not say', { ...LINE, Agent: undefined }],
  ['a dimension that is a number', { ...LINE, Agent: 7 }],
  ['text as a value', { ...LINE, Turns: '3' }],
  ['a list in place of a line', [LINE]],
])('a line with %s makes nothing', (_what, line) => {
  expect(samples(line)).toEqual([]);
});

test('what is not JSON makes nothing', () => {
  expect(samplesOfEmf(['', '"_aws"', '{"_aws":', 'an error'])).toEqual([]);
  expect(new MetricData(samplesOfEmf([])).times).toEqual({ begin: 0, end: 0 });
});
