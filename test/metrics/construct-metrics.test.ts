import { aws_cloudwatch as cloudwatch, Duration, SecretValue, aws_secretsmanager as secrets } from 'aws-cdk-lib';
import {
  AgentEndpoint,
  AgentGateway,
  AgentRuntime,
  ClaudeModel,
  ClaudeModels,
  CodeInterpreterTool,
  EndpointVersion,
  GatewayPolicy,
  ModelProvider,
} from '../../lib';
import { MetricStanding } from '../../lib/metrics/metric';
import { METRIC_VOCABULARY } from '../../lib/metrics/vocabulary';
import { orderTool } from '../gateway/gateway-fixture';
import { testImage, testStack } from '../support/stack';

const stack = testStack();
const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), metricsNamespace: 'Shop' });
const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:runtime/elsewhere-0123456789';
const measured: Record<string, object> = {
  AgentRuntime: agent,
  'imported AgentRuntime': AgentRuntime.fromAgentRuntimeAttributes(stack, 'Imported', { agentRuntimeArn: RUNTIME_ARN }),
  AgentEndpoint: new AgentEndpoint(stack, 'Prod', { agent, endpointName: 'prod', version: EndpointVersion.pinned(1) }),
  CodeInterpreterTool: new CodeInterpreterTool(stack, 'CodeInterpreter'),
  GatewayPolicies: new AgentGateway(stack, 'Gateway', {
    tools: [orderTool(stack)],
    policies: [GatewayPolicy.permit({ name: 'everything' })],
  }).policies as object,
};

/** Names of the methods that give a metric, wherever they are inherited from. */
function metricMethods(construct: object): string[] {
  const names = new Set<string>();
  for (let at: object = construct; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Object.getOwnPropertyNames(at)) if (/^metric[A-Z]\w*$/.test(name)) names.add(name);
  }
  return [...names].filter((name) => name !== 'metricsNamespace').sort();
}

type MetricMethod = (options?: cloudwatch.MetricOptions) => cloudwatch.Metric | cloudwatch.MathExpression;

const all = Object.entries(measured).flatMap(([of, construct]) =>
  metricMethods(construct).map((method) => ({ of, method, construct: construct as Record<string, MetricMethod> })),
);

test('every construct that is measured has methods for it', () => {
  expect(Object.fromEntries(Object.entries(measured).map(([of, one]) => [of, metricMethods(one).length]))).toEqual({
    ...{ AgentRuntime: 11, 'imported AgentRuntime': 11, AgentEndpoint: 6, CodeInterpreterTool: 2, GatewayPolicies: 4 },
  });
});

test.each(all)('$of.$method is in the vocabulary, and can be changed', ({ construct, method }) => {
  const metric = construct[method]?.({ period: Duration.minutes(1), label: 'x' });
  expect(metric).toMatchObject({ period: Duration.minutes(1), label: 'x' });
  const parts = metric instanceof cloudwatch.Metric ? [metric] : Object.values(metric?.usingMetrics ?? {});
  expect(parts.length).toBeGreaterThan(0);
  for (const { namespace, metricName, dimensions } of parts as cloudwatch.Metric[]) {
    const names = Object.keys(dimensions ?? {})
      .sort()
      .join();
    const known = Object.values(METRIC_VOCABULARY)
      .flat()
      .filter((one) => one.metricName === metricName && one.standing !== MetricStanding.NAME_OPEN)
      .filter((one) => one.namespace === (namespace === 'Shop' ? 'ClaudeAgents' : namespace))
      .flatMap(({ dimensionSets }) => dimensionSets.map((set) => [...set].sort().join()));
    expect(known).toContain(names);
  }
});

test('the metrics that an agent writes are in the namespace that it was given', () => {
  expect([agent.metricsNamespace, agent.metricCost().namespace]).toEqual(['Shop', 'Shop']);
  expect(agent.metricRuns().statistic).toBe('SampleCount');
  const imported = measured['imported AgentRuntime'] as AgentRuntime;
  expect(imported.metricCost()).toMatchObject({
    namespace: 'ClaudeAgents',
    region: 'eu-west-1',
    account: '444455556666',
  });
});

test('models say what calls name, each once', () => {
  expect(agent.models.modelNames).toEqual(['global.anthropic.claude-sonnet-5-5', 'global.anthropic.claude-haiku-5-5']);
  expect(ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.inRegion() }).modelNames).toEqual([
    'anthropic.claude-sonnet-5-5',
  ]);
  const secret = new secrets.Secret(stack, 'Key', { secretStringValue: SecretValue.unsafePlainText('an example') });
  expect(ModelProvider.anthropicApi(secret).modelNames).toEqual(['claude-sonnet-5-5', 'claude-haiku-5-5']);
});
