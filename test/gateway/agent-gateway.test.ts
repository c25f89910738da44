import {
  aws_bedrockagentcore as agentcore,
  App,
  aws_kms as kms,
  aws_logs as logs,
  aws_wafv2 as wafv2,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import {
  AgentAuthorizer,
  AgentGateway,
  AgentRuntime,
  AgentUserPool,
  GatewayPolicy,
  GatewayRateLimit,
  GatewayTool,
  OutboundCredential,
  WebAclFailureMode,
  type AgentGatewayProps,
  type OidcAuthorizerOptions,
} from '../../lib';
import { runtimeEnvironment, testImage, testStack } from '../support/stack';
import {
  GATEWAY,
  gatewayWith,
  orderTool,
  resolved,
  someFunction,
  stackIn,
  TARGET,
  someRuntime,
} from './gateway-fixture';

const DISCOVERY = 'https://id.example.com/.well-known/openid-configuration';
const jwt = (discoveryUrl = DISCOVERY) => AgentAuthorizer.oidc({ discoveryUrl, allowedClients: ['web'] });

describe('a gateway', () => {
  test('wants signatures, searches by meaning and speaks every version of MCP, the oldest included', () => {
    const { template } = gatewayWith();
    template.hasResourceProperties(GATEWAY, {
      AuthorizerType: 'AWS_IAM',
      AuthorizerConfiguration: Match.absent(),
      ProtocolType: 'MCP',
      ProtocolConfiguration: {
        Mcp: {
          SearchType: 'SEMANTIC',
          SupportedVersions: ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'],
        },
      },
      ExceptionLevel: Match.absent(),
      KmsKeyArn: Match.absent(),
      PolicyEngineConfiguration: Match.absent(),
    });
    template.resourceCountIs('AWS::Cognito::UserPool', 0);
    template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 0);
    template.resourceCountIs('AWS::Logs::ResourcePolicy', 0);
    template.resourceCountIs('AWS::XRay::ResourcePolicy', 0);
  });

  test('takes the authorizer of an agent', () => {
    gatewayWith({ authorizer: jwt() }).template.hasResourceProperties(GATEWAY, {
      AuthorizerType: 'CUSTOM_JWT',
      AuthorizerConfiguration: { CustomJWTAuthorizer: { DiscoveryUrl: DISCOVERY, AllowedClients: ['web'] } },
    });
  });

  test('has a key, instructions, a description, tags and details of errors where they are asked for', () => {
    const { template, stack } = gatewayWith((scope) => ({
      encryptionKey: new kms.Key(scope, 'Key'),
      instructions: 'Ask before refunds',
      description: 'Orders',
      debug: true,
      tags: { Team: 'support' },
    }));
    template.hasResourceProperties(GATEWAY, {
      KmsKeyArn: Match.anyValue(),
      Description: 'Orders',
      ExceptionLevel: 'DEBUG',
      ProtocolConfiguration: { Mcp: { Instructions: 'Ask before refunds' } },
      Tags: { Team: 'support' },
    });
    Annotations.fromStack(stack).hasWarning('/Test/Gateway', Match.stringLikeRegexp('debug is on'));
    Annotations.fromStack(gatewayWith().stack).hasNoWarning('*', Match.anyValue());
  });

  test('is behind a web ACL that fails closed, or open where that is asked for', () => {
    const webAcl = (stack: Stack) =>
      new wafv2.CfnWebACL(stack, 'Acl', {
        scope: 'REGIONAL',
        defaultAction: { allow: {} },
        visibilityConfig: { cloudWatchMetricsEnabled: false, metricName: 'a', sampledRequestsEnabled: false },
      });
    const { template, stack, gateway } = gatewayWith((scope) => ({ webAcl: webAcl(scope) }));
    template.hasResourceProperties(GATEWAY, { WafConfiguration: { FailureMode: 'FAIL_CLOSE' } });
    template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
      ResourceArn: stack.resolve(gateway.gatewayArn) as unknown,
    });
    gatewayWith((scope) => ({
      webAcl: webAcl(scope),
      webAclFailureMode: WebAclFailureMode.OPEN,
    })).template.hasResourceProperties(GATEWAY, { WafConfiguration: { FailureMode: 'FAIL_OPEN' } });
  });

  test('limits requests of each caller, whoever callers are, and of a tool', () => {
    const rateLimits = [
      GatewayRateLimit.perCaller({ perMinute: 60 }),
      GatewayRateLimit.perTool({ target: 'find-order', name: 'find_order' }, { perSecond: 5 }),
    ];
    const TYPE = 'AWS::BedrockAgentCore::GatewayRateLimit';
    const { template } = gatewayWith({ rateLimits });
    template.hasResourceProperties(TYPE, {
      DimensionKeys: ['$.context.iam.principal'],
      Entries: [{ Dimensions: { '$.context.iam.principal': '*' }, Requests: [{ Rate: 60, Period: 'minute' }] }],
    });
    template.hasResourceProperties(TYPE, {
      DimensionKeys: ['toolName'],
      Entries: [{ Dimensions: { toolName: 'find-order___find_order' }, Requests: [{ Rate: 5, Period: 'second' }] }],
    });
    gatewayWith({ rateLimits, authorizer: jwt() }).template.hasResourceProperties(TYPE, {
      DimensionKeys: ['$.context.jwt.sub'],
    });
  });

  test('limits requests of a tool whose name only AgentCore knows, beside a function', () => {
    const { template } = gatewayWith((stack) => ({
      tools: [
        orderTool(stack),
        GatewayTool.mcpServer('docs', { url: 'https://docs.example.com/mcp', credential: OutboundCredential.none() }),
      ],
      rateLimits: [GatewayRateLimit.perTool({ target: 'docs', name: 'search' }, { perMinute: 5 })],
    }));
    template.hasResourceProperties('AWS::BedrockAgentCore::GatewayRateLimit', {
      Entries: [{ Dimensions: { toolName: 'docs___search' }, Requests: [{ Rate: 5, Period: 'minute' }] }],
    });
  });

  test('tells the function behind a tool of several targets by the name of its target', () => {
    const { gateway } = gatewayWith((stack) => ({
      tools: [orderTool(stack, 'find', 'orders'), orderTool(stack, 'find', 'refunds')],
    }));
    expect(() => gateway.toolFunction('find')).toThrow(
      'Test/Gateway: several targets have a tool "find", each with a function of its own; ask for orders___find or refunds___find',
    );
    expect(gateway.toolFunction('orders___find').functionArn).toMatch(/:find-orders$/);
    expect(gateway.toolFunction('refunds___find').functionArn).toMatch(/:find-refunds$/);
    expect(() => gateway.toolFunction('payments___find')).toThrow('there is one behind find');
  });

  test('tells the function that two targets share by the name of the tool alone', () => {
    const { gateway } = gatewayWith((stack) => {
      const shared = someFunction(stack);
      const tool = { name: 'find', description: 'Finds', input: { type: 'object', properties: {} } } as const;
      return { tools: ['old', 'new'].map((target) => GatewayTool.lambda(target, shared, [tool])) };
    });
    expect(gateway.toolFunction('find').functionArn).toMatch(/:orders$/);
  });

  test('tells its tools with their schemas', () => {
    const { gateway } = gatewayWith((stack) => ({
      tools: [
        orderTool(stack),
        GatewayTool.mcpServer('docs', { url: 'https://docs.example.com/mcp', credential: OutboundCredential.none() }),
      ],
    }));
    expect(gateway.tools).toEqual([
      {
        target: 'find-order',
        name: 'find_order',
        description: 'Finds an order',
        inputSchema: expect.objectContaining({ type: 'object', required: ['orderId'] }) as unknown,
      },
    ]);
    expect(gateway.toolFunction('find_order').functionArn).toContain(':function:find_order');
    expect(() => gateway.toolFunction('order')).toThrow(
      'Test/Gateway: there is no function behind a tool "order"; there is one behind find_order',
    );
  });

  test('waits for its permissions, and so does every target', () => {
    const { template } = gatewayWith((stack) => ({
      tools: [
        orderTool(stack),
        GatewayTool.agentRuntime('search', { runtime: someRuntime(stack) }),
        GatewayTool.mcpServer('docs', { url: 'https://docs.example.com/mcp', credential: OutboundCredential.none() }),
      ],
    }));
    const policies = Object.keys(template.findResources('AWS::IAM::ManagedPolicy'));
    expect(policies).not.toEqual([]);
    const waiting = [
      ...Object.values(template.findResources(GATEWAY)),
      ...Object.values(template.findResources(TARGET)),
    ];
    expect(waiting).toHaveLength(4);
    for (const { DependsOn } of waiting as { DependsOn?: string[] }[]) {
      expect(DependsOn).toEqual(expect.arrayContaining(policies));
    }
  });

  test('asks a policy engine that enforces as soon as there is a policy, which waits for every target', () => {
    const policy = GatewayPolicy.fromCedar(
      `permit (principal is AgentCore::IamEntity, action == AgentCore::Action::"find-order___find_order", resource == AgentCore::Gateway::"{{gatewayArn}}");`,
      { name: 'find_order' },
    );
    const { template } = gatewayWith({ policies: [policy] });
    template.hasResourceProperties(GATEWAY, { PolicyEngineConfiguration: { Mode: 'ENFORCE' } });
    const [cedar] = Object.values(template.findResources('AWS::BedrockAgentCore::Policy')) as { DependsOn: string[] }[];
    expect(cedar?.DependsOn).toEqual(expect.arrayContaining(Object.keys(template.findResources(TARGET))));
  });
});

