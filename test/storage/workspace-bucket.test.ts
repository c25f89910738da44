import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  aws_bedrockagentcore as agentcore,
  aws_iam as iam,
  aws_kms as kms,
  aws_s3 as s3,
  Duration,
  RemovalPolicy,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Construct } from 'constructs';
import {
  AgentRuntime,
  BucketAccess,
  CodeInterpreterTool,
  UserRole,
  WorkspaceBucket,
  type AgentRuntimeProps,
  type IAgent,
  type WorkspaceBucketProps,
} from '../../lib';
import { evaluate, rolePolicies } from '../../lib/testing';
import { ACCOUNT, resolvedTemplate, runtimeEnvironment, testImage, testStack } from '../support/stack';

function bucketWith(props: WorkspaceBucketProps | ((stack: Stack) => WorkspaceBucketProps) = {}) {
  const stack = testStack();
  const workspace = new WorkspaceBucket(stack, 'Workspace', typeof props === 'function' ? props(stack) : props);
  return {
    stack,
    workspace,
    /** Not before it is asked for: nothing can be defined after it. */
    get template() {
      return Template.fromStack(stack);
    },
  };
}

function agentIn(stack: Stack, props: Partial<AgentRuntimeProps> = {}): AgentRuntime {
  return new AgentRuntime(stack, 'Agent', { image: testImage(), ...props });
}

function importedRole(stack: Stack): iam.IRole {
  return iam.Role.fromRoleName(stack, 'Role', 'reader');
}

describe('the bucket', () => {
  const { template } = bucketWith();

  test('is private, owned by the account alone, versioned, and encrypted by AWS KMS with a bucket key', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
        ],
      },
    });
  });

  test('refuses whatever comes without TLS', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 's3:*',
            Principal: { AWS: '*' },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      }),
    });
  });

  test('is kept with its objects when the stack is deleted', () => {
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('lets old versions, aborted uploads and copies for downloads expire, and no other current object', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [
          {
            Id: 'OldVersions',
            Status: 'Enabled',
            NoncurrentVersionExpiration: { NoncurrentDays: 30 },
            ExpiredObjectDeleteMarker: true,
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
            ExpirationInDays: Match.absent(),
            ExpirationDate: Match.absent(),
          },
          {
            Id: 'Downloads',
            Status: 'Enabled',
            Prefix: 'downloads/',
            ExpirationInDays: 1,
            NoncurrentVersionExpiration: { NoncurrentDays: 1 },
          },
        ],
      },
    });
  });

  test('takes a key, a retention of old versions and a bucket for access logs', () => {
    const { template: other, stack } = bucketWith((scope) => ({
      encryptionKey: new kms.Key(scope, 'Key'),
      oldVersionRetention: Duration.days(7),
      accessLogsBucket: new s3.Bucket(scope, 'Logs'),
    }));
    other.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: {
                'Fn::GetAtt': [stack.getLogicalId(stack.node.findChild('Key').node.defaultChild as kms.CfnKey), 'Arn'],
              },
            },
          },
        ],
      },
      LifecycleConfiguration: {
        Rules: Match.arrayWith([Match.objectLike({ NoncurrentVersionExpiration: { NoncurrentDays: 7 } })]),
      },
      LoggingConfiguration: { LogFilePrefix: 'workspaces/', DestinationBucketName: Match.anyValue() },
    });
  });

  test('is deleted with its objects only where that is asked for', () => {
    const { template: other } = bucketWith({ removalPolicy: RemovalPolicy.DESTROY });
    other.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    other.resourceCountIs('Custom::S3AutoDeleteObjects', 1);
    template.resourceCountIs('Custom::S3AutoDeleteObjects', 0);
  });

  test.each([Duration.hours(36), Duration.days(0)])('refuses a retention of %s', (oldVersionRetention) => {
    expect(() => bucketWith({ oldVersionRetention })).toThrow(
      /^Test\/Workspace: oldVersionRetention is (1\.5|0) days; Amazon S3 counts whole days/,
    );
  });

  test('and its policy have the same logical ids in every release, whatever the properties', () => {
    for (const props of [
      {},
      { oldVersionRetention: Duration.days(1) },
      (scope: Stack) => ({ encryptionKey: new kms.Key(scope, 'Key') }),
    ]) {
      const ids = Object.entries(bucketWith(props).template.toJSON().Resources as Record<string, { Type: string }>)
        .filter(([, { Type }]) => Type.startsWith('AWS::S3'))
        .map(([id]) => id);
      expect(ids).toEqual(['WorkspaceBucket1A82A213', 'WorkspaceBucketPolicy6866B170']);
    }
  });
});

