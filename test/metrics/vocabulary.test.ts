import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS, type MetricDefinition as WrittenMetric } from '../../agent-image/src/metric-definitions';
import { AgentMetrics, DEFAULT_AGENT_NAMESPACE } from '../../lib/metrics/agent-metrics';
import { type MetricDefinition, MetricStanding } from '../../lib/metrics/metric';
import { METRIC_VOCABULARY } from '../../lib/metrics/vocabulary';

const all = Object.entries(METRIC_VOCABULARY).flatMap(([of, definitions]) =>
  definitions.map((definition) => ({ of, definition })),
);
const docs = readFileSync(join(__dirname, '../../docs/observability.md'), 'utf8');

const setsOf = (sets: readonly (readonly string[])[]): string[] => sets.map((set) => [...set].sort().join('+')).sort();

test("the agent's own metrics are those that the agent writes, in the same units and dimension sets", () => {
  const known = Object.values(AgentMetrics).map(({ metricName, unit, dimensionSets }: MetricDefinition) => ({
    name: metricName,
    unit: String(unit),
    sets: setsOf(dimensionSets),
  }));
  const written = Object.entries<WrittenMetric>(METRICS).map(([name, { unit, dimensions }]) => ({
    name,
    unit,
    sets: setsOf(dimensions),
  }));
  const byName = (some: { name: string }[]) => [...some].sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(byName(known)).toEqual(byName(written));
});

test('every metric is there once under each of its dimension sets', () => {
  const keys = all.flatMap(({ of, definition: { namespace, metricName, dimensionSets } }) =>
    setsOf(dimensionSets).map((set) => `${of} ${namespace} ${metricName} ${set}`),
  );
  expect(keys.length).toBeGreaterThan(80);
  expect(keys.filter((key, index) => keys.indexOf(key) < index)).toEqual([]);
});

test.each(all)('$of $definition.metricName can be a metric of CloudWatch', ({ definition }) => {
  const { namespace, metricName, statistic, dimensionSets, source } = definition;
  expect(namespace).toMatch(/^(AWS\/(Bedrock|Bedrock-AgentCore|S3|DynamoDB|Usage)|ClaudeAgents)$/);
  expect(metricName).toMatch(/^[A-Za-z-]+$/);
  expect(statistic).toMatch(/^(Sum|Average|Maximum|p95)$/);
  expect(source.length).toBeGreaterThan(5);
  expect(dimensionSets.length).toBeGreaterThan(0);
  for (const set of dimensionSets) expect(new Set(set).size).toBe(set.length);
});

test('every metric that is not certain is in the documentation, with what is open', () => {
  const open = all.filter(({ definition }) => definition.standing !== MetricStanding.DOCUMENTED);
  expect(open.length).toBeGreaterThan(20);
  const unlisted = open
    .map(({ definition }) => definition.metricName)
    .filter((metricName) => !docs.includes(`\`${metricName}\``));
  expect(unlisted).toEqual([]);
});

test('what the agent writes is certain', () => {
  for (const { standing, namespace } of Object.values(AgentMetrics)) {
    expect([standing, namespace]).toEqual([MetricStanding.DOCUMENTED, DEFAULT_AGENT_NAMESPACE]);
  }
});
