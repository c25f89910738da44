import { App, aws_cognito as cognito, aws_s3 as s3, Stack, type IPolicyValidationPlugin } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { readUserAccess } from '../../agent-image/src/config/user-access.ts';
import {
  AgentAuthorizer,
  AgentCoreChecks,
  AgentRuntime,
  AgentUserPool,
  UserIdentityPool,
  UserRole,
  WorkspaceBucket,
  type AgentUserPoolProps,
  type IAgentCapability,
} from '../../lib';
import { evaluate, evaluateTrust, type RequestContext, type RolePolicies } from '../../lib/testing';
import { nagFindings } from '../support/nag';
import { ACCOUNT, resolvedTemplate, runtimeEnvironment, testImage, testStack } from '../support/stack';
import { roleOf } from './support';

/** An agent whose users reach their workspaces with tokens of their own; capabilities in either order. */
function agentWith(
  inOrder: (identities: UserIdentityPool, workspace: WorkspaceBucket) => IAgentCapability[],
  stack = testStack(),
) {
  const users = new AgentUserPool(stack, 'Users', {
    webOrigins: ['https://agent.example.com'],
    commandLineClient: {},
    machineClient: {},
  });
  const identities = new UserIdentityPool(stack, 'Identities', { users });
  const workspace = new WorkspaceBucket(stack, 'Workspace');
  const agent = new AgentRuntime(stack, 'Agent', {
    image: testImage(),
    authorizer: users.authorizer(),
    capabilities: inOrder(identities, workspace),
  });
  return { stack, users, identities, workspace, agent };
}

const { stack, workspace, agent } = agentWith((...capabilities) => capabilities);
const template = resolvedTemplate(stack);
const execution = roleOf(template, 'AgentExecutionRole');
const user = roleOf(template, 'AgentUserRole');
const POOL_ID = template.ref(template.resourcesOfType('AWS::Cognito::IdentityPool')[0]?.logicalId ?? '');
const PROVIDER_NAME = template.getAtt(
  template.resourcesOfType('AWS::Cognito::UserPool')[0]?.logicalId ?? '',
  'ProviderName',
);
const BUCKET_ARN = String(template.resolve(stack.resolve(workspace.bucket.bucketArn)));
const ADA = '9f1b6c2e-0c4d-4a57-9a0e-0c6f0d1f6a11';
const BOB = '0a1b2c3d-1111-4a57-9a0e-0c6f0d1f6a22';

/** What AWS STS makes of a token of an identity pool for somebody. */
function federate(tags: Readonly<Record<string, string>>, rest: RequestContext = {}): boolean {
  const context: RequestContext = {
    'cognito-identity.amazonaws.com:aud': POOL_ID,
    'cognito-identity.amazonaws.com:amr': ['authenticated', 'cognito-idp.eu-central-1.amazonaws.com/pool'],
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'aws:TagKeys': Object.keys(tags),
    ...rest,
  };
  return ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'].every(
    (action) =>
      evaluateTrust(user.trustPolicy, { federated: 'cognito-identity.amazonaws.com' }, action, context).allowed,
  );
}

const OBJECT_ACTIONS = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'];

/** The ways to touch the objects of somebody that a session with this tag has. */
function reach(role: RolePolicies, userId: string | undefined, owner: string): string[] {
  const tag: RequestContext = userId === undefined ? {} : { 'aws:PrincipalTag/userId': userId };
  const objects = OBJECT_ACTIONS.filter(
    (action) => evaluate(role, { action, resource: `${BUCKET_ARN}/workspaces/${owner}/s/HEAD`, context: tag }).allowed,
  );
  const context = { ...tag, 's3:prefix': `workspaces/${owner}/` };
  const lists = evaluate(role, { action: 's3:ListBucket', resource: BUCKET_ARN, context }).allowed;
  return [...objects, ...(lists ? ['s3:ListBucket'] : [])];
}