describe('log and spans of a gateway', () => {
  const GROUP = 'AWS::Logs::LogGroup';

  test('the log is kept for three months unless another time is given', () => {
    const { template, gateway, stack } = gatewayWith({ applicationLogs: true });
    template.hasResourceProperties(GROUP, { RetentionInDays: 90 });
    expect(stack.resolve(gateway.logGroup?.logGroupArn)).toEqual({
      'Fn::GetAtt': [Object.keys(template.findResources(GROUP))[0], 'Arn'],
    });
    gatewayWith({
      applicationLogs: true,
      logRetention: logs.RetentionDays.ONE_WEEK,
    }).template.hasResourceProperties(GROUP, { RetentionInDays: 7 });
  });
});

describe('the name of a gateway', () => {
  const nameIn = (stack: Stack) => gatewayWith({}, stack).gateway.gatewayName;

  test('is legal in small letters, made from the path, and stays from release to release', () => {
    expect(nameIn(testStack())).toBe('test-gateway-f23069e5');
    expect(nameIn(stackIn(undefined, 'AStackWithAVeryLongNameThatGoesOnAndOnAndOnAndOn'))).toMatch(
      /^(?:[0-9a-z]-?){1,36}$/,
    );
  });

  test('is another in another stack, so that both fit into one account', () => {
    expect(nameIn(stackIn(undefined, 'One'))).not.toBe(nameIn(stackIn(undefined, 'Two')));
  });

  test('is the only kind of name that is given: what is unique across accounts is left to CloudFormation', () => {
    const named = Object.values(
      gatewayWith({ applicationLogs: true, tracing: true }).template.toJSON().Resources as Record<
        string,
        { Type: string; Properties: Record<string, unknown> }
      >,
    ).flatMap(({ Type, Properties }) =>
      Object.keys(Properties)
        .filter((key) => /Name$/.test(key))
        .map((key) => `${Type} ${key}`),
    );
    // Names in an account and Region, each with the path of the stack in it; the rest are references.
    expect([...new Set(named)].sort()).toEqual([
      'AWS::BedrockAgentCore::Gateway Name',
      'AWS::BedrockAgentCore::GatewayTarget Name',
      'AWS::Logs::Delivery DeliverySourceName',
      'AWS::Logs::DeliveryDestination Name',
      'AWS::Logs::DeliverySource Name',
      'AWS::Logs::LogGroup LogGroupName',
    ]);
  });

  test('and the logical ids of what keeps a state stay', () => {
    const { template } = gatewayWith({ applicationLogs: true, tracing: true });
    const ids = Object.entries(template.toJSON().Resources as Record<string, { Type: string }>).map(
      ([id, { Type }]) => `${Type} ${id}`,
    );
    expect(ids.sort()).toEqual([
      'AWS::BedrockAgentCore::Gateway Gateway03F80C52',
      'AWS::BedrockAgentCore::GatewayTarget GatewayTargetsfindorderTargetF66D7152',
      'AWS::IAM::ManagedPolicy GatewayGatewayRolePermissionsGrantsC19DC797',
      'AWS::IAM::Role GatewayGatewayRole83132CFE',
      'AWS::Logs::Delivery LogDelivery61B59898ApplicationLogsDelivery',
      'AWS::Logs::Delivery LogDelivery61B59898TracesDelivery',
      'AWS::Logs::DeliveryDestination LogDelivery61B59898ApplicationLogsDestination',
      'AWS::Logs::DeliveryDestination LogDelivery61B59898TracesDestination',
      'AWS::Logs::DeliverySource LogDelivery61B59898ApplicationLogsSource',
      'AWS::Logs::DeliverySource LogDelivery61B59898TracesSource',
      'AWS::Logs::LogGroup LogDelivery61B59898ApplicationLogsGroup',
    ]);
  });
});

