import {
  App,
  aws_bedrockagentcore as agentcore,
  aws_iam as iam,
  aws_s3 as s3,
  type CfnElement,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import {
  AgentApi,
  AgentAuthorizer,
  AgentRuntime,
  AgentUserPool,
  SessionTable,
  WorkspaceBucket,
  type AgentApiProps,
  type IAgentCapability,
  type OidcAuthorizerOptions,
} from '../../lib';
import { resolvedTemplate, testImage, testStack } from '../support/stack';

const ISSUER = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI';
const users = { issuerUrl: ISSUER, userClientIds: ['web-client', 'cli-client'] };

interface Defined {
  readonly stack: Stack;
  readonly api: AgentApi;
  readonly template: Template;
}

function define(props: Partial<AgentApiProps> = {}, stack = testStack()): Omit<Defined, 'template'> {
  const sessions = new SessionTable(stack, 'Sessions');
  const workspace = new WorkspaceBucket(stack, 'Workspace');
  const agent = new AgentRuntime(stack, 'Agent', {
    image: testImage(),
    capabilities: [sessions, workspace],
    authorizer: AgentAuthorizer.oidc({
      discoveryUrl: `${ISSUER}/.well-known/openid-configuration`,
      allowedClients: ['web-client'],
    }),
  });
  return { stack, api: new AgentApi(stack, 'Api', { agent, users, sessions, workspace, ...props }) };
}

function synthesized(props: Partial<AgentApiProps> = {}): Defined {
  const defined = define(props);
  return { ...defined, template: Template.fromStack(defined.stack) };
}

const linkedAccount = {
  grantComplete: (grantee: iam.IGrantable) =>
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['bedrock-agentcore:CompleteResourceTokenAuth'],
      resourceArns: ['arn:aws:bedrock-agentcore:eu-central-1:111122223333:token-vault/default'],
    }),
};

const routesOf = (template: Template) =>
  Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(
    ({ Properties }) => Properties as { RouteKey: string; AuthorizationType: string; AuthorizerId: unknown },
  );