describe('a user who has sent a token', () => {
  test('gets a session for himself, and reaches what is his and nothing of others', () => {
    expect(federate({ userId: ADA })).toBe(true);
    expect(reach(user, ADA, ADA)).toEqual([...OBJECT_ACTIONS, 's3:ListBucket']);
    for (const owner of [BOB, '', '*', ADA.slice(0, -1), `${ADA}1`]) {
      expect(reach(user, ADA, owner)).toEqual([]);
    }
  });

  test('is who the token says: the pool makes the tag from its subject, and from nothing that the user can change', () => {
    expect(
      template.resourcesOfType('AWS::Cognito::IdentityPoolPrincipalTag').map(({ properties }) => properties),
    ).toEqual([
      {
        IdentityPoolId: POOL_ID,
        IdentityProviderName: PROVIDER_NAME,
        PrincipalTags: { userId: 'sub' },
        UseDefaults: false,
      },
    ]);
  });
});

describe('nobody else gets a session', () => {
  test.each<[string, Record<string, string>, RequestContext]>([
    [
      'a token of another identity pool',
      { userId: ADA },
      { 'cognito-identity.amazonaws.com:aud': 'eu-central-1:other' },
    ],
    ['a guest', { userId: ADA }, { 'cognito-identity.amazonaws.com:amr': ['unauthenticated'] }],
    ['a token without a user', {}, {}],
    ['an empty user', { userId: '' }, {}],
    ['a user who reaches into another', { userId: `${BOB}/x` }, {}],
    ['a user in another spelling', { UserID: ADA }, {}],
    ['another tag besides', { userId: ADA, team: 'x' }, {}],
    ['a user for all', { userId: '*' }, {}],
    ['a user with a wildcard', { userId: 'a?' }, {}],
    ['a path', { userId: '..' }, {}],
  ])('with %s', (_, tags, rest) => {
    expect(federate(tags, rest)).toBe(false);
  });

  test('by another identity provider, by a service, or by a principal of the account', () => {
    const context = {
      'cognito-identity.amazonaws.com:aud': POOL_ID,
      'cognito-identity.amazonaws.com:amr': ['authenticated'],
      'aws:RequestTag/userId': ADA,
      'aws:TagKeys': ['userId'],
    };
    for (const caller of [
      { federated: 'accounts.google.com' },
      { federated: 'arn:aws:iam::111122223333:oidc-provider/id.example.com' },
      { service: 'cognito-identity.amazonaws.com' },
      { service: 'bedrock-agentcore.amazonaws.com' },
      { aws: execution.roleArn },
      { aws: `arn:aws:iam::${ACCOUNT}:role/Admin` },
    ]) {
      for (const action of ['sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity', 'sts:TagSession']) {
        expect(evaluateTrust(user.trustPolicy, caller, action, context).allowed).toBe(false);
      }
    }
  });
});

describe("the agent's own role", () => {
  test('takes on no role for anybody, whatever tag it forges', () => {
    for (const userId of [ADA, BOB, '*', '']) {
      const context = { 'aws:RequestTag/userId': userId, 'aws:TagKeys': ['userId'] };
      for (const action of ['sts:AssumeRole', 'sts:TagSession', 'sts:AssumeRoleWithWebIdentity']) {
        for (const resource of [user.roleArn, `arn:aws:iam::${ACCOUNT}:role/Admin`]) {
          expect(evaluate(execution, { action, resource, context }).allowed).toBe(false);
        }
        const session = `arn:aws:sts::${ACCOUNT}:assumed-role/${execution.roleName}/session`;
        for (const aws of [execution.roleArn, session]) {
          expect(evaluateTrust(user.trustPolicy, { aws }, action, context).allowed).toBe(false);
        }
      }
    }
    const actions = execution.identityPolicies.flatMap(({ Statement }) =>
      Statement.flatMap(({ Action = [] }) => Action),
    );
    expect(actions.filter((action) => action.startsWith('sts:'))).toEqual([]);
  });

  test('reaches no file of anybody, with a tag or without', () => {
    for (const userId of [undefined, ADA, '*']) {
      for (const owner of [ADA, BOB, '*', '']) expect(reach(execution, userId, owner)).toEqual([]);
    }
  });

  test('may do the same as without workspaces', () => {
    const plain = testStack();
    new AgentRuntime(plain, 'Agent', {
      image: testImage(),
      authorizer: new AgentUserPool(plain, 'Users', { webOrigins: ['https://agent.example.com'] }).authorizer(),
    });
    const statements = ({ identityPolicies }: RolePolicies) => identityPolicies.flatMap(({ Statement }) => Statement);
    expect(statements(execution)).toEqual(statements(roleOf(resolvedTemplate(plain), 'AgentExecutionRole')));
  });
});