describe('an agent with a gateway', () => {
  function agentWith(props: Partial<AgentGatewayProps>, authorizer?: AgentAuthorizer) {
    const { stack, gateway } = gatewayWith(props);
    new AgentRuntime(stack, 'Agent', {
      image: testImage(),
      capabilities: [gateway],
      ...(authorizer === undefined ? {} : { authorizer }),
    });
    return runtimeEnvironment(resolved(stack));
  }

  test('is told where it is, and signs', () => {
    expect(JSON.parse(agentWith({}).AGENT_GATEWAY_GW ?? '')).toEqual({
      url: expect.stringMatching(/^https:\/\/test-gateway-.*\/mcp$/) as unknown,
      auth: 'iam',
    });
  });

  test('passes on the token of its caller where the gateway wants one', () => {
    const { AGENT_GATEWAY_ORDERS = '' } = agentWith({ serverName: 'orders', authorizer: jwt() }, jwt());
    expect(JSON.parse(AGENT_GATEWAY_ORDERS)).toMatchObject({ auth: 'user' });
  });

  test('is refused where its callers have no token for the gateway', () => {
    expect(() => agentWith({ authorizer: jwt() })).toThrow(/callers of the agent .* bring none, they sign with IAM/);
    expect(() => agentWith({ authorizer: jwt() }, jwt(DISCOVERY.replace('id.', 'other.')))).toThrow(
      /the gateway wants tokens of https:\/\/id.*bring those of https:\/\/other/,
    );
  });

  describe('with tokens that the gateway refuses', () => {
    const tokens = (options: Omit<OidcAuthorizerOptions, 'discoveryUrl'>) =>
      AgentAuthorizer.oidc({ discoveryUrl: DISCOVERY, ...options });
    const warned = (agent: AgentAuthorizer, authorizer: AgentAuthorizer) => {
      const { stack, gateway } = gatewayWith({ authorizer });
      new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [gateway], authorizer: agent });
      return Annotations.fromStack(stack)
        .findWarning('/Test/Gateway', Match.anyValue())
        .map(({ entry }) => String(entry.data));
    };
    const web = { allowedClients: ['web'] };
    const both = { allowedClients: ['web', 'cli'] };
    const audience = { allowedAudiences: ['agents'] };
    const inGroups = (...groups: string[]) => ({
      ...web,
      customClaims: [
        agentcore.RuntimeCustomClaim.withStringArrayValue('groups', groups, agentcore.CustomClaimOperator.CONTAINS_ANY),
      ],
    });
    const inGroup = (group: string) => ({
      ...web,
      customClaims: [
        agentcore.RuntimeCustomClaim.withStringArrayValue('groups', [group], agentcore.CustomClaimOperator.CONTAINS),
      ],
    });
    const inTeam = (team: string) => ({
      ...web,
      customClaims: [agentcore.RuntimeCustomClaim.withStringValue('team', team)],
    });

    test.each([
      ['of another client', both, web, 'by allowedClients:'],
      ['of any client', audience, web, 'by allowedClients:'],
      ['of another audience', { allowedAudiences: ['web'] }, audience, 'by allowedAudiences:'],
      ['of any group', web, inGroups('a'), 'by the claim groups:'],
      ['of another group', inGroups('a', 'b'), inGroups('a'), 'by the claim groups:'],
      ['of another team', inTeam('a'), inTeam('b'), 'by the claim team:'],
      ['of another claim', inTeam('a'), inGroups('a'), 'by the claim groups:'],
      ['of any scope', web, { ...web, allowedScopes: ['call'] }, 'by allowedScopes:'],
      ['of any client and audience', { allowedClients: ['cli'] }, { ...web, ...audience }, 'Clients and allowedAudi'],
    ])('%s is warned of', (_, agent, gateway, message) => {
      const warnings = warned(tokens(agent), tokens(gateway));
      expect(warnings).toEqual([expect.stringContaining('accepts tokens that the gateway refuses')]);
      expect(warnings[0]).toContain(message);
      expect(warnings[0]).toContain('[ack: cdk-agentcore-constructs:gatewayRefusesTokens]');
    });

    test.each([
      ['the same clients', both, { allowedClients: ['cli', 'web'] }],
      ['fewer clients', web, both],
      ['fewer groups', inGroups('a'), inGroups('a', 'b')],
      ['one of its groups', inGroup('a'), inGroups('a', 'b')],
      ['the same team', inTeam('a'), inTeam('a')],
      ['fewer scopes', { ...web, allowedScopes: ['call'] }, { ...web, allowedScopes: ['call', 'see'] }],
      ['a gateway that looks at the audience only', { ...both, ...audience }, audience],
    ])('is not warned of for %s', (_, agent, gateway) => {
      expect(warned(tokens(agent), tokens(gateway))).toEqual([]);
    });

    test.each([
      ['is warned of where only the gateway is for a group', undefined, 1],
      ['is not warned of where both are for a group', ['support'], 0],
    ])('of the users of one pool %s', (_, groups, count) => {
      const stack = testStack();
      const users = new AgentUserPool(stack, 'Users', {
        groups: { support: 'Who supports' },
        commandLineClient: {},
      });
      const { gateway } = gatewayWith({ authorizer: users.authorizer({ groups: ['support'] }) }, stack);
      new AgentRuntime(stack, 'Agent', {
        image: testImage(),
        capabilities: [gateway],
        authorizer: users.authorizer(groups === undefined ? {} : { groups }),
      });
      expect(Annotations.fromStack(stack).findWarning('/Test/Gateway', Match.anyValue())).toHaveLength(count);
    });
  });

  test('signs for a gateway with IAM also where its own callers bring tokens', () => {
    expect(JSON.parse(agentWith({}, jwt()).AGENT_GATEWAY_GW ?? '')).toMatchObject({ auth: 'iam' });
  });

  test('can have two under two names', () => {
    const stack = testStack();
    const tools = [orderTool(stack)];
    const one = new AgentGateway(stack, 'One', { tools });
    const agentOf = (id: string, serverName?: string) =>
      new AgentRuntime(stack, id, {
        image: testImage(),
        capabilities: [
          one,
          new AgentGateway(stack, `${id}Two`, { tools, ...(serverName === undefined ? {} : { serverName }) }),
        ],
      });
    expect(() => agentOf('Same')).toThrow(
      /^Test\/Same: Test\/SameTwo: serverName "gw" is that of Test\/One too, another gateway of the agent .*; give one of/,
    );
    expect(() => agentOf('Different', 'orders')).not.toThrow();
  });

  test('has it once', () => {
    const { stack, gateway } = gatewayWith();
    expect(() => new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [gateway, gateway] })).toThrow(
      /^Test\/Agent: Test\/Gateway: the agent .* has this gateway already; take it out of capabilities once$/,
    );
  });

  test('can have one that another app deployed', () => {
    const stack = testStack();
    const gatewayArn = 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:gateway/orders-0123456789';
    const gateway = AgentGateway.fromGatewayAttributes(stack, 'Gateway', { gatewayArn, serverName: 'orders' });
    new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [gateway] });
    expect(JSON.parse(runtimeEnvironment(resolved(stack)).AGENT_GATEWAY_ORDERS ?? '')).toEqual({
      url: 'https://orders-0123456789.gateway.bedrock-agentcore.eu-west-1.amazonaws.com/mcp',
      auth: 'iam',
    });
  });

  test.each([
    [{ gatewayArn: 'orders-0123456789' }, /gatewayArn "orders-0123456789" is not the ARN of a gateway/],
    [{ gatewayArn: 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:gateway/Orders-0123456789' }, /is not the ARN/],
    [{ gatewayUrl: 'https://x.example.com/mcp?tenant=a' }, /gatewayUrl ".*" is not the address.*without user, "\?"/],
    [{ gatewayUrl: 'http://x/mcp' }, /gatewayUrl "http:\/\/x\/mcp" is not the address/],
    [{ serverName: 'GW' }, /serverName "GW" is not one/],
  ])('cannot have %j', (attributes, message) => {
    const gatewayArn = 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:gateway/orders-0123456789';
    expect(() => AgentGateway.fromGatewayAttributes(testStack(), 'Gateway', { gatewayArn, ...attributes })).toThrow(
      message,
    );
  });
});

test('cdk-nag has nothing to say about a gateway with everything', () => {
  const app = new App();
  const stack = new Stack(app, 'Test');
  const provider = {
    credentialProviderArn: 'arn:aws:bedrock-agentcore:eu-central-1:111122223333:p',
    clientSecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:s-abcdef',
  };
  new AgentGateway(stack, 'Gateway', {
    tools: [
      GatewayTool.lambda('orders', someFunction(stack), [
        { name: 'find_order', description: 'Finds', input: { type: 'object', properties: {} } },
      ]),
      GatewayTool.mcpServer('docs', {
        url: 'https://docs.example.com/mcp',
        credential: OutboundCredential.oauth(provider, { scopes: ['read'] }),
      }),
    ],
    encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
    policies: [
      GatewayPolicy.fromCedar(
        `permit (principal is AgentCore::IamEntity, action == AgentCore::Action::"orders___find_order", resource == AgentCore::Gateway::"{{gatewayArn}}");`,
        { name: 'find_order' },
      ),
    ],
    rateLimits: [GatewayRateLimit.perCaller({ perMinute: 60 })],
    applicationLogs: true,
    tracing: true,
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).not.toThrow();
  expect(Template.fromStack(stack).findResources(TARGET)).not.toEqual({});
});
