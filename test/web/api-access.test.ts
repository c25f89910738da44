import { aws_iam as iam } from 'aws-cdk-lib';
import { AgentApi, AgentRuntime, SessionTable, WorkspaceBucket } from '../../lib';
import { evaluate, evaluateTrust, rolePolicies, type RequestContext, type RolePolicies } from '../../lib/testing';
import { ACCOUNT, REGION, resolvedTemplate, testImage, testStack } from '../support/stack';

const stack = testStack();
const sessions = new SessionTable(stack, 'Sessions');
const workspace = new WorkspaceBucket(stack, 'Workspace');
const capabilities = [sessions, workspace];
const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities });
new AgentRuntime(stack, 'Other', { image: testImage(), capabilities });
const COMPLETE = 'bedrock-agentcore:CompleteResourceTokenAuth';
const VAULT = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:token-vault/default`;
const users = { issuerUrl: 'https://id.example.com', userClientIds: ['web'] };
const linkedAccounts = [
  {
    grantComplete: (grantee: iam.IGrantable) =>
      iam.Grant.addToPrincipal({ grantee, actions: [COMPLETE], resourceArns: [VAULT] }),
  },
];
new AgentApi(stack, 'Api', { agent, users, sessions, workspace, linkedAccounts });

const template = resolvedTemplate(stack);
const physical = (value: string) => String(template.resolve(stack.resolve(value)));
const TABLE = physical(sessions.table.tableArn);
const INDEX = `${TABLE}/index/byLastUse`;
const BUCKET = physical(workspace.bucket.bucketArn);

const roleOf = (path: string): RolePolicies => {
  const [role] = template.resourcesOfType('AWS::IAM::Role').filter(({ logicalId }) => logicalId.startsWith(path));
  return rolePolicies(template, role?.logicalId ?? path);
};
const handler = roleOf('ApiFunction');
const user = roleOf('AgentUserRole');
const execution = roleOf('AgentExecutionRole');

/** Whether AWS STS gives `caller` the role for these tags: both actions, both sides. */
function assumes(caller: RolePolicies, role: RolePolicies, tags: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(tags);
  const context: RequestContext = {
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length > 0 && { 'aws:TagKeys': keys }),
  };
  const session = `arn:aws:sts::${ACCOUNT}:assumed-role/${caller.roleName}/session`;
  return ['sts:AssumeRole', ...(keys.length > 0 ? ['sts:TagSession'] : [])].every(
    (action) =>
      evaluate(caller, { action, resource: role.roleArn, context }).allowed &&
      evaluateTrust(role.trustPolicy, { aws: session }, action, context).allowed,
  );
}

const reaches = (
  role: RolePolicies,
  userId: string | undefined,
  action: string,
  resource: string,
  more: RequestContext,
) =>
  evaluate(role, { action, resource, context: { ...(userId && { 'aws:PrincipalTag/userId': userId }), ...more } })
    .allowed;

/** Everything that the function asks of AWS for one user. */
const CALLS: readonly [string, string, (userKey: string) => RequestContext | string][] = [
  ['dynamodb:Query', INDEX, (userKey) => ({ 'dynamodb:LeadingKeys': [`USER#${userKey}`] })],
  ['dynamodb:GetItem', TABLE, (userKey) => ({ 'dynamodb:LeadingKeys': [`USER#${userKey}`] })],
  ['dynamodb:UpdateItem', TABLE, (userKey) => ({ 'dynamodb:LeadingKeys': [`USER#${userKey}`] })],
  ['dynamodb:DeleteItem', TABLE, (userKey) => ({ 'dynamodb:LeadingKeys': [`USER#${userKey}`] })],
  ['s3:ListBucket', BUCKET, (userKey) => ({ 's3:prefix': `workspaces/${userKey}/w/` })],
  ['s3:ListBucket', BUCKET, (userKey) => ({ 's3:prefix': `downloads/${userKey}/w/` })],
  ['s3:GetObject', BUCKET, (userKey) => `workspaces/${userKey}/w/HEAD`],
  ['s3:DeleteObject', BUCKET, (userKey) => `workspaces/${userKey}/w/pack/a`],
  ['s3:GetObject', BUCKET, (userKey) => `downloads/${userKey}/w/a`],
  ['s3:PutObject', BUCKET, (userKey) => `downloads/${userKey}/w/a`],
  ['s3:DeleteObject', BUCKET, (userKey) => `downloads/${userKey}/w/a`],
];