describe('the API', () => {
  const { template, api, stack } = synthesized();

  test('has these routes, each for signed-in users only', () => {
    const routes = routesOf(template);
    expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual([
      'DELETE /sessions/{id}',
      'GET /sessions',
      'GET /sessions/{id}/files',
      'GET /sessions/{id}/files/content',
      'GET /sessions/{id}/messages',
      'GET /settings',
      'PATCH /sessions/{id}',
      'PUT /settings',
    ]);
    for (const { AuthorizationType, AuthorizerId } of routes) {
      expect([AuthorizationType, typeof AuthorizerId]).toEqual(['JWT', 'object']);
    }
  });

  test('takes tokens of this issuer and these clients', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: ISSUER, Audience: ['web-client', 'cli-client'] },
    });
  });

  test('takes so many requests, and logs each without path, user and token', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      AccessLogSettings: { DestinationArn: Match.anyValue(), Format: Match.stringLikeRegexp('\\$context.requestId') },
    });
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage')) as {
      Properties: { AccessLogSettings: { Format: string } };
    }[];
    expect(stage?.Properties.AccessLogSettings.Format).not.toMatch(
      /\$context\.(path|authorizer\.claims|identity\.user)/,
    );
    template.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'Retain',
      Properties: { RetentionInDays: 90, LogGroupName: Match.absent() },
    });
  });

  test('leaves room beside what takes longest: conversations and files have limits of their own', () => {
    const settings = { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20, DetailedMetricsEnabled: true };
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage')) as {
      Properties: { RouteSettings: object };
      DependsOn: string[];
    }[];
    expect(stage?.Properties.RouteSettings).toEqual({
      'GET /sessions/{id}/messages': settings,
      'GET /sessions/{id}/files/content': settings,
    });
    // API Gateway refuses settings of routes that are not there yet.
    const routes = Object.keys(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(stage?.DependsOn).toEqual(expect.arrayContaining(routes));
    const { template: slow } = synthesized({ throttle: { rateLimit: 5, burstLimit: 7 } });
    slow.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      RouteSettings: {
        'GET /sessions/{id}/messages': { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 7 },
      },
    });
  });

  test('logs JSON, and no message that could have quotation marks', () => {
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage')) as {
      Properties: { AccessLogSettings: { Format: string } };
    }[];
    const { Format } = stage?.Properties.AccessLogSettings ?? { Format: '' };
    // API Gateway puts variables in as they are.
    expect(JSON.parse(Format)).toMatchObject({ error: '$context.error.responseType', status: '$context.status' });
    expect(Format).not.toContain('$context.error.message');
  });

  test('runs as many requests at a time as is said, and as the account has room for otherwise', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: Match.absent() });
    synthesized({ reservedConcurrency: 20 }).template.hasResourceProperties('AWS::Lambda::Function', {
      ReservedConcurrentExecutions: 20,
    });
  });

  test('runs one function on ARM64 that knows where the data is', () => {
    template.resourceCountIs('AWS::Lambda::Function', 1);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Timeout: 29,
      MemorySize: 1024,
    });
    const resolved = resolvedTemplate(stack);
    const [handler] = resolved.resourcesOfType('AWS::Lambda::Function');
    expect(handler?.properties.Environment).toEqual({
      Variables: {
        API_CLIENT_IDS: 'web-client,cli-client',
        API_TOKEN_RULES: '{"clients":["web-client"]}',
        API_AGENT_NAME: expect.stringMatching(/^Test_Agent/) as string,
        API_USER_ROLE_ARN: expect.stringMatching(/:role\/.*AgentUserRole/) as string,
        API_SESSION_TABLE: expect.stringMatching(/SessionsTable/) as string,
        API_WORKSPACE_BUCKET: expect.stringMatching(/workspacebucket/i) as string,
        API_WORKSPACES_PREFIX: 'workspaces/',
        API_DOWNLOADS_PREFIX: 'downloads/',
      },
    });
  });

  test('lets no page of another origin read anything unless one is named', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      ProtocolType: 'HTTP',
      CorsConfiguration: Match.absent(),
    });
    template.hasResourceProperties('AWS::S3::Bucket', { CorsConfiguration: Match.absent() });
  });

  test('keeps its logical ids, and with them its address and its log', () => {
    const idsOf = (type: string) => Object.keys(template.findResources(type));
    expect(idsOf('AWS::ApiGatewayV2::Api')).toEqual(['ApiCD79AAA0']);
    expect(idsOf('AWS::Logs::LogGroup')).toContain('ApiAccessLog713001CC');
  });

  test('has an address', () => {
    expect(stack.resolve(api.url)).toEqual({
      'Fn::GetAtt': [stack.getLogicalId(api.httpApi.node.defaultChild as CfnElement), 'ApiEndpoint'],
    });
  });
});

describe('pages', () => {
  test('of the named origins call the API and read files, without cookies and wildcards', () => {
    const { stack, api } = define({ webOrigins: ['https://agent.example.com'] });
    api.addWebOrigin('http://localhost:5173');
    api.addWebOrigin('http://localhost:5173');
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: {
        AllowOrigins: ['https://agent.example.com', 'http://localhost:5173'],
        AllowMethods: ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'],
        AllowHeaders: ['authorization', 'content-type'],
        AllowCredentials: Match.absent(),
      },
    });
    template.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: {
        CorsRules: [
          { AllowedMethods: ['GET'], AllowedOrigins: ['https://agent.example.com'] },
          { AllowedMethods: ['GET'], AllowedOrigins: ['http://localhost:5173'] },
        ],
      },
    });
  });

  test.each([
    '*',
    'https://*.example.com',
    'https://a.example.com/',
    'https://a.example.com/x',
    'http://a.example.com',
    'null',
    '',
  ])('of %j are not let in', (origin) => {
    expect(() => define({ webOrigins: [origin] })).toThrow(/is not the address of a site/);
  });

  test('of more origins than a bucket has rules for are not let in', () => {
    const { api } = define();
    for (let number = 0; number < 100; number += 1) api.addWebOrigin(`https://a${number}.example.com`);
    expect(() => api.addWebOrigin('https://one-more.example.com')).toThrow(/is one too many/);
  });
});

