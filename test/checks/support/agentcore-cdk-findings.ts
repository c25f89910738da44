/** What the pack finds in the template of `@aws/agentcore-cdk`: the rule with its detail, and the logical id. */
export const AGENTCORE_CDK_FINDINGS: readonly (readonly [id: string, logicalId: string])[] = [
  ['AgentCore-AC2[secret:bedrock-agentcore-identity!*]', 'RuntimeExecutionRoleDefaultPolicy2B020CFC'],
  ['AgentCore-GW1', 'McpGatewayTools504CA397'],
  ['AgentCore-GW7', 'McpGatewayToolsTargetRefundsB6F6D65D'],
  ['AgentCore-IA1[bedrock-agentcore:GetApiKeyCredential]', 'RuntimeExecutionRoleDefaultPolicy2B020CFC'],
  ['AgentCore-MD1[foundation-model/*]', 'RuntimeExecutionRoleDefaultPolicy2B020CFC'],
  ['AgentCore-MD1[inference-profile/*]', 'RuntimeExecutionRoleDefaultPolicy2B020CFC'],
  ['AgentCore-RL1', 'McpGatewayToolsRole1D55B572'],
  ['AgentCore-RL1', 'MemoryExecutionRoleE36F57BA'],
  ['AgentCore-RL1', 'RuntimeExecutionRole304CF3D8'],
  ['AgentCore-RL3[log-group:/aws/bedrock-agentcore/runtimes/*]', 'RuntimeExecutionRoleDefaultPolicy2B020CFC'],
  ['AgentCore-RL4[workload-identity-directory/*]', 'RuntimeExecutionRoleDefaultPolicy2B020CFC'],
  ['AgentCore-RT6', 'Runtime99E3DDFA'],
];
