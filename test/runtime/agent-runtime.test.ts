import {
  aws_bedrockagentcore as agentcore,
  aws_ec2 as ec2,
  aws_ecr as ecr,
  aws_iam as iam,
  aws_kms as kms,
  aws_logs as logs,
  Duration,
} from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import {
  AgentAuthorizer,
  AgentImage,
  AgentNetwork,
  AgentRuntime,
  type AgentRuntimeProps,
  type IAgentCapability,
} from '../../lib';
import { evaluate, evaluateTrust, rolePolicies, type PolicyDocumentJson } from '../../lib/testing';
import {
  ACCOUNT,
  executionRole,
  REGION,
  resolvedTemplate,
  runtimeEnvironment,
  testImage,
  testStack,
} from '../support/stack';

interface TaggedResource {
  readonly Type: string;
  readonly Properties?: { readonly Tags?: unknown };
}

function agentWith(props: Partial<AgentRuntimeProps> = {}, stack = testStack()): { agent: AgentRuntime; stack: Stack } {
  return { agent: new AgentRuntime(stack, 'Agent', { image: testImage(), ...props }), stack };
}

describe('the smallest agent', () => {
  const { agent, stack } = agentWith();
  const template = Template.fromStack(stack);

  test('is a runtime, its log group, a role, and the policies for its own needs and for its models', () => {
    expect(
      Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type),
    ).toEqual([
      'AWS::IAM::Role',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::ManagedPolicy',
      'AWS::BedrockAgentCore::Runtime',
      'AWS::Logs::LogGroup',
    ]);
  });

  test('has a name that is known at synthesis and stays when the agent changes', () => {
    expect(agent.agentName).toMatch(/^Test_Agent_[0-9A-F]{8}$/);
    const other = agentWith({
      description: 'another',
      environment: { A: '1' },
      authorizer: AgentAuthorizer.oidc({
        discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
        allowedClients: ['web'],
      }),
    });
    expect(other.agent.agentName).toBe(agent.agentName);
    expect(Object.keys(Template.fromStack(other.stack).toJSON().Resources as object)).toEqual(
      Object.keys(template.toJSON().Resources as object),
    );
  });

  test('says its platform version, because the default of the service may change', () => {
    template.hasResourceProperties('AWS::BedrockAgentCore::Runtime', { PlatformVersion: 'V1' });
  });

  test('waits for its permissions', () => {
    const [runtime] = Object.values(template.findResources('AWS::BedrockAgentCore::Runtime'));
    const policies = Object.keys(template.findResources('AWS::IAM::ManagedPolicy'));
    expect(runtime?.DependsOn).toEqual(expect.arrayContaining(policies));
  });

  test('shows its L2 as the escape hatch', () => {
    const { agent: open, stack: openStack } = agentWith();
    const runtime = open.runtime.node.defaultChild as agentcore.CfnRuntime;
    runtime.addPropertyOverride('Description', 'overridden');
    Template.fromStack(openStack).hasResourceProperties('AWS::BedrockAgentCore::Runtime', {
      Description: 'overridden',
    });
  });
});

test('takes name, description, platform version and environment', () => {
  const { stack } = agentWith({
    runtimeName: 'support_agent',
    description: 'Answers support questions',
    platformVersion: agentcore.PlatformVersion.V2,
    environment: { STAGE: 'prod' },
  });
  Template.fromStack(stack).hasResourceProperties('AWS::BedrockAgentCore::Runtime', {
    AgentRuntimeName: 'support_agent',
    Description: 'Answers support questions',
    PlatformVersion: 'V2',
    EnvironmentVariables: Match.objectLike({ STAGE: 'prod' }),
  });
});

test('takes the limits of sessions, the headers and the protocol', () => {
  const { stack } = agentWith({
    idleTimeout: Duration.minutes(5),
    maxLifetime: Duration.hours(1),
    requestHeaders: ['X-Tenant'],
    protocol: agentcore.ProtocolType.AGUI,
  });
  Template.fromStack(stack).hasResourceProperties('AWS::BedrockAgentCore::Runtime', {
    LifecycleConfiguration: { IdleRuntimeSessionTimeout: 300, MaxLifetime: 3600 },
    RequestHeaderConfiguration: {
      RequestHeaderAllowlist: ['X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Id', 'X-Tenant'],
    },
    ProtocolConfiguration: 'AGUI',
  });
});

