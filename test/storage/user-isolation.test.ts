import { aws_kms as kms, aws_s3 as s3 } from 'aws-cdk-lib';
import { userKeyOf } from '../../agent-image/src/caller.ts';
import { AgentRuntime, WorkspaceBucket } from '../../lib';
import { evaluate, evaluateTrust, rolePolicies, type RequestContext, type RolePolicies } from '../../lib/testing';
import { ACCOUNT, REGION, resolvedTemplate, testImage, testStack } from '../support/stack';

const stack = testStack();
const encryptionKey = new kms.Key(stack, 'Key');
const workspace = new WorkspaceBucket(stack, 'Workspace', { encryptionKey });
new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [workspace] });
new AgentRuntime(stack, 'Other', { image: testImage(), capabilities: [workspace] });
const other = new s3.Bucket(stack, 'OtherBucket');

const template = resolvedTemplate(stack);
const BUCKET = stack.resolve(workspace.bucket.bucketArn) as unknown;
const BUCKET_ARN = String(template.resolve(BUCKET));
const KEY_ARN = String(template.resolve(stack.resolve(encryptionKey.keyArn)));
const OTHER_ARN = String(template.resolve(stack.resolve(other.bucketArn)));

const roleOf = (path: string): RolePolicies => {
  const [role] = template.resourcesOfType('AWS::IAM::Role').filter(({ logicalId }) => logicalId.startsWith(path));
  return rolePolicies(template, role?.logicalId ?? path);
};
const execution = roleOf('AgentExecutionRole');
const user = roleOf('AgentUserRole');
const otherExecution = roleOf('OtherExecutionRole');

/** What AWS STS makes of a request for credentials with these tags: both actions, both sides. */
function assume(
  caller: RolePolicies,
  tags: Readonly<Record<string, string>>,
  transitive: readonly string[] = [],
): boolean {
  const keys = Object.keys(tags);
  const context: RequestContext = {
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length === 0 ? {} : { 'aws:TagKeys': keys }),
    ...(transitive.length === 0 ? {} : { 'sts:TransitiveTagKeys': transitive }),
  };
  const session = `arn:aws:sts::${ACCOUNT}:assumed-role/${caller.roleName}/session`;
  return ['sts:AssumeRole', ...(keys.length === 0 ? [] : ['sts:TagSession'])].every(
    (action) =>
      evaluate(caller, { action, resource: user.roleArn, context }).allowed &&
      evaluateTrust(user.trustPolicy, { aws: session }, action, context).allowed,
  );
}

const OBJECT_ACTIONS = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'];

/** What a principal with this tag (none where undefined) may do below a prefix: every way to touch an object, and to list. */
function reach(role: RolePolicies, userId: string | undefined, prefix: string): Record<string, boolean> {
  const tag: RequestContext = userId === undefined ? {} : { 'aws:PrincipalTag/userId': userId };
  const decide = (action: string, resource: string, context: RequestContext = {}) =>
    evaluate(role, { action, resource, context: { ...tag, ...context } }).allowed;
  return Object.fromEntries([
    ...OBJECT_ACTIONS.map((action) => [action, decide(action, `${BUCKET_ARN}/${prefix}file`)]),
    ['s3:ListBucket', decide('s3:ListBucket', BUCKET_ARN, { 's3:prefix': prefix })],
  ]) as Record<string, boolean>;
}

const ACTIONS = [...OBJECT_ACTIONS, 's3:ListBucket'];
const everything = Object.fromEntries(ACTIONS.map((action) => [action, true]));
const nothing = Object.fromEntries(ACTIONS.map((action) => [action, false]));

