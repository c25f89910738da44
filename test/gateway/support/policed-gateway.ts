import type { Stack } from 'aws-cdk-lib';
import { aws_bedrockagentcore as agentcore, aws_iam as iam } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { GatewayPolicies } from '../../../lib/gateway/gateway-policies';
import type { GatewayPolicy } from '../../../lib/gateway/gateway-policy';
import type { GatewayToolSpec } from '../../../lib/gateway/gateway-tool-spec';
import type { PolicyScope } from '../../../lib/gateway/policy-source';
import type { ToolSchema } from '../../../lib/gateway/tool-schema';
import { gatewayTrust, policyEngineStatements } from '../../../lib/iam/gateway-access';
import type { ResolvedTemplate } from '../../../lib/testing';
import { type PolicedGateway } from '../../../lib/testing';
import { ACCOUNT, REGION, resolvedTemplate, testStack } from '../../support/stack';

const tool = (target: string, name: string, inputSchema: ToolSchema): GatewayToolSpec => ({
  target,
  name,
  description: 'A tool',
  inputSchema,
});

/** The tools of the gateway in these tests. */
export const TOOLS = [
  tool('Refunds', 'process_refund', {
    type: 'object',
    properties: {
      amount: { type: 'integer' },
      price: { type: 'number' },
      orderId: { type: 'string' },
      urgent: { type: 'boolean' },
      labels: { type: 'array', items: { type: 'string' } },
      address: { type: 'object', properties: { country: { type: 'string' } }, required: ['country'] },
      'cost-center': { type: 'string' },
    },
    required: ['amount', 'orderId'],
  }),
  tool('Refunds', 'list_refunds', { type: 'object', properties: { orderId: { type: 'string' } } }),
  tool('time', 'get_time', { type: 'object', properties: { zone: { type: 'string' } } }),
] as const satisfies readonly GatewayToolSpec[];

export const REFUND = 'Refunds___process_refund';
export const GATEWAY_ID = 'refunds-0123456789';
export const GATEWAY_ARN = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:gateway/${GATEWAY_ID}`;
export const ENGINE_ARN = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:policy-engine/engine-1`;

/** The policies alone, whose constructor says what is wrong with them. */
export function policiesOf(policies: GatewayPolicy[], scope: Partial<PolicyScope> = {}, stack = testStack()) {
  return new GatewayPolicies(stack, 'Policies', { callers: 'user', tools: TOOLS, openTargets: [], ...scope, policies });
}

/** A gateway with one target, whose calls policies decide. */
export function policedGateway(
  policies: GatewayPolicy[],
  scope: Partial<PolicyScope> = {},
  stack: Stack = testStack(),
) {
  const decided = policiesOf(policies, scope, stack);
  const role = new iam.Role(stack, 'Role', { assumedBy: gatewayTrust(stack, 'refunds') });
  for (const { statement } of policyEngineStatements(stack, 'refunds', decided.policyEngine.policyEngineArn)) {
    role.addToPolicy(statement);
  }
  const gateway = new agentcore.Gateway(stack, 'Gateway', {
    gatewayName: 'refunds',
    role: role.withoutPolicyUpdates(),
    authorizerConfiguration: agentcore.GatewayAuthorizer.usingAwsIam(),
    policyEngineConfiguration: decided.engineConfiguration,
  });
  const target = agentcore.GatewayTarget.forMcpServer(stack, 'Target', {
    gateway,
    gatewayTargetName: 'Refunds',
    endpoint: 'https://tools.example.com/mcp',
    credentialProviderConfigurations: [agentcore.GatewayCredentialProvider.fromIamRole()],
  });
  decided.attachTo(gateway, [target]);
  return { stack, policies: decided, gateway, target, role };
}

/** The template as deployed. */
export function deployed(stack: Stack): ResolvedTemplate {
  return resolvedTemplate(stack, {
    attribute: ({ type }, attribute) => {
      if (attribute === undefined) return undefined;
      if (type === 'AWS::BedrockAgentCore::Gateway') return attribute === 'GatewayArn' ? GATEWAY_ARN : GATEWAY_ID;
      if (type === 'AWS::BedrockAgentCore::PolicyEngine')
        return attribute === 'PolicyEngineArn' ? ENGINE_ARN : 'engine-1';
      return undefined;
    },
  });
}

/** What the synthesized stack deploys as policies, for the engine to decide by. */
export function deployedGateway(stack: Stack): PolicedGateway {
  const policies = deployed(stack)
    .resourcesOfType('AWS::BedrockAgentCore::Policy')
    .map(({ properties }) => {
      const { Name, Definition } = properties as { Name: string; Definition: { Cedar: { Statement: string } } };
      return [Name, Definition.Cedar.Statement] as const;
    });
  return { gatewayArn: GATEWAY_ARN, tools: TOOLS, policies: Object.fromEntries(policies) };
}

/** The properties of the policies in the template, by name as given. */
export function policyResources(stack: Stack) {
  return Object.values(Template.fromStack(stack).findResources('AWS::BedrockAgentCore::Policy'));
}

/** One policy in Cedar that permits the refund tool on a condition. */
export function cedar(condition: string, action = `== AgentCore::Action::"${REFUND}"`): string {
  return `permit (
  principal is AgentCore::OAuthUser,
  action ${action},
  resource == AgentCore::Gateway::"{{gatewayArn}}"
)
when { ${condition} };`;
}
