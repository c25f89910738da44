import { App, aws_cloudwatch as cloudwatch, aws_s3 as s3, Duration, Stack } from 'aws-cdk-lib';
import * as library from '../../lib';
import { AgentGateway, AgentMetrics, AgentRuntime, type MetricDefinition, WorkspaceBucket } from '../../lib';
import { MetricStanding } from '../../lib/metrics/metric';
import { METRIC_VOCABULARY } from '../../lib/metrics/vocabulary';
import { orderTool, resolved } from '../gateway/gateway-fixture';
import { testImage, testStack } from '../support/stack';

const stack = testStack();
const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), metricsNamespace: 'Shop' });
const gateway = new AgentGateway(stack, 'Gateway', { tools: [orderTool(stack)] });
const GATEWAY_ARN = 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:gateway/orders-0123456789';

describe('every metric that an agent writes', () => {
  test('can be had of an agent, under the agent alone and under each other set', () => {
    const definitions: readonly MetricDefinition[] = Object.values(AgentMetrics);
    expect(definitions.length).toBeGreaterThan(20);
    for (const definition of definitions) {
      for (const set of definition.dimensionSets) {
        const dimensionsMap = Object.fromEntries(set.filter((name) => name !== 'Agent').map((name) => [name, 'x']));
        expect(agent.metric(definition, { dimensionsMap, period: Duration.hours(1) })).toMatchObject({
          ...{ namespace: 'Shop', metricName: definition.metricName, statistic: definition.statistic },
          dimensions: { Agent: agent.agentName, ...dimensionsMap },
          period: Duration.hours(1),
        });
      }
    }
  });

  test('is that of the agent whoever asks', () => {
    const { dimensions } = agent.metric(AgentMetrics.COST, { dimensionsMap: { Agent: 'another' } });
    expect(dimensions).toEqual({ Agent: agent.agentName });
  });

  test('is refused under a set that it is not kept under', () => {
    expect(() => agent.metric(AgentMetrics.COST, { dimensionsMap: { Tool: 'Read' } })).toThrow(
      /^metric Cost: it is not kept under the dimensions Tool \+ Agent, .* it is kept under Agent; or Agent \+ Model/,
    );
  });

  test('of an imported agent is where that is', () => {
    const imported = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Imported', {
      agentRuntimeArn: 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:runtime/elsewhere-0123456789',
    });
    expect(imported.metric(AgentMetrics.TURNS)).toMatchObject({
      ...{ namespace: 'ClaudeAgents', account: '444455556666', region: 'eu-west-1' },
      dimensions: { Agent: 'elsewhere' },
    });
  });

  test('can be named by who has the library alone', () => {
    expect(library.AgentMetrics).toBe(AgentMetrics);
    expect(library.MetricStanding).toBe(MetricStanding);
  });
});

describe('the metrics of a gateway', () => {
  const methods = ['Invocations', 'Throttles', 'SystemErrors', 'UserErrors', 'Latency', 'Duration'] as const;

  test.each([...methods, 'TargetExecutionTime'] as const)('have %s, of all tools and of one', (name) => {
    const all = gateway[`metric${name}`]();
    expect(all).toMatchObject({ namespace: 'AWS/Bedrock-AgentCore', metricName: name });
    expect(all.dimensions).toEqual({
      ...{ Operation: 'InvokeGateway', Protocol: 'MCP', Method: 'tools/call' },
      Resource: gateway.gatewayArn,
    });
    const one = gateway[`metric${name}`]({ dimensionsMap: { Name: 'orders___find_order' }, statistic: 'Maximum' });
    expect(one.dimensions).toEqual({ ...all.dimensions, Name: 'orders___find_order' });
    expect(one.statistic).toBe('Maximum');
  });

  test('have no other set', () => {
    expect(() => gateway.metricLatency({ dimensionsMap: { Tool: 'find_order' } })).toThrow(
      'it is kept under Operation + Protocol + Method + Resource + Name; or Operation + Protocol + Method + Resource',
    );
  });

  test('of one that is imported are where that is', () => {
    const imported = AgentGateway.fromGatewayAttributes(stack, 'ImportedGateway', { gatewayArn: GATEWAY_ARN });
    expect(imported.metricInvocations()).toMatchObject({ account: '444455556666', region: 'eu-west-1' });
  });
});

