import {
  App,
  aws_cloudfront as cloudfront,
  aws_cognito as cognito,
  aws_iam as iam,
  Duration,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { AgentRuntime, AgentUserPool, type AgentUserPoolProps } from '../../lib';
import { evaluate, rolePolicies } from '../../lib/testing';
import { nagFindings } from '../support/nag';
import { ACCOUNT, resolvedTemplate, testImage, testStack } from '../support/stack';

const PAGE = { webOrigins: ['https://agent.example.com'] };

function poolWith(props: AgentUserPoolProps = PAGE) {
  const stack = testStack();
  const users = new AgentUserPool(stack, 'Users', props);
  return {
    stack,
    users,
    /** Not before it is asked for: nothing can be defined after it. */
    get template() {
      return Template.fromStack(stack);
    },
  };
}

/** The properties of the client whose logical id has this in it. */
function clientOf(template: Template, name: string): Record<string, unknown> {
  const clients = Object.entries(template.findResources('AWS::Cognito::UserPoolClient'));
  const [, client] = clients.find(([id]) => id.includes(name)) ?? [];
  return client?.Properties as Record<string, unknown>;
}

const pool = (template: Template) =>
  Object.values(template.findResources('AWS::Cognito::UserPool'))[0] as {
    Properties: Record<string, unknown>;
    DeletionPolicy: string;
  };

describe('the pool', () => {
  const { template } = poolWith();

  test('lets nobody sign up by himself, and knows people by their e-mail address in any case', () => {
    template.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      AutoVerifiedAttributes: ['email'],
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] },
      LambdaConfig: Match.absent(),
    });
    template.resourceCountIs('AWS::Lambda::Function', 0);
  });

  test('asks for a long password, and lets people have a second factor that is no text message', () => {
    template.hasResourceProperties('AWS::Cognito::UserPool', {
      MfaConfiguration: 'OPTIONAL',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      Policies: {
        PasswordPolicy: {
          MinimumLength: 12,
          RequireLowercase: true,
          RequireUppercase: true,
          RequireNumbers: true,
          RequireSymbols: true,
          TemporaryPasswordValidityDays: 3,
        },
      },
      SmsConfiguration: Match.absent(),
    });
  });

  test('is kept with its users when the stack is deleted, and cannot be deleted by hand', () => {
    template.hasResource('AWS::Cognito::UserPool', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { DeletionProtection: 'ACTIVE' },
    });
  });

  test('is deleted only where that is asked for', () => {
    const other = pool(poolWith({ ...PAGE, removalPolicy: RemovalPolicy.DESTROY }).template);
    expect(other.DeletionPolicy).toBe('Delete');
    expect(other.Properties.DeletionProtection).toBe('INACTIVE');
  });

  test('takes a second factor that all need, another password policy, and a plan that rates sign-ins', () => {
    const { Properties } = pool(
      poolWith({
        ...PAGE,
        mfa: cognito.Mfa.REQUIRED,
        passwordPolicy: { minLength: 20 },
        featurePlan: cognito.FeaturePlan.PLUS,
      }).template,
    );
    expect(Properties).toMatchObject({
      MfaConfiguration: 'ON',
      UserPoolTier: 'PLUS',
      UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
      Policies: { PasswordPolicy: { MinimumLength: 20 } },
    });
    expect(pool(poolWith({ ...PAGE, mfa: cognito.Mfa.OFF }).template).Properties.EnabledMfas).toBeUndefined();
  });

  test('has the groups that are named', () => {
    const { template: other } = poolWith({ ...PAGE, groups: { operators: 'May refund', 'read-only': 'May look' } });
    other.resourceCountIs('AWS::Cognito::UserPoolGroup', 2);
    other.hasResourceProperties('AWS::Cognito::UserPoolGroup', { GroupName: 'operators', Description: 'May refund' });
  });

  test('has pages of the newer kind, with a style for each client of people, made after the address', () => {
    const { template: other } = poolWith({ ...PAGE, commandLineClient: {}, machineClient: {} });
    other.hasResourceProperties('AWS::Cognito::UserPoolDomain', { ManagedLoginVersion: 2 });
    const styles = Object.values(other.findResources('AWS::Cognito::ManagedLoginBranding')) as {
      Properties: Record<string, unknown>;
      DependsOn: string[];
    }[];
    expect(styles).toHaveLength(2);
    const [domain] = Object.keys(other.findResources('AWS::Cognito::UserPoolDomain'));
    for (const { Properties, DependsOn } of styles) {
      expect(Properties.UseCognitoProvidedValues).toBe(true);
      expect(DependsOn).toContain(domain);
    }
  });
});

