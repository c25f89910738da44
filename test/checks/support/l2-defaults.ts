import { join } from 'node:path';
import { aws_bedrockagentcore as agentcore, aws_lambda as lambda, type Stack } from 'aws-cdk-lib';

/** One of each L2 with no property that can be left out. */
export function l2Defaults(stack: Stack): void {
  new agentcore.Runtime(stack, 'Runtime', {
    agentRuntimeArtifact: agentcore.AgentRuntimeArtifact.fromAsset(join(__dirname, '../../support/image-fixture')),
  });
  const gateway = new agentcore.Gateway(stack, 'Gateway');
  gateway.addLambdaTarget('Target', {
    lambdaFunction: new lambda.Function(stack, 'Function', {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => ({})'),
    }),
    toolSchema: agentcore.ToolSchema.fromInline([
      { name: 'refund', description: 'Refunds', inputSchema: { type: agentcore.SchemaDefinitionType.OBJECT } },
    ]),
  });
  new agentcore.CodeInterpreterCustom(stack, 'CodeInterpreter');
  new agentcore.BrowserCustom(stack, 'Browser');
  new agentcore.Memory(stack, 'Memory');
}

/** What the pack finds in them: the rule, and what it is about. */
export const L2_FINDINGS: readonly (readonly [id: string, construct: string])[] = [
  ['AgentCore-GW7', 'Gateway/Target/Resource'],
  ['AgentCore-NW3', 'Browser/Resource'],
  ['AgentCore-NW3', 'CodeInterpreter/Resource'],
  ['AgentCore-RL2', 'Browser/ServiceRole/Resource'],
  ['AgentCore-RL2', 'CodeInterpreter/ServiceRole/Resource'],
  ['AgentCore-RL2', 'Memory/ServiceRole/Resource'],
  ['AgentCore-RL2', 'Runtime/ExecutionRole/Resource'],
  ['AgentCore-RL3', 'Runtime/ExecutionRole/DefaultPolicy/Resource'],
  ['AgentCore-RL3', 'Runtime/ExecutionRole/DefaultPolicy/Resource'],
  ['AgentCore-RL4', 'Runtime/ExecutionRole/DefaultPolicy/Resource'],
  ['AgentCore-RT6', 'Runtime/Resource'],
  ['AgentCore-TL1', 'CodeInterpreter/Resource'],
  ['AgentCore-TL2', 'Browser/Resource'],
];
