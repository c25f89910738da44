import { aws_bedrockagentcore as agentcore, Token } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  AgentAuthorizer,
  AgentEndpoint,
  AgentRuntime,
  EndpointVersion,
  GatewayTool,
  OutboundCredential,
  type IAgentRuntime,
  type RuntimeTargetOptions,
} from '../../lib';
import { evaluate } from '../../lib/testing';
import { ACCOUNT, testImage, testStack } from '../support/stack';
import { gatewayRole, gatewayWith, resolved, RUNTIME_ARN, someRuntime, TARGET } from './gateway-fixture';

const { MCP } = agentcore.ProtocolType;
const jwt = () =>
  AgentAuthorizer.oidc({
    discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
    allowedAudiences: ['tools'],
  });
const oauth = () =>
  OutboundCredential.oauth({ credentialProviderArn: 'arn:p', clientSecretArn: 'arn:s' }, { scopes: ['tools'] });

const agentWith = (stack: Stack, props: { protocol?: agentcore.ProtocolType; authorizer?: AgentAuthorizer } = {}) =>
  new AgentRuntime(stack, 'Agent', { image: testImage(), protocol: MCP, ...props });

const runtimeL1 = (stack: Stack, protocolConfiguration?: string) =>
  new agentcore.CfnRuntime(stack, 'Runtime', {
    agentRuntimeName: 'tools',
    roleArn: `arn:aws:iam::${ACCOUNT}:role/r`,
    agentRuntimeArtifact: {},
    networkConfiguration: { networkMode: 'PUBLIC' },
    ...(protocolConfiguration === undefined ? {} : { protocolConfiguration }),
  });

const endpointOf = (stack: Stack, agent: IAgentRuntime) =>
  new AgentEndpoint(stack, 'Prod', { agent, endpointName: 'prod', version: EndpointVersion.pinned(1) });

const endpointL1 = (stack: Stack, agentRuntimeId: string) =>
  new agentcore.CfnRuntimeEndpoint(stack, 'Prod', { agentRuntimeId, name: 'prod' });

const importedEndpoint = (stack: Stack, agentRuntimeEndpointArn = `${RUNTIME_ARN}/runtime-endpoint/prod`) =>
  agentcore.RuntimeEndpoint.fromRuntimeEndpointAttributes(stack, 'Prod', {
    agentRuntimeEndpointArn,
    endpointName: 'prod',
    agentRuntimeArn: RUNTIME_ARN,
  });

/** What a gateway says of a runtime. */
function said(options: (stack: Stack) => RuntimeTargetOptions): string {
  const stack = testStack();
  try {
    gatewayWith({ tools: [GatewayTool.agentRuntime('tools', options(stack))] }, stack);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a runtime is taken', () => {
  test.each<[string, (stack: Stack) => RuntimeTargetOptions]>([
    ['that speaks MCP, when the role signs', (stack) => ({ runtime: agentWith(stack).runtime })],
    [
      'whose callers bring a JWT, when the gateway does',
      (stack) => ({ runtime: agentWith(stack, { authorizer: jwt() }).runtime, credential: oauth() }),
    ],
    ['that is an L1', (stack) => ({ runtime: runtimeL1(stack, 'MCP') })],
    ['of which nothing is known', (stack) => ({ runtime: someRuntime(stack) })],
    ['that is the agent itself', (stack) => ({ runtime: agentWith(stack) })],
    [
      'with its endpoint',
      (stack) => {
        const agent = agentWith(stack);
        return { runtime: agent, endpoint: endpointOf(stack, agent) };
      },
    ],
    [
      'with its endpoint that is an L1',
      (stack) => {
        const runtime = runtimeL1(stack, 'MCP');
        return { runtime, endpoint: endpointL1(stack, runtime.attrAgentRuntimeId) };
      },
    ],
    [
      'with an endpoint of an ARN that only the deployment knows',
      (stack) => ({ runtime: agentWith(stack), endpoint: importedEndpoint(stack, Token.asString({ Ref: 'Arn' })) }),
    ],
    [
      'of the app, with an endpoint of a known ARN, which may be that of the runtime',
      (stack) => ({ runtime: agentWith(stack), endpoint: importedEndpoint(stack) }),
    ],
    [
      'of another app, with its endpoint',
      (stack) => ({ runtime: someRuntime(stack), endpoint: endpointL1(stack, 'search-0123456789') }),
    ],
  ])('%s', (_, options) => {
    expect(said(options)).toBe('');
  });
});

