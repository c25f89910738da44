import { aws_cloudwatch as cloudwatch, Duration, Token } from 'aws-cdk-lib';
import { agentMetricOf, AgentMetrics } from '../../lib/metrics/agent-metrics';
import { GatewayMetrics } from '../../lib/metrics/gateway-metrics';
import { metricOf, searchOf } from '../../lib/metrics/metric';
import { runtimeDimensions, RuntimeMetrics } from '../../lib/metrics/runtime-metrics';

const ENDPOINT = runtimeDimensions('arn:runtime', 'support', 'DEFAULT');

describe('a metric', () => {
  test('has the dimensions of its service and the statistic that is usual for it', () => {
    expect(metricOf(RuntimeMetrics.LATENCY, ENDPOINT)).toMatchObject({
      namespace: 'AWS/Bedrock-AgentCore',
      metricName: 'Latency',
      statistic: 'p95',
      dimensions: { Operation: 'InvokeAgentRuntime', Resource: 'arn:runtime', Name: 'support::DEFAULT' },
    });
  });

  test('has no unit, which would hide data that a service writes in another one', () => {
    for (const definition of Object.values(AgentMetrics)) {
      const metric = metricOf(definition, { Agent: 'support' });
      expect(metric.toMetricConfig().metricStat?.unitFilter).toBeUndefined();
    }
  });

  test('can be changed in everything but what it is', () => {
    const options = { statistic: 'p50', period: Duration.minutes(1), label: 'half', color: '#00ff00' };
    const metric = metricOf(RuntimeMetrics.LATENCY, ENDPOINT, {
      ...options,
      dimensionsMap: { Resource: 'arn:another' },
    });
    expect(metric).toMatchObject({ ...options, metricName: 'Latency', dimensions: ENDPOINT });
  });

  test('has its own statistic where none is asked for', () => {
    const options = { statistic: undefined } as cloudwatch.MetricOptions;
    expect(metricOf(RuntimeMetrics.LATENCY, ENDPOINT, options).statistic).toBe('p95');
  });

  test('takes more dimensions where they make another set of it', () => {
    const harness = { EndpointQualifier: 'prod', HarnessId: 'h-1' };
    const metric = metricOf(RuntimeMetrics.INVOCATIONS, ENDPOINT, { dimensionsMap: harness });
    expect(metric.dimensions).toEqual({ ...harness, ...ENDPOINT });
  });

  test.each([
    ['a part of a set', {}, { Resource: 'arn:runtime' }],
    ['a dimension that it does not have', { Tool: 'Read' }, ENDPOINT],
    ['a part of another set', { HarnessId: 'h-1' }, ENDPOINT],
    ['none', {}, {}],
  ])('fails with %s, and says which sets there are', (_what, dimensionsMap, dimensions) => {
    expect(() => metricOf(RuntimeMetrics.INVOCATIONS, dimensions, { dimensionsMap })).toThrow(
      /^metric Invocations: it is not kept under .*it is kept under Operation \+ Resource \+ Name; or Operation \+ Resource \+ Name \+ EndpointQualifier \+ HarnessId/,
    );
  });

  test('of an agent is in the namespace of the agent', () => {
    const writer = { agentName: 'support', metricsNamespace: 'Shop' };
    const metric = agentMetricOf(writer, AgentMetrics.TOOL_CALLS, { dimensionsMap: { Result: 'denied' } });
    expect(metric).toMatchObject({ namespace: 'Shop', dimensions: { Agent: 'support', Result: 'denied' } });
    expect(() => agentMetricOf(writer, AgentMetrics.COST, { dimensionsMap: { Tool: 'Read' } })).toThrow(
      'Agent + Model',
    );
  });
});

describe('a search', () => {
  test('is for one set where the sets are documented', () => {
    expect(
      searchOf(AgentMetrics.TOOL_CALLS, { Agent: 'a' }, { dimensionSet: ['Agent', 'Tool', 'Result'] }).expression,
    ).toBe(`SEARCH('{ClaudeAgents,Agent,Tool,Result} MetricName="ToolCalls" Agent="a"', 'Sum')`);
  });

  test('is for every set where they are open', () => {
    const search = searchOf(
      GatewayMetrics.LATENCY,
      { Resource: ['arn:one', 'arn:two'] },
      { statistic: cloudwatch.Stats.p(50), dimensionSet: ['Operation', 'Protocol', 'Method', 'Resource', 'Name'] },
    );
    expect(search.expression).toBe(
      `SEARCH('Namespace="AWS/Bedrock-AgentCore" MetricName="Latency" Resource=("arn:one" OR "arn:two")', 'p50')`,
    );
  });

  test('quotes words that are more than letters and digits', () => {
    const definition = { ...AgentMetrics.COST, namespace: 'My.Shop' };
    expect(searchOf(definition, {}, { dimensionSet: ['Agent', 'Model'] }).expression).toContain(
      '{"My.Shop",Agent,Model}',
    );
  });

  test('fails with a value that would end its term, and takes values that only the deployment knows', () => {
    expect(() => searchOf(AgentMetrics.COST, { Agent: `a" OR Agent="b` })).toThrow(
      'search for Cost: the dimension Agent is "a" OR Agent="b", and a search has no quotation marks; leave them out',
    );
    expect(() => searchOf(AgentMetrics.COST, { Agent: Token.asString({ Ref: 'Agent' }) })).not.toThrow();
  });
});
