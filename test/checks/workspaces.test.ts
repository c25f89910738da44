import { aws_iam as iam, aws_s3 as s3, CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import { AgentRuntime, BucketAccess, CodeInterpreterTool, UserRole, WorkspaceBucket } from '../../lib';
import { testImage } from '../support/stack';
import { findingsIn, lines, violationsOf, withApp } from './support/checked-app';
import { agentRole, allowed } from './support/resources';

const ARN = 'arn:aws:s3:::our-workspaces';
/** Stands in a policy for the user of a session. */
const OF_SESSION = '${aws:PrincipalTag/userId}';
const GET = ['s3:GetObject'];
const LIST = ['s3:ListBucket'];

/** What the rule about workspaces finds in a stack. */
const foundIn = (build: (stack: Stack) => void): string[] =>
  findingsIn(build).filter((line) => line.startsWith('AgentCore-BK3'));

/** A bucket of another app, in which another role reaches one user at a time. */
function bucketOfAnotherApp(stack: Stack): void {
  new iam.ManagedPolicy(stack, 'OneUser', {
    statements: [new iam.PolicyStatement({ actions: GET, resources: [`${ARN}/workspaces/${OF_SESSION}/*`] })],
  });
}

describe('a bucket of workspaces', () => {
  it('is kept from an agent that it was granted to past the construct', () => {
    const found = foundIn((stack) => {
      const agent = new AgentRuntime(stack, 'Agent', { image: testImage() });
      new WorkspaceBucket(stack, 'Workspace').bucket.grantRead(agent);
    });
    expect(found).toEqual([
      'AgentCore-BK3[<WorkspaceBucket1A82A213.Arn>/*] Test/Agent/ExecutionPermissions/Grants/Resource',
      'AgentCore-BK3[<WorkspaceBucket1A82A213.Arn>] Test/Agent/ExecutionPermissions/Grants/Resource',
    ]);
  });

  it('is kept from the code in an interpreter', () => {
    const found = foundIn((stack) => {
      const { bucket } = new WorkspaceBucket(stack, 'Workspace');
      const bucketAccess = [BucketAccess.read(bucket, 'datasets/')];
      const { role } = new CodeInterpreterTool(stack, 'Interpreter', { bucketAccess });
      if (role !== undefined) bucket.grantPut(role, 'downloads/*');
    });
    expect(found).toEqual([
      'AgentCore-BK3[<WorkspaceBucket1A82A213.Arn>/downloads/*] Test/Interpreter/Role/Role/DefaultPolicy/Resource',
    ]);
  });

  it('is open to its agent for one user at a time, to functions, and with other folders to an interpreter', () => {
    const found = foundIn((stack) => {
      const workspace = new WorkspaceBucket(stack, 'Workspace');
      const bucketAccess = [BucketAccess.readWrite(workspace.bucket, 'datasets/')];
      const interpreter = new CodeInterpreterTool(stack, 'Interpreter', { bucketAccess });
      const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [workspace, interpreter] });
      workspace.grantRead(
        new iam.Role(stack, 'Function', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }),
      );
      expect(UserRole.of(agent).hasPolicy('Workspace')).toBe(true);
    });
    expect(found).toEqual([]);
  });

  it('is known in another stack, and in the parent of a nested stack', () => {
    withApp((app) => {
      const storage = new Stack(app, 'Storage');
      const { bucket } = new WorkspaceBucket(storage, 'Workspace');
      bucket.grantDelete(agentRole(new Stack(app, 'Agents')));
      bucket.grantDelete(agentRole(new NestedStack(storage, 'Nested')));
      expect(lines(violationsOf(app)).map((line) => line.replace(/<.*>/, '<…>'))).toEqual([
        'AgentCore-BK3[<…>/*] Agents/Role/DefaultPolicy/Resource',
        'AgentCore-BK3[<…>/*] Storage/Nested/Role/DefaultPolicy/Resource',
      ]);
    });
  });

  it('is known by the role that reaches one user at a time in it, where the app defines it otherwise', () => {
    const found = foundIn((stack) => {
      const bucket = new s3.Bucket(stack, 'Bucket');
      const workspace = WorkspaceBucket.fromBucket(stack, 'Workspace', bucket);
      new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [workspace] });
      bucket.grantDelete(agentRole(stack));
    });
    expect(found).toEqual(['AgentCore-BK3[<Bucket83908E77.Arn>/*] Test/Role/DefaultPolicy/Resource']);
  });

  it.each<readonly [form: string, resource: unknown]>([
    ['Fn::Sub with an attribute', { 'Fn::Sub': '${Bucket.Arn}/workspaces/*' }],
    ['Fn::Sub with a name', { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${Bucket}/*' }],
    ['Fn::Sub with a variable', { 'Fn::Sub': ['arn:aws:s3:::${Own}/*', { Own: { Ref: 'Bucket' } }] }],
    ['Fn::Join with a name', { 'Fn::Join': ['', ['arn:aws:s3:::', { Ref: 'Bucket' }, '/work*']] }],
    ['an attribute with a wildcard at its end', { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, '*']] }],
  ])('is known behind %s', (_, resource) => {
    const found = foundIn((stack) => {
      const { bucket } = new WorkspaceBucket(stack, 'Workspace');
      (bucket.node.defaultChild as s3.CfnBucket).overrideLogicalId('Bucket');
      policyOf(stack, resource);
    });
    expect(found).toHaveLength(1);
  });

  it.each<readonly [form: string, resource: unknown]>([
    ['Fn::Sub for another folder', { 'Fn::Sub': '${Bucket.Arn}/datasets/*' }],
    ['Fn::Sub for another bucket', { 'Fn::Sub': 'arn:aws:s3:::other/${Bucket}/*' }],
    ['a folder that only the deployment knows', { 'Fn::Sub': '${Bucket.Arn}/${Folder}/*' }],
    ['a bucket that only the deployment knows', { 'Fn::Sub': '${Other}/*' }],
    ['something else than Amazon S3', 'arn:aws:dynamodb:*:*:*'],
    ['what makes no sense', { Statement: [] }],
  ])('is not taken for %s', (_, resource) => {
    const found = foundIn((stack) => {
      const { bucket } = new WorkspaceBucket(stack, 'Workspace');
      (bucket.node.defaultChild as s3.CfnBucket).overrideLogicalId('Bucket');
      policyOf(stack, resource);
    });
    expect(found).toEqual([]);
  });
});

describe('a bucket of another app in which a role reaches one user at a time', () => {
  it.each<readonly [actions: string[], resource: string]>([
    [GET, `${ARN}/*`],
    [['s3:*'], `${ARN}/workspaces/*`],
    [['*'], `${ARN}*`],
    [['s3:Get*'], 'arn:aws:s3:::*'],
    [['s3:PutObject'], 'arn:aws:s3:::our-*/downloads/ada/*'],
    [['s3:DeleteObject'], 'arn:*:s3:::our-workspace?/workspaces/a'],
    [['s3:GetObjectVersion'], `${ARN}/w*/main`],
    [GET, `${ARN}/?orkspaces/*`],
    [GET, 'arn:aws:*:*:*:our-workspaces/*'],
    [GET, `${ARN}/workspaces/${OF_SESSION}*`],
    [GET, `${ARN}/w*/${OF_SESSION}/*`],
    [LIST, ARN],
    [['s3:List*'], 'arn:aws:s3:::our-*'],
  ])('is kept from a role of AgentCore that is allowed %j on %s', (actions, resource) => {
    const found = foundIn((stack) => {
      bucketOfAnotherApp(stack);
      allowed(stack, actions, [resource]);
    });
    expect(found).toEqual([expect.stringMatching(/^AgentCore-BK3\[.*\] Test\/Role\/DefaultPolicy\/Resource$/)]);
  });

  it.each<readonly [actions: string[], resource: string]>([
    [GET, `${ARN}/datasets/*`],
    [GET, `${ARN}/workspaces`],
    [GET, `${ARN}/data*s/a`],
    [GET, `${ARN}-2/workspaces/*`],
    [GET, 'arn:aws:s3:::other*/workspaces/*'],
    [GET, ARN],
    [LIST, `${ARN}/workspaces/*`],
    [['s3:GetBucketLocation'], ARN],
    [['dynamodb:GetItem'], `${ARN}/workspaces/*`],
    [GET, `${ARN}/workspaces/${OF_SESSION}/*`],
    [['s3:PutObject'], `${ARN}/downloads/${OF_SESSION}/main`],
  ])('is out of reach for a role that is allowed %j on %s', (actions, resource) => {
    const found = foundIn((stack) => {
      bucketOfAnotherApp(stack);
      allowed(stack, actions, [resource]);
    });
    expect(found).toEqual([]);
  });

  it.each<readonly [prefix: string | string[], isFound: boolean]>([
    ['datasets/*', false],
    [['datasets/', 'workspace/'], false],
    ['', true],
    ['work', true],
    ['workspaces/ada/*', true],
    [[`workspaces/${OF_SESSION}/*`, `downloads/${OF_SESSION}/`], false],
    [`workspaces/${OF_SESSION}`, true],
    [['datasets/*', 'down*'], true],
    ['*', true],
  ])('has its keys listed with the prefix %j or not', (prefix, isFound) => {
    const found = foundIn((stack) => {
      bucketOfAnotherApp(stack);
      allowed(stack, LIST, [ARN], { StringLike: { 's3:prefix': prefix } });
    });
    expect(found).toEqual(isFound ? ['AgentCore-BK3[our-workspaces] Test/Role/DefaultPolicy/Resource'] : []);
  });

  it('is silent about what is denied, and about roles that AgentCore does not take on', () => {
    const found = foundIn((stack) => {
      bucketOfAnotherApp(stack);
      agentRole(stack).addToPolicy(
        new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: GET, resources: [`${ARN}/*`] }),
      );
      new iam.Role(stack, 'Function', {
        assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      }).addToPolicy(new iam.PolicyStatement({ actions: GET, resources: [`${ARN}/*`] }));
    });
    expect(found).toEqual([]);
  });
});

/** A policy of a role of AgentCore, as a template written by hand has it. */
function policyOf(stack: Stack, resource: unknown): void {
  const policy = new CfnResource(stack, 'Policy', { type: 'AWS::IAM::Policy' });
  policy.addOverride('Properties', {
    PolicyName: 'reads',
    Roles: [stack.resolve(agentRole(stack).roleName) as unknown],
    PolicyDocument: { Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: resource } },
  });
}
