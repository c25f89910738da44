import { aws_iam as iam } from 'aws-cdk-lib';
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

  test('grants calls through itself and not through the default endpoint', () => {
    const { stack, endpoint } = endpointWith();
    const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() });
    endpoint.grantInvoke(caller);
    const template = resolvedTemplate(stack);
    const [runtime] = template.resourcesOfType('AWS::BedrockAgentCore::Runtime');
    const arn = template.getAtt(runtime?.logicalId ?? '', 'AgentRuntimeArn');
    const role = rolePolicies(template, stack.getLogicalId(caller.node.defaultChild as iam.CfnRole));
    const allows = (resource: string) =>
      evaluate(role, { action: 'bedrock-agentcore:InvokeAgentRuntime', resource }).allowed;
    expect(allows(arn)).toBe(true);
    expect(allows(`${arn}/runtime-endpoint/prod`)).toBe(true);
    expect(allows(`${arn}/runtime-endpoint/DEFAULT`)).toBe(false);
    expect(allows(`${arn}/runtime-endpoint/prod2`)).toBe(false);
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

  test('fails as the eleventh of an agent', () => {
    const { stack, agent } = endpointWith();
    const add = (number: number) =>
      new AgentEndpoint(stack, `E${number}`, { agent, endpointName: `e${number}`, version: EndpointVersion.pinned(1) });
    for (let number = 2; number <= 10; number++) add(number);
    expect(() => add(11)).toThrow(/endpointName "e11" is the 11th endpoint of Test_Agent_\w+; AgentCore allows 10/);
  });
});