describe('what the authorizer of the agent demands', () => {
  const rulesOf = (options?: Partial<OidcAuthorizerOptions>): unknown => {
    const stack = testStack();
    const sessions = new SessionTable(stack, 'Sessions');
    const workspace = new WorkspaceBucket(stack, 'Workspace');
    const agent = new AgentRuntime(stack, 'Agent', {
      image: testImage(),
      capabilities: [sessions, workspace],
      authorizer:
        options === undefined
          ? AgentAuthorizer.iam()
          : AgentAuthorizer.oidc({
              discoveryUrl: `${ISSUER}/.well-known/openid-configuration`,
              allowedClients: users.userClientIds,
              ...options,
            }),
    });
    new AgentApi(stack, 'Api', { agent, users, sessions, workspace });
    const [handler] = resolvedTemplate(stack).resourcesOfType('AWS::Lambda::Function');
    const { Variables } = handler?.properties.Environment as { Variables: Record<string, string> };
    return Variables.API_TOKEN_RULES === undefined ? undefined : JSON.parse(Variables.API_TOKEN_RULES);
  };

  test('is nothing more where callers sign, or where the clients are all', () => {
    expect([rulesOf(), rulesOf({})]).toEqual([undefined, undefined]);
  });

  test('is what the function demands too', () => {
    const { RuntimeCustomClaim: Claim, CustomClaimOperator } = agentcore;
    expect(
      rulesOf({
        allowedScopes: ['agent/read'],
        customClaims: [
          Claim.withStringValue('department', 'support'),
          Claim.withStringArrayValue('roles', ['reader']),
          Claim.withStringArrayValue('cognito:groups', ['a', 'b'], CustomClaimOperator.CONTAINS_ANY),
        ],
      }),
    ).toEqual({
      scopes: ['agent/read'],
      claims: [
        { name: 'department', operator: 'EQUALS', values: ['support'] },
        { name: 'roles', operator: 'CONTAINS', values: ['reader'] },
        { name: 'cognito:groups', operator: 'CONTAINS_ANY', values: ['a', 'b'] },
      ],
    });
  });

  test('is fewer clients than those of the API', () => {
    expect(rulesOf({ allowedClients: ['cli-client', 'other'] })).toEqual({ clients: ['cli-client', 'other'] });
  });

  test('is a group of a user pool of the app', () => {
    const stack = testStack();
    const pool = new AgentUserPool(stack, 'Users', { webOrigins: ['https://agent.example.com'] });
    const sessions = new SessionTable(stack, 'Sessions');
    const workspace = new WorkspaceBucket(stack, 'Workspace');
    const capabilities = [sessions, workspace];
    const authorizer = pool.authorizer({ groups: ['staff'] });
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities, authorizer });
    new AgentApi(stack, 'Api', { agent, users: pool, sessions, workspace });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          API_TOKEN_RULES: '{"claims":[{"name":"cognito:groups","operator":"CONTAINS_ANY","values":["staff"]}]}',
        }),
      },
    });
  });
});

