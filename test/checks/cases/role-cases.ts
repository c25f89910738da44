import { aws_iam as iam } from 'aws-cdk-lib';
import { agentCoreArn, agentRole, allowed, runtime, type RuleCase } from '../support/resources';

const INVOKE = ['bedrock:InvokeModel'];
const PROFILE = 'arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.anthropic.claude-sonnet-5-5';
const MODEL = 'arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-5-5';
const SECRETS = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret';
const LOG_GROUPS = 'arn:aws:logs:eu-central-1:111122223333:log-group:/aws/bedrock-agentcore/runtimes';

export const ROLE_CASES: readonly RuleCase[] = [
  {
    id: 'AgentCore-RL1',
    mistake: 'trust without conditions',
    wrong: (stack) => agentRole(stack, {}),
    right: (stack) => agentRole(stack, { StringEquals: { 'aws:SourceAccount': stack.account } }),
  },
  {
    id: 'AgentCore-RL1',
    mistake: 'trust whose source can be in any account',
    wrong: (stack) =>
      agentRole(stack, { ArnLike: { 'aws:SourceArn': 'arn:aws:bedrock-agentcore:*:*:runtime/agent-*' } }),
    right: (stack) => agentRole(stack, { ArnLike: { 'AWS:sourceArn': agentCoreArn(stack, 'runtime/agent-*') } }),
  },
  {
    id: 'AgentCore-RL1',
    mistake: 'trust that only excludes an account',
    wrong: (stack) => agentRole(stack, { StringNotEquals: { 'aws:SourceAccount': '444455556666' } }),
    right: (stack) => agentRole(stack, { StringEquals: { 'aws:SourceAccount': '111122223333' } }),
  },
  {
    id: 'AgentCore-RL2',
    mistake: 'trust for every name that begins alike',
    wrong: (stack) => agentRole(stack, { ArnLike: { 'aws:SourceArn': agentCoreArn(stack, 'runtime/agent*') } }),
    right: (stack) =>
      agentRole(stack, { ArnLike: { 'aws:SourceArn': agentCoreArn(stack, 'runtime/agent-??????????') } }),
    detail: 'runtime/agent*',
  },
  {
    id: 'AgentCore-RL2',
    mistake: 'trust for everything of AgentCore in the account',
    wrong: (stack) => agentRole(stack, { ArnLike: { 'aws:SourceArn': agentCoreArn(stack, '*') } }),
    right: (stack) => agentRole(stack, { ArnLike: { 'aws:SourceArn': agentCoreArn(stack, 'memory/store-*') } }),
    detail: '*',
  },
  {
    id: 'AgentCore-RL3',
    mistake: 'the logs of every agent',
    wrong: (stack) => allowed(stack, ['logs:PutLogEvents'], [`${LOG_GROUPS}/*:log-stream:*`]),
    right: (stack) => allowed(stack, ['logs:PutLogEvents'], [`${LOG_GROUPS}/agent-*:log-stream:*`]),
    detail: 'log-group:/aws/bedrock-agentcore/runtimes/*:log-stream:*',
  },
  {
    id: 'AgentCore-RL3',
    mistake: 'the logs of agents whose names begin alike',
    wrong: (stack) => allowed(stack, ['logs:GetLogEvents'], [`${LOG_GROUPS}/agent*`]),
    right: (stack) => allowed(stack, ['logs:GetLogEvents'], [`${LOG_GROUPS}/agent-*`]),
    detail: 'log-group:/aws/bedrock-agentcore/runtimes/agent*',
  },
  {
    id: 'AgentCore-RL3',
    mistake: 'every log group',
    wrong: (stack) => allowed(stack, ['logs:*'], ['arn:aws:logs:*:*:log-group:*']),
    right: (stack) => allowed(stack, ['logs:DescribeLogGroups'], ['arn:aws:logs:*:*:log-group:*']),
    detail: 'log-group:*',
  },
  {
    id: 'AgentCore-RL4',
    mistake: 'the identities of every agent',
    wrong: (stack) => allowed(stack, ['bedrock-agentcore:GetWorkloadAccessToken'], [identity('*')]),
    right: (stack) => allowed(stack, ['bedrock-agentcore:GetWorkloadAccessToken'], [identity('agent-*')]),
    detail: 'workload-identity-directory/default/workload-identity/*',
  },
  {
    id: 'AgentCore-RL4',
    mistake: 'the identities of agents whose names begin alike',
    wrong: (stack) => allowed(stack, ['bedrock-agentcore:GetWorkload*'], [identity('agent*')]),
    right: (stack) => allowed(stack, ['bedrock-agentcore:GetWorkload*'], [identity('agent-0123456789')]),
    detail: 'workload-identity-directory/default/workload-identity/agent*',
  },
  {
    id: 'AgentCore-RL5',
    mistake: 'tokens by user id where callers bring a JWT',
    wrong: (stack) => jwtRuntime(stack, 'bedrock-agentcore:GetWorkloadAccessTokenForUserId'),
    right: (stack) => jwtRuntime(stack, 'bedrock-agentcore:GetWorkloadAccessTokenForJWT'),
  },
  {
    id: 'AgentCore-RL6',
    mistake: 'a managed policy with full access',
    wrong: (stack) =>
      agentRole(stack).addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonBedrockFullAccess')),
    right: (stack) =>
      agentRole(stack).addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AWSXRayDaemonWriteAccess')),
    detail: 'AmazonBedrockFullAccess',
  },
  {
    id: 'AgentCore-MD1',
    mistake: 'every foundation model',
    wrong: (stack) => allowed(stack, INVOKE, [`arn:${stack.partition}:bedrock:*::foundation-model/*`]),
    right: (stack) =>
      allowed(stack, INVOKE, [`arn:${stack.partition}:bedrock:*::foundation-model/anthropic.claude-haiku-5-5`]),
    detail: 'foundation-model/*',
  },
  {
    id: 'AgentCore-MD1',
    mistake: 'every model by a pattern of actions on everything',
    wrong: (stack) => allowed(stack, ['bedrock:Invoke*'], ['*']),
    right: (stack) => allowed(stack, ['bedrock:Invoke*'], [PROFILE]),
    detail: '*',
  },
  {
    id: 'AgentCore-MD1',
    mistake: 'every model, allowed',
    wrong: (stack) => statement(stack, iam.Effect.ALLOW),
    right: (stack) => statement(stack, iam.Effect.DENY),
    detail: 'foundation-model/*',
  },
  {
    id: 'AgentCore-MD1',
    mistake: 'everything of Amazon Bedrock in the account',
    wrong: (stack) => allowed(stack, INVOKE, [`arn:aws:bedrock:${stack.region}:${stack.account}:*`]),
    right: (stack) =>
      allowed(stack, ['bedrock:ListFoundationModels'], [`arn:aws:bedrock:${stack.region}:${stack.account}:*`]),
    detail: '*',
  },
  {
    id: 'AgentCore-MD2',
    mistake: 'a foundation model past its profile',
    wrong: (stack) => allowed(stack, INVOKE, [PROFILE, MODEL]),
    right: (stack) => {
      const role = allowed(stack, INVOKE, [PROFILE]);
      role.addToPolicy(
        new iam.PolicyStatement({
          actions: INVOKE,
          resources: [MODEL],
          conditions: { StringEquals: { 'bedrock:InferenceProfileArn': PROFILE } },
        }),
      );
    },
    detail: 'foundation-model/anthropic.claude-sonnet-5-5',
  },
  {
    id: 'AgentCore-AC1',
    mistake: 'an action of AgentCore on everything',
    wrong: (stack) => allowed(stack, ['bedrock-agentcore:CreateEvent'], ['*']),
    right: (stack) => allowed(stack, ['bedrock-agentcore:ConnectBrowserAutomationStream'], ['*']),
    detail: 'bedrock-agentcore:CreateEvent',
  },
  {
    id: 'AgentCore-AC1',
    mistake: 'a pattern of actions of another service on everything',
    wrong: (stack) => allowed(stack, ['s3:Get*'], ['*']),
    right: (stack) => allowed(stack, ['s3:Get*'], ['*'], { StringEquals: { 'aws:ResourceTag/agent': 'agent' } }),
    detail: 's3:Get*',
  },
  {
    id: 'AgentCore-AC1',
    mistake: 'every action on everything',
    wrong: (stack) => allowed(stack, ['*'], ['*']),
    right: (stack) => allowed(stack, ['xray:*', 'cloudwatch:PutMetricData', 'ecr:GetAuthorizationToken'], ['*']),
    detail: '*',
  },
  {
    id: 'AgentCore-AC2',
    mistake: 'the secrets of every credential provider',
    wrong: (stack) => allowed(stack, ['secretsmanager:GetSecretValue'], [`${SECRETS}:bedrock-agentcore-identity!*`]),
    right: (stack) =>
      allowed(
        stack,
        ['secretsmanager:GetSecretValue'],
        [`${SECRETS}:bedrock-agentcore-identity!default/oauth2/github-*`],
      ),
    detail: 'secret:bedrock-agentcore-identity!*',
  },
  {
    id: 'AgentCore-AC3',
    mistake: 'every image',
    wrong: (stack) => allowed(stack, ['ecr:BatchGetImage'], ['arn:aws:ecr:eu-central-1:111122223333:repository/*']),
    right: (stack) => allowed(stack, ['ecr:BatchGetImage'], ['arn:aws:ecr:eu-central-1:111122223333:repository/agent']),
    detail: 'repository/*',
  },
  {
    id: 'AgentCore-AC4',
    mistake: 'every code interpreter',
    wrong: (stack) =>
      allowed(stack, ['bedrock-agentcore:InvokeCodeInterpreter'], [agentCoreArn(stack, 'code-interpreter-custom/*')]),
    right: (stack) =>
      allowed(
        stack,
        ['bedrock-agentcore:InvokeCodeInterpreter'],
        [agentCoreArn(stack, 'code-interpreter-custom/code-*')],
      ),
    detail: 'code-interpreter-custom/*',
  },
  {
    id: 'AgentCore-AC4',
    mistake: 'every browser of AWS',
    wrong: (stack) =>
      allowed(stack, ['bedrock-agentcore:StartBrowserSession'], ['arn:aws:bedrock-agentcore:us-east-1:aws:browser/*']),
    right: (stack) =>
      allowed(
        stack,
        ['bedrock-agentcore:StartBrowserSession'],
        ['arn:aws:bedrock-agentcore:us-east-1:aws:browser/aws.browser.v1'],
      ),
    detail: 'browser/*',
  },
  {
    id: 'AgentCore-IA1',
    mistake: 'an action that AgentCore does not have',
    wrong: (stack) => userPolicy(stack, 'bedrock-agentcore:GetWorkloadIdentityToken'),
    right: (stack) => userPolicy(stack, 'bedrock-agentcore:getWorkloadIdentity'),
    detail: 'bedrock-agentcore:GetWorkloadIdentityToken',
  },
  {
    id: 'AgentCore-IA1',
    mistake: 'a pattern that matches no action',
    wrong: (stack) => userPolicy(stack, 'bedrock-agentcore:Fetch*'),
    right: (stack) => userPolicy(stack, 'bedrock-agentcore:*Runtime'),
    detail: 'bedrock-agentcore:Fetch*',
  },
  {
    id: 'AgentCore-IA2',
    mistake: 'the prefix of the control plane client',
    wrong: (stack) => userPolicy(stack, 'bedrock-agentcore-control:GetAgentRuntime'),
    right: (stack) => userPolicy(stack, 'bedrock-agentcore:GetAgentRuntime'),
    detail: 'bedrock-agentcore-control:GetAgentRuntime',
  },
  {
    id: 'AgentCore-IA2',
    mistake: 'Converse as an action',
    wrong: (stack) => userPolicy(stack, 'bedrock:ConverseStream'),
    right: (stack) => userPolicy(stack, 'bedrock:InvokeModelWithResponseStream'),
    detail: 'bedrock:ConverseStream',
  },
];

function identity(name: string): string {
  return `arn:aws:bedrock-agentcore:eu-central-1:111122223333:workload-identity-directory/default/workload-identity/${name}`;
}

function jwtRuntime(stack: Parameters<RuleCase['wrong']>[0], action: string): void {
  const role = allowed(stack, [action], [identity('agent-*')]);
  runtime(stack, {
    roleArn: role.roleArn,
    authorizerConfiguration: {
      customJwtAuthorizer: {
        discoveryUrl: 'https://login.example.com/.well-known/openid-configuration',
        allowedClients: ['web'],
      },
    },
  });
}

/** A policy for people, who are no agents. */
function userPolicy(stack: Parameters<RuleCase['wrong']>[0], action: string): void {
  new iam.ManagedPolicy(stack, 'Callers', {
    statements: [new iam.PolicyStatement({ actions: [action], resources: ['arn:aws:s3:::bucket'] })],
  });
}

function statement(stack: Parameters<RuleCase['wrong']>[0], effect: iam.Effect): void {
  agentRole(stack).addToPolicy(
    new iam.PolicyStatement({ effect, actions: INVOKE, resources: ['arn:aws:bedrock:*::foundation-model/*'] }),
  );
}