/** Whether a session for `userId` may make a call about what is `owner`'s. */
function calls(role: RolePolicies, userId: string | undefined, owner: string): Record<string, boolean> {
  return Object.fromEntries(
    CALLS.map(([action, resource, about]) => {
      const what = about(owner);
      const allowed =
        typeof what === 'string'
          ? reaches(role, userId, action, `${resource}/${what}`, {})
          : reaches(role, userId, action, resource, what);
      return [`${action} ${JSON.stringify(what)}`, allowed];
    }),
  );
}
const only = (value: boolean, owner: string) =>
  Object.fromEntries(CALLS.map(([action, , about]) => [`${action} ${JSON.stringify(about(owner))}`, value]));

describe('the function of the API', () => {
  test('takes on the user-scoped role of its agent, for one user who is named', () => {
    expect(assumes(handler, user, { userId: 'ada' })).toBe(true);
  });

  test.each<[string, Record<string, string>]>([
    ['without a user', {}],
    ['with an empty user', { userId: '' }],
    ['with a pattern for users', { userId: 'a*' }],
    ['with a path for a user', { userId: 'ada/../bob' }],
    ['with another tag besides', { userId: 'ada', team: 'x' }],
    ['with another tag', { team: 'x' }],
  ])('does not take it on %s', (_, tags) => {
    expect(assumes(handler, user, tags)).toBe(false);
  });

  test('takes on no other role, and nobody but it and the agent takes on this one', () => {
    expect(assumes(handler, roleOf('OtherUserRole'), { userId: 'ada' })).toBe(false);
    expect(assumes(execution, user, { userId: 'ada' })).toBe(true);
    expect(assumes(roleOf('OtherExecutionRole'), user, { userId: 'ada' })).toBe(false);
  });

  test('reaches no row and no object itself, whatever tag it has', () => {
    for (const userId of [undefined, 'ada', '*']) expect(calls(handler, userId, 'ada')).toEqual(only(false, 'ada'));
  });

  test('may write its log, take on the role and complete links, and nothing else', () => {
    const actions = handler.identityPolicies.flatMap(({ Statement }) =>
      Statement.flatMap(({ Action }) => Action ?? []),
    );
    expect([...new Set(actions)].sort()).toEqual([
      COMPLETE,
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sts:AssumeRole',
      'sts:TagSession',
    ]);
    const resources = handler.identityPolicies.flatMap(({ Statement }) =>
      Statement.flatMap(({ Resource }) => Resource),
    );
    expect(resources).not.toContain('*');
  });
});

describe('as ada', () => {
  test('it does all that it has to with what is ada’s', () => {
    expect(calls(user, 'ada', 'ada')).toEqual(only(true, 'ada'));
  });

  test.each(['bob', 'adam', 'ad', 'Ada', '', '*', '../ada'])('it does nothing with what is of "%s"', (owner) => {
    expect(calls(user, 'ada', owner)).toEqual(only(false, owner));
  });

  test('it neither scans nor writes over rows, nor lists without a prefix, nor reads old versions', () => {
    for (const action of ['Scan', 'PutItem', 'BatchGetItem', 'BatchWriteItem', 'TransactWriteItems', 'PartiQLSelect']) {
      const context = { 'dynamodb:LeadingKeys': ['USER#ada'] };
      expect([action, reaches(user, 'ada', `dynamodb:${action}`, TABLE, context)]).toEqual([action, false]);
    }
    expect(reaches(user, 'ada', 'dynamodb:Query', INDEX, {})).toBe(false);
    expect(reaches(user, 'ada', 's3:ListBucket', BUCKET, {})).toBe(false);
    expect(reaches(user, 'ada', 's3:GetObjectVersion', `${BUCKET}/workspaces/ada/w/HEAD`, {})).toBe(false);
  });
});

test('a session without a user does nothing at all', () => {
  for (const userId of [undefined, '']) {
    for (const owner of ['ada', '']) expect(calls(user, userId, owner)).toEqual(only(false, owner));
  }
});

test('a query that names several users is refused, although one of them asks', () => {
  const context = { 'dynamodb:LeadingKeys': ['USER#ada', 'USER#bob'] };
  expect(reaches(user, 'ada', 'dynamodb:Query', INDEX, context)).toBe(false);
});