describe('a session for ada', () => {
  test('lists, reads, writes and deletes what is hers', () => {
    expect(reach(user, 'ada', 'workspaces/ada/')).toEqual(everything);
    expect(reach(user, 'ada', 'workspaces/ada/main/pack/')).toEqual(everything);
  });

  test.each([
    'workspaces/bob/',
    'workspaces/adam/',
    'workspaces/ad/',
    'workspaces/Ada/',
    'workspaces//',
    'workspaces/',
    'workspaces',
    'workspaces/*/',
    'workspaces/bob/../ada/',
    'ada/',
    '/workspaces/ada/',
    '',
  ])('reaches nothing below "%s"', (prefix) => {
    expect(reach(user, 'ada', prefix)).toEqual(nothing);
  });

  test('cannot list without a prefix, nor see or delete old versions, nor change the bucket, nor reach another', () => {
    const context = { 'aws:PrincipalTag/userId': 'ada' };
    const allowed = (action: string, resource: string) => evaluate(user, { action, resource, context }).allowed;
    expect(allowed('s3:ListBucket', BUCKET_ARN)).toBe(false);
    for (const action of ['s3:ListBucketVersions', 's3:PutBucketPolicy', 's3:PutLifecycleConfiguration']) {
      expect([action, allowed(action, BUCKET_ARN)]).toEqual([action, false]);
    }
    for (const action of ['s3:DeleteObjectVersion', 's3:GetObjectVersion', 's3:PutObjectAcl', 's3:PutObjectTagging']) {
      expect([action, allowed(action, `${BUCKET_ARN}/workspaces/ada/file`)]).toEqual([action, false]);
    }
    expect(allowed('s3:GetObject', `${OTHER_ARN}/workspaces/ada/file`)).toBe(false);
  });
});

describe('a user key that could stand for somebody else', () => {
  const TRICKY = ['ada/../bob', '../bob', 'bob/x', '*', '?', 'ad?', '', '.', '..', 'Jürgen', 'ada\n', 'a'.repeat(300)];

  test.each(['ada/../bob', '../bob', 'bob/x', '*', 'a*', '?', 'ad?', '', '.', '..'])(
    '"%s" gets no session from a role that it is passed to as it is',
    (userId) => {
      expect(assume(execution, { userId })).toBe(false);
    },
  );

  test.each(TRICKY)('%j is encoded by the agent, and reaches what is its own and nothing of ada or bob', (subject) => {
    const userKey = userKeyOf('https://id.example.com', subject);
    expect(userKey).toMatch(/^[A-Za-z0-9_.:=+@-]{1,128}$/);
    expect(assume(execution, { userId: userKey })).toBe(true);
    expect(reach(user, userKey, `workspaces/${userKey}/`)).toEqual(everything);
    for (const victim of ['ada', 'bob', '']) expect(reach(user, userKey, `workspaces/${victim}/`)).toEqual(nothing);
  });

  test.each(TRICKY)('%j would reach nothing of ada or bob if it came through', (userId) => {
    for (const victim of ['ada', 'bob', 'a']) expect(reach(user, userId, `workspaces/${victim}/`)).toEqual(nothing);
  });

  test('a session without a user, or with an empty one, may do nothing at all', () => {
    for (const prefix of ['workspaces/', 'workspaces//', 'workspaces/ada/', '']) {
      expect(reach(user, undefined, prefix)).toEqual(nothing);
      expect(reach(user, '', prefix)).toEqual(nothing);
    }
    const denied = evaluate(user, { action: 'dynamodb:GetItem', resource: '*' });
    expect(denied.decision).toBe('explicitDeny');
  });
});

