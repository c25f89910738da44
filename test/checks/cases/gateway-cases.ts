import { aws_bedrockagentcore as agentcore, aws_iam as iam, aws_logs as logs } from 'aws-cdk-lib';
import { agentRole, browser, codeInterpreter, gateway, target, tool, type RuleCase } from '../support/resources';

export const GATEWAY_CASES: readonly RuleCase[] = [
  {
    id: 'AgentCore-NM2',
    mistake: 'an underscore in the name of a target',
    wrong: (stack) => target(stack, 'Target', { name: 'my_shop' }),
    right: (stack) => target(stack, 'Target', { name: 'my-shop' }),
  },
  {
    id: 'AgentCore-GW1',
    mistake: 'a gateway that is open to everyone',
    wrong: (stack) => gateway(stack, { authorizerType: 'NONE' }),
    right: (stack) => gateway(stack, { authorizerType: 'AUTHENTICATE_ONLY' }),
  },
  {
    id: 'AgentCore-GW2',
    mistake: 'debug messages',
    wrong: (stack) => gateway(stack, { exceptionLevel: 'DEBUG' }),
    right: (stack) => gateway(stack),
  },
  {
    id: 'AgentCore-GW3',
    mistake: 'MCP versions without the first one',
    wrong: (stack) => gateway(stack, { protocolConfiguration: { mcp: { supportedVersions: ['2025-06-18'] } } }),
    right: (stack) =>
      gateway(stack, { protocolConfiguration: { mcp: { supportedVersions: ['2025-06-18', '2025-03-26'] } } }),
  },
  {
    id: 'AgentCore-GW4',
    mistake: 'a policy engine that only logs',
    wrong: (stack) => gateway(stack, { policyEngineConfiguration: { arn: 'arn:engine', mode: 'LOG_ONLY' } }),
    right: (stack) => gateway(stack, { policyEngineConfiguration: { arn: 'arn:engine', mode: 'ENFORCE' } }),
  },
  {
    id: 'AgentCore-GW5',
    mistake: 'an OAuth credential on a Lambda target',
    wrong: (stack) =>
      target(stack, 'Target', { credentialProviderConfigurations: [{ credentialProviderType: 'OAUTH' }] }),
    right: (stack) =>
      target(stack, 'Target', {
        credentialProviderConfigurations: [{ credentialProviderType: 'OAUTH' }],
        targetConfiguration: { mcp: { mcpServer: { endpoint: 'https://mcp.example.com' } } },
      }),
  },
  {
    id: 'AgentCore-GW6',
    mistake: 'two targets of one name',
    wrong: (stack) => {
      target(stack, 'First');
      target(stack, 'Second');
    },
    right: (stack) => {
      target(stack, 'First');
      target(stack, 'Second', { gatewayIdentifier: 'other-0123456789' });
    },
  },
  {
    id: 'AgentCore-GW7',
    mistake: 'a target that does not wait for the policy of its gateway',
    wrong: (stack) => void gatewayWithPolicy(stack),
    right: (stack) => {
      const { made, policy } = gatewayWithPolicy(stack);
      made.node.addDependency(policy);
    },
  },
  {
    id: 'AgentCore-GW7',
    mistake: 'a target whose gateway does not wait for the policy either',
    wrong: (stack) => {
      const { made, policy } = gatewayWithPolicy(stack);
      policy.node.addDependency(made);
    },
    right: (stack) => {
      const { gatewayOfTarget, policy } = gatewayWithPolicy(stack);
      gatewayOfTarget.node.addDependency(policy);
    },
  },
  {
    id: 'AgentCore-GW7',
    mistake: 'a policy for functions that comes too late',
    wrong: (stack) => void gatewayWithPolicy(stack, 'lambda:InvokeFunction'),
    right: (stack) => void gatewayWithPolicy(stack, 'kms:Decrypt'),
  },
  {
    id: 'AgentCore-TN1',
    mistake: 'a space in the name of a tool',
    wrong: (stack) => target(stack, 'Target', {}, [tool('refund order')]),
    right: (stack) => target(stack, 'Target', {}, [tool('refund_order')]),
    detail: 'refund order',
  },
  {
    id: 'AgentCore-TN2',
    mistake: 'a composed tool name of 65 characters',
    wrong: (stack) => target(stack, 'Target', { name: 'shop' }, [tool('t'.repeat(49))]),
    right: (stack) => target(stack, 'Target', { name: 'shop' }, [tool('t'.repeat(48))]),
    detail: 't'.repeat(49),
  },
  {
    id: 'AgentCore-TN3',
    mistake: 'a tool that is defined twice',
    wrong: (stack) => target(stack, 'Target', {}, [tool('refund'), tool('refund')]),
    right: (stack) => target(stack, 'Target', {}, [tool('refund'), tool('Refund')]),
    detail: 'refund',
  },
  {
    id: 'AgentCore-TN4',
    mistake: 'a keyword deep in a schema',
    wrong: (stack) =>
      target(stack, 'Target', {}, [
        tool('refund', { type: 'object', properties: { reason: { type: 'string' } } }),
      ]).addPropertyOverride(`${SCHEMA}.Properties.reason.Enum`, ['late', 'broken']),
    right: (stack) =>
      target(stack, 'Target', {}, [
        tool('refund', { type: 'object', properties: { reason: { type: 'string', description: 'late or broken' } } }),
      ]),
    detail: 'refund',
  },
  {
    id: 'AgentCore-TN4',
    mistake: 'a schema that is no object',
    wrong: (stack) => target(stack, 'Target', {}, [tool('refund', { type: 'string' })]),
    right: (stack) => target(stack, 'Target', {}, [tool('refund', { type: 'object' })]),
    detail: 'refund',
  },
  {
    id: 'AgentCore-TN4',
    mistake: 'a type that is none',
    wrong: (stack) =>
      target(stack, 'Target', {}, [tool('refund', { type: 'object', properties: { x: { type: 'null' } } })]),
    right: (stack) =>
      target(stack, 'Target', {}, [tool('refund', { type: 'object', properties: { x: { type: 'integer' } } })]),
    detail: 'refund',
  },
  {
    id: 'AgentCore-TN4',
    mistake: 'a required property that is missing',
    wrong: (stack) => target(stack, 'Target', {}, [tool('refund', { type: 'object', required: ['toString'] })]),
    right: (stack) =>
      target(stack, 'Target', {}, [
        tool('refund', { type: 'object', required: ['order'], properties: { order: { type: 'string' } } }),
      ]),
    detail: 'refund',
  },
  {
    id: 'AgentCore-TL1',
    mistake: 'a code interpreter with a role',
    wrong: (stack) => codeInterpreter(stack, { executionRoleArn: 'arn:aws:iam::111122223333:role/code' }),
    right: (stack) => codeInterpreter(stack),
  },
  {
    id: 'AgentCore-TL2',
    mistake: 'a browser with a role and no recording',
    wrong: (stack) => browser(stack, { executionRoleArn: 'arn:role', recordingConfig: { enabled: false } }),
    right: (stack) => browser(stack, { executionRoleArn: 'arn:role', recordingConfig: { enabled: true } }),
  },
  {
    id: 'AgentCore-ME1',
    mistake: 'events that expire after 6 days',
    wrong: (stack) => new agentcore.CfnMemory(stack, 'Memory', { name: 'memory', eventExpiryDuration: 6 }),
    right: (stack) => new agentcore.CfnMemory(stack, 'Memory', { name: 'memory', eventExpiryDuration: 7 }),
  },
  {
    id: 'AgentCore-ID1',
    mistake: 'a client secret in the template',
    wrong: (stack) => gitHub(stack, 'not-a-real-secret'),
    right: (stack) => gitHub(stack, '{{resolve:secretsmanager:github:SecretString:secret}}'),
    detail: 'ClientSecret',
  },
  {
    id: 'AgentCore-ID1',
    mistake: 'an API key in the template',
    wrong: (stack) => new agentcore.CfnApiKeyCredentialProvider(stack, 'Provider', { name: 'api', apiKey: 'not-real' }),
    right: (stack) =>
      new agentcore.CfnApiKeyCredentialProvider(stack, 'Provider', {
        name: 'api',
        apiKeySecretSource: 'EXTERNAL',
        apiKeySecretConfig: { secretId: 'api', jsonKey: 'key' },
      }),
    detail: 'ApiKey',
  },
  {
    id: 'AgentCore-LG1',
    mistake: 'a log group of AgentCore without retention',
    wrong: (stack) => logGroup(stack, '/aws/vendedlogs/bedrock-agentcore/agent', {}),
    right: (stack) => logGroup(stack, '/aws/vendedlogs/bedrock-agentcore/agent', { retentionInDays: 30 }),
  },
];

