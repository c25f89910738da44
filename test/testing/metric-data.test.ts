import { MetricData, type MetricSample, readSearch, samplesOfEmf } from '../../lib/testing';

const AT = 1_795_264_000_000;
const LINE = {
  _aws: {
    Timestamp: AT,
    CloudWatchMetrics: [
      {
        Namespace: 'ClaudeAgents',
        Dimensions: [['Agent'], ['Agent', 'Tool']],
        Metrics: [{ Name: 'ToolCalls', Unit: 'Count' }],
      },
    ],
  },
  Agent: 'support',
  Tool: 'Read',
  ToolCalls: 1,
  session_id: 's',
};

const sample = (dimensions: Record<string, string>, value: number, minutes = 0): MetricSample => ({
  ...{ namespace: 'N', metricName: 'M', dimensions, value },
  timestamp: AT + minutes * 60_000,
});

test('a line in the embedded format is a sample under each of its dimension sets, and no other line is one', () => {
  const samples = samplesOfEmf([
    JSON.stringify(LINE),
    'plain text',
    '"text"',
    'null',
    '{"_aws":{}}',
    JSON.stringify({ ...LINE, ToolCalls: 'many' }),
  ]);
  expect(samples).toEqual([
    {
      ...{ namespace: 'ClaudeAgents', metricName: 'ToolCalls', timestamp: AT, value: 1, unit: 'Count' },
      dimensions: { Agent: 'support' },
    },
    {
      ...{ namespace: 'ClaudeAgents', metricName: 'ToolCalls', timestamp: AT, value: 1, unit: 'Count' },
      dimensions: { Agent: 'support', Tool: 'Read' },
    },
  ]);
});

test('a value that is a list is as many samples', () => {
  expect(samplesOfEmf([JSON.stringify({ ...LINE, ToolCalls: [1, 2] })]).map(({ value }) => value)).toEqual([
    1, 2, 1, 2,
  ]);
});

test.each([
  ['Sum', 10],
  ['Average', 2.5],
  ['Minimum', 1],
  ['Maximum', 4],
  ['SampleCount', 4],
  ['p50', 2],
  ['p95', 4],
])('%s of four samples is %d', (statistic, expected) => {
  const data = new MetricData([4, 1, 3, 2].map((value) => sample({ A: 'a' }, value)));
  const series = data.series(
    { namespace: 'N', metricName: 'M', dimensions: { A: 'a' } },
    { statistic, periodSeconds: 300 },
  );
  expect([...series.values()]).toEqual([expected]);
});

test('a series has a value for each period with samples', () => {
  const data = new MetricData([sample({}, 1), sample({}, 2, 1), sample({}, 5, 20)]);
  const identity = { namespace: 'N', metricName: 'M', dimensions: {} };
  const series = data.series(identity, { statistic: 'Sum', periodSeconds: 300 });
  expect([...series.values()]).toEqual([3, 5]);
  expect([...series.keys()].every((at) => at % 300_000 === 0)).toBe(true);
  expect(() => data.series(identity, { statistic: 'TM99', periodSeconds: 60 })).toThrow('"TM99" is not known here');
});

test('periods begin where they are told to', () => {
  const data = new MetricData([sample({}, 1, 4), sample({}, 2, 5), sample({}, 4, 9)]).alignedTo(AT + 4 * 60_000);
  const series = data.series(
    { namespace: 'N', metricName: 'M', dimensions: {} },
    { statistic: 'Sum', periodSeconds: 300 },
  );
  expect([...series]).toEqual([
    [AT + 4 * 60_000, 3],
    [AT + 9 * 60_000, 4],
  ]);
});

test('a part of a dimension set finds nothing, as in CloudWatch', () => {
  const data = new MetricData([sample({ A: 'a', B: 'b' }, 1)]);
  const found = (dimensions: Record<string, string>) =>
    data.series({ namespace: 'N', metricName: 'M', dimensions }, { statistic: 'Sum', periodSeconds: 60 }).size;
  expect([found({ B: 'b', A: 'a' }), found({ A: 'a' }), found({ A: 'a', B: 'b', C: 'c' })]).toEqual([1, 0, 0]);
});

test('a search finds by schema, or in every set', () => {
  const data = new MetricData([sample({ A: 'a' }, 1), sample({ A: 'a', B: 'b' }, 1), sample({ A: 'other' }, 1)]);
  const found = (query: string) => data.search(query).map(({ dimensions }) => dimensions);
  expect(found('{N,A} MetricName="M" A="a"')).toEqual([{ A: 'a' }]);
  expect(found('{N,B,A} MetricName="M"')).toEqual([{ A: 'a', B: 'b' }]);
  expect(found('Namespace="N" MetricName="M" A="a"')).toEqual([{ A: 'a' }, { A: 'a', B: 'b' }]);
  expect(found('Namespace="N" MetricName="M" A=("a" OR "other")')).toHaveLength(3);
  expect(found('Namespace="Another" MetricName="M"')).toEqual([]);
});

test('a search can be taken apart', () => {
  expect(readSearch('{"My.Shop",Agent} MetricName="Cost" Agent=("a" OR "b")')).toEqual({
    schema: ['My.Shop', 'Agent'],
    terms: [
      { name: 'MetricName', any: ['Cost'] },
      { name: 'Agent', any: ['a', 'b'] },
    ],
  });
});
