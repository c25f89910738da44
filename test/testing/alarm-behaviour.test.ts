import { type AlarmProperties, alarmStates, evaluateMetricQueries, graphQueries, MetricData } from '../../lib/testing';

const MINUTE = 60_000;
const BEGIN = Date.UTC(2026, 10, 21);

const ALARM: AlarmProperties = {
  ...{ Namespace: 'N', MetricName: 'M', Statistic: 'Sum', Period: 60 },
  ...{ ComparisonOperator: 'GreaterThanThreshold', Threshold: 5, EvaluationPeriods: 3, DatapointsToAlarm: 2 },
  TreatMissingData: 'notBreaching',
};

/** `9` is a breach, `1` is none, `-` is a minute without data. */
function states(minutes: string, properties: Partial<AlarmProperties> = {}): string {
  const samples = [...minutes].flatMap((minute, index) =>
    minute === '-'
      ? []
      : [{ namespace: 'N', metricName: 'M', dimensions: {}, timestamp: BEGIN + index * MINUTE, value: Number(minute) }],
  );
  return alarmStates({ ...ALARM, ...properties }, new MetricData(samples), {
    begin: BEGIN,
    end: BEGIN + minutes.length * MINUTE,
  })
    .map((state) => state.slice(0, 1))
    .join('');
}

test.each([
  ['one breach of three is none', '1119111', 'OOOOOOO'],
  ['two breaches of three are one, until two of three are well', '1199111', 'OOOAAOO'],
  ['two breaches with a minute between them are one', '191911', 'OOOAOO'],
  ['gaps count as well', '19---1', 'OOOOOO'],
  ['older minutes with data stand in for those without', '19--9', 'OOOOA'],
])('%s', (_what, minutes, expected) => {
  expect(states(minutes)).toBe(expected);
});

test('periods slide: each minute they are those that end with it', () => {
  const five = { Period: 300, Threshold: 10, EvaluationPeriods: 1, DatapointsToAlarm: 1 };
  // The clock's five minutes have 9 each; those from the fourth on have 18.
  expect(states('----99----', five)).toBe('OOOOOAAAAO');
});

test('two bad minutes are in two periods, and never in three', () => {
  const five = { Period: 300, Threshold: 5 };
  const minutes = '00000009900000000000';
  expect(states(minutes, { ...five, EvaluationPeriods: 3, DatapointsToAlarm: 2 })).toContain('A');
  expect(states(minutes, { ...five, EvaluationPeriods: 3, DatapointsToAlarm: 3 })).not.toContain('A');
});

test('gaps can count as breaches, and without a rule there is no verdict on nothing', () => {
  expect(states('11-----', { TreatMissingData: 'breaching' }).at(-1)).toBe('A');
  expect(states('1------', { TreatMissingData: 'missing' })).toBe('OOOOOII');
});

test('all of the periods are needed where no number is given', () => {
  expect(states('99199911', { DatapointsToAlarm: undefined } as object)).toBe('OOOOOAOO');
});

test.each([
  ['GreaterThanOrEqualToThreshold', '5', 'A'],
  ['LessThanThreshold', '5', 'O'],
  ['LessThanOrEqualToThreshold', '5', 'A'],
])('%s', (ComparisonOperator, minutes, expected) => {
  expect(states(minutes, { ComparisonOperator, EvaluationPeriods: 1, DatapointsToAlarm: 1 })).toBe(expected);
});

test('what is not known here is said', () => {
  expect(() => states('1', { EvaluationWindow: { WallClockWindow: {} } })).toThrow('a wall clock window is not known');
  expect(() => states('1', { Period: 30 })).toThrow('a period of 30 seconds is not known here; give whole minutes');
  expect(() => states('1', { ComparisonOperator: 'GreaterThanUpperThreshold' })).toThrow('needs a fixed threshold');
  expect(() => states('1', { TreatMissingData: 'ignore' })).toThrow('use breaching, notBreaching or missing');
});

test('an expression that refers to itself is said', () => {
  const queries = [
    { id: 'a', expression: 'b + 1', periodSeconds: 60 },
    { id: 'b', expression: 'a + 1', periodSeconds: 60 },
  ];
  expect(() => evaluateMetricQueries(queries, new MetricData([]))).toThrow('"b + 1" refers to itself');
});

test('the metrics of a graph are read with what they leave to the graph', () => {
  const queries = graphQueries({
    period: 60,
    metrics: [
      ['N', 'M', 'A', 'a', { stat: 'p95', label: 'slow', color: '#000000', id: 'm' }],
      ['N', 'M'],
      [{ expression: 'm * 2', label: 'double', period: 300, yAxis: 'right' }],
    ],
  });
  const metric = { namespace: 'N', metricName: 'M', periodSeconds: 60 };
  expect(queries).toEqual([
    {
      ...{ id: 'm', label: 'slow', color: '#000000', visible: true, axis: 'left' },
      metric: { ...metric, dimensions: { A: 'a' }, statistic: 'p95' },
    },
    { label: 'M', visible: true, axis: 'left', metric: { ...metric, dimensions: {}, statistic: 'Average' } },
    { label: 'double', visible: true, axis: 'right', expression: 'm * 2', periodSeconds: 300 },
  ]);
});