const SCHEMA = 'TargetConfiguration.Mcp.Lambda.ToolSchema.InlinePayload.0.InputSchema';

function gatewayWithPolicy(
  stack: Parameters<RuleCase['wrong']>[0],
  action = 'lambda:InvokeFunction',
): {
  readonly made: agentcore.CfnGatewayTarget;
  readonly gatewayOfTarget: agentcore.CfnGateway;
  readonly policy: iam.Policy;
} {
  const role = agentRole(stack);
  const policy = new iam.Policy(stack, 'Policy', {
    roles: [role],
    statements: [
      new iam.PolicyStatement({
        actions: [action],
        resources: ['arn:aws:lambda:eu-central-1:111122223333:function:refund'],
      }),
    ],
  });
  const gatewayOfTarget = gateway(stack, { roleArn: role.roleArn });
  const made = target(stack, 'Target', { gatewayIdentifier: gatewayOfTarget.attrGatewayIdentifier });
  return { made, gatewayOfTarget, policy };
}

function gitHub(stack: Parameters<RuleCase['wrong']>[0], clientSecret: string): void {
  new agentcore.CfnOAuth2CredentialProvider(stack, 'Provider', {
    name: 'github',
    credentialProviderVendor: 'GithubOauth2',
    oauth2ProviderConfigInput: { githubOauth2ProviderConfig: { clientId: 'client', clientSecret } },
  });
}

function logGroup(stack: Parameters<RuleCase['wrong']>[0], logGroupName: string, props: logs.CfnLogGroupProps): void {
  new logs.CfnLogGroup(stack, 'LogGroup', { logGroupName, ...props });
}
