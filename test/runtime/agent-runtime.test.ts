import {
  aws_bedrockagentcore as agentcore,
  aws_ec2 as ec2,
  aws_iam as iam,
  aws_kms as kms,
  aws_logs as logs,
  Duration,
} from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentAuthorizer, AgentNetwork, AgentRuntime, type AgentRuntimeProps, type IAgentCapability } from '../../lib';
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

  test('are those of another endpoint when it is named', () => {
    expect(dimensions(agent.metricLatency({ endpoint: 'canary' })).Name).toBe('support::canary');
  });

  test('can be changed in statistic and period, and never lose a dimension', () => {
    const metric = agent.metricLatency({
      statistic: 'Average',
      period: Duration.minutes(1),
      dimensionsMap: { Name: 'other', EndpointQualifier: 'x' },
    });
    expect(metric.statistic).toBe('Average');
    expect(metric.period.toSeconds()).toBe(60);
    expect(dimensions(metric)).toMatchObject({ Name: 'support::DEFAULT', EndpointQualifier: 'x' });
  });
});

describe('a mistake', () => {
  test.each(['support-agent', '1agent', 'a'.repeat(49), ''])(
    'in the runtime name %j fails with a name that works',
    (name) => {
      expect(() => agentWith({ runtimeName: name })).toThrow(
        new RegExp(
          `^Test/Agent: runtimeName "${name}" is not a valid name: .*48 letters, digits or underscores, for instance "`,
        ),
      );
    },
  );

  test('a runtime name that is only known at deployment fails', () => {
    const stack = testStack();
    expect(() => agentWith({ runtimeName: `agent_${stack.region}` }, stack)).toThrow(
      /runtimeName is not known at synthesis/,
    );
  });

  test.each([
    ['an illegal name', { 'MY-VAR': '1' }, /environment variable "MY-VAR" has no legal name/],
    ['a value that is too long', { LONG: 'x'.repeat(2049) }, /"LONG" has 2049 characters; at most 2048/],
    [
      'too many variables',
      Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`V${index}`, ''])),
      /"V50" is one too many: a runtime has at most 50/,
    ],
    [
      'a name the models need',
      { AGENT_MODEL_MAIN: 'secret-value' },
      /"AGENT_MODEL_MAIN" is set already to another value/,
    ],
  ])('in the environment, %s, fails', (_, environment, message) => {
    expect(() => agentWith({ environment })).toThrow(message);
  });

  test.each([
    ['idleTimeout', { idleTimeout: Duration.seconds(59) }, /idleTimeout is 59 seconds; AgentCore allows 60 seconds/],
    ['maxLifetime', { maxLifetime: Duration.hours(9) }, /maxLifetime is 32400 seconds; .* to 28800 \(8 hours\)/],
    [
      'idleTimeout above maxLifetime',
      { idleTimeout: Duration.hours(2), maxLifetime: Duration.hours(1) },
      /idleTimeout \(7200 seconds\) is longer than maxLifetime \(3600 seconds\)/,
    ],
    [
      'maxLifetime below the default of idleTimeout',
      { maxLifetime: Duration.minutes(10) },
      /idleTimeout \(900 seconds, the default\) is longer than maxLifetime \(600 seconds\).*make it 600 seconds or less/,
    ],
  ])('in the lifecycle, %s, fails', (_, props, message) => {
    expect(() => agentWith(props)).toThrow(message);
  });

  test.each([
    ['Cookie', /request header "Cookie" is restricted and never reaches an agent; .*Custom-Cookie/],
    ['x-forwarded-for', /"x-forwarded-for" is restricted/],
    ['X-Amz-Date', /"X-Amz-Date" is restricted.*Custom-Date/],
    ['X-Amzn-Trace-Id', /"X-Amzn-Trace-Id" is restricted/],
    ['Authorization', /"Authorization" can only be passed on where callers bring a JWT; use AgentAuthorizer.oidc/],
    ['X Tenant', /"X Tenant" is not a valid name/],
    ['x-amzn-bedrock-agentcore-runtime-custom-user-id', /is named twice/],
  ])('in the request headers, %s, fails', (header, message) => {
    expect(() => agentWith({ requestHeaders: [header] })).toThrow(message);
  });

  test('in the request headers, more than 20, fails', () => {
    const requestHeaders = Array.from({ length: 20 }, (_, index) => `X-Header-${index}`);
    expect(() => agentWith({ requestHeaders })).toThrow(/21 request headers are named; AgentCore passes on at most 20/);
    expect(() => agentWith({ requestHeaders: requestHeaders.slice(1) })).not.toThrow();
  });

  test('is reported together with every other', () => {
    const stack = testStack();
    const synthesize = () =>
      agentWith(
        {
          runtimeName: 'my-agent',
          requestHeaders: ['Cookie'],
          idleTimeout: Duration.seconds(1),
          network: AgentNetwork.vpc({
            vpc: new ec2.Vpc(stack, 'Vpc'),
            vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
          }),
          environment: { 'A-B': '1' },
        },
        stack,
      );
    expect(synthesize).toThrow(
      /runtimeName "my-agent"[\s\S]*"Cookie" is restricted[\s\S]*vpcSubnets has public subnets[\s\S]*"A-B" has no legal name[\s\S]*idleTimeout is 1 seconds/,
    );
  });

  test.each([
    ['V1', agentcore.PlatformVersion.V1, 2, 3],
    ['V2', agentcore.PlatformVersion.V2, 1, 2],
  ])(
    'in the size of the whole environment on %s fails, capabilities counted',
    (version, platformVersion, fit, many) => {
      const synthesize = (count: number) => {
        const { agent, stack } = agentWith({ platformVersion });
        for (let index = 0; index < count; index++) agent.addEnvironment(`LONG_${index}`, 'x'.repeat(1800));
        return () => Template.fromStack(stack);
      };
      expect(synthesize(fit)).not.toThrow();
      expect(synthesize(many)).toThrow(
        new RegExp(`have at least \\d+ bytes together.*platform version ${version} allows`),
      );
    },
  );

  test('is not seen in names that every object has', () => {
    expect(() => agentWith({ environment: { constructor: 'x', toString: 'y' } })).not.toThrow();
  });

  test('in the Region gives a warning, because the list of Regions ages', () => {
    const warnings = (region: string) => {
      const stack = testStack({ env: { region, account: ACCOUNT } });
      agentWith({}, stack);
      return Annotations.fromStack(stack).findWarning('/Test/Agent', Match.stringLikeRegexp('was not offered in'));
    };
    expect(warnings('af-south-1')).toHaveLength(1);
    expect(warnings('eu-central-1')).toHaveLength(0);
  });

  test('never shows the values of the environment', () => {
    expect(() => agentWith({ environment: { AGENT_MODEL_MAIN: 'secret-value' } })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret-value') as string }),
    );
  });
});
