import { aws_bedrockagentcore as agentcore, aws_ec2 as ec2, Duration } from 'aws-cdk-lib';
import { aws_logs as logs, aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  AgentAuthorizer,
  AgentEndpoint,
  AgentImage,
  AgentNetwork,
  AgentRuntime,
  CallerOverride,
  ClaudeModel,
  ClaudeModels,
  EndpointVersion,
  ImageBuilder,
  ModelGuardrail,
  PermissionMode,
  type AgentRuntimeProps,
} from '../lib';
import { testImage, testStack } from './support/stack';

/** The properties whose change makes CloudFormation replace a resource ("createOnlyProperties" of its schema). */
const REPLACING: Readonly<Record<string, readonly string[]>> = {
  'AWS::BedrockAgentCore::Runtime': ['AgentRuntimeName'],
  'AWS::BedrockAgentCore::RuntimeEndpoint': ['AgentRuntimeId', 'Name'],
  'AWS::EC2::SecurityGroup': ['GroupDescription', 'GroupName', 'VpcId'],
  'AWS::ECR::Repository': ['RepositoryName', 'EncryptionConfiguration'],
  'AWS::IAM::ManagedPolicy': ['Description', 'ManagedPolicyName', 'Path'],
  'AWS::IAM::Role': ['RoleName', 'Path'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
};

/** Logical ids with the replacing properties that are set, of the types above. */
function identityOf(stack: Stack): Record<string, unknown> {
  const { Resources } = Template.fromStack(stack).toJSON() as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  };
  return Object.fromEntries(
    Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
      const replacing = REPLACING[Type];
      if (replacing === undefined) return [];
      const set = replacing.filter((name) => Properties[name] !== undefined);
      return [[id, { Type, ...Object.fromEntries(set.map((name) => [name, Properties[name]])) }]];
    }),
  );
}

/** An agent with an endpoint, whose props can need something of the stack. */
function identity(props: (stack: Stack) => Partial<AgentRuntimeProps> = () => ({})): Record<string, unknown> {
  const stack = testStack();
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), ...props(stack) });
  new AgentEndpoint(stack, 'Prod', { agent, endpointName: 'prod', version: EndpointVersion.pinned(1) });
  return identityOf(stack);
}

const runtimeId = { 'Fn::GetAtt': ['AgentRuntime23CE8C05', 'AgentRuntimeId'] };
const logGroup = (endpointName: string) => ({
  Type: 'AWS::Logs::LogGroup',
  LogGroupName: { 'Fn::Join': ['', ['/aws/bedrock-agentcore/runtimes/', runtimeId, `-${endpointName}`]] },
});

// A change of any of these replaces a runtime, an endpoint or a repository, and with it its ARN, sessions, log or images,
// in everybody's next deployment.
const PINNED = {
  AgentExecutionRoleA67A0453: { Type: 'AWS::IAM::Role' },
  AgentExecutionPermissionsBaselineEA04DC51: {
    Type: 'AWS::IAM::ManagedPolicy',
    Description: 'Image, logs and identity of the agent',
    Path: '/',
  },
  AgentExecutionPermissionsGrantsD7302436: {
    Type: 'AWS::IAM::ManagedPolicy',
    Description: 'What the agent was granted',
    Path: '/',
  },
  AgentRuntime23CE8C05: { Type: 'AWS::BedrockAgentCore::Runtime', AgentRuntimeName: 'Test_Agent_C85D8DAB' },
  AgentLogGroup60F973C0: logGroup('DEFAULT'),
  ProdEndpoint54B9364D: { Type: 'AWS::BedrockAgentCore::RuntimeEndpoint', AgentRuntimeId: runtimeId, Name: 'prod' },
  ProdLogGroup20E73628: logGroup('prod'),
};

const SECURITY_GROUP = {
  AgentSecurityGroup0A799B36: {
    Type: 'AWS::EC2::SecurityGroup',
    GroupDescription: 'Interfaces of the agent',
    VpcId: 'vpc-1',
  },
};

const REPOSITORY = { AgentRepository79546566: { Type: 'AWS::ECR::Repository' } };

const inVpc = (stack: Stack) => {
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['eu-central-1a'],
    privateSubnetIds: ['subnet-1'],
  });
  return { network: AgentNetwork.vpc({ vpc }) };
};

describe('logical ids and replacement-only properties', () => {
  test('are those of every version before', () => {
    expect(identity()).toEqual(PINNED);
  });

  test('of the security group are those of every version before, and a VPC changes no other', () => {
    expect(identity(inVpc)).toEqual({ ...PINNED, ...SECURITY_GROUP });
  });

  test('of the repository that CodeBuild fills are those of every version before, and it changes no other', () => {
    const image = AgentImage.claudeAgent({ builder: ImageBuilder.codeBuild() });
    expect(identity(() => ({ image }))).toMatchObject({ ...PINNED, ...REPOSITORY });
  });

  test.each<[string, (stack: Stack) => Partial<AgentRuntimeProps>]>([
    ['description', () => ({ description: 'another' })],
    ['image', () => ({ image: AgentImage.claudeAgent() })],
    ['models', () => ({ models: ClaudeModels.of({ main: ClaudeModel.OPUS_5_5.global() }) })],
    ['environment', () => ({ environment: { STAGE: 'prod' } })],
    [
      'guardrail',
      () => ({
        guardrail: ModelGuardrail.fromGuardrailArn('arn:aws:bedrock:eu-central-1:111122223333:guardrail/abc', '1'),
      }),
    ],
    ['secrets', (stack) => ({ secrets: { TOKEN: secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'token') } })],
    ['tags', () => ({ tags: { Team: 'support' } })],
    ['limits', () => ({ limits: { budgetUsd: 1, turns: 10 } })],
    [
      'permission modes and overrides',
      () => ({ permissionModes: [PermissionMode.PLAN], callerOverrides: [CallerOverride.MODEL] }),
    ],
    ['log retention', () => ({ logRetention: logs.RetentionDays.ONE_WEEK })],
    ['request headers', () => ({ requestHeaders: ['X-Tenant'] })],
    [
      'authorizer',
      () => ({
        authorizer: AgentAuthorizer.oidc({
          discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
          allowedClients: ['web'],
        }),
      }),
    ],
    ['session limits', () => ({ idleTimeout: Duration.minutes(5), maxLifetime: Duration.hours(1) })],
    ['platform version', () => ({ platformVersion: agentcore.PlatformVersion.V2 })],
  ])('do not change with the %s', (_, props) => {
    expect(identity(props)).toEqual(PINNED);
  });

  test('of an endpoint do not change with its version, description and retention', () => {
    const stack = testStack();
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage() });
    new AgentEndpoint(stack, 'Prod', {
      agent,
      endpointName: 'prod',
      version: EndpointVersion.pinned(7),
      description: 'for everybody',
      logRetention: logs.RetentionDays.ONE_DAY,
    });
    expect(identityOf(stack)).toEqual(PINNED);
  });

  test('do not change with another agent beside it, or with its place among them', () => {
    const stack = testStack();
    new AgentRuntime(stack, 'First', { image: testImage() });
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage() });
    new AgentEndpoint(stack, 'Prod', { agent, endpointName: 'prod', version: EndpointVersion.pinned(1) });
    expect(identityOf(stack)).toMatchObject(PINNED);
  });
});
