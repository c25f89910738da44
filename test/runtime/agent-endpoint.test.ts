import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentAuthorizer, AgentEndpoint, AgentRuntime, EndpointVersion } from '../../lib';
import { evaluate, rolePolicies } from '../../lib/testing';
import { resolvedTemplate, testImage, testStack } from '../support/stack';

function endpointWith(version = EndpointVersion.pinned(3), endpointName = 'prod') {
  const stack = testStack();
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage() });
  const endpoint = new AgentEndpoint(stack, 'Prod', { agent, endpointName, version });
  return { stack, agent, endpoint };
}

describe('AgentEndpoint', () => {
  test('leads to the version it is pinned to', () => {
    Template.fromStack(endpointWith().stack).hasResourceProperties('AWS::BedrockAgentCore::RuntimeEndpoint', {
      Name: 'prod',
      AgentRuntimeVersion: '3',
    });
  });

  test('follows every deployment only when that is asked for', () => {
    const { stack, agent } = endpointWith(EndpointVersion.latest());
    Template.fromStack(stack).hasResourceProperties('AWS::BedrockAgentCore::RuntimeEndpoint', {
      AgentRuntimeVersion: stack.resolve(agent.runtime.agentRuntimeVersion) as unknown,
    });
  });

  test('has a log group of its own, with a retention', () => {
    const template = resolvedTemplate(endpointWith().stack);
    const names = template
      .resourcesOfType('AWS::Logs::LogGroup')
      .map(({ properties }) => String(properties.LogGroupName));
    expect(names.map((name) => name.replace(/^.*-/, '')).sort()).toEqual(['DEFAULT', 'prod']);
  });

  test.each<[string, (endpoint: AgentEndpoint, caller: iam.IGrantable) => iam.Grant]>([
    ['InvokeAgentRuntime', (endpoint, caller) => endpoint.grantInvoke(caller)],
    ['InvokeAgentRuntimeWithWebSocketStream', (endpoint, caller) => endpoint.grantInvokeWebSocket(caller)],
    ['InvokeAgentRuntimeForUser', (endpoint, caller) => endpoint.grantInvokeForUser(caller)],
    ['StopRuntimeSession', (endpoint, caller) => endpoint.grantStopSession(caller)],
    ['InvokeAgentRuntimeCommand', (endpoint, caller) => endpoint.grantCommand(caller)],
  ])('grants %s through itself and not through the default endpoint', (action, grant) => {
    const { stack, endpoint } = endpointWith();
    const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() });
    grant(endpoint, caller);
    const template = resolvedTemplate(stack);
    const [runtime] = template.resourcesOfType('AWS::BedrockAgentCore::Runtime');
    const arn = template.getAtt(runtime?.logicalId ?? '', 'AgentRuntimeArn');
    const role = rolePolicies(template, stack.getLogicalId(caller.node.defaultChild as iam.CfnRole));
    const allows = (resource: string) => evaluate(role, { action: `bedrock-agentcore:${action}`, resource }).allowed;
    expect(allows(arn)).toBe(true);
    expect(allows(`${arn}/runtime-endpoint/prod`)).toBe(true);
    expect(allows(`${arn}/runtime-endpoint/DEFAULT`)).toBe(false);
    expect(allows(`${arn}/runtime-endpoint/prod2`)).toBe(false);
  });

  test('measures itself and not the default endpoint', () => {
    const { agent, endpoint } = endpointWith();
    const { usingMetrics } = endpoint.metricTotalErrors();
    const metrics = [
      endpoint.metricInvocations(),
      endpoint.metricLatency(),
      endpoint.metricThrottles(),
      endpoint.metricSystemErrors(),
      endpoint.metricUserErrors(),
      ...Object.values(usingMetrics),
    ] as cloudwatch.Metric[];
    expect(new Set(metrics.map(({ dimensions }) => dimensions?.Name as string))).toEqual(
      new Set([`${agent.agentName}::prod`]),
    );
  });

  test('tells its name and ARN', () => {
    const { stack, endpoint } = endpointWith();
    expect(endpoint.endpointName).toBe('prod');
    const [logicalId] = Object.keys(Template.fromStack(stack).findResources('AWS::BedrockAgentCore::RuntimeEndpoint'));
    expect(stack.resolve(endpoint.endpointArn)).toEqual({ 'Fn::GetAtt': [logicalId, 'AgentRuntimeEndpointArn'] });
  });

  test('warns when calls are granted where callers bring a JWT', () => {
    const stack = testStack();
    const authorizer = AgentAuthorizer.oidc({
      discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
      allowedClients: ['web'],
    });
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), authorizer });
    const endpoint = new AgentEndpoint(stack, 'Prod', {
      agent,
      endpointName: 'prod',
      version: EndpointVersion.pinned(1),
    });
    endpoint.grantInvoke(new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() }));
    Annotations.fromStack(stack).hasWarning('/Test/Prod', Match.stringLikeRegexp('has no effect on an agent'));
  });

  test.each([0, -1, 1.5, 100_000, NaN])('fails on version %d', (version) => {
    expect(() => EndpointVersion.pinned(version)).toThrow(
      `EndpointVersion: ${version} is not a version; versions are whole numbers from 1 to 99999`,
    );
  });

  test('fails on a name that is not valid, and on the name of the default endpoint', () => {
    expect(() => endpointWith(undefined, 'blue-green')).toThrow(
      /endpointName "blue-green" is not a valid name.*"blue_green"/,
    );
    expect(() => endpointWith(undefined, 'DEFAULT')).toThrow(
      /endpointName "DEFAULT" is the endpoint that AgentCore makes/,
    );
  });

  test('fails on a name that another endpoint of the agent has, in whatever stack', () => {
    const { stack, agent } = endpointWith();
    const add = (of: AgentRuntime) =>
      new AgentEndpoint(new Stack(stack.node.root, `${of.node.id}Endpoints`), 'Prod', {
        agent: of,
        endpointName: 'prod',
        version: EndpointVersion.pinned(1),
      });
    expect(() => add(agent)).toThrow(
      /^AgentEndpoints\/Prod: endpointName "prod" is the name of Test\/Prod already, which leads to the same agent; choose another/,
    );
    expect(() => add(new AgentRuntime(stack, 'Other', { image: testImage() }))).not.toThrow();
  });

  test('fails as the eleventh of an agent', () => {
    const { stack, agent } = endpointWith();
    const add = (number: number) =>
      new AgentEndpoint(stack, `E${number}`, { agent, endpointName: `e${number}`, version: EndpointVersion.pinned(1) });
    for (let number = 2; number <= 10; number++) add(number);
    expect(() => add(11)).toThrow(/endpointName "e11" is the 11th endpoint of Test_Agent_\w+; AgentCore allows 10/);
  });
});
