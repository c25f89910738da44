import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  aws_bedrockagentcore as agentcore,
  aws_ec2 as ec2,
  aws_iam as iam,
  aws_kms as kms,
  aws_s3 as s3,
  Stack,
  Token,
  Validations,
} from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import {
  AgentRuntime,
  BucketAccess,
  CodeInterpreterNetwork,
  CodeInterpreterTool,
  WorkspaceBucket,
  type CodeInterpreterToolBase,
  type CodeInterpreterToolProps,
} from '../../lib';
import { evaluate, evaluateTrust, rolePolicies } from '../../lib/testing';
import {
  ACCOUNT,
  executionRole,
  REGION,
  resolvedTemplate,
  runtimeEnvironment,
  testImage,
  testStack,
} from '../support/stack';

const TYPE = 'AWS::BedrockAgentCore::CodeInterpreterCustom';
const CUSTOM_ARN = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:code-interpreter-custom`;

function interpreterWith(
  props: CodeInterpreterToolProps | ((stack: Stack) => CodeInterpreterToolProps) = {},
  stack = testStack(),
) {
  const tool = new CodeInterpreterTool(stack, 'Interpreter', typeof props === 'function' ? props(stack) : props);
  return {
    stack,
    tool,
    /** Not before it is asked for: nothing can be defined after it. */
    get template() {
      return Template.fromStack(stack);
    },
  };
}

const dataBucket = (stack: Stack) => new s3.Bucket(stack, 'Data', { bucketName: 'data' });

/** The template, with what AgentCore answers for an interpreter. */
const resolved = (stack: Stack) =>
  resolvedTemplate(stack, {
    attribute: ({ type, properties }, attribute) => {
      if (type !== TYPE) return undefined;
      const id = `${String(properties.Name)}-abcdefghij`;
      return attribute === 'CodeInterpreterArn' ? `${CUSTOM_ARN}/${id}` : id;
    },
  });

describe('the interpreter', () => {
  test('is a sandbox without a role', () => {
    const { tool, template } = interpreterWith();
    expect(
      Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type),
    ).toEqual([TYPE]);
    template.hasResourceProperties(TYPE, {
      NetworkConfiguration: { NetworkMode: 'SANDBOX', VpcConfig: Match.absent() },
      ExecutionRoleArn: Match.absent(),
    });
    expect(tool.role).toBeUndefined();
  });

  test('reaches the internet only where that is asked for, with a warning', () => {
    const { template, stack } = interpreterWith({ network: CodeInterpreterNetwork.publicInternet() });
    template.hasResourceProperties(TYPE, { NetworkConfiguration: { NetworkMode: 'PUBLIC' } });
    Annotations.fromStack(stack).hasWarning(
      '/Test/Interpreter',
      Match.stringLikeRegexp('can reach the whole internet'),
    );
    Annotations.fromStack(interpreterWith().stack).hasNoWarning('*', Match.anyValue());
  });

  test('in a VPC has private subnets and a security group that opens nothing, until it is told to', () => {
    const stack = testStack();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const { tool } = interpreterWith({ network: CodeInterpreterNetwork.vpc({ vpc }) }, stack);
    tool.connections.allowTo(ec2.Peer.ipv4('10.0.0.7/32'), ec2.Port.tcp(5432));
    const template = Template.fromStack(stack);
    template.hasResourceProperties(TYPE, {
      NetworkConfiguration: {
        NetworkMode: 'VPC',
        VpcConfig: {
          Subnets: vpc.privateSubnets.map(({ subnetId }) => stack.resolve(subnetId) as unknown),
          SecurityGroups: [Match.anyValue()],
        },
      },
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'Interfaces of the code interpreter',
      SecurityGroupEgress: [Match.objectLike({ CidrIp: '10.0.0.7/32', FromPort: 5432, ToPort: 5432 })],
      SecurityGroupIngress: Match.absent(),
    });
  });

  test('takes security groups', () => {
    const stack = testStack();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const group = new ec2.SecurityGroup(stack, 'Group', { vpc });
    interpreterWith({ network: CodeInterpreterNetwork.vpc({ vpc, securityGroups: [group] }) }, stack);
    Template.fromStack(stack).hasResourceProperties(TYPE, {
      NetworkConfiguration: { VpcConfig: { SecurityGroups: [stack.resolve(group.securityGroupId)] } },
    });
  });

  test('refuses what AgentCore refuses, all of it at once', () => {
    const stack = testStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', {
      natGateways: 0,
      subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }],
    });
    const network = CodeInterpreterNetwork.vpc({
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
      securityGroups: [],
    });
    expect(() => interpreterWith({ network, tags: { 'aws:team': 'x' } }, stack)).toThrow(
      /^Test\/Interpreter:\n.*vpcSubnets has public subnets.*\n.*securityGroups is empty.*\n.*tag "aws:team" begins with "aws:"/,
    );
  });

  test('has no connections outside of a VPC', () => {
    expect(() => interpreterWith().tool.connections).toThrow(
      /^Test\/Interpreter: the code interpreter is not in a VPC/,
    );
  });

  test('has its tags, and so has its role', () => {
    const { template } = interpreterWith((stack) => ({
      tags: { Team: 'support' },
      bucketAccess: [BucketAccess.read(dataBucket(stack), 'datasets/')],
    }));
    template.hasResourceProperties(TYPE, { Tags: { Team: 'support' } });
    template.hasResourceProperties('AWS::IAM::Role', { Tags: [{ Key: 'Team', Value: 'support' }] });
  });
});

describe('the name of an interpreter', () => {
  const nameWith = (props: Parameters<typeof interpreterWith>[0] = {}) =>
    interpreterWith(props).tool.codeInterpreterName;
  const vpc = (stack: Stack) => CodeInterpreterNetwork.vpc({ vpc: new ec2.Vpc(stack, 'Vpc') });

  test('is legal, made from the path, and stays from release to release', () => {
    expect(nameWith()).toBe('Test_Interpreter_4C9DC8E2_b9405200');
    expect(nameWith()).toMatch(/^[a-zA-Z][a-zA-Z0-9_]{0,47}$/);
    const { template } = interpreterWith((stack) => ({
      bucketAccess: [BucketAccess.read(dataBucket(stack), 'datasets/')],
    }));
    expect(Object.keys(template.toJSON().Resources as object)).toEqual([
      'Data666C94C7',
      'InterpreterRole70A206B8',
      'InterpreterRoleBucketAccess7512EC0C',
      'InterpreterCodeInterpreterC95B819B',
    ]);
  });

  test('is legal below a deep path', () => {
    const stack = new Stack(new App(), 'AStackWithAVeryLongNameThatGoesOnAndOnAndOnAndOn');
    expect(interpreterWith({}, stack).tool.codeInterpreterName).toMatch(/^[a-zA-Z][a-zA-Z0-9_]{0,47}$/);
  });

  test('is another for whatever replaces the interpreter, because the new one is made before the old one is deleted', () => {
    const names = [
      nameWith(),
      nameWith({ description: 'Statistics' }),
      nameWith({ network: CodeInterpreterNetwork.publicInternet() }),
      nameWith((stack) => ({ network: vpc(stack) })),
      nameWith((stack) => ({ network: CodeInterpreterNetwork.vpc({ vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 }) }) })),
      nameWith((stack) => ({ bucketAccess: [BucketAccess.read(dataBucket(stack), 'datasets/')] })),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test('is the same for whatever does not replace it, and at every synthesis', () => {
    expect(nameWith({ tags: { Team: 'support' } })).toBe(nameWith());
    expect(nameWith((stack) => ({ network: vpc(stack) }))).toBe(nameWith((stack) => ({ network: vpc(stack) })));
    const access = (...prefixes: string[]) =>
      nameWith((stack) => {
        const bucket = dataBucket(stack);
        return { bucketAccess: prefixes.map((prefix) => BucketAccess.read(bucket, prefix)) };
      });
    expect(access('datasets/', 'results/')).toBe(access('datasets/'));
  });
});

describe('an agent with a code interpreter', () => {
  const USE = ['Start', 'Stop', 'Get'].map((verb) => `bedrock-agentcore:${verb}CodeInterpreterSession`);
  const ACTIONS = [...USE, 'bedrock-agentcore:InvokeCodeInterpreter', 'bedrock-agentcore:ListCodeInterpreterSessions'];

  function agentWith(capability: (stack: Stack) => CodeInterpreterToolBase) {
    const stack = testStack();
    new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [capability(stack)] });
    const template = resolved(stack);
    const role = executionRole(template);
    return {
      template,
      id: runtimeEnvironment(template).AGENT_CODE_INTERPRETER_ID,
      may: (resource: string) => ACTIONS.filter((action) => evaluate(role, { action, resource }).allowed),
      allowed: (action: string, resource: string) => evaluate(role, { action, resource }).allowed,
    };
  }

  test('is told its id, and uses it and no other', () => {
    const { id, may, allowed, template } = agentWith((stack) => new CodeInterpreterTool(stack, 'Interpreter'));
    const [tool] = template.resourcesOfType(TYPE);
    expect(id).toBe(`${String(tool?.properties.Name)}-abcdefghij`);
    expect(may(`${CUSTOM_ARN}/${id}`)).toEqual(ACTIONS);
    expect(may(`${CUSTOM_ARN}/other-abcdefghij`)).toEqual([]);
    expect(may(`arn:aws:bedrock-agentcore:${REGION}:aws:code-interpreter/aws.codeinterpreter.v1`)).toEqual([]);
    for (const action of ['GetCodeInterpreter', 'DeleteCodeInterpreter', 'CreateCodeInterpreter', 'TagResource']) {
      expect([action, allowed(`bedrock-agentcore:${action}`, `${CUSTOM_ARN}/${id}`)]).toEqual([action, false]);
    }
  });

  test('can have the one that AWS keeps', () => {
    const { id, may, template } = agentWith((stack) => CodeInterpreterTool.managed(stack, 'Interpreter'));
    expect(id).toBe('aws.codeinterpreter.v1');
    expect(may(`arn:aws:bedrock-agentcore:${REGION}:aws:code-interpreter/aws.codeinterpreter.v1`)).toEqual(ACTIONS);
    expect(may(`${CUSTOM_ARN}/other-abcdefghij`)).toEqual([]);
    expect(template.resourcesOfType(TYPE)).toEqual([]);
  });

  test('can have one that is defined elsewhere', () => {
    const { id, may } = agentWith((stack) =>
      CodeInterpreterTool.fromCodeInterpreter(
        stack,
        'Interpreter',
        new agentcore.CfnCodeInterpreterCustom(stack, 'L1', {
          name: 'own',
          networkConfiguration: { networkMode: 'SANDBOX' },
        }),
      ),
    );
    expect(id).toBe('own-abcdefghij');
    expect(may(`${CUSTOM_ARN}/own-abcdefghij`)).toEqual(ACTIONS);
  });

  test('cannot have two', () => {
    const stack = testStack();
    const capabilities = [new CodeInterpreterTool(stack, 'One'), CodeInterpreterTool.managed(stack, 'Two')];
    expect(() => new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities })).toThrow(
      /"AGENT_CODE_INTERPRETER_ID" is set already to another value/,
    );
  });

  test('can grant its use to a function that runs code itself', () => {
    const stack = testStack();
    const role = new iam.Role(stack, 'Runner', { assumedBy: new iam.AccountRootPrincipal() });
    expect(CodeInterpreterTool.managed(stack, 'Interpreter').grantUse(role).success).toBe(true);
    const template = resolved(stack);
    const policies = rolePolicies(template, String(template.resolve(stack.resolve(role.roleArn))));
    const resource = `arn:aws:bedrock-agentcore:${REGION}:aws:code-interpreter/aws.codeinterpreter.v1`;
    expect(ACTIONS.filter((action) => evaluate(policies, { action, resource }).allowed)).toEqual(ACTIONS);
  });
});

describe('the role of an interpreter', () => {
  const { stack, tool } = interpreterWith((scope) => {
    const encryptionKey = new kms.Key(scope, 'Key');
    const bucket = new s3.Bucket(scope, 'Data', { bucketName: 'data', encryptionKey });
    return { bucketAccess: [BucketAccess.read(bucket, 'datasets/'), BucketAccess.readWrite(bucket, 'results/2026/')] };
  });
  const template = resolved(stack);
  const role = rolePolicies(template, String(template.resolve(stack.resolve(tool.role?.roleArn))));
  const KEY_ARN = String(template.resolve(stack.resolve((stack.node.findChild('Key') as kms.Key).keyArn)));
  const may = (prefix: string) => [
    ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject'].filter(
      (action) => evaluate(role, { action, resource: `arn:aws:s3:::data/${prefix}file` }).allowed,
    ),
    ...(evaluate(role, { action: 's3:ListBucket', resource: 'arn:aws:s3:::data', context: { 's3:prefix': prefix } })
      .allowed
      ? ['s3:ListBucket']
      : []),
  ];

  test('reaches its prefixes, and nothing beside them', () => {
    expect(may('datasets/')).toEqual(['s3:GetObject', 's3:ListBucket']);
    expect(may('results/2026/')).toEqual(['s3:GetObject', 's3:PutObject', 's3:ListBucket']);
    for (const prefix of [
      '',
      'results/',
      'results/2025/',
      'datasets',
      'datasets2/',
      'workspaces/',
      'workspaces/ada/',
    ]) {
      expect([prefix, may(prefix)]).toEqual([prefix, []]);
    }
    expect(evaluate(role, { action: 's3:GetObject', resource: 'arn:aws:s3:::other/datasets/file' }).allowed).toBe(
      false,
    );
  });

  test('decrypts through Amazon S3 for this bucket only', () => {
    const allowed = (arn: string) =>
      evaluate(role, {
        action: 'kms:Decrypt',
        resource: KEY_ARN,
        context: { 'kms:ViaService': `s3.${REGION}.amazonaws.com`, 'kms:EncryptionContext:aws:s3:arn': arn },
      }).allowed;
    expect(allowed('arn:aws:s3:::data')).toBe(true);
    expect(allowed('arn:aws:s3:::other')).toBe(false);
  });

  test('is trusted to AgentCore for this interpreter alone', () => {
    const trusted = (context: Record<string, string>, service = 'bedrock-agentcore.amazonaws.com') =>
      evaluateTrust(role.trustPolicy, { service }, 'sts:AssumeRole', {
        'aws:SourceAccount': ACCOUNT,
        'aws:SourceArn': `${CUSTOM_ARN}/${tool.codeInterpreterName}-abcdefghij`,
        ...context,
      }).allowed;
    expect(trusted({})).toBe(true);
    expect(trusted({ 'aws:SourceAccount': '444455556666' })).toBe(false);
    expect(trusted({ 'aws:SourceArn': `${CUSTOM_ARN}/${tool.codeInterpreterName}x-abcdefghij` })).toBe(false);
    expect(
      trusted({
        'aws:SourceArn': `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:runtime/${tool.codeInterpreterName}-abcdefghij`,
      }),
    ).toBe(false);
    expect(trusted({}, 'lambda.amazonaws.com')).toBe(false);
  });

  test('is there before the interpreter, with its policy', () => {
    const [interpreter] = Object.values(Template.fromStack(stack).findResources(TYPE));
    const types = (interpreter?.DependsOn as string[]).map(
      (id) => template.resources().find(({ logicalId }) => logicalId === id)?.type,
    );
    expect(types.sort()).toEqual(['AWS::IAM::ManagedPolicy', 'AWS::IAM::Role']);
  });
});

describe('access to a bucket', () => {
  const bucket = s3.Bucket.fromBucketName(testStack(), 'Data', 'data');

  test.each(['workspaces/', 'workspaces/ada/', 'workspaces/ada/main/pack/', 'downloads/', 'downloads/ada/'])(
    'can never name workspaces, nor copies of their files: "%s", in a workspace bucket or any other',
    (prefix) => {
      const own = new WorkspaceBucket(testStack(), 'Workspace').bucket;
      for (const each of [own, bucket]) {
        expect(() => BucketAccess.read(each, prefix)).toThrow(
          /^BucketAccess\.read: prefix "(workspaces|downloads)\/.*" is where a workspace bucket keeps the files of every user/,
        );
        expect(() => BucketAccess.readWrite(each, prefix)).toThrow(
          /^BucketAccess\.readWrite: .*is where a workspace bucket/,
        );
      }
    },
  );

  test.each([
    '',
    '/',
    'w',
    'work',
    'workspaces',
    '*',
    'w*/',
    'workspace?/',
    '/workspaces/',
    '${aws:username}/',
    '$/',
    'datasets',
    './workspaces/',
    '../workspaces/',
    'a/../workspaces/',
    'a/./b/',
    'a//b/',
    'workspaces//',
    '//',
    './',
    'a/../',
  ])('refuses the prefix %j, which is no folder or could stand for workspaces', (prefix) => {
    expect(() => BucketAccess.read(bucket, prefix)).toThrow(/^BucketAccess\.read: prefix ".*" does not name a folder/);
  });

  test('refuses a prefix that only the deployment knows', () => {
    expect(() => BucketAccess.read(bucket, `${Token.asString({ Ref: 'Prefix' })}/`)).toThrow(
      /prefix is not known at synthesis/,
    );
  });

  test.each(['datasets/', 'a.b/', '.hidden/', 'a/..b/', 'my workspaces/', 'a/workspaces/', 'download/'])(
    'takes the prefix "%s", which is another folder',
    (prefix) => {
      expect(() => BucketAccess.read(bucket, prefix)).not.toThrow();
    },
  );

  test('takes other folders of a workspace bucket', () => {
    const stack = testStack();
    const workspace = new WorkspaceBucket(stack, 'Workspace');
    const { tool } = interpreterWith({ bucketAccess: [BucketAccess.read(workspace.bucket, 'datasets/')] }, stack);
    const template = resolved(stack);
    const bucketArn = String(template.resolve(stack.resolve(workspace.bucket.bucketArn)));
    const role = rolePolicies(template, String(template.resolve(stack.resolve(tool.role?.roleArn))));
    const allowed = (key: string) =>
      evaluate(role, {
        action: 's3:GetObject',
        resource: `${bucketArn}/${key}`,
        context: { 'aws:PrincipalTag/userId': 'ada' },
      }).allowed;
    expect(allowed('datasets/a.csv')).toBe(true);
    expect(allowed('workspaces/ada/file')).toBe(false);
  });
});

test('cdk-nag finds nothing in an agent with an interpreter that reaches a bucket', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'nag-'));
  try {
    const app = new App({ outdir });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const stack = new Stack(app, 'Test');
    const bucket = s3.Bucket.fromBucketName(stack, 'Data', 'data');
    const tool = new CodeInterpreterTool(stack, 'Interpreter', {
      bucketAccess: [BucketAccess.readWrite(bucket, 'datasets/')],
    });
    new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [tool] });
    expect(() => app.synth()).not.toThrow();
  } finally {
    rmSync(outdir, { recursive: true });
  }
});