describe('the log', () => {
  const logGroupOf = (props: Partial<AgentRuntimeProps>) => {
    const template = resolvedTemplate(agentWith({ runtimeName: 'support', ...props }).stack);
    const [runtime] = template.resourcesOfType('AWS::BedrockAgentCore::Runtime');
    const [logGroup] = template.resourcesOfType('AWS::Logs::LogGroup');
    return { id: template.ref(runtime?.logicalId ?? ''), properties: logGroup?.properties };
  };

  test('is the group that AgentCore writes to, with a retention', () => {
    const { id, properties } = logGroupOf({});
    expect(properties).toMatchObject({
      LogGroupName: `/aws/bedrock-agentcore/runtimes/${id}-DEFAULT`,
      RetentionInDays: 90,
    });
    expect(logGroupOf({ logRetention: logs.RetentionDays.ONE_WEEK }).properties?.RetentionInDays).toBe(7);
  });

  test('is kept when the stack is deleted, and not when its creation is rolled back', () => {
    Template.fromStack(agentWith().stack).hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test('is encrypted with the key that is given, which CloudWatch Logs may use for this agent only', () => {
    const stack = testStack();
    agentWith({ runtimeName: 'support', logEncryptionKey: new kms.Key(stack, 'Key') }, stack);
    const template = resolvedTemplate(stack);
    const [key] = template.resourcesOfType('AWS::KMS::Key');
    const [logGroup] = template.resourcesOfType('AWS::Logs::LogGroup');
    expect(logGroup?.properties.KmsKeyId).toBe(template.getAtt(key?.logicalId ?? '', 'Arn'));

    const encrypts = (name: string, service = `logs.${REGION}.amazonaws.com`) =>
      evaluateTrust(key?.properties.KeyPolicy as PolicyDocumentJson, { service }, 'kms:Encrypt', {
        'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/bedrock-agentcore/runtimes/${name}`,
      }).allowed;
    expect(encrypts('support-a1B2c3D4e5-DEFAULT')).toBe(true);
    expect(encrypts('billing-a1B2c3D4e5-DEFAULT')).toBe(false);
    expect(encrypts('support-a1B2c3D4e5-DEFAULT', 'logs.us-east-1.amazonaws.com')).toBe(false);
  });
});

test('stays within its permissions boundary, whatever it is granted', () => {
  const stack = testStack();
  const permissionsBoundary = new iam.ManagedPolicy(stack, 'Boundary', {
    statements: [new iam.PolicyStatement({ actions: ['logs:*'], resources: ['*'] })],
  });
  agentWith({ permissionsBoundary }, stack);
  const role = executionRole(resolvedTemplate(stack));
  const logGroup = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:any`;
  expect(evaluate(role, { action: 'ecr:GetAuthorizationToken', resource: '*' }).allowed).toBe(false);
  expect(
    evaluate({ identityPolicies: role.identityPolicies }, { action: 'ecr:GetAuthorizationToken', resource: '*' })
      .allowed,
  ).toBe(true);
  expect(evaluate(role, { action: 'logs:DescribeLogGroups', resource: logGroup }).allowed).toBe(true);
});

describe('a capability', () => {
  test('adds its environment and its permissions', () => {
    const capability: IAgentCapability = {
      bindToAgent(agent) {
        agent.addEnvironment('AGENT_TOPIC', `topic of ${agent.agentName}`);
        iam.Grant.addToPrincipal({ grantee: agent, actions: ['sns:Publish'], resourceArns: ['arn:aws:sns:x:1:t'] });
      },
    };
    const { agent, stack } = agentWith({ capabilities: [capability] });
    const template = resolvedTemplate(stack);
    expect(runtimeEnvironment(template).AGENT_TOPIC).toBe(`topic of ${agent.agentName}`);
    const publish = { action: 'sns:Publish', resource: 'arn:aws:sns:x:1:t' };
    expect(evaluate(executionRole(template), publish).allowed).toBe(true);
    expect(evaluate(executionRole(template), { ...publish, resource: 'arn:aws:sns:x:1:other' }).allowed).toBe(false);
  });
});

test('tells the agent whose word names the user', () => {
  const told = (authorizer: AgentAuthorizer) =>
    runtimeEnvironment(resolvedTemplate(agentWith({ authorizer }).stack)).AGENT_AUTHORIZER;
  expect(told(AgentAuthorizer.iam())).toBe('iam');
  expect(
    told(
      AgentAuthorizer.oidc({
        discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
        allowedClients: ['web'],
      }),
    ),
  ).toBe('jwt');
});

test('tags every resource that it consists of', () => {
  const stack = testStack();
  const repository = new ecr.Repository(stack, 'Images', { imageTagMutability: ecr.TagMutability.IMMUTABLE });
  const network = AgentNetwork.vpc({ vpc: new ec2.Vpc(stack, 'Vpc') });
  agentWith({ tags: { Team: 'support' }, network, image: AgentImage.fromRepository(repository, '1') }, stack);
  const tagged = Object.entries(Template.fromStack(stack).toJSON().Resources as Record<string, TaggedResource>)
    .filter(([, { Properties }]) => JSON.stringify(Properties?.Tags ?? {}).includes('support'))
    .map(([, { Type, Properties }]) => [Type, Properties?.Tags]);
  const list = expect.arrayContaining([{ Key: 'Team', Value: 'support' }]) as unknown;
  expect(Object.fromEntries(tagged)).toEqual({
    'AWS::BedrockAgentCore::Runtime': { Team: 'support' },
    'AWS::EC2::SecurityGroup': list,
    'AWS::IAM::Role': list,
    'AWS::Logs::LogGroup': list,
  });
});

describe('grants to callers', () => {
  type GrantName = 'grantInvoke' | 'grantInvokeWebSocket' | 'grantInvokeForUser' | 'grantStopSession' | 'grantCommand';
  const ACTIONS: Record<GrantName, string[]> = {
    grantInvoke: ['InvokeAgentRuntime'],
    grantInvokeWebSocket: ['InvokeAgentRuntimeWithWebSocketStream'],
    grantInvokeForUser: ['InvokeAgentRuntimeForUser', 'InvokeAgentRuntimeWithWebSocketStreamForUser'],
    grantStopSession: ['StopRuntimeSession'],
    grantCommand: ['InvokeAgentRuntimeCommand', 'InvokeAgentRuntimeCommandShell'],
  };
  const grants = Object.keys(ACTIONS) as GrantName[];

  function callerWith(name: GrantName, props: Partial<AgentRuntimeProps> = {}) {
    const { agent, stack } = agentWith(props);
    const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() });
    const grant = agent[name](caller);
    const template = resolvedTemplate(stack);
    const [runtime] = template.resourcesOfType('AWS::BedrockAgentCore::Runtime');
    const arn = template.getAtt(runtime?.logicalId ?? '', 'AgentRuntimeArn');
    const role = rolePolicies(template, stack.getLogicalId(caller.node.defaultChild as iam.CfnRole));
    const allows = (action: string, resource: string) =>
      evaluate(role, { action: `bedrock-agentcore:${action}`, resource }).allowed;
    return { grant, stack, arn, allows };
  }

  test.each(grants)('%s allows its actions on the runtime and its default endpoint, and nothing beside', (name) => {
    const { grant, arn, allows } = callerWith(name);
    expect(grant.success).toBe(true);
    for (const action of ACTIONS[name]) {
      expect(allows(action, arn)).toBe(true);
      expect(allows(action, `${arn}/runtime-endpoint/DEFAULT`)).toBe(true);
      expect(allows(action, `${arn}x`)).toBe(false);
      expect(allows(action, `${arn}/runtime-endpoint/canary`)).toBe(false);
    }
    const others = grants.filter((other) => other !== name).flatMap((other) => ACTIONS[other]);
    for (const action of [...others, 'GetAgentRuntime', 'UpdateAgentRuntime', 'DeleteAgentRuntime']) {
      expect(allows(action, arn)).toBe(false);
    }
  });

  test.each(grants)('%s warns where callers bring a JWT, because AgentCore then accepts no signature', (name) => {
    const { stack } = callerWith(name, {
      authorizer: AgentAuthorizer.oidc({
        discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
        allowedClients: ['web'],
      }),
    });
    Annotations.fromStack(stack).hasWarning('/Test/Agent', Match.stringLikeRegexp('has no effect on an agent'));
  });
});

describe('metrics', () => {
  const { agent, stack } = agentWith({ runtimeName: 'support' });
  const dimensions = (metric: cloudwatch.Metric) => metric.dimensions as Record<string, string>;
  const all: [string, cloudwatch.Metric, string][] = [
    ['Invocations', agent.metricInvocations(), 'Sum'],
    ['Latency', agent.metricLatency(), 'p95'],
    ['Throttles', agent.metricThrottles(), 'Sum'],
    ['SystemErrors', agent.metricSystemErrors(), 'Sum'],
    ['UserErrors', agent.metricUserErrors(), 'Sum'],
  ];

  test.each(all)('%s has the namespace and the full dimension set of the service', (name, metric, statistic) => {
    expect(metric).toMatchObject({ namespace: 'AWS/Bedrock-AgentCore', metricName: name, statistic });
    expect(stack.resolve(dimensions(metric))).toEqual({
      Operation: 'InvokeAgentRuntime',
      Resource: stack.resolve(agent.runtimeArn) as object,
      Name: 'support::DEFAULT',
    });
  });

  test('of all errors add up the two kinds, and have a value where only one of them has', () => {
    const { expression, usingMetrics } = agent.metricTotalErrors({ period: Duration.minutes(1) });
    expect(expression).toBe('SUM([system, user])');
    expect(Object.values(usingMetrics)).toEqual([
      expect.objectContaining({ metricName: 'SystemErrors', period: Duration.minutes(1) }),
      expect.objectContaining({ metricName: 'UserErrors', period: Duration.minutes(1) }),
    ]);
  });

  test('can be changed in statistic and period, and never lose a dimension', () => {
    const metric = agent.metricLatency({
      statistic: 'Average',
      period: Duration.minutes(1),
      dimensionsMap: { Name: 'other', EndpointQualifier: 'x', HarnessId: 'h' },
    });
    expect(metric.statistic).toBe('Average');
    expect(metric.period.toSeconds()).toBe(60);
    expect(dimensions(metric)).toMatchObject({ Name: 'support::DEFAULT', EndpointQualifier: 'x' });
  });
});