describe('the identity pool', () => {
  test('knows no guests and no classic flow, and only tokens of the clients of people', () => {
    const [{ properties } = { properties: {} }] = template.resourcesOfType('AWS::Cognito::IdentityPool');
    const clients = template.resourcesOfType('AWS::Cognito::UserPoolClient').map(({ logicalId }) => logicalId);
    const clientId = (name: string) => template.ref(clients.find((id) => id.includes(name)) ?? name);
    const provider = {
      ProviderName: PROVIDER_NAME,
      ServerSideTokenCheck: true,
    };
    expect(properties).toEqual({
      AllowUnauthenticatedIdentities: false,
      AllowClassicFlow: false,
      CognitoIdentityProviders: [
        { ...provider, ClientId: clientId('WebClient') },
        { ...provider, ClientId: clientId('CommandLineClient') },
      ],
    });
  });

  test('gives the user-scoped role and no other', () => {
    expect(
      template.resourcesOfType('AWS::Cognito::IdentityPoolRoleAttachment').map(({ properties }) => properties),
    ).toEqual([{ IdentityPoolId: POOL_ID, Roles: { authenticated: user.roleArn } }]);
  });

  test('is told to the agent, which sees the header of the ID token, and is told no role to take on', () => {
    const environment = runtimeEnvironment(template);
    expect(JSON.parse(environment.AGENT_USER_IDENTITY ?? '')).toEqual({
      identityPoolId: POOL_ID,
      loginProvider: PROVIDER_NAME,
      idTokenHeader: 'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Id-Token',
    });
    expect(environment.AGENT_USER_ROLE_ARN).toBeUndefined();
    expect(environment.AGENT_WORKSPACE_BUCKET).toBeDefined();
    expect(
      template.resourcesOfType('AWS::BedrockAgentCore::Runtime')[0]?.properties.RequestHeaderConfiguration,
    ).toEqual({
      RequestHeaderAllowlist: ['Authorization', 'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Id-Token'],
    });
  });

  test('is told in a form that the agent reads', () => {
    expect(readUserAccess(runtimeEnvironment(template), 'jwt')).toEqual({
      kind: 'identity',
      identity: {
        identityPoolId: POOL_ID,
        loginProvider: PROVIDER_NAME,
        idTokenHeader: 'x-amzn-bedrock-agentcore-runtime-custom-id-token',
      },
    });
  });

  test('works wherever it stands among the capabilities', () => {
    const other = agentWith((identities, bucket) => [bucket, identities]);
    expect(Template.fromStack(other.stack).toJSON()).toEqual(Template.fromStack(stack).toJSON());
    expect(UserRole.of(agent).credentials).toBeInstanceOf(UserIdentityPool);
  });

  test('can be in another stack than the agent, and neither waits for the other', () => {
    const app = new App();
    const shared = new Stack(app, 'Shared');
    const users = new AgentUserPool(shared, 'Users', { webOrigins: ['https://agent.example.com'] });
    const capabilities = [new UserIdentityPool(shared, 'Identities', { users }), new WorkspaceBucket(shared, 'Bucket')];
    const authorizer = users.authorizer();
    new AgentRuntime(new Stack(app, 'Agents'), 'Agent', { image: testImage(), authorizer, capabilities });
    expect(() => app.synth()).not.toThrow();
  });

  test('works with a user pool that is brought', () => {
    const other = testStack();
    const userPool = cognito.UserPool.fromUserPoolId(other, 'Pool', 'eu-central-1_AbCdEfGhI');
    const clients = [cognito.UserPoolClient.fromUserPoolClientId(other, 'Client', 'web')];
    const users = AgentUserPool.fromUserPool(other, 'Users', { userPool, clients });
    new AgentRuntime(other, 'Agent', {
      image: testImage(),
      authorizer: users.authorizer(),
      capabilities: [new UserIdentityPool(other, 'Identities', { users })],
    });
    expect(JSON.parse(runtimeEnvironment(resolvedTemplate(other)).AGENT_USER_IDENTITY ?? '')).toMatchObject({
      loginProvider: 'cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI',
    });
  });
});