describe('an agent with a workspace', () => {
  test('is told the bucket and the role', () => {
    const stack = testStack();
    const workspace = new WorkspaceBucket(stack, 'Workspace');
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [workspace] });
    const template = resolvedTemplate(stack);
    expect(runtimeEnvironment(template)).toMatchObject({
      AGENT_WORKSPACE_BUCKET: template.resolve(stack.resolve(workspace.bucket.bucketName)),
      AGENT_USER_ROLE_ARN: template.resolve(stack.resolve(UserRole.of(agent).role.roleArn)),
    });
  });

  test('has a user-scoped role of its own, in its own stack, made once', () => {
    const app = new App();
    const workspace = new WorkspaceBucket(new Stack(app, 'Storage'), 'Workspace');
    const stack = new Stack(app, 'Agents');
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [workspace] });
    expect(UserRole.of(agent)).toBe(UserRole.of(agent));
    // The stack of the bucket knows no agent: otherwise the two stacks would wait for each other.
    expect(() => app.synth()).not.toThrow();
    const roles = Object.keys(Template.fromStack(stack).findResources('AWS::IAM::Role'));
    expect(roles).toEqual(['AgentExecutionRoleA67A0453', 'AgentUserRole941C061D']);
  });

  test('cannot have two', () => {
    const stack = testStack();
    const capabilities = ['One', 'Two'].map((id) => new WorkspaceBucket(stack, id));
    expect(() => new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities })).toThrow(
      /"AGENT_WORKSPACE_BUCKET" is set already to another value/,
    );
  });

  test('has a boundary on its user-scoped role where it has one', () => {
    class Agent extends Construct implements IAgent {
      public readonly agentName = 'agent';
      public readonly runtimeId = 'agent-1234567890';
      public readonly capabilities = [];
      public readonly role = new iam.Role(this, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
      public readonly grantPrincipal = this.role;
      public readonly permissionsBoundary = iam.ManagedPolicy.fromAwsManagedPolicyName('Boundary');
      public readonly environment: Record<string, string> = {};
      public addRequestHeader(): void {
        throw new Error('a workspace needs no header');
      }
      public addEnvironment(name: string, value: string): void {
        this.environment[name] = value;
      }
    }
    const stack = testStack();
    new WorkspaceBucket(stack, 'Workspace').bindToAgent(new Agent(stack, 'Agent'));
    const [role] = Object.values(
      Template.fromStack(stack).findResources('AWS::IAM::Role', {
        Properties: { PermissionsBoundary: Match.anyValue() },
      }),
    );
    expect(role?.Properties).toMatchObject({ Description: 'What the agent agent reaches for one user' });
  });
});