describe('users of a provider whose access tokens name an audience', () => {
  const AUDIENCE = 'https://agent.example.com';
  const issuerUrl = 'https://tenant.eu.auth0.com/';

  function defineWith(apiUsers: Partial<AgentApiProps['users']>, options: Partial<OidcAuthorizerOptions> = {}): Stack {
    const stack = testStack();
    const sessions = new SessionTable(stack, 'Sessions');
    const workspace = new WorkspaceBucket(stack, 'Workspace');
    const agent = new AgentRuntime(stack, 'Agent', {
      image: testImage(),
      capabilities: [sessions, workspace],
      authorizer: AgentAuthorizer.oidc({
        discoveryUrl: `${issuerUrl}.well-known/openid-configuration`,
        allowedAudiences: [AUDIENCE],
        ...options,
      }),
    });
    new AgentApi(stack, 'Api', { agent, users: { issuerUrl, ...apiUsers }, sessions, workspace });
    return stack;
  }
  const variables = (stack: Stack): Record<string, string> => {
    const [handler] = resolvedTemplate(stack).resourcesOfType('AWS::Lambda::Function');
    return (handler?.properties.Environment as { Variables: Record<string, string> }).Variables;
  };

  test('are let in by it, under an issuer that ends in a slash', () => {
    const stack = defineWith({ audiences: [AUDIENCE] });
    Template.fromStack(stack).hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: { Issuer: issuerUrl, Audience: [AUDIENCE] },
    });
    expect(variables(stack)).toMatchObject({ API_AUDIENCES: JSON.stringify([AUDIENCE]) });
    expect(variables(stack)).not.toHaveProperty('API_CLIENT_IDS');
    expect(variables(stack)).not.toHaveProperty('API_TOKEN_RULES');
  });

  test('need both where clients are named besides, and what the agent demands beyond', () => {
    const stack = defineWith(
      { audiences: [AUDIENCE, 'https://more.example.com'], userClientIds: ['web'] },
      { allowedClients: ['web'] },
    );
    Template.fromStack(stack).hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      // The client is looked at by the function: API Gateway does not where there is an audience.
      JwtConfiguration: { Audience: [AUDIENCE, 'https://more.example.com'] },
    });
    expect(variables(stack)).toMatchObject({
      API_CLIENT_IDS: 'web',
      API_TOKEN_RULES: JSON.stringify({ audiences: [AUDIENCE] }),
    });
  });

  test.each<[string, Partial<AgentApiProps['users']>, RegExp, Partial<OidcAuthorizerOptions>?]>([
    [
      'without the audience that the agent demands',
      { userClientIds: ['web'] },
      /takes tokens with the audience https:/,
    ],
    ['with neither clients nor audiences', {}, /neither clients nor audiences/],
    [
      'with a client of the API for an audience, which ID tokens have',
      { userClientIds: ['web'], audiences: ['web'] },
      /audiences has "web", the id of a client/,
    ],
    [
      'with a client of the agent for an audience',
      { audiences: ['web'] },
      /audiences has "web", the id of a client/,
      { allowedClients: ['web'] },
    ],
    ['with an audience that is none', { audiences: [' '] }, /audiences has " ", which no token is meant for/],
    [
      'of Amazon Cognito, whose access tokens name none',
      { issuerUrl: ISSUER, audiences: [AUDIENCE] },
      /audiences is given for a Cognito user pool/,
    ],
  ])('are refused %s', (_, apiUsers, finding, options = {}) => {
    expect(() => defineWith(apiUsers, options)).toThrow(finding);
  });
});

describe('linked accounts', () => {
  test('have a route, and what they grant goes to the function', () => {
    const { template } = synthesized({ linkedAccounts: [linkedAccount] });
    expect(routesOf(template).map(({ RouteKey }) => RouteKey)).toContain('POST /oauth/complete');
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: [Match.objectLike({ Action: 'bedrock-agentcore:CompleteResourceTokenAuth', Effect: 'Allow' })],
      },
    });
  });
});

describe('a mistake', () => {
  test.each<[string, Partial<AgentApiProps>, RegExp]>([
    [
      'an issuer without https',
      { users: { ...users, issuerUrl: 'http://id.example.com' } },
      /issuerUrl "http:.*is no issuer/,
    ],
    [
      'an issuer of Amazon Cognito with a slash at its end',
      { users: { ...users, issuerUrl: `${ISSUER}/` } },
      /ends in a slash, and "iss" of a Cognito user pool does not/,
    ],
    ['an issuer with parameters', { users: { ...users, issuerUrl: `${ISSUER}?a=b` } }, /issuerUrl ".*" is no issuer/],
    [
      'users without a client',
      { users: { ...users, userClientIds: [] } },
      /the users have neither clients nor audiences/,
    ],
    [
      'other users than the agent has',
      { users: { ...users, issuerUrl: 'https://id.example.com' } },
      /the agent knows its users by/,
    ],
    ['no requests at all', { throttle: { rateLimit: 0, burstLimit: 10 } }, /throttle\.rateLimit is 0/],
    ['no requests at a time', { reservedConcurrency: 0 }, /reservedConcurrency is 0; give a whole number/],
    ['a part of a request', { throttle: { rateLimit: 1, burstLimit: 1.5 } }, /throttle\.burstLimit is 1\.5/],
  ])('is told when the API is defined: %s', (_, props, message) => {
    expect(() => define(props)).toThrow(message);
  });

  test('is told together with others', () => {
    const props = { users: { issuerUrl: 'x', userClientIds: [] }, throttle: { rateLimit: -1, burstLimit: 1 } };
    expect(() => define(props)).toThrow(/issuerUrl[\s\S]*neither clients[\s\S]*throttle\.rateLimit/);
  });

  test('is a second API of one agent', () => {
    const { stack, api } = define();
    const agent = stack.node.findChild('Agent') as AgentRuntime;
    const sessions = stack.node.findChild('Sessions') as SessionTable;
    const workspace = stack.node.findChild('Workspace') as WorkspaceBucket;
    expect(() => new AgentApi(api, 'Second', { agent, users, sessions, workspace })).toThrow(
      'Test/Api/Second: the agent Test/Agent has an AgentApi already, and one serves all of its users; leave one',
    );
  });

  test('is an agent in another stack', () => {
    const app = new App();
    const { stack } = define({}, new Stack(app, 'One'));
    const agent = stack.node.findChild('Agent') as AgentRuntime;
    const two = new Stack(app, 'Two');
    const sessions = stack.node.findChild('Sessions') as SessionTable;
    const workspace = stack.node.findChild('Workspace') as WorkspaceBucket;
    expect(() => new AgentApi(two, 'Api', { agent, users, sessions, workspace })).toThrow(
      /the agent One\/Agent is in another stack/,
    );
  });

  test.each<[string, (given: { sessions: SessionTable; workspace: WorkspaceBucket }) => IAgentCapability[]]>([
    ['sessions', ({ workspace }) => [workspace]],
    ['workspace', ({ sessions }) => [sessions]],
  ])('is an agent that was not given the %s of the API', (prop, capabilitiesOf) => {
    const stack = testStack();
    const given = { sessions: new SessionTable(stack, 'Sessions'), workspace: new WorkspaceBucket(stack, 'Workspace') };
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: capabilitiesOf(given) });
    new AgentApi(stack, 'Api', { agent, users, ...given });
    expect(() => (stack.node.root as App).synth()).toThrow(
      new RegExp(`does not have Test/\\w+, which is "${prop}" of the API`),
    );
  });
});