describe('the metrics of a workspace bucket', () => {
  test('are those of a day, in which S3 reports once', () => {
    const own = new Stack(new App(), 'Own');
    const workspace = new WorkspaceBucket(own, 'Workspace');
    const metrics = [workspace.metricSize(), workspace.metricObjects()];
    expect(metrics.map(({ metricName, statistic }) => [metricName, statistic])).toEqual([
      ['BucketSizeBytes', 'Average'],
      ['NumberOfObjects', 'Average'],
    ]);
    for (const [index, metric] of metrics.entries()) {
      metric.createAlarm(own, `Alarm${index}`, { threshold: 1, evaluationPeriods: 1 });
    }
    const alarms = resolved(own).resourcesOfType('AWS::CloudWatch::Alarm');
    expect(alarms.map(({ properties }) => properties.Period)).toEqual([86_400, 86_400]);
    expect(alarms.map(({ properties }) => properties.Namespace)).toEqual(['AWS/S3', 'AWS/S3']);
  });

  test('of one that is elsewhere are there, and can be changed', () => {
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Brought', { bucketName: 'kept', region: 'eu-west-1' });
    const workspace = WorkspaceBucket.fromBucket(stack, 'BroughtWorkspace', bucket);
    expect(workspace.metricSize({ statistic: cloudwatch.Stats.MAXIMUM })).toMatchObject({
      ...{ region: 'eu-west-1', statistic: 'Maximum' },
      dimensions: { BucketName: 'kept', StorageType: 'StandardStorage' },
    });
  });
});

test('policies and identity have every metric that their guides list', () => {
  const names = (of: string): string[] =>
    [...new Set((METRIC_VOCABULARY[of] ?? []).map(({ metricName }) => metricName))].sort();
  expect(names('policy')).toEqual(
    [
      ...['Invocations', 'SystemErrors', 'UserErrors', 'Latency', 'AllowDecisions', 'DenyDecisions'],
      ...[
        'TotalMismatchedPolicies',
        'PolicyMismatch',
        'MismatchErrors',
        'DeterminingPolicies',
        'NoDeterminingPolicies',
      ],
      ...['GuardrailLatency', 'ConfidenceScore', 'ConfidenceThreshold', 'SuppressOutputs', 'LogOnlyMatches'],
      ...['LogOnlyDecisionFlips', 'LogOnlyEvalIncomplete', 'TemporalLatency'],
    ].sort(),
  );
  expect(names('identity')).toEqual(
    [
      ...['WorkloadAccessToken', 'ResourceAccessToken', 'ApiKey'].flatMap((of) =>
        ['Success', 'Failures', 'Throttles'].map((what) => `${of}Fetch${what}`),
      ),
      ...['CallCount', 'ThrottleCount'],
    ].sort(),
  );
});

test('a metric whose sets are open has one with all dimensions of its guide', () => {
  const dimensionsOf = (of: string): string[] =>
    [...new Set((METRIC_VOCABULARY[of] ?? []).flatMap(({ dimensionSets }) => dimensionSets.flat()))].sort();
  expect(dimensionsOf('policy')).toEqual(
    [
      ...['OperationName', 'PolicyEngine', 'Policy', 'TargetResource', 'ToolName', 'Mode', 'Category', 'Filter'],
      'PolicyEnforcementMode',
    ].sort(),
  );
  const open = Object.values(METRIC_VOCABULARY).flatMap((some) =>
    some.filter(({ standing }) => standing === MetricStanding.SETS_OPEN),
  );
  for (const { dimensionSets } of open) {
    const all = new Set(dimensionSets.flat());
    expect(dimensionSets.some((set) => set.length === all.size)).toBe(true);
  }
});
