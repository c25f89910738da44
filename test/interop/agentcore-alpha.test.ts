import type * as Alpha from '@aws-cdk/aws-bedrock-agentcore-alpha';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AgentEndpoint, AgentRuntime, CodeInterpreterTool, EndpointVersion } from '../../lib';
import { evaluate } from '../../lib/testing';
import { ACCOUNT, executionRole, REGION, resolvedTemplate, testImage, testStack } from '../support/stack';

// Whoever still holds L2s of the alpha package can use them with these constructs, which build on the stable module.
let alpha: typeof Alpha;

beforeAll(async () => {
  // The package writes a deprecation warning for nearly every class when it is loaded.
  process.env.JSII_DEPRECATED = 'quiet';
  alpha = await import('@aws-cdk/aws-bedrock-agentcore-alpha');
});

/** What an alpha L2 offers here: its ARN, and a grant. */
interface Granted {
  readonly arn: string;
  grant(agent: AgentRuntime): unknown;
}

const granting: [string, string, (stack: Stack) => Granted][] = [
  [
    'code interpreter',
    'InvokeCodeInterpreter',
    (stack) => {
      const interpreter = new alpha.CodeInterpreterCustom(stack, 'Tool', { codeInterpreterCustomName: 'interpreter' });
      return { arn: interpreter.codeInterpreterArn, grant: (agent) => interpreter.grantUse(agent) };
    },
  ],
  [
    'memory',
    'ListEvents',
    (stack) => {
      const memory = new alpha.Memory(stack, 'Memory', { memoryName: 'memory' });
      return { arn: memory.memoryArn, grant: (agent) => memory.grantRead(agent) };
    },
  ],
  [
    'gateway',
    'InvokeGateway',
    (stack) => {
      const authorizerConfiguration = alpha.GatewayAuthorizer.usingAwsIam();
      const gateway = new alpha.Gateway(stack, 'Gateway', { gatewayName: 'gateway', authorizerConfiguration });
      return { arn: gateway.gatewayArn, grant: (agent) => gateway.grantInvoke(agent) };
    },
  ],
];

test.each(granting)('a grant of an alpha %s reaches the role of an agent', (_, action, define) => {
  const stack = testStack();
  const granted = define(stack);
  granted.grant(new AgentRuntime(stack, 'Agent', { image: testImage() }));

  const template = resolvedTemplate(stack, {
    attribute: ({ type, logicalId }, attribute) =>
      type.startsWith('AWS::BedrockAgentCore::') && attribute?.endsWith('Arn') === true
        ? `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:thing/${logicalId}`
        : undefined,
  });
  const resource = String(template.resolve(stack.resolve(granted.arn)));
  const role = executionRole(template);
  expect(evaluate(role, { action: `bedrock-agentcore:${action}`, resource }).allowed).toBe(true);
  expect(evaluate(role, { action: `bedrock-agentcore:${action}`, resource: `${resource}2` }).allowed).toBe(false);
});

describe('as a prop', () => {
  test('an alpha code interpreter becomes a capability of an agent', () => {
    const stack = testStack();
    const interpreter = new alpha.CodeInterpreterCustom(stack, 'Alpha', { codeInterpreterCustomName: 'interpreter' });
    const tool = CodeInterpreterTool.fromCodeInterpreter(stack, 'Tool', interpreter);
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [tool] });

    Template.fromStack(stack).hasResourceProperties('AWS::BedrockAgentCore::Runtime', {
      EnvironmentVariables: {
        AGENT_CODE_INTERPRETER_ID: stack.resolve(interpreter.codeInterpreterId) as object,
      },
    });
    expect(JSON.stringify(stack.resolve(agent.requiredPermissions))).toContain(
      JSON.stringify(stack.resolve(interpreter.codeInterpreterArn)),
    );
  });

  test('an alpha runtime can be called, measured and given endpoints', () => {
    const stack = testStack();
    const runtime = new alpha.Runtime(stack, 'Alpha', {
      runtimeName: 'support',
      agentRuntimeArtifact: alpha.AgentRuntimeArtifact.fromImageUri(
        `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/agent:1.0.0`,
      ),
    });
    const agent = AgentRuntime.fromRuntime(stack, 'Agent', runtime, { agentName: 'support' });
    new AgentEndpoint(stack, 'Prod', { agent, endpointName: 'prod', version: EndpointVersion.pinned(1) });

    Template.fromStack(stack).hasResourceProperties('AWS::BedrockAgentCore::RuntimeEndpoint', {
      AgentRuntimeId: stack.resolve(runtime.runtimeRef.agentRuntimeId) as object,
    });
    expect(stack.resolve(agent.metricLatency().dimensions)).toMatchObject({
      Resource: stack.resolve(runtime.agentRuntimeArn) as object,
      Name: 'support::DEFAULT',
    });
  });
});