describe('the client of the page', () => {
  test('is public, gets a code and never a token in an address, and rotates refresh tokens that can be revoked', () => {
    expect(clientOf(poolWith().template, 'WebClient')).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email'],
      CallbackURLs: ['https://agent.example.com/callback'],
      LogoutURLs: ['https://agent.example.com/'],
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 },
      AccessTokenValidity: 60,
      IdTokenValidity: 60,
      RefreshTokenValidity: 1440,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
      SupportedIdentityProviders: ['COGNITO'],
      WriteAttributes: ['email'],
    });
  });

  test('takes other validities', () => {
    const { template } = poolWith({
      ...PAGE,
      tokenValidity: Duration.minutes(5),
      refreshTokenValidity: Duration.days(30),
    });
    expect(clientOf(template, 'WebClient')).toMatchObject({
      AccessTokenValidity: 5,
      IdTokenValidity: 5,
      RefreshTokenValidity: 43_200,
    });
  });

  test.each([
    [Duration.hours(12), 1440],
    [Duration.hours(13), 1560],
    [Duration.days(1), 2880],
  ])('keeps people signed in for longer than tokens of %s are good', (tokenValidity, minutes) => {
    const { template } = poolWith({ ...PAGE, tokenValidity });
    expect(clientOf(template, 'WebClient')).toMatchObject({ RefreshTokenValidity: minutes });
  });

  test('sends people back to pages that are added later, each once', () => {
    const { users, stack } = poolWith({});
    const page = new cloudfront.Distribution(stack, 'Page', {
      defaultBehavior: { origin: new HttpOrigin('example.com') },
    });
    for (const origin of ['http://localhost:5173', `https://${page.domainName}`, 'http://localhost:5173']) {
      users.addWebOrigin(origin);
    }
    const client = clientOf(Template.fromStack(stack), 'WebClient');
    expect(client.AllowedOAuthFlows).toEqual(['code']);
    expect(client.CallbackURLs).toEqual([
      'http://localhost:5173/callback',
      { 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [expect.stringMatching(/^Page/), 'DomainName'] }, '/callback']] },
    ]);
  });

  test.each([
    'https://agent.example.com:8443',
    'https://a.b',
    'https://xn--bcher-kva.example',
    'https://intranet:65535',
  ])('sends people back to %s', (origin) => {
    expect(clientOf(poolWith({ webOrigins: [origin] }).template, 'WebClient').CallbackURLs).toEqual([
      `${origin}/callback`,
    ]);
  });

  test('signs nobody in while it has no page', () => {
    const client = clientOf(poolWith({ commandLineClient: {} }).template, 'WebClient');
    expect(client.AllowedOAuthFlowsUserPoolClient).toBe(false);
    for (const property of ['AllowedOAuthFlows', 'AllowedOAuthScopes', 'CallbackURLs', 'LogoutURLs']) {
      expect(client[property]).toBeUndefined();
    }
  });
});