describe('the user-scoped role', () => {
  test('is taken on by its agent for one user', () => {
    expect(assume(execution, { userId: 'ada' })).toBe(true);
  });

  test.each<[string, Record<string, string>, string[]]>([
    ['without a tag', {}, []],
    ['with another tag besides', { userId: 'ada', team: 'x' }, []],
    ['with another tag only', { team: 'x' }, []],
    ['with a tag in another spelling', { UserID: 'ada' }, []],
    ['with a tag that goes on to further roles', { userId: 'ada' }, ['userId']],
  ])('is not taken on %s', (_, tags, transitive) => {
    expect(assume(execution, tags, transitive)).toBe(false);
  });

  test('is refused by each side alone', () => {
    const context = { 'aws:RequestTag/userId': '', 'aws:TagKeys': ['userId'] };
    for (const action of ['sts:AssumeRole', 'sts:TagSession']) {
      expect(evaluate(execution, { action, resource: user.roleArn, context }).allowed).toBe(false);
      expect(evaluateTrust(user.trustPolicy, { aws: execution.roleArn }, action, context).allowed).toBe(false);
    }
  });

  test('is not taken on where a user is named and the keys of the tags are not', () => {
    const context = { 'aws:RequestTag/userId': 'ada' };
    for (const action of ['sts:AssumeRole', 'sts:TagSession']) {
      expect(evaluate(execution, { action, resource: user.roleArn, context }).allowed).toBe(false);
      expect(evaluateTrust(user.trustPolicy, { aws: execution.roleArn }, action, context).allowed).toBe(false);
    }
  });

  test('is not taken on by the role of another agent, by another role of the account, or by a service', () => {
    expect(assume(otherExecution, { userId: 'ada' })).toBe(false);
    const context = { 'aws:RequestTag/userId': 'ada', 'aws:TagKeys': ['userId'] };
    for (const caller of [
      { aws: otherExecution.roleArn },
      { aws: `arn:aws:iam::${ACCOUNT}:role/Admin` },
      { service: 'bedrock-agentcore.amazonaws.com' },
    ]) {
      expect(evaluateTrust(user.trustPolicy, caller, 'sts:AssumeRole', context).allowed).toBe(false);
    }
  });

  test('cannot take on itself or another role', () => {
    const context = { 'aws:PrincipalTag/userId': 'ada', 'aws:RequestTag/userId': 'bob', 'aws:TagKeys': ['userId'] };
    for (const resource of [user.roleArn, roleOf('OtherUserRole').roleArn]) {
      expect(evaluate(user, { action: 'sts:AssumeRole', resource, context }).allowed).toBe(false);
    }
  });

  test('uses the key through Amazon S3 for this bucket only', () => {
    const allowed = (action: string, context: RequestContext) =>
      evaluate(user, {
        action,
        resource: KEY_ARN,
        context: {
          'aws:PrincipalTag/userId': 'ada',
          'kms:ViaService': `s3.${REGION}.amazonaws.com`,
          'kms:EncryptionContext:aws:s3:arn': BUCKET_ARN,
          ...context,
        },
      }).allowed;
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) {
      expect(allowed(action, {})).toBe(true);
      expect(allowed(action, { 'kms:EncryptionContext:aws:s3:arn': `${BUCKET_ARN}/workspaces/ada/f` })).toBe(true);
      expect(allowed(action, { 'kms:EncryptionContext:aws:s3:arn': `${BUCKET_ARN}/workspaces/bob/f` })).toBe(false);
      expect(allowed(action, { 'kms:EncryptionContext:aws:s3:arn': OTHER_ARN })).toBe(false);
      expect(allowed(action, { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` })).toBe(false);
    }
    expect(allowed('kms:ScheduleKeyDeletion', {})).toBe(false);
  });
});

test('the execution role reaches no object and no key, whatever tag it has', () => {
  for (const userId of [undefined, 'ada', '*']) {
    for (const prefix of ['workspaces/ada/', 'workspaces/', '']) {
      expect(reach(execution, userId, prefix)).toEqual(nothing);
    }
  }
  const context = { 'kms:ViaService': `s3.${REGION}.amazonaws.com`, 'kms:EncryptionContext:aws:s3:arn': BUCKET_ARN };
  expect(evaluate(execution, { action: 'kms:Decrypt', resource: KEY_ARN, context }).allowed).toBe(false);
});

test('the execution role of an agent takes on no role but its own user-scoped one', () => {
  const context = { 'aws:RequestTag/userId': 'ada', 'aws:TagKeys': ['userId'] };
  for (const resource of [roleOf('OtherUserRole').roleArn, `arn:aws:iam::${ACCOUNT}:role/Admin`]) {
    expect(evaluate(execution, { action: 'sts:AssumeRole', resource, context }).allowed).toBe(false);
  }
});
