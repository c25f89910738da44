import { aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import {
  AgentApi,
  AgentRuntime,
  AgentUserPool,
  GitHubConnection,
  SessionTable,
  UserIdentityPool,
  WorkspaceBucket,
} from '../../lib';
import { evaluate, evaluateTrust, rolePolicies, type RolePolicies } from '../../lib/testing';
import { ACCOUNT, resolvedTemplate, testImage, testStack } from '../support/stack';

const stack = testStack();
const users = new AgentUserPool(stack, 'Users', { webOrigins: ['https://agent.example.com'], commandLineClient: {} });
const sessions = new SessionTable(stack, 'Sessions');
const workspace = new WorkspaceBucket(stack, 'Workspace');
const github = new GitHubConnection(stack, 'GitHub', {
  clientId: 'Iv1.0123456789abcdef',
  clientSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'github'),
  returnUrl: 'https://agent.example.com/oauth/return',
});
const agent = new AgentRuntime(stack, 'Agent', {
  image: testImage(),
  authorizer: users.authorizer(),
  capabilities: [new UserIdentityPool(stack, 'Identities', { users }), sessions, workspace, github],
});
new AgentApi(stack, 'Api', { agent, users, sessions, workspace, linkedAccounts: [github] });

const template = resolvedTemplate(stack, {
  standIn: ({ logicalId }, attribute) => `${logicalId}-${attribute ?? 'Ref'}`,
});
const roleOf = (path: string): RolePolicies => {
  const [role] = template.resourcesOfType('AWS::IAM::Role').filter(({ logicalId }) => logicalId.startsWith(path));
  return rolePolicies(template, role?.logicalId ?? path);
};
const handler = roleOf('ApiFunction');
const user = roleOf('AgentUserRole');
const execution = roleOf('AgentExecutionRole');

function assumes(caller: RolePolicies): boolean {
  const context = { 'aws:RequestTag/userId': 'ada', 'aws:TagKeys': ['userId'] };
  const session = `arn:aws:sts::${ACCOUNT}:assumed-role/${caller.roleName}/session`;
  return ['sts:AssumeRole', 'sts:TagSession'].every(
    (action) =>
      evaluate(caller, { action, resource: user.roleArn, context }).allowed &&
      evaluateTrust(user.trustPolicy, { aws: session }, action, context).allowed,
  );
}

test('with credentials from an identity pool the API reaches users’ data still, and the agent does not by itself', () => {
  expect([assumes(handler), assumes(execution)]).toEqual([true, false]);
});

test('the API accepts the clients of the user pool, and no machine', () => {
  const [authorizer] = template.resourcesOfType('AWS::ApiGatewayV2::Authorizer');
  const clients = template
    .resourcesOfType('AWS::Cognito::UserPoolClient')
    .map(({ logicalId }) => template.ref(logicalId))
    .sort();
  expect((authorizer?.properties.JwtConfiguration as { Audience: string[] }).Audience.sort()).toEqual(clients);
  const [handlerFunction] = template
    .resourcesOfType('AWS::Lambda::Function')
    .filter(({ logicalId }) => logicalId.startsWith('Api'));
  const { Variables } = handlerFunction?.properties.Environment as { Variables: Record<string, string> };
  expect(Variables.API_CLIENT_IDS?.split(',').sort()).toEqual(clients);
});

test('the API completes links of this provider, and gets no token', () => {
  const statements = handler.identityPolicies.flatMap(({ Statement }) => Statement);
  const actions = statements.flatMap(({ Action }) => Action ?? []).filter((action) => /agentcore|secret/.test(action));
  expect(actions).toContain('bedrock-agentcore:CompleteResourceTokenAuth');
  expect(actions.filter((action) => action !== 'bedrock-agentcore:CompleteResourceTokenAuth')).toEqual([]);
  expect(statements.flatMap(({ Resource }) => Resource)).not.toContain('*');
});

describe('accounts that the agent has users link', () => {
  const warnings = (parts: { readonly agent: boolean; readonly api: boolean }) => {
    const own = testStack();
    const pool = new AgentUserPool(own, 'Users', { webOrigins: ['https://agent.example.com'] });
    const account = new GitHubConnection(own, 'GitHub', {
      clientId: 'Iv1.0123456789abcdef',
      clientSecret: secretsmanager.Secret.fromSecretNameV2(own, 'Secret', 'github'),
      returnUrl: 'https://agent.example.com/oauth/return',
    });
    const given = { sessions: new SessionTable(own, 'Sessions'), workspace: new WorkspaceBucket(own, 'Workspace') };
    const runtime = new AgentRuntime(own, 'Agent', {
      image: testImage(),
      authorizer: pool.authorizer(),
      capabilities: [given.sessions, given.workspace, ...(parts.agent ? [account] : [])],
    });
    const linkedAccounts = parts.api ? [account] : [];
    new AgentApi(own, 'Api', { agent: runtime, users: pool, ...given, linkedAccounts });
    return Annotations.fromStack(own)
      .findWarning('/Test/Api', Match.stringLikeRegexp('link'))
      .map(({ entry }) => /no account is ever linked|nobody begins to link/.exec(String(entry.data))?.[0]);
  };

  test('are those of the API, and nothing is warned of', () => {
    expect(warnings({ agent: true, api: true })).toEqual([]);
    expect(warnings({ agent: false, api: false })).toEqual([]);
  });

  test('are warned of where the API does not end what the agent begins', () => {
    expect(warnings({ agent: true, api: false })).toEqual(['no account is ever linked']);
  });

  test('are warned of where the agent does not begin what the API ends', () => {
    expect(warnings({ agent: false, api: true })).toEqual(['nobody begins to link']);
  });
});