test('the client of the command line comes back to fixed ports of this machine', () => {
  const { template } = poolWith({ commandLineClient: { ports: [4000, 5000] } });
  expect(clientOf(template, 'CommandLineClient')).toMatchObject({
    GenerateSecret: false,
    AllowedOAuthFlows: ['code'],
    CallbackURLs: ['http://localhost:4000/callback', 'http://localhost:5000/callback'],
    LogoutURLs: ['http://localhost:4000/', 'http://localhost:5000/'],
    RefreshTokenRotation: { Feature: 'ENABLED' },
  });
  const other = poolWith({ commandLineClient: {} }).template;
  expect(clientOf(other, 'CommandLineClient').CallbackURLs).toHaveLength(3);
});

test('the client of machines has a secret, which no template shows, and acts for itself within named scopes', () => {
  const { template, users } = poolWith({ machineClient: { scopes: { invoke: 'Call', read: 'Look' } } });
  template.hasResourceProperties('AWS::Cognito::UserPoolResourceServer', {
    Identifier: 'agent',
    Scopes: [
      { ScopeName: 'invoke', ScopeDescription: 'Call' },
      { ScopeName: 'read', ScopeDescription: 'Look' },
    ],
  });
  const machine = clientOf(template, 'MachineClient');
  expect(machine).toMatchObject({
    GenerateSecret: true,
    AllowedOAuthFlows: ['client_credentials'],
    ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  });
  expect(machine.CallbackURLs).toBeUndefined();
  expect(JSON.stringify(template.toJSON())).not.toContain('ClientSecret');
  expect(users.machineClientIds).toHaveLength(1);
});

describe('sign-up for some domains', () => {
  const { template, stack } = poolWith({
    ...PAGE,
    signUp: { allowedEmailDomains: ['Example.com', 'example.org', 'example.com'] },
  });

  test('asks a function that knows the domains, each once and in lower case', () => {
    template.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: false },
      LambdaConfig: { PreSignUp: Match.anyValue() },
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { ALLOWED_EMAIL_DOMAINS: 'example.com,example.org' } },
      Architectures: ['arm64'],
      Handler: 'index.handler',
    });
  });

  test('is open to this pool alone', () => {
    const [poolId] = Object.keys(template.findResources('AWS::Cognito::UserPool'));
    template.resourceCountIs('AWS::Lambda::Permission', 1);
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'cognito-idp.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': [poolId, 'Arn'] },
    });
  });

  test('keeps the role of the function within the boundary that is given', () => {
    const inBounds = testStack();
    const permissionsBoundary = iam.ManagedPolicy.fromManagedPolicyName(inBounds, 'Boundary', 'boundary');
    const signUp = { allowedEmailDomains: ['example.com'] };
    new AgentUserPool(inBounds, 'Users', { ...PAGE, signUp, permissionsBoundary });
    const roles = resolvedTemplate(inBounds).resourcesOfType('AWS::IAM::Role');
    expect(roles.map(({ properties }) => properties.PermissionsBoundary)).toEqual([
      `arn:aws:iam::${ACCOUNT}:policy/boundary`,
    ]);
  });

  test('gives the function its log and nothing else', () => {
    const resolved = resolvedTemplate(stack);
    const [role] = resolved.resourcesOfType('AWS::IAM::Role');
    const policies = rolePolicies(resolved, role?.logicalId ?? '');
    expect(policies.identityPolicies.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action))).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
    const may = (group: string) =>
      evaluate(policies, {
        action: 'logs:PutLogEvents',
        resource: `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:${group}:log-stream:one`,
      }).allowed;
    const [log] = resolved.resourcesOfType('AWS::Logs::LogGroup');
    expect(may(resolved.ref(log?.logicalId ?? ''))).toBe(true);
    expect(may('other')).toBe(false);
  });
});

