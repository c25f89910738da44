import { aws_dynamodb as dynamodb, aws_iam as iam, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentRuntime, type AgentRuntimeProps } from '../../lib';
import type { PolicyDocumentJson } from '../../lib/testing';
import { ACCOUNT, executionRole, resolvedTemplate, testImage, testStack } from '../support/stack';

const ARN = `arn:aws:iam::${ACCOUNT}:role/platform/agent`;

/** A stack with an agent called `support` and a grant to it. */
function agentWith(role: ((stack: Stack) => iam.IRole) | undefined, props: Partial<AgentRuntimeProps> = {}) {
  const stack = testStack();
  const brought = role === undefined ? {} : { role: role(stack) };
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'support', ...brought, ...props });
  const table = new dynamodb.TableV2(stack, 'Table', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
  });
  return { stack, agent, table, ...brought };
}

const imported = (stack: Stack) => iam.Role.fromRoleArn(stack, 'Role', ARN);
const ofTheApp = (stack: Stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
const policies = (stack: Stack) =>
  Object.values(Template.fromStack(stack).toJSON().Resources as Record<string, { Type: string }>).filter(({ Type }) =>
    /^AWS::IAM::(ManagedPolicy|Policy|RolePolicy)$/.test(Type),
  );

describe.each([
  ['imported', imported],
  ['made by the app', ofTheApp],
])('a role that is %s', (_, role) => {
  test('runs the agent, and stays as it is', () => {
    const { stack, agent, table } = agentWith(role);
    table.grantReadData(agent);
    expect(policies(stack)).toEqual([]);

    const alone = testStack();
    role(alone);
    const roles = (of: Stack) => Template.fromStack(of).findResources('AWS::IAM::Role');
    expect(roles(stack)).toEqual(roles(alone));
  });

  test('is told where the list of permissions is', () => {
    const { stack } = agentWith(role);
    Annotations.fromStack(stack).hasInfo('/Test/Agent', Match.stringLikeRegexp('requiredPermissions.*requiredTrust'));
  });

  test('gets grants into the list, those after the list was asked for included', () => {
    const { stack, agent, table } = agentWith(role);
    const before = agent.requiredPermissions;
    const grant = table.grantReadData(agent);
    expect(grant.success).toBe(true);
    for (const document of [before, agent.requiredPermissions]) {
      expect(JSON.stringify(stack.resolve(document))).toContain('dynamodb:GetItem');
    }
  });
});

test('the runtime has the ARN of the role that was brought', () => {
  const { stack } = agentWith(imported);
  Template.fromStack(stack).hasResourceProperties('AWS::BedrockAgentCore::Runtime', { RoleArn: ARN });
});

test('a role with the listed permissions decides as the role of the agent does', () => {
  const own = agentWith(undefined);
  own.table.grantReadData(own.agent);

  const brought = agentWith(ofTheApp);
  new iam.ManagedPolicy(brought.stack, 'Policy', {
    document: brought.agent.requiredPermissions,
    roles: brought.role === undefined ? [] : [brought.role],
  });
  brought.table.grantReadData(brought.agent);

  const statements = (stack: Stack) =>
    executionRole(resolvedTemplate(stack))
      .identityPolicies.flatMap(({ Statement }) => Statement)
      .map((statement) => JSON.stringify(statement))
      .sort();
  expect(statements(brought.stack)).toEqual(statements(own.stack));
  expect(statements(own.stack).length).toBeGreaterThan(8);
});

describe('the lists of an agent with a role of its own', () => {
  const { stack, agent, table } = agentWith(undefined);
  const { requiredPermissions } = agent;
  table.grantReadData(agent);
  const role = executionRole(resolvedTemplate(stack));
  const resolved = (document: iam.PolicyDocument) =>
    resolvedTemplate(stack).resolve(stack.resolve(document)) as PolicyDocumentJson;

  test('are what the role allows', () => {
    const attached = role.identityPolicies.flatMap(({ Statement }) => Statement);
    expect(new Set(resolved(requiredPermissions).Statement)).toEqual(new Set(attached));
  });

  test('are what the role trusts', () => {
    expect(resolved(agent.requiredTrust)).toEqual(role.trustPolicy);
  });

  test('can be printed', () => {
    const text = resolvedTemplate(stack).resolve(stack.resolve(stack.toJsonString(agent.requiredPermissions)));
    expect(JSON.parse(String(text))).toEqual(resolved(agent.requiredPermissions));
  });

  test('do not change with what somebody adds to them', () => {
    requiredPermissions.addStatements(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
    expect(JSON.stringify(resolved(agent.requiredPermissions))).not.toContain('s3:*');
    expect(JSON.stringify(executionRole(resolvedTemplate(stack)).identityPolicies)).not.toContain('s3:*');
  });
});