test('the boundary of the agent limits the role of the function too', () => {
  const stack = testStack();
  const sessions = new SessionTable(stack, 'Sessions');
  const workspace = new WorkspaceBucket(stack, 'Workspace');
  const capabilities = [sessions, workspace];
  const boundary = 'arn:aws:iam::111122223333:policy/boundary';
  const permissionsBoundary = iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', boundary);
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities, permissionsBoundary });
  new AgentApi(stack, 'Api', { agent, users, sessions, workspace });
  const roles = resolvedTemplate(stack).resourcesOfType('AWS::IAM::Role');
  expect(roles.map(({ logicalId }) => logicalId)).toContainEqual(expect.stringMatching(/^ApiFunction/));
  for (const { properties } of roles) expect(properties.PermissionsBoundary).toBe(boundary);
});

test('the API works with a bucket that is brought, whose rules are its owner’s matter', () => {
  const stack = testStack();
  const sessions = new SessionTable(stack, 'Sessions');
  const workspace = WorkspaceBucket.fromBucket(stack, 'Workspace', s3.Bucket.fromBucketName(stack, 'Brought', 'mine'));
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [sessions, workspace] });
  new AgentApi(stack, 'Api', { agent, users, sessions, workspace, webOrigins: ['https://a.example.com'] });
  Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 0);
});

test('AwsSolutions finds nothing on the API and the table', () => {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new Stack(app, 'Test');
  const sessions = new SessionTable(stack, 'Sessions');
  const workspace = new WorkspaceBucket(stack, 'Workspace', {
    accessLogsBucket: s3.Bucket.fromBucketName(stack, 'Logs', 'logs'),
  });
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [sessions, workspace] });
  new AgentApi(stack, 'Api', { agent, users, sessions, workspace, linkedAccounts: [linkedAccount] });
  expect(() => app.synth()).not.toThrow();
});

test('two stacks of the same app in one account share no name', () => {
  const namesOf = (stackName: string) => {
    const { stack } = define({}, new Stack(new App(), 'Test', { stackName }));
    const resources = Template.fromStack(stack).toJSON() as {
      Resources: Record<string, { Type: string; Properties: object }>;
    };
    return Object.values(resources.Resources).flatMap(({ Type, Properties }) =>
      Object.entries(Properties)
        .filter(
          ([name, value]) =>
            /^(Table|Bucket|Function|Role|LogGroup|ManagedPolicy)Name$/.test(name) && typeof value === 'string',
        )
        .map(([, value]) => `${Type} ${String(value)}`),
    );
  };
  const one = namesOf('one');
  expect(namesOf('two').filter((name) => one.includes(name))).toEqual([]);
});