describe('a runtime is refused', () => {
  test.each<[string, (stack: Stack) => RuntimeTargetOptions, string]>([
    [
      'that speaks HTTP',
      (stack) => ({ runtime: agentWith(stack, { protocol: agentcore.ProtocolType.HTTP }).runtime }),
      'the runtime Test/Agent/Runtime speaks HTTP, and a gateway finds tools by MCP; give one whose protocol is MCP',
    ],
    ['that is an L1 without a protocol', (stack) => ({ runtime: runtimeL1(stack) }), 'Test/Runtime speaks HTTP'],
    [
      'that refuses signatures',
      (stack) => ({ runtime: agentWith(stack, { authorizer: jwt() }).runtime }),
      'the callers of the runtime Test/Agent/Runtime bring a JWT, and the gateway would bring none; use OutboundCredential.oauth()',
    ],
    [
      'that refuses tokens',
      (stack) => ({ runtime: agentWith(stack).runtime, credential: oauth() }),
      'the callers of the runtime Test/Agent/Runtime sign with IAM credentials, and the gateway would not; leave credential out',
    ],
    [
      'that nobody calls without a credential',
      (stack) => ({ runtime: agentWith(stack).runtime, credential: OutboundCredential.none() }),
      'the gateway would not; leave credential out',
    ],
    [
      'with the endpoint of another of the app',
      (stack) => ({ runtime: runtimeL1(stack, 'MCP'), endpoint: endpointOf(stack, agentWith(stack)) }),
      'the endpoint Test/Prod/Endpoint is one of another runtime than Test/Runtime; give one of this runtime, or leave it out',
    ],
    [
      'with an L1 endpoint of another of the app',
      (stack) => ({ runtime: agentWith(stack), endpoint: endpointL1(stack, runtimeL1(stack).attrAgentRuntimeId) }),
      'the endpoint Test/Prod is one of another runtime than Test/Agent/Runtime',
    ],
    [
      'with the endpoint of another that is imported by the ARN of its L1',
      (stack) => {
        const { attrAgentRuntimeArn: agentRuntimeArn } = runtimeL1(stack);
        const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Other', { agentRuntimeArn, agentName: 'tools' });
        return { runtime: agentWith(stack), endpoint: endpointOf(stack, agent) };
      },
      'the endpoint Test/Prod/Endpoint is one of another runtime than Test/Agent/Runtime',
    ],
    [
      'with the endpoint of another ARN',
      (stack) => ({
        runtime: someRuntime(stack),
        endpoint: importedEndpoint(stack, `${RUNTIME_ARN.replace('search', 'find')}/runtime-endpoint/prod`),
      }),
      'the endpoint Test/Prod is one of another runtime than Test/Search',
    ],
    [
      'that is an ARN',
      () => ({ runtime: RUNTIME_ARN }) as unknown as RuntimeTargetOptions,
      'the runtime of a target is none; give an AgentRuntime',
    ],
    [
      'with an endpoint that is a name',
      (stack) => ({ runtime: agentWith(stack), endpoint: 'prod' }) as unknown as RuntimeTargetOptions,
      'the endpoint of a target is none; give an AgentEndpoint',
    ],
  ])('%s', (_, options, message) => {
    expect(said(options)).toMatch(/^Test\/Gateway: target "tools": /);
    expect(said(options)).toContain(message);
  });
});

test('an endpoint of the app is called by its name, may be invoked, and is made before the target', () => {
  const stack = testStack();
  const agent = agentWith(stack);
  const { endpoint } = endpointOf(stack, agent);
  gatewayWith({ tools: [GatewayTool.agentRuntime('tools', { runtime: agent.runtime, endpoint })] }, stack);
  const id = stack.getLogicalId(endpoint.node.defaultChild as agentcore.CfnRuntimeEndpoint);
  const [target] = Object.values(Template.fromStack(stack).findResources(TARGET));
  const { TargetConfiguration } = target?.Properties as { TargetConfiguration: unknown };
  // A reference, for which CloudFormation waits.
  expect(JSON.stringify(TargetConfiguration)).toContain(
    `{"Fn::Select":[3,{"Fn::Split":["/",{"Fn::GetAtt":["${id}","AgentRuntimeEndpointArn"]}]}]}`,
  );
  const arn = String(resolved(stack).resolve(stack.resolve(endpoint.agentRuntimeEndpointArn)));
  const may = (resource: string) =>
    evaluate(gatewayRole(stack), { action: 'bedrock-agentcore:InvokeAgentRuntime', resource }).allowed;
  expect(may(arn)).toBe(true);
  expect(may(`${arn}x`)).toBe(false);
});

test('an endpoint of an ARN that is known is called by the last part of it', () => {
  const stack = testStack();
  const endpoint = importedEndpoint(stack);
  const { configuration } = GatewayTool.agentRuntime('tools', { runtime: someRuntime(stack), endpoint }).bind(stack);
  const { mcp } = configuration as { mcp: { mcpServer: { endpoint: string } } };
  expect(resolved(stack).resolve(stack.resolve(mcp.mcpServer.endpoint))).toMatch(/\/invocations\?qualifier=prod$/);
});