describe('the address of the sign-in pages', () => {
  /** The address as it would be in an account, with the id that AWS gives the stack. */
  function prefixes(define: (stack: Stack) => void, id: string, stackName = 'agents'): string[] {
    const stack = new Stack(new App(), 'Test', { stackName });
    define(stack);
    const resolve = (value: unknown): unknown => {
      const text = JSON.stringify(value).replaceAll('{"Ref":"AWS::StackId"}', JSON.stringify(id));
      return resolvedTemplate(stack).resolve(JSON.parse(text));
    };
    return Object.values(Template.fromStack(stack).findResources('AWS::Cognito::UserPoolDomain')).map(
      ({ Properties }) => String(resolve((Properties as { Domain: unknown }).Domain)),
    );
  }
  const stackId = (account: string, region: string, uuid: string) =>
    `arn:aws:cloudformation:${region}:${account}:stack/agents/${uuid}`;
  const one = (stack: Stack) => {
    new AgentUserPool(stack, 'Users', PAGE);
  };
  const IDS = [
    stackId('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000000'),
    stackId('444455556666', 'us-east-1', '4e5f6a7b-0000-4000-8000-000000000000'),
    stackId('111122223333', 'eu-central-1', '9c8d7e6f-0000-4000-8000-000000000000'),
  ];

  test('is another one in every account, Region and stack, and the same for the life of a stack', () => {
    const all = IDS.flatMap((id) => prefixes(one, id));
    expect(new Set(all).size).toBe(IDS.length);
    expect(all[0]).toMatch(/^agent-[0-9a-f]{6}-0a1b2c3d$/);
    expect(prefixes(one, IDS[0] ?? '')).toEqual([all[0]]);
  });

  test('is another one for each pool of a stack', () => {
    const all = prefixes((stack) => {
      one(stack);
      new AgentUserPool(stack, 'Others', PAGE);
    }, IDS[0] ?? '');
    expect(new Set(all).size).toBe(2);
  });

  test('begins as asked for, and is part of the address that the pool tells', () => {
    const { users, stack } = poolWith({ ...PAGE, domainPrefix: 'acme' });
    expect(resolvedTemplate(stack).resolve(stack.resolve(users.signInUrl))).toMatch(
      /^https:\/\/acme-[0-9a-f]{6}-00000000\.auth\.eu-central-1\.amazoncognito\.com$/,
    );
  });

  test.each([
    ['us-gov-west-1', 'auth-fips.us-gov-west-1'],
    ['us-west-2', 'auth.us-west-2'],
  ])('is in %s the one that the Region has', (region, host) => {
    const stack = new Stack(new App(), 'Test', { env: { account: ACCOUNT, region } });
    const { signInUrl } = new AgentUserPool(stack, 'Users', PAGE);
    expect(JSON.stringify(stack.resolve(signInUrl))).toContain(`.${host}.amazoncognito.com`);
  });

  test('no other name of the pool is one that the world shares', () => {
    const { template } = poolWith({
      ...PAGE,
      commandLineClient: {},
      machineClient: {},
      signUp: { allowedEmailDomains: ['example.com'] },
    });
    const names = Object.values(
      template.toJSON().Resources as Record<string, { Properties?: Record<string, unknown> }>,
    ).flatMap(({ Properties = {} }) =>
      ['UserPoolName', 'ClientName', 'FunctionName', 'RoleName', 'LogGroupName', 'ManagedPolicyName'].flatMap(
        (name) => Properties[name] ?? [],
      ),
    );
    expect(names.filter((name) => typeof name === 'string')).toEqual([]);
  });
});

