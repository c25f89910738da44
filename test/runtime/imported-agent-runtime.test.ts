import { App, aws_bedrockagentcore as agentcore, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentEndpoint, AgentRuntime, EndpointVersion, type IAgentRuntime } from '../../lib';
import { evaluate, rolePolicies } from '../../lib/testing';
import { ACCOUNT, REGION, resolvedTemplate, testStack } from '../support/stack';

const ARN = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:runtime/support-0123456789`;

const imported = (stack: Stack, attributes = {}): IAgentRuntime =>
  AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', { agentRuntimeArn: ARN, ...attributes });

describe('an imported agent', () => {
  test('is made of its ARN alone', () => {
    const { agentName, runtimeArn, runtimeVersion, callersHaveJwt, ...agent } = imported(testStack());
    expect({ agentName, runtimeArn, runtimeVersion, callersHaveJwt }).toEqual({
      agentName: 'support',
      runtimeArn: ARN,
      runtimeVersion: undefined,
      callersHaveJwt: false,
    });
    expect(agent.runtimeId).toBe('support-0123456789');
  });

  test('grants calls of itself and of no other', () => {
    const stack = testStack();
    const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() });
    imported(stack).grantInvoke(caller);
    const role = rolePolicies(resolvedTemplate(stack), stack.getLogicalId(caller.node.defaultChild as iam.CfnRole));
    const allows = (resource: string) =>
      evaluate(role, { action: 'bedrock-agentcore:InvokeAgentRuntime', resource }).allowed;
    expect(allows(ARN)).toBe(true);
    expect(allows(`${ARN}/runtime-endpoint/DEFAULT`)).toBe(true);
    expect(allows(`${ARN}1`)).toBe(false);
  });

  test('warns of a grant where its callers bring a JWT', () => {
    const stack = testStack();
    const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() });
    imported(stack, { callersHaveJwt: true }).grantInvoke(caller);
    Annotations.fromStack(stack).hasWarning('/Test/Agent', Match.stringLikeRegexp('has no effect on an agent'));
  });

  test('is measured where it is', () => {
    const stack = new Stack(new App(), 'Test', { env: { region: 'eu-west-1', account: ACCOUNT } });
    const { dimensions, region, account } = imported(stack).metricInvocations();
    expect({ dimensions, region, account }).toEqual({
      dimensions: { Operation: 'InvokeAgentRuntime', Resource: ARN, Name: 'support::DEFAULT' },
      region: REGION,
      account: ACCOUNT,
    });
  });

  test('gets endpoints, with a log group under its id', () => {
    const stack = new Stack(new App(), 'Test', { env: { region: REGION, account: ACCOUNT } });
    new AgentEndpoint(stack, 'Prod', {
      agent: imported(stack),
      endpointName: 'prod',
      version: EndpointVersion.pinned(4),
    });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::BedrockAgentCore::RuntimeEndpoint', {
      AgentRuntimeId: 'support-0123456789',
      AgentRuntimeVersion: '4',
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/bedrock-agentcore/runtimes/support-0123456789-prod',
    });
  });

  test('of an L1 has its id and ARN, and the name that is given', () => {
    const stack = testStack();
    const runtime = new agentcore.CfnRuntime(stack, 'Runtime', {
      agentRuntimeName: 'support',
      agentRuntimeArtifact: { containerConfiguration: { containerUri: 'image' } },
      roleArn: `arn:aws:iam::${ACCOUNT}:role/agent`,
      networkConfiguration: { networkMode: 'PUBLIC' },
    });
    const agent = AgentRuntime.fromRuntime(stack, 'Agent', runtime, { agentName: 'support' });
    expect(stack.resolve([agent.runtimeArn, agent.runtimeId])).toEqual([
      { 'Fn::GetAtt': ['Runtime', 'AgentRuntimeArn'] },
      { Ref: 'Runtime' },
    ]);
    expect(agent.metricLatency().dimensions).toMatchObject({ Name: 'support::DEFAULT' });
  });

  test.each([
    ['the ARN of an endpoint', `${ARN}/runtime-endpoint/prod`],
    ['the ARN of something else', ARN.replace('runtime/', 'memory/')],
    ['an id', 'support-0123456789'],
    ['an ARN without its id', ARN.replace('-0123456789', '')],
  ])('fails on %s', (_, agentRuntimeArn) => {
    expect(() => imported(testStack(), { agentRuntimeArn })).toThrow(
      `Test/Agent: agentRuntimeArn "${agentRuntimeArn}" is not the ARN of a runtime; it looks like`,
    );
  });

  test('fails on a name that is not that of its ARN', () => {
    expect(() => imported(testStack(), { agentName: 'sales' })).toThrow(
      /^Test\/Agent: agentName "sales" is not the name in agentRuntimeArn, which is "support"; give that one, or leave it out/,
    );
  });

  test('fails without a name where the ARN is only known at deployment', () => {
    const stack = testStack();
    const agentRuntimeArn = `arn:aws:bedrock-agentcore:${stack.region}:${stack.account}:runtime/support-0123456789`;
    expect(() => imported(stack, { agentRuntimeArn })).toThrow(/agentName is left out.*give the name/);
    const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Named', { agentRuntimeArn, agentName: 'support' });
    expect(resolvedTemplate(stack).resolve(stack.resolve(agent.runtimeId))).toBe('support-0123456789');
  });
});

describe('an endpoint of an imported agent', () => {
  const add = (env: { region?: string; account?: string }, version: EndpointVersion) => () => {
    const stack = new Stack(new App(), 'Test', { env });
    new AgentEndpoint(stack, 'Prod', { agent: imported(stack), endpointName: 'prod', version });
  };

  test('fails in another Region or account, beside which AgentCore does not make it', () => {
    const pinned = EndpointVersion.pinned(1);
    expect(add({ region: 'eu-west-1', account: ACCOUNT }, pinned)).toThrow(
      /^Test\/Prod: the agent is in the Region eu-central-1 and this stack in eu-west-1.*define it in a stack of the Region eu-central-1/,
    );
    expect(add({ region: REGION, account: '444455556666' }, pinned)).toThrow(/in the account 111122223333 and this/);
    expect(add({}, pinned)).not.toThrow();
  });

  test('fails to follow deployments that the app does not make, rather than keep the first version', () => {
    expect(add({}, EndpointVersion.latest())).toThrow(
      /^Test\/Prod: EndpointVersion\.latest\(\) follows the deployments of an agent of this app, and Test\/Agent is imported; name a version/,
    );
  });

  test('that is imported too grants and measures itself', () => {
    const stack = testStack();
    const endpoint = AgentEndpoint.fromEndpointName(stack, 'Prod', imported(stack), 'prod');
    expect(endpoint).toMatchObject({ endpointName: 'prod', endpointArn: `${ARN}/runtime-endpoint/prod` });
    const metric: cloudwatch.Metric = endpoint.metricUserErrors();
    expect(metric.dimensions).toMatchObject({ Name: 'support::prod' });
    const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() });
    endpoint.grantInvoke(caller);
    const role = rolePolicies(resolvedTemplate(stack), stack.getLogicalId(caller.node.defaultChild as iam.CfnRole));
    const allows = (name: string) =>
      evaluate(role, {
        action: 'bedrock-agentcore:InvokeAgentRuntime',
        resource: `${ARN}/runtime-endpoint/${name}`,
      }).allowed;
    expect([allows('prod'), allows('DEFAULT')]).toEqual([true, false]);
    expect(() =>
      AgentEndpoint.fromEndpointName(
        stack,
        'Bad',
        AgentRuntime.fromAgentRuntimeAttributes(stack, 'Again', { agentRuntimeArn: ARN }),
        'a-b',
      ),
    ).toThrow(/^Test\/Bad: endpointName "a-b" is not a valid name/);
  });
});