describe('a header that a capability asks for', () => {
  const headersOf = (names: readonly string[]) => {
    const { stack: other, agent: late } = agentWith((...capabilities) => capabilities);
    for (const name of names) late.addRequestHeader(name);
    const [runtime] = resolvedTemplate(other).resourcesOfType('AWS::BedrockAgentCore::Runtime');
    return (runtime?.properties.RequestHeaderConfiguration as { RequestHeaderAllowlist: string[] })
      .RequestHeaderAllowlist;
  };

  test('is passed on, also when it is asked for after the agent was defined, and once', () => {
    expect(headersOf(['X-Tenant', 'x-tenant', 'authorization']).slice(2)).toEqual(['X-Tenant']);
  });

  test('is refused where AgentCore would never pass it on, or no more of them', () => {
    expect(() => headersOf(['Cookie'])).toThrow(/^Test\/Agent: request header "Cookie" is restricted/);
    expect(() => headersOf(Array.from({ length: 19 }, (_, i) => `X-${i}`))).toThrow(
      /^Test\/Agent: 21 request headers are named/,
    );
  });
});

describe('what cannot be', () => {
  const define = (authorizer: (users: AgentUserPool, scope: Stack) => AgentAuthorizer) => () => {
    const other = testStack();
    const users = new AgentUserPool(other, 'Users', { webOrigins: ['https://agent.example.com'] });
    new AgentRuntime(other, 'Agent', {
      image: testImage(),
      authorizer: authorizer(users, other),
      capabilities: [new UserIdentityPool(other, 'Identities', { users })],
    });
  };

  test('is a user pool whose tokens the agent does not accept', () => {
    expect(define((users) => users.authorizer())).not.toThrow();
    expect(define(() => AgentAuthorizer.iam())).toThrow(
      /^Test\/Agent: Test\/Identities gives credentials for users of Test\/Users, and callers of the agent sign with IAM credentials; set the property authorizer/,
    );
    const oidc = { discoveryUrl: 'https://id.example.com/.well-known/openid-configuration', allowedClients: ['web'] };
    expect(define(() => AgentAuthorizer.oidc(oidc))).toThrow(/bring tokens of another provider/);
    expect(
      define((_, scope) =>
        new AgentUserPool(scope, 'Strangers', { webOrigins: ['https://x.example.com'] }).authorizer(),
      ),
    ).toThrow(/bring tokens of another provider/);
  });

  test('is an identity pool for two agents', () => {
    const { stack: other, identities, users } = agentWith((...capabilities) => capabilities);
    const authorizer = users.authorizer();
    expect(
      () => new AgentRuntime(other, 'Second', { image: testImage(), authorizer, capabilities: [identities] }),
    ).toThrow(/^Test\/Second: Test\/Identities gives credentials for Test\/Agent already/);
  });

  test('is an agent with two identity pools', () => {
    expect(() =>
      agentWith((identities, bucket) => [
        identities,
        bucket,
        new UserIdentityPool(identities.node.scope as Stack, 'More', {
          users: (identities.node.scope as Stack).node.findChild('Users') as AgentUserPool,
        }),
      ]),
    ).toThrow(/^Test\/Agent: Test\/More is not the only one that gives credentials for users/);
  });

  test('is an identity pool that comes after the agent could take on the role', () => {
    const { identities, agent: other } = agentWith((_, bucket) => [bucket]);
    expect(() => {
      identities.bindToAgent(other);
    }).toThrow(/^Test\/Agent: Test\/Identities came after the user-scoped role was made/);
  });
});

test.each<[string, ((app: App) => IPolicyValidationPlugin) | undefined]>([
  ['cdk-nag finds', undefined],
  ['the checks of this library find', () => new AgentCoreChecks()],
])('%s nothing that an identity pool brings', (_, rules) => {
  const findings = nagFindings((scope) => {
    const users = new AgentUserPool(scope, 'Users', {
      webOrigins: ['https://agent.example.com'],
      mfa: cognito.Mfa.REQUIRED,
      featurePlan: cognito.FeaturePlan.PLUS,
    });
    const accessLogsBucket = s3.Bucket.fromBucketName(scope, 'Logs', 'access-logs');
    const bucket = new WorkspaceBucket(scope, 'Workspace', { accessLogsBucket });
    const capabilities = [new UserIdentityPool(scope, 'Identities', { users }), bucket];
    new AgentRuntime(scope, 'Agent', { image: testImage(), authorizer: users.authorizer(), capabilities });
  }, rules);
  expect(findings).toEqual([]);
});