describe('the authorizer', () => {
  function runtime(options?: Parameters<AgentUserPool['authorizer']>[0]) {
    const { users, stack } = poolWith({ ...PAGE, commandLineClient: {}, machineClient: {} });
    new AgentRuntime(stack, 'Agent', { image: testImage(), authorizer: users.authorizer(options) });
    const resolved = resolvedTemplate(stack);
    return {
      poolId: resolved.ref(resolved.resourcesOfType('AWS::Cognito::UserPool')[0]?.logicalId ?? ''),
      clients: [users.webClient, users.commandLineClient, users.machineClient].map((client) =>
        resolved.resolve(stack.resolve(client?.userPoolClientId)),
      ),
      AuthorizerConfiguration: resolved.resourcesOfType('AWS::BedrockAgentCore::Runtime')[0]?.properties
        .AuthorizerConfiguration,
    };
  }

  test('names every client, because access tokens name no audience', () => {
    const { AuthorizerConfiguration, poolId, clients } = runtime();
    expect(new Set(clients).size).toBe(3);
    expect(AuthorizerConfiguration).toEqual({
      CustomJWTAuthorizer: {
        DiscoveryUrl: `https://cognito-idp.eu-central-1.amazonaws.com/${poolId}/.well-known/openid-configuration`,
        AllowedClients: clients,
      },
    });
  });

  test('asks for one of the groups where groups are named', () => {
    expect(runtime({ groups: ['operators', 'admins'] })).toMatchObject({
      AuthorizerConfiguration: {
        CustomJWTAuthorizer: {
          CustomClaims: [
            {
              InboundTokenClaimName: 'cognito:groups',
              InboundTokenClaimValueType: 'STRING_ARRAY',
              AuthorizingClaimMatchValue: {
                ClaimMatchOperator: 'CONTAINS_ANY',
                ClaimMatchValue: { MatchValueStringList: ['operators', 'admins'] },
              },
            },
          ],
        },
      },
    });
  });

  test('of a pool that is brought names the clients that are given, and nothing about the pool is changed', () => {
    const stack = testStack();
    const userPool = cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-central-1_AbCdEfGhI');
    const clients = [cognito.UserPoolClient.fromUserPoolClientId(stack, 'Client', 'web')];
    const machineClients = [cognito.UserPoolClient.fromUserPoolClientId(stack, 'Machine', 'robot')];
    const users = AgentUserPool.fromUserPool(stack, 'Users', { userPool, clients, machineClients });
    new AgentRuntime(stack, 'Agent', { image: testImage(), authorizer: users.authorizer() });
    Annotations.fromStack(stack).hasInfo('/Test/Users', Match.stringLikeRegexp('nothing about the user pool'));
    const resolved = resolvedTemplate(stack);
    expect(resolved.resourcesOfType('AWS::BedrockAgentCore::Runtime')[0]?.properties.AuthorizerConfiguration).toEqual({
      CustomJWTAuthorizer: {
        DiscoveryUrl:
          'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI/.well-known/openid-configuration',
        AllowedClients: ['web', 'robot'],
      },
    });
    expect(users.userClientIds).toEqual(['web']);
    expect(resolved.resources().filter(({ type }) => type.startsWith('AWS::Cognito'))).toEqual([]);
  });

  test('of a pool that is brought without clients is refused', () => {
    const stack = testStack();
    const userPool = cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-central-1_AbCdEfGhI');
    expect(() => AgentUserPool.fromUserPool(stack, 'Users', { userPool, clients: [] })).toThrow(
      /^Test\/Users: clients is empty, and tokens of every application/,
    );
  });

  test('warns of a group that the pool does not have, and of none that it has', () => {
    const { users, stack } = poolWith({ ...PAGE, groups: { buyers: 'May order' } });
    users.userPool.addGroup('Before', { groupName: 'sellers' });
    users.authorizer({ groups: ['buyers', 'sellers', 'couriers'] });
    users.userPool.addGroup('After', { groupName: 'couriers' });
    const warnings = () => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('lets in the group'));
    expect(warnings()).toEqual([]);
    users.authorizer({ groups: ['buyers', 'byers'] });
    users.authorizer({ groups: ['byers'] });
    expect(warnings().map(({ id, entry }) => [id, entry.data])).toEqual([
      ['/Test/Users', expect.stringMatching(/"byers", and the pool has buyers, sellers, couriers in this app/)],
    ]);
  });

  test('says nothing of the groups of a pool that is brought', () => {
    const stack = testStack();
    const userPool = cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-central-1_AbCdEfGhI');
    const clients = [cognito.UserPoolClient.fromUserPoolClientId(stack, 'Client', 'web')];
    AgentUserPool.fromUserPool(stack, 'Users', { userPool, clients }).authorizer({ groups: ['staff'] });
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('is refused for no groups at all', () => {
    expect(() => poolWith().users.authorizer({ groups: [] })).toThrow(/^Test\/Users: groups is empty/);
  });
});

describe('what cannot be', () => {
  test.each<[AgentUserPoolProps, string]>([
    [{ signUp: { allowedEmailDomains: [] } }, 'signUp.allowedEmailDomains is empty, so nobody could sign up'],
    ...[
      '@example.com',
      '*.example.com',
      'https://example.com',
      'example',
      'example.com.',
      'exa mple.com',
      'exämple.com',
      'example.com,example.org',
      '',
    ].map((domain): [AgentUserPoolProps, string] => [
      { signUp: { allowedEmailDomains: [domain] } },
      `signUp.allowedEmailDomains has "${domain}", which is not the domain`,
    ]),
    [
      { signUp: { allowedEmailDomains: Array.from({ length: 300 }, (_, i) => `team-${i}.example.com`) } },
      'characters in all, and the function that looks at them has room for 3500',
    ],
    [{ commandLineClient: { ports: [] } }, 'commandLineClient.ports is empty'],
    [{ commandLineClient: { ports: [80] } }, 'commandLineClient.ports has 80, on which'],
    [{ commandLineClient: { ports: [70_000] } }, 'commandLineClient.ports has 70000'],
    [{ commandLineClient: { ports: [9000, 9001, 9000] } }, 'commandLineClient.ports has 9000 twice'],
    [{ machineClient: { scopes: {} } }, 'machineClient.scopes is empty'],
    [{ machineClient: { scopes: { 'a b': 'x' } } }, 'machineClient.scopes has "a b"'],
    [{ machineClient: { scopes: { 'a/b': 'x' } } }, 'machineClient.scopes has "a/b"'],
    [{ groups: { 'two words': 'x' } }, 'group "two words" has no legal name'],
    [{ groups: { 'a/b': 'x', 'a--b': 'y' } }, 'groups "a/b" and "a--b" are the same with "--" for each slash'],
    [{ groups: { 'not"buyers': 'x' } }, 'group "not"buyers" has no legal name'],
    [{ groups: { 'a\\b': 'x' } }, 'group "a\\b" has no legal name'],
    [{ domainPrefix: 'Agent' }, 'domainPrefix "Agent" (5 characters) cannot begin an address'],
    [{ domainPrefix: '-a' }, 'domainPrefix "-a" (2 characters) cannot begin an address'],
    [{ domainPrefix: 'a'.repeat(48) }, '(48 characters) cannot begin an address: give 1 to 47'],
    [{ domainPrefix: 'my-cognito' }, 'which Amazon Cognito refuses; choose another'],
    [
      { tokenValidity: Duration.minutes(4) },
      'tokenValidity is 4 minutes; Amazon Cognito allows whole minutes from 5 to 1440',
    ],
    [{ tokenValidity: Duration.days(2) }, 'tokenValidity is 2880 minutes'],
    [{ tokenValidity: Duration.seconds(330) }, 'tokenValidity is 5.5 minutes'],
    [{ refreshTokenValidity: Duration.minutes(59) }, 'refreshTokenValidity is 59 minutes'],
    [
      { tokenValidity: Duration.hours(3), refreshTokenValidity: Duration.hours(2) },
      'Test/Users: refreshTokenValidity is 120 minutes, and tokens are good for 180',
    ],
    [
      { tokenValidity: Duration.hours(2), refreshTokenValidity: Duration.hours(2) },
      'refreshTokenValidity is 120 minutes, and tokens are good for 120',
    ],
    [{ refreshTokenValidity: Duration.hours(1) }, 'refreshTokenValidity is 60 minutes, and tokens are good for 60'],
    [
      { tokenValidity: Duration.days(1), refreshTokenValidity: Duration.days(1) },
      'refreshTokenValidity is 1440 minutes, and tokens are good for 1440',
    ],
    ...[
      'agent.example.com',
      'https://agent.example.com/',
      'https://agent.example.com/chat',
      'http://agent.example.com',
      'HTTPS://agent.example.com',
      'https://*',
      'https://agent.example.com:99999',
      'https://agent.example.com:0',
      'https://agent..example.com',
      'https://-agent.example.com',
      'https://-.',
      'https://agent.example.com.',
      `https://${'a'.repeat(64)}.example.com`,
    ].map((origin): [AgentUserPoolProps, string] => [
      { webOrigins: [origin] },
      `web origin "${origin}" is not the address of a site`,
    ]),
    [
      { webOrigins: Array.from({ length: 101 }, (_, i) => `https://page-${i}.example.com`) },
      'web origin "https://page-100.example.com" is one too many',
    ],
  ])('%j is refused', (props, finding) => {
    expect(() => poolWith({ ...PAGE, ...props })).toThrow(finding);
  });

  test('is told all at once', () => {
    expect(() => poolWith({ domainPrefix: 'A', groups: { '': 'x' }, webOrigins: ['x'] })).toThrow(
      /^Test\/Users:\n {2}- group "".*\n {2}- domainPrefix "A".*\n {2}- web origin "x"/,
    );
  });

  test('is a pool in which no client can sign anybody in', () => {
    const { stack } = poolWith({});
    expect(() => Template.fromStack(stack)).toThrow(/\[Test\/Users\] no client of this pool can sign anybody in/);
  });

  test('is a page that is added with a wrong address', () => {
    expect(() => {
      poolWith().users.addWebOrigin('ftp://x');
    }).toThrow(/^Test\/Users: web origin "ftp:\/\/x" is not/);
  });
});

// A change of any of these replaces the pool, and with it all users, in everybody's next deployment.
test('the pool, its domain and its clients have the same logical ids in every release, whatever the properties', () => {
  const ids = (props: AgentUserPoolProps) =>
    Object.entries(poolWith(props).template.toJSON().Resources as Record<string, { Type: string }>)
      .filter(([, { Type }]) => /::(UserPool|UserPoolDomain|UserPoolClient|UserPoolResourceServer)$/.test(Type))
      .map(([id]) => id)
      .sort();
  expect(ids(PAGE)).toEqual(['UsersDomainC6632324', 'UsersUserPool7E610616', 'UsersUserPoolWebClientEE6B7AD5']);
  expect(ids({ ...PAGE, signUp: { allowedEmailDomains: ['example.com'] }, mfa: cognito.Mfa.REQUIRED })).toEqual(
    ids(PAGE),
  );
  expect(ids({ ...PAGE, commandLineClient: {}, machineClient: {}, groups: { a: 'A' } })).toEqual([
    'UsersDomainC6632324',
    'UsersUserPool7E610616',
    'UsersUserPoolCommandLineClientB0B09321',
    'UsersUserPoolMachineClient8105E2AC',
    'UsersUserPoolMachinesB5E93798',
    'UsersUserPoolWebClientEE6B7AD5',
  ]);
});

describe('cdk-nag', () => {
  const SIGN_UP = {
    ...PAGE,
    signUp: { allowedEmailDomains: ['example.com'] },
    commandLineClient: {},
    machineClient: {},
  };

  test('asks for a second factor that all need and for the plan that rates sign-ins, which are properties', () => {
    const findings = nagFindings((stack) => new AgentUserPool(stack, 'Users', SIGN_UP));
    expect(findings.map((rule) => /AwsSolutions-[A-Z0-9]+/.exec(rule)?.[0])).toEqual([
      'AwsSolutions-COG2',
      'AwsSolutions-COG8',
    ]);
  });

  test('finds nothing with both', () => {
    const both = { mfa: cognito.Mfa.REQUIRED, featurePlan: cognito.FeaturePlan.PLUS } as const;
    expect(nagFindings((stack) => new AgentUserPool(stack, 'Users', { ...SIGN_UP, ...both }))).toEqual([]);
  });
});
