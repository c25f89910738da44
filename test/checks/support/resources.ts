import { aws_bedrockagentcore as agentcore, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** One mistake, and what is one step beside it. */
export interface RuleCase {
  readonly id: string;
  /** Continues "finds …". */
  readonly mistake: string;
  readonly wrong: (stack: Stack) => void;
  readonly right: (stack: Stack) => void;
  /** The detail of the finding; undefined where the rule has none. */
  readonly detail?: string;
}

export const IMAGE = '111122223333.dkr.ecr.eu-central-1.amazonaws.com/agent';
const SERVICE = 'bedrock-agentcore.amazonaws.com';

/** A runtime that breaks no rule, apart from what `props` change. */
export function runtime(scope: Construct, props: Partial<agentcore.CfnRuntimeProps> = {}): agentcore.CfnRuntime {
  return new agentcore.CfnRuntime(scope, 'Runtime', {
    agentRuntimeName: 'agent',
    agentRuntimeArtifact: { containerConfiguration: { containerUri: `${IMAGE}:1.0.0` } },
    roleArn: 'arn:aws:iam::111122223333:role/agent',
    networkConfiguration: { networkMode: 'PUBLIC' },
    platformVersion: 'V1',
    ...props,
  });
}

export function endpoint(scope: Construct, id: string, props: Partial<agentcore.CfnRuntimeEndpointProps> = {}): void {
  new agentcore.CfnRuntimeEndpoint(scope, id, {
    agentRuntimeId: 'agent-0123456789',
    name: id,
    agentRuntimeVersion: '1',
    ...props,
  });
}

export function gateway(scope: Construct, props: Partial<agentcore.CfnGatewayProps> = {}): agentcore.CfnGateway {
  return new agentcore.CfnGateway(scope, 'Gateway', {
    name: 'tools',
    authorizerType: 'AWS_IAM',
    protocolType: 'MCP',
    roleArn: 'arn:aws:iam::111122223333:role/gateway',
    ...props,
  });
}

/** A Lambda target with one tool. */
export function target(
  scope: Construct,
  id: string,
  props: Partial<agentcore.CfnGatewayTargetProps> = {},
  tools: agentcore.CfnGatewayTarget.ToolDefinitionProperty[] = [tool('refund')],
): agentcore.CfnGatewayTarget {
  return new agentcore.CfnGatewayTarget(scope, id, {
    name: 'shop',
    gatewayIdentifier: 'tools-0123456789',
    credentialProviderConfigurations: [{ credentialProviderType: 'GATEWAY_IAM_ROLE' }],
    targetConfiguration: {
      mcp: {
        lambda: {
          lambdaArn: 'arn:aws:lambda:eu-central-1:111122223333:function:refund',
          toolSchema: { inlinePayload: tools },
        },
      },
    },
    ...props,
  });
}

export function tool(
  name: string,
  inputSchema: agentcore.CfnGatewayTarget.SchemaDefinitionProperty = { type: 'object' },
): agentcore.CfnGatewayTarget.ToolDefinitionProperty {
  return { name, description: 'Refunds an order', inputSchema };
}

export function codeInterpreter(
  scope: Construct,
  props: Partial<agentcore.CfnCodeInterpreterCustomProps> = {},
): agentcore.CfnCodeInterpreterCustom {
  return new agentcore.CfnCodeInterpreterCustom(scope, 'CodeInterpreter', {
    name: 'code',
    networkConfiguration: { networkMode: 'SANDBOX' },
    ...props,
  });
}

export function browser(scope: Construct, props: Partial<agentcore.CfnBrowserCustomProps> = {}): void {
  new agentcore.CfnBrowserCustom(scope, 'Browser', {
    name: 'browser',
    networkConfiguration: { networkMode: 'VPC', vpcConfig: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } },
    ...props,
  });
}

/** A role that AgentCore may assume for the runtime `agent` of this account only, unless `conditions` say otherwise. */
export function agentRole(scope: Construct, conditions?: iam.Conditions): iam.Role {
  const stack = Stack.of(scope);
  return new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal(SERVICE, {
      conditions: conditions ?? {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: { 'aws:SourceArn': agentCoreArn(stack, 'runtime/agent-*') },
      },
    }),
  });
}

/** A role of AgentCore that is allowed `actions` on `resources`. */
export function allowed(
  scope: Construct,
  actions: string[],
  resources: string[],
  conditions: iam.Conditions = {},
): iam.Role {
  const role = agentRole(scope);
  role.addToPolicy(new iam.PolicyStatement({ actions, resources, conditions }));
  return role;
}

export function agentCoreArn(stack: Stack, resource: string): string {
  return `arn:${stack.partition}:bedrock-agentcore:${stack.region}:${stack.account}:${resource}`;
}