test('the identity pool has the same logical id in every release', () => {
  expect(template.resourcesOfType('AWS::Cognito::IdentityPool').map(({ logicalId }) => logicalId)).toEqual([
    'IdentitiesIdentityPoolBF810474',
  ]);
});

describe('an agent that lets fewer users in than the identity pool', () => {
  const warnings = (
    authorizerOf: (users: AgentUserPool) => AgentAuthorizer,
    props: AgentUserPoolProps = { webOrigins: ['https://agent.example.com'], groups: { staff: 'May ask' } },
  ) => {
    const own = testStack();
    const users = new AgentUserPool(own, 'Users', props);
    const capabilities = [new UserIdentityPool(own, 'Identities', { users })];
    new AgentRuntime(own, 'Agent', { image: testImage(), authorizer: authorizerOf(users), capabilities });
    return Annotations.fromStack(own).findWarning(
      '*',
      Match.stringLikeRegexp('demands groups.*every user of the pool gets credentials'),
    );
  };

  test.each<[string, (users: AgentUserPool) => AgentAuthorizer]>([
    ['by a group', (users) => users.authorizer({ groups: ['staff'] })],
    [
      'by a scope',
      ({ discoveryUrl, userClientIds }) =>
        AgentAuthorizer.oidc({ discoveryUrl, allowedClients: [...userClientIds], allowedScopes: ['openid'] }),
    ],
    ['by a client', ({ discoveryUrl }) => AgentAuthorizer.oidc({ discoveryUrl, allowedClients: ['another'] })],
  ])('%s is warned of', (_, authorizerOf) => {
    expect(warnings(authorizerOf).map(({ id }) => id)).toEqual(['/Test/Identities']);
  });

  test('is not one that takes all of them, and machines besides', () => {
    const props = { webOrigins: ['https://agent.example.com'], commandLineClient: {}, machineClient: {} };
    expect(warnings((users) => users.authorizer(), props)).toEqual([]);
  });
});

describe('machines, which have no ID token', () => {
  const warnings = (authorizerOf: (users: AgentUserPool) => AgentAuthorizer, machineClient?: object) => {
    const own = testStack();
    const webOrigins = ['https://agent.example.com'];
    const users = new AgentUserPool(own, 'Users', { webOrigins, ...(machineClient && { machineClient }) });
    const capabilities = [new UserIdentityPool(own, 'Identities', { users })];
    new AgentRuntime(own, 'Agent', { image: testImage(), authorizer: authorizerOf(users), capabilities });
    return Annotations.fromStack(own)
      .findWarning('*', Match.stringLikeRegexp('lets in the client of machines'))
      .map(({ id }) => id);
  };

  test('are warned of where the agent lets them in', () => {
    expect(warnings((users) => users.authorizer(), {})).toEqual(['/Test/Identities']);
  });

  test('are no matter where there are none, or the agent does not let them in', () => {
    expect(warnings((users) => users.authorizer())).toEqual([]);
    const people = ({ discoveryUrl, userClientIds }: AgentUserPool): AgentAuthorizer =>
      AgentAuthorizer.oidc({ discoveryUrl, allowedClients: [...userClientIds] });
    expect(warnings(people, {})).toEqual([]);
  });
});

test.each([
  ['us-gov-west-1', 'cognito-identity-us-gov.amazonaws.com'],
  ['us-west-2', 'cognito-identity.amazonaws.com'],
])('in %s the user-scoped role trusts the identity pools of %s', (region, service) => {
  const own = new Stack(new App(), 'Test', { env: { account: ACCOUNT, region } });
  agentWith((...capabilities) => capabilities, own);
  const trust = roleOf(resolvedTemplate(own), 'AgentUserRole').trustPolicy;
  const [statement] = trust.Statement;
  expect(statement?.Principal).toEqual({ Federated: service });
  expect(statement?.Condition).toMatchObject({
    StringEquals: { [`${service}:aud`]: expect.any(String) as string },
    'ForAnyValue:StringEquals': { [`${service}:amr`]: 'authenticated' },
  });
});