describe('a bucket that is brought', () => {
  const stack = testStack();
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1`);
  const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'our-workspaces', encryptionKey });
  const workspace = WorkspaceBucket.fromBucket(stack, 'Workspace', bucket);
  new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [workspace] });
  const template = resolvedTemplate(stack);

  test('is told to the agent and reached by its user-scoped role, its key included', () => {
    expect(runtimeEnvironment(template).AGENT_WORKSPACE_BUCKET).toBe('our-workspaces');
    const role = rolePolicies(template, 'AgentUserRole941C061D');
    const context = { 'aws:PrincipalTag/userId': 'ada' };
    const allowed = (resource: string) => evaluate(role, { action: 's3:GetObject', resource, context }).allowed;
    expect(allowed('arn:aws:s3:::our-workspaces/workspaces/ada/f')).toBe(true);
    expect(allowed('arn:aws:s3:::our-workspaces/workspaces/bob/f')).toBe(false);
    expect(
      evaluate(role, {
        action: 'kms:GenerateDataKey',
        resource: encryptionKey.keyArn,
        context: {
          ...context,
          'kms:ViaService': 's3.eu-central-1.amazonaws.com',
          'kms:EncryptionContext:aws:s3:arn': bucket.bucketArn.replace(/^.*:s3:::/, 'arn:aws:s3:::'),
        },
      }).allowed,
    ).toBe(true);
  });

  test('is not changed, and a note says what it has to be', () => {
    Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 0);
    Template.fromStack(stack).resourceCountIs('AWS::S3::BucketPolicy', 0);
    Annotations.fromStack(stack).hasInfo('/Test/Workspace', Match.stringLikeRegexp('let it be private'));
  });
});

describe('grants to a file browser', () => {
  /** What a role may do in the bucket once it was granted something. */
  function granted(grant: (workspace: WorkspaceBucket, role: iam.Role) => iam.Grant) {
    const stack = testStack();
    const role = new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
    const workspace = new WorkspaceBucket(stack, 'Workspace', { encryptionKey: new kms.Key(stack, 'Key') });
    const { success } = grant(workspace, role);
    const template = resolvedTemplate(stack);
    const bucketArn = String(template.resolve(stack.resolve(workspace.bucket.bucketArn)));
    const policies = rolePolicies(template, String(template.resolve(stack.resolve(role.roleArn))));
    const may = (action: string, key: string) =>
      evaluate(policies, {
        action,
        ...(action === 's3:ListBucket'
          ? { resource: bucketArn, context: { 's3:prefix': key } }
          : { resource: `${bucketArn}/${key}` }),
      }).allowed;
    const mayKey = (action: string) =>
      evaluate(policies, {
        action,
        resource: String(template.resolve(stack.resolve(workspace.bucket.encryptionKey?.keyArn))),
        context: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com', 'kms:EncryptionContext:aws:s3:arn': bucketArn },
      }).allowed;
    const ACTIONS = ['s3:ListBucket', 's3:GetObject', 's3:PutObject', 's3:DeleteObject'];
    return {
      success,
      of: (prefix: string) => ACTIONS.filter((action) => may(action, prefix)),
      key: ['kms:Decrypt', 'kms:GenerateDataKey'].filter(mayKey),
    };
  }

  test('allow reading, of one user', () => {
    const { success, of, key } = granted((workspace, role) => workspace.grantRead(role, 'ada'));
    expect(success).toBe(true);
    expect(of('workspaces/ada/')).toEqual(['s3:ListBucket', 's3:GetObject']);
    expect(key).toEqual(['kms:Decrypt']);
    for (const prefix of ['workspaces/bob/', 'workspaces/adam/', 'workspaces/', '']) expect(of(prefix)).toEqual([]);
  });

  test('allow reading, of all users and nothing else in the bucket', () => {
    const { of } = granted((workspace, role) => workspace.grantRead(role));
    expect(of('workspaces/bob/')).toEqual(['s3:ListBucket', 's3:GetObject']);
    for (const prefix of ['', 'other/', 'workspace/']) expect(of(prefix)).toEqual([]);
  });

  test('allow writing', () => {
    const { of, key } = granted((workspace, role) => workspace.grantReadWrite(role, 'ada'));
    expect(of('workspaces/ada/')).toEqual(['s3:ListBucket', 's3:GetObject', 's3:PutObject']);
    expect(of('workspaces/bob/')).toEqual([]);
    expect(key).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  });

  test('allow deleting, and only that', () => {
    const { of, key } = granted((workspace, role) => workspace.grantDelete(role, 'ada'));
    expect(of('workspaces/ada/')).toEqual(['s3:DeleteObject']);
    expect(key).toEqual([]);
  });

  test.each(['', '.', '..', 'ada/../bob', '*', 'a?', '${aws:username}', 'Jürgen', 'a'.repeat(129), 'ada\n'])(
    'refuse the user key %j',
    (userKey) => {
      expect(() => granted((workspace, role) => workspace.grantRead(role, userKey))).toThrow(
        /^Test\/Workspace: user key ".*" \(\d+ characters\) is not one/,
      );
    },
  );

  test('take a user key that only the deployment knows', () => {
    const { stack, workspace } = bucketWith();
    const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
    workspace.grantRead(reader, new iam.User(stack, 'Ada').userName);
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toContain('/workspaces/');
  });

  describe.each<readonly [what: string, path: string, granteeIn: (stack: Stack) => iam.IGrantable]>([
    ['an agent', 'Agent/ExecutionPermissions', (stack) => agentIn(stack)],
    ['the role of an agent', 'Agent/ExecutionRole', (stack) => agentIn(stack).role],
    [
      'an agent with a role that is brought',
      'Agent/ExecutionPermissions',
      (stack) => agentIn(stack, { role: iam.Role.fromRoleName(stack, 'Brought', 'agent') }),
    ],
    [
      'the role of a code interpreter',
      'Interpreter/Role/Role',
      (stack) => {
        const bucketAccess = [BucketAccess.read(s3.Bucket.fromBucketName(stack, 'Data', 'data'), 'datasets/')];
        const { role } = new CodeInterpreterTool(stack, 'Interpreter', { bucketAccess });
        if (role === undefined) throw new Error('an interpreter with access to a bucket has a role');
        return role;
      },
    ],
    [
      'a role of an L1 or L2 among others that take it on',
      'Shared',
      (stack) =>
        new iam.Role(stack, 'Shared', {
          assumedBy: new iam.CompositePrincipal(
            new iam.ServicePrincipal('lambda.amazonaws.com'),
            new iam.ServicePrincipal('bedrock-agentcore.amazonaws.com'),
          ),
        }),
    ],
  ])('refuse %s, which works for every user', (_, path, granteeIn) => {
    test.each<readonly [grant: string, run: (workspace: WorkspaceBucket, grantee: iam.IGrantable) => iam.Grant]>([
      ['grantRead', (workspace, grantee) => workspace.grantRead(grantee)],
      ['grantRead of one user', (workspace, grantee) => workspace.grantRead(grantee, 'ada')],
      ['grantReadWrite', (workspace, grantee) => workspace.grantReadWrite(grantee)],
      ['grantDelete', (workspace, grantee) => workspace.grantDelete(grantee)],
    ])('by %s', (__, run) => {
      const { stack, workspace } = bucketWith();
      expect(() => run(workspace, granteeIn(stack))).toThrow(
        `Test/Workspace: the grantee Test/${path} acts for AgentCore, which works for every user`,
      );
    });
  });

  test('refuse the user-scoped role of an agent, in which they would hold for every user', () => {
    const { stack, workspace } = bucketWith();
    const agent = agentIn(stack, { capabilities: [workspace] });
    expect(() => workspace.grantRead(UserRole.of(agent).role)).toThrow(
      /^Test\/Workspace: the grantee Test\/Agent\/UserRole\/Role is the user-scoped role of an agent/,
    );
  });

  test.each<readonly [what: string, roleIn: (stack: Stack) => iam.IRole, use: (stack: Stack, role: iam.IRole) => void]>(
    [
      ['an agent of another app', importedRole, (stack, role) => agentIn(stack, { role })],
      [
        'a code interpreter',
        importedRole,
        (stack, { roleArn }) =>
          new agentcore.CfnCodeInterpreterCustom(stack, 'Interpreter', {
            name: 'own',
            networkConfiguration: { networkMode: 'SANDBOX' },
            executionRoleArn: roleArn,
          }),
      ],
      [
        'AgentCore, by a statement of its trust policy',
        (stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }),
        (_, role) =>
          (role as iam.Role).assumeRolePolicy?.addStatements(
            new iam.PolicyStatement({
              actions: ['sts:AssumeRole'],
              principals: [new iam.ServicePrincipal('bedrock-agentcore.amazonaws.com')],
            }),
          ),
      ],
    ],
  )('are refused at the synthesis to a role that is given to %s after the grant', (_, roleIn, use) => {
    const { stack, workspace } = bucketWith();
    const role = roleIn(stack);
    workspace.grantRead(role);
    expect(() => Template.fromStack(stack)).not.toThrow();

    const other = bucketWith();
    const used = roleIn(other.stack);
    other.workspace.grantReadWrite(used);
    other.workspace.grantDelete(used);
    use(other.stack, used);
    // Told once, however much was granted.
    expect(() => Template.fromStack(other.stack)).toThrow(
      /^(?!.*the grantee.*the grantee).*\[Test\/Workspace\] the grantee Test\/Role acts for AgentCore/s,
    );
  });

  test('are not refused to a role beside that of an agent', () => {
    const { stack, workspace } = bucketWith();
    agentIn(stack, { role: iam.Role.fromRoleName(stack, 'Brought', 'agent') });
    workspace.grantRead(importedRole(stack));
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});

test('cdk-nag finds nothing in an agent with a workspace but the access logs, which a property turns on', () => {
  const synthesize = (logs: boolean) => {
    const outdir = mkdtempSync(join(tmpdir(), 'nag-'));
    try {
      const app = new App({ outdir });
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
      const stack = new Stack(app, 'Test');
      const encryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
      const accessLogsBucket = s3.Bucket.fromBucketName(stack, 'Logs', 'access-logs');
      const workspace = new WorkspaceBucket(stack, 'Workspace', {
        encryptionKey,
        ...(logs ? { accessLogsBucket } : {}),
      });
      new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [workspace] });
      app.synth();
    } finally {
      rmSync(outdir, { recursive: true });
    }
  };
  expect(() => {
    synthesize(true);
  }).not.toThrow();
  let message = '';
  try {
    synthesize(false);
  } catch (error) {
    message = String(error);
  }
  expect([...new Set(message.match(/AwsSolutions-[A-Z0-9]+/g))]).toEqual(['AwsSolutions-S1']);
});

test('a user-scoped role that somebody else keeps takes the place of the one that would be made', () => {
  const stack = testStack();
  iam.Role.customizeRoles(stack, { usePrecreatedRoles: { 'Test/Agent/UserRole/Role': 'our-user-role' } });
  const role = iam.Role.fromRoleName(stack, 'Role', 'our-agent-role');
  const capabilities = [new WorkspaceBucket(stack, 'Workspace')];
  new AgentRuntime(stack, 'Agent', { image: testImage(), role, capabilities });
  const template = resolvedTemplate(stack);
  expect(runtimeEnvironment(template).AGENT_USER_ROLE_ARN).toBe(`arn:aws:iam::${ACCOUNT}:role/our-user-role`);
  expect(template.resources().filter(({ type }) => type.startsWith('AWS::IAM'))).toEqual([]);
});
