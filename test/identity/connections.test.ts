import {
  App,
  aws_iam as iam,
  aws_kms as kms,
  aws_secretsmanager as secretsmanager,
  SecretValue,
  Stack,
  type IPolicyValidationPlugin,
} from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { readConnections } from '../../agent-image/src/config/connections.ts';
import {
  AgentAuthorizer,
  AgentCoreChecks,
  AgentGateway,
  AgentRuntime,
  ApiKeyConnection,
  GitHubConnection,
  OAuthConnection,
  OAuthVendor,
  OutboundCredential,
  type AgentRuntimeProps,
  type IAgentCapability,
  type OAuthConnectionProps,
} from '../../lib';
import { evaluate, type RolePolicies } from '../../lib/testing';
import { nagFindings } from '../support/nag';
import { ACCOUNT, REGION, resolvedTemplate, runtimeEnvironment, testImage, testStack } from '../support/stack';
import { roleOf } from './support';

const RETURN_URL = 'https://agent.example.com/oauth/return';
const SECRET_ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:kept-a1b2c3`;
const AUTHORIZER = AgentAuthorizer.oidc({
  discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
  allowedClients: ['web'],
});
const TENANT = {
  issuer: 'https://acme.example.com',
  authorizationEndpoint: 'https://acme.example.com/authorize',
  tokenEndpoint: 'https://acme.example.com/token',
};

function oauth(scope: Stack, id: string, props: Partial<OAuthConnectionProps> = {}): OAuthConnection {
  return new OAuthConnection(scope, id, {
    vendor: OAuthVendor.google(),
    clientId: 'client',
    clientSecret: new secretsmanager.Secret(scope, `${id}Secret`),
    scopes: ['openid'],
    returnUrl: RETURN_URL,
    ...props,
  });
}

function github(scope: Stack, id = 'GitHub', enterpriseServerUrl?: string): GitHubConnection {
  return new GitHubConnection(scope, id, {
    clientId: 'Iv1.0123',
    clientSecret: new secretsmanager.Secret(scope, `${id}Secret`),
    returnUrl: RETURN_URL,
    ...(enterpriseServerUrl === undefined ? {} : { enterpriseServerUrl }),
  });
}

function agentWith(
  stack: Stack,
  id: string,
  capabilities: IAgentCapability[],
  props: Partial<AgentRuntimeProps> = {},
): AgentRuntime {
  return new AgentRuntime(stack, id, { image: testImage(), authorizer: AUTHORIZER, capabilities, ...props });
}

describe('a GitHub connection', () => {
  const stack = testStack();
  const connection = github(stack);
  agentWith(stack, 'Agent', [connection]);
  const template = resolvedTemplate(stack);

  test('takes the client secret from the secret that is given, and writes none anywhere', () => {
    expect(
      template.resourcesOfType('AWS::BedrockAgentCore::OAuth2CredentialProvider').map(({ properties }) => properties),
    ).toEqual([
      {
        Name: connection.providerName,
        CredentialProviderVendor: 'GithubOauth2',
        Oauth2ProviderConfigInput: {
          GithubOauth2ProviderConfig: {
            ClientId: 'Iv1.0123',
            ClientSecretSource: 'EXTERNAL',
            ClientSecretConfig: {
              SecretId: expect.stringMatching(/^arn:aws:secretsmanager:/) as string,
              JsonKey: 'clientSecret',
            },
          },
        },
      },
    ]);
  });

  test('shows the address to register at GitHub', () => {
    expect(Object.values(Template.fromStack(stack).findOutputs('*'))).toEqual([
      {
        Description: 'Register this callback URL in your application at github',
        Value: { 'Fn::GetAtt': ['GitHubProviderEF0F7A5D', 'CallbackUrl'] },
      },
    ]);
  });

  test('is told to the agent', () => {
    expect(JSON.parse(runtimeEnvironment(template).AGENT_CONNECTION_GH ?? '')).toEqual({
      kind: 'oauth2',
      vendor: 'github',
      provider: connection.providerName,
      scopes: ['repo'],
      returnUrl: RETURN_URL,
    });
  });

  test('can be one to a server of one’s own', () => {
    const other = testStack();
    agentWith(other, 'Agent', [github(other, 'GitHub', 'https://github.example.com/')]);
    const own = resolvedTemplate(other);
    expect(own.resourcesOfType('AWS::BedrockAgentCore::OAuth2CredentialProvider')[0]?.properties).toMatchObject({
      CredentialProviderVendor: 'CustomOauth2',
      Oauth2ProviderConfigInput: {
        CustomOauth2ProviderConfig: {
          ClientSecretSource: 'EXTERNAL',
          OauthDiscovery: {
            AuthorizationServerMetadata: {
              Issuer: 'https://github.example.com',
              AuthorizationEndpoint: 'https://github.example.com/login/oauth/authorize',
              TokenEndpoint: 'https://github.example.com/login/oauth/access_token',
            },
          },
        },
      },
    });
    expect(JSON.parse(runtimeEnvironment(own).AGENT_CONNECTION_GH ?? '')).toMatchObject({
      vendor: 'github',
      apiUrl: 'https://github.example.com/api/v3',
      gitUrl: 'https://github.example.com',
    });
  });
});

test("github.com and a server of one's own are two connections of an agent under two names", () => {
  const stack = testStack();
  const enterprise = new GitHubConnection(stack, 'Enterprise', {
    connectionName: 'GHE',
    enterpriseServerUrl: 'https://github.example.com',
    clientId: 'Iv1.4567',
    clientSecret: new secretsmanager.Secret(stack, 'EnterpriseSecret'),
    returnUrl: RETURN_URL,
  });
  agentWith(stack, 'Agent', [github(stack), enterprise]);
  const environment = runtimeEnvironment(resolvedTemplate(stack));
  const providerOf = (variable: string) =>
    (JSON.parse(environment[variable] ?? '{}') as { provider?: string }).provider;
  expect(providerOf('AGENT_CONNECTION_GHE')).toBe(enterprise.providerName);
  expect(providerOf('AGENT_CONNECTION_GH')).toMatch(/./);
  expect(providerOf('AGENT_CONNECTION_GH')).not.toBe(enterprise.providerName);
});

describe('a vendor', () => {
  test.each<[string, OAuthVendor, string, string]>([
    ['google', OAuthVendor.google(), 'GoogleOauth2', 'GoogleOauth2ProviderConfig'],
    ['slack', OAuthVendor.slack(), 'SlackOauth2', 'SlackOauth2ProviderConfig'],
    ['salesforce', OAuthVendor.salesforce(), 'SalesforceOauth2', 'SalesforceOauth2ProviderConfig'],
    ['microsoft', OAuthVendor.microsoft(), 'MicrosoftOauth2', 'MicrosoftOauth2ProviderConfig'],
    ['atlassian', OAuthVendor.atlassian(), 'AtlassianOauth2', 'AtlassianOauth2ProviderConfig'],
    ['linkedin', OAuthVendor.linkedin(), 'LinkedinOauth2', 'LinkedinOauth2ProviderConfig'],
    ['dropbox', OAuthVendor.dropbox(), 'DropboxOauth2', 'IncludedOauth2ProviderConfig'],
    ['hubspot', OAuthVendor.hubspot(), 'HubspotOauth2', 'IncludedOauth2ProviderConfig'],
    ['notion', OAuthVendor.notion(), 'NotionOauth2', 'IncludedOauth2ProviderConfig'],
    ['zoom', OAuthVendor.zoom(), 'ZoomOauth2', 'IncludedOauth2ProviderConfig'],
    ['auth0', OAuthVendor.auth0(TENANT), 'Auth0Oauth2', 'IncludedOauth2ProviderConfig'],
    ['okta', OAuthVendor.okta(TENANT), 'OktaOauth2', 'IncludedOauth2ProviderConfig'],
    ['cognito', OAuthVendor.cognito(TENANT), 'CognitoOauth2', 'IncludedOauth2ProviderConfig'],
    [
      'acme-id',
      OAuthVendor.custom({
        vendorId: 'acme-id',
        discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
      }),
      'CustomOauth2',
      'CustomOauth2ProviderConfig',
    ],
  ])('%s is what AWS CloudFormation calls it, with an external secret', (id, vendor, name, config) => {
    const stack = testStack();
    agentWith(stack, 'Agent', [oauth(stack, 'Connection', { vendor })]);
    const template = resolvedTemplate(stack);
    const [provider] = template.resourcesOfType('AWS::BedrockAgentCore::OAuth2CredentialProvider');
    expect(provider?.properties.CredentialProviderVendor).toBe(name);
    expect(provider?.properties.Oauth2ProviderConfigInput).toEqual({
      [config]: expect.objectContaining({ ClientId: 'client', ClientSecretSource: 'EXTERNAL' }) as unknown,
    });
    const variable = `AGENT_CONNECTION_${id.toUpperCase().replace('-', '')}`;
    expect(JSON.parse(runtimeEnvironment(template)[variable] ?? '')).toMatchObject({ kind: 'oauth2', vendor: id });
  });

  test('with a tenant has its endpoints, and Microsoft a directory', () => {
    const config = (vendor: OAuthVendor) => {
      const stack = testStack();
      oauth(stack, 'Connection', { vendor });
      return JSON.stringify(
        resolvedTemplate(stack).resourcesOfType('AWS::BedrockAgentCore::OAuth2CredentialProvider')[0]?.properties,
      );
    };
    for (const url of Object.values(TENANT)) expect(config(OAuthVendor.okta(TENANT))).toContain(`"${url}"`);
    expect(config(OAuthVendor.microsoft('0f0f'))).toContain('"TenantId":"0f0f"');
  });
});

describe('a connection that the agent server has no tools for', () => {
  const warnings = (define: (stack: Stack) => IAgentCapability) => {
    const stack = testStack();
    agentWith(stack, 'Agent', [define(stack)]);
    return Annotations.fromStack(stack)
      .findWarning('*', Match.stringLikeRegexp('has tools for accounts at GitHub and for no account at'))
      .map(({ id }) => id);
  };

  test('is warned of when an agent is given it', () => {
    expect(warnings((stack) => oauth(stack, 'Google'))).toEqual(['/Test/Google']);
  });

  test('is none to GitHub or to a GitHub Enterprise Server, and no key', () => {
    expect(warnings((stack) => github(stack))).toEqual([]);
    expect(warnings((stack) => github(stack, 'Own', 'https://github.example.com'))).toEqual([]);
    const secret = (stack: Stack) => new secretsmanager.Secret(stack, 'Secret');
    expect(
      warnings((stack) => new ApiKeyConnection(stack, 'Key', { connectionName: 'W', secret: secret(stack) })),
    ).toEqual([]);
  });
});

test('an API key comes from the secret that is given, and is told by name only', () => {
  const stack = testStack();
  const secret = new secretsmanager.Secret(stack, 'Key');
  agentWith(stack, 'Agent', [
    new ApiKeyConnection(stack, 'Weather', { connectionName: 'WEATHER', secret, secretField: 'key' }),
  ]);
  const template = resolvedTemplate(stack);
  expect(
    template.resourcesOfType('AWS::BedrockAgentCore::ApiKeyCredentialProvider').map(({ properties }) => properties),
  ).toEqual([
    {
      Name: expect.stringMatching(/^Test_Weather_/) as string,
      ApiKeySecretSource: 'EXTERNAL',
      ApiKeySecretConfig: { SecretId: template.resolve(stack.resolve(secret.secretArn)), JsonKey: 'key' },
    },
  ]);
  expect(JSON.parse(runtimeEnvironment(template).AGENT_CONNECTION_WEATHER ?? '')).toEqual({
    kind: 'apiKey',
    vendor: 'weather',
    provider: expect.stringMatching(/^Test_Weather_/) as string,
  });
});

test('the agent reads what it is told of every kind of connection', () => {
  const stack = testStack();
  const secret = new secretsmanager.Secret(stack, 'Key');
  agentWith(stack, 'Agent', [
    github(stack, 'GitHub', 'https://github.example.com/'),
    oauth(stack, 'Google', { scopes: ['https://www.googleapis.com/auth/drive.readonly'] }),
    oauth(stack, 'Local', { vendor: OAuthVendor.zoom(), scopes: [], returnUrl: 'http://localhost:5173/oauth/return' }),
    new ApiKeyConnection(stack, 'Weather', { connectionName: 'WEATHER2', secret }),
  ]);
  expect(readConnections(runtimeEnvironment(resolvedTemplate(stack)), [])).toEqual([
    expect.objectContaining({
      name: 'gh',
      kind: 'oauth2',
      apiUrl: 'https://github.example.com/api/v3',
      gitUrl: 'https://github.example.com',
    }),
    expect.objectContaining({ name: 'google', scopes: ['https://www.googleapis.com/auth/drive.readonly'] }),
    expect.objectContaining({ name: 'weather2', kind: 'apiKey' }),
    expect.objectContaining({ name: 'zoom', returnUrl: 'http://localhost:5173/oauth/return' }),
  ]);
});

test('a gateway can use a connection for itself', () => {
  const stack = testStack();
  const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Kept', 'kept');
  const google = oauth(stack, 'Google', { clientSecret: secret });
  const weather = new ApiKeyConnection(stack, 'Weather', { connectionName: 'WEATHER', secret });
  const needs = [OutboundCredential.oauth(google, { scopes: ['x'] }), OutboundCredential.apiKey(weather)].map(
    ({ needs: { providerArn, secretStatements = [] } = {} }) =>
      resolvedTemplate(stack).resolve(
        stack.resolve({ providerArn, secret: secretStatements.map((statement) => statement.toStatementJson()) }),
      ),
  );
  const vault = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:token-vault/default`;
  const Resource = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:kept-??????`;
  const read = [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource }];
  expect(needs).toEqual([
    { providerArn: `${vault}/oauth2credentialprovider/${google.providerName}`, secret: read },
    { providerArn: `${vault}/apikeycredentialprovider/${weather.providerName}`, secret: read },
  ]);
});

test('no template has the value of a secret', () => {
  const stack = testStack();
  const secretObjectValue = {
    clientSecret: SecretValue.unsafePlainText('not-in-here'),
    apiKey: SecretValue.unsafePlainText('not-in-here'),
  };
  const elsewhere = new secretsmanager.Secret(new Stack(App.of(stack) as App, 'Secrets'), 'Secret', {
    secretObjectValue,
  });
  agentWith(stack, 'Agent', [
    new GitHubConnection(stack, 'GitHub', { clientId: 'c', clientSecret: elsewhere, returnUrl: RETURN_URL }),
    new ApiKeyConnection(stack, 'Weather', { connectionName: 'WEATHER', secret: elsewhere }),
  ]);
  const text = JSON.stringify(Template.fromStack(stack).toJSON());
  expect(text).not.toContain('not-in-here');
  expect(text).not.toContain('{{resolve:');
  expect(text).not.toMatch(/"(ClientSecret|ApiKey)":/);
});

describe('permissions', () => {
  const stack = testStack();
  const key = new kms.Key(stack, 'Key');
  const secrets = {
    Google: new secretsmanager.Secret(stack, 'GoogleKept', { encryptionKey: key }),
    Slack: new secretsmanager.Secret(stack, 'SlackKept'),
  };
  const google = oauth(stack, 'Google', { clientSecret: secrets.Google });
  const slack = oauth(stack, 'Slack', { vendor: OAuthVendor.slack(), clientSecret: secrets.Slack });
  const weatherSecret = new secretsmanager.Secret(stack, 'WeatherKept');
  const weather = new ApiKeyConnection(stack, 'Weather', { connectionName: 'WEATHER', secret: weatherSecret });
  const before = new iam.Role(stack, 'ApiBefore', { assumedBy: new iam.AccountRootPrincipal() });
  const after = new iam.Role(stack, 'ApiAfter', { assumedBy: new iam.AccountRootPrincipal() });
  const grant = google.grantComplete(before);
  const one = agentWith(stack, 'One', [google, weather]);
  const two = agentWith(stack, 'Two', [slack]);
  google.grantComplete(after);
  const template = resolvedTemplate(stack);

  const arn = (resource: string) => `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:${resource}`;
  const VAULT = arn('token-vault/default');
  const DIRECTORY = arn('workload-identity-directory/default');
  const provider = (name: string, kind = 'oauth2') => `${VAULT}/${kind}credentialprovider/${name}`;
  const identity = (name: string) => `${DIRECTORY}/workload-identity/${name}-a1b2c3`;
  const secretArn = (secret: secretsmanager.ISecret) => String(template.resolve(stack.resolve(secret.secretArn)));

  /** Whether an action is allowed on all that it is authorized on. */
  const may = (role: RolePolicies, action: string, resources: readonly string[], context = {}) =>
    resources.every((resource) => evaluate(role, { action: `bedrock-agentcore:${action}`, resource, context }).allowed);
  const agentOne = roleOf(template, 'OneExecutionRole');
  const agentTwo = roleOf(template, 'TwoExecutionRole');

  test('let an agent get tokens of its own provider under its own identity', () => {
    expect(
      may(agentOne, 'GetResourceOauth2Token', [
        VAULT,
        provider(google.providerName),
        DIRECTORY,
        identity(one.agentName),
      ]),
    ).toBe(true);
    expect(
      may(agentOne, 'GetResourceApiKey', [
        VAULT,
        provider(weather.providerName, 'apikey'),
        DIRECTORY,
        identity(one.agentName),
      ]),
    ).toBe(true);
    expect(
      may(agentTwo, 'GetResourceOauth2Token', [
        VAULT,
        provider(slack.providerName),
        DIRECTORY,
        identity(two.agentName),
      ]),
    ).toBe(true);
  });

  test.each([
    ['of another provider', provider(slack.providerName)],
    ['of a provider whose name begins alike', provider(`${google.providerName}x`)],
    ['of all providers', provider('*')],
    ['under the identity of another agent', identity(two.agentName)],
    ['under an identity whose name begins alike', `${DIRECTORY}/workload-identity/${one.agentName}x-a1`],
    ['of another vault', arn('token-vault/other')],
    ['of another directory', arn('workload-identity-directory/other')],
  ])('let it get no token %s', (_, resource) => {
    expect(may(agentOne, 'GetResourceOauth2Token', [resource])).toBe(false);
    expect(may(agentOne, 'GetResourceApiKey', [resource])).toBe(false);
  });

  test('do not mix up tokens and keys, and let the agent do nothing else in the vault', () => {
    expect(may(agentOne, 'GetResourceApiKey', [provider(google.providerName)])).toBe(false);
    expect(may(agentOne, 'GetResourceOauth2Token', [provider(weather.providerName, 'apikey')])).toBe(false);
    expect(may(agentTwo, 'GetResourceApiKey', [VAULT])).toBe(false);
    for (const action of [
      'CompleteResourceTokenAuth',
      'GetOauth2CredentialProvider',
      'UpdateOauth2CredentialProvider',
      'DeleteOauth2CredentialProvider',
      'UpdateWorkloadIdentity',
      'GetWorkloadAccessTokenForUserId',
      'SetTokenVaultCMK',
    ]) {
      for (const resource of [VAULT, provider(google.providerName), DIRECTORY, identity(one.agentName)]) {
        expect([action, may(agentOne, action, [resource])]).toEqual([action, false]);
      }
    }
  });

  test('let it read the secret of its own connections and no other', () => {
    const reads = (role: RolePolicies, secret: secretsmanager.ISecret) =>
      evaluate(role, { action: 'secretsmanager:GetSecretValue', resource: secretArn(secret) }).allowed;
    expect([secrets.Google, weatherSecret, secrets.Slack].map((secret) => reads(agentOne, secret))).toEqual([
      true,
      true,
      false,
    ]);
    expect([secrets.Google, weatherSecret, secrets.Slack].map((secret) => reads(agentTwo, secret))).toEqual([
      false,
      false,
      true,
    ]);
    const decrypts = (role: RolePolicies, secret: secretsmanager.ISecret) =>
      evaluate(role, {
        action: 'kms:Decrypt',
        resource: String(template.resolve(stack.resolve(key.keyArn))),
        context: {
          'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
          'kms:EncryptionContext:SecretARN': secretArn(secret),
        },
      }).allowed;
    expect(decrypts(agentOne, secrets.Google)).toBe(true);
    expect(decrypts(agentOne, secrets.Slack)).toBe(false);
    expect(decrypts(agentTwo, secrets.Google)).toBe(false);
  });

  test.each(['ApiBefore', 'ApiAfter'])(
    'let %s complete links of the agent, for a user who is named by a token',
    (path) => {
      const api = roleOf(template, path);
      const resources = [VAULT, provider(google.providerName), DIRECTORY, identity(one.agentName)];
      const byToken = { 'bedrock-agentcore:InboundJwtClaim/sub': 'ada' };
      expect(grant.success).toBe(true);
      expect(may(api, 'CompleteResourceTokenAuth', resources, byToken)).toBe(true);
      // The form that believes any text.
      for (const resource of resources) {
        expect(may(api, 'CompleteResourceTokenAuth', [resource], { 'bedrock-agentcore:userid': 'bob' })).toBe(false);
        expect(may(api, 'GetResourceOauth2Token', [resource], byToken)).toBe(false);
      }
      expect(may(api, 'CompleteResourceTokenAuth', [identity(two.agentName)], byToken)).toBe(false);
      expect(may(api, 'CompleteResourceTokenAuth', [provider(slack.providerName)], byToken)).toBe(false);
      expect(
        evaluate(api, { action: 'secretsmanager:GetSecretValue', resource: secretArn(secrets.Google) }).allowed,
      ).toBe(false);
    },
  );

  test('let the function that allows return addresses change the identity of its agent alone', () => {
    const update = roleOf(template, 'OneReturnUrlsUpdateRole');
    const runtime = (name: string) => arn(`runtime/${name}-abcdefghij`);
    expect(may(update, 'GetAgentRuntime', [runtime(one.agentName)])).toBe(true);
    for (const action of ['GetWorkloadIdentity', 'UpdateWorkloadIdentity']) {
      expect(may(update, action, [DIRECTORY, identity(one.agentName)])).toBe(true);
      expect(may(update, action, [identity(two.agentName)])).toBe(false);
    }
    expect(may(update, 'GetAgentRuntime', [runtime(two.agentName)])).toBe(false);
    for (const action of [
      'UpdateAgentRuntime',
      'CreateWorkloadIdentity',
      'DeleteWorkloadIdentity',
      'GetWorkloadAccessToken',
    ]) {
      expect(may(update, action, [DIRECTORY])).toBe(false);
      expect(may(update, action, [identity(one.agentName)])).toBe(false);
    }
  });
});

describe('return addresses', () => {
  const RETURN_URLS = 'Custom::WorkloadIdentityReturnUrls';

  test('of all connections of an agent are allowed by one resource, each once, after the runtime is there', () => {
    const stack = testStack();
    const agent = agentWith(stack, 'Agent', [
      oauth(stack, 'Google'),
      oauth(stack, 'Slack', { vendor: OAuthVendor.slack(), returnUrl: 'https://other.example.com/return' }),
      oauth(stack, 'Zoom', { vendor: OAuthVendor.zoom() }),
    ]);
    const template = Template.fromStack(stack);
    const resources = Object.values(template.findResources(RETURN_URLS)) as {
      Properties: Record<string, unknown>;
      DependsOn: string[];
    }[];
    expect(resources.map(({ Properties }) => Properties)).toEqual([
      {
        ServiceToken: { 'Fn::GetAtt': [expect.stringMatching(/^AgentReturnUrlsUpdateFunction/), 'Arn'] },
        ServiceTimeout: '300',
        AgentRuntimeId: stack.resolve(agent.runtimeId) as unknown,
        ReturnUrls: [RETURN_URL, 'https://other.example.com/return'],
      },
    ]);
    // The function is of no use before it may do its work.
    expect(resources[0]?.DependsOn).toEqual(
      expect.arrayContaining([expect.stringMatching(/UpdateIdentityPolicy/), expect.stringMatching(/UpdateLogPolicy/)]),
    );
  });

  test('are none of an agent with keys alone', () => {
    const stack = testStack();
    const secret = new secretsmanager.Secret(stack, 'Key');
    agentWith(stack, 'Agent', [new ApiKeyConnection(stack, 'Weather', { connectionName: 'WEATHER', secret })]);
    Template.fromStack(stack).resourceCountIs(RETURN_URLS, 0);
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 0);
  });

  test('work for a connection that several agents of other stacks share', () => {
    const app = new App();
    const shared = new Stack(app, 'Shared');
    const connection = github(shared);
    for (const id of ['First', 'Second']) agentWith(new Stack(app, id), 'Agent', [connection]);
    expect(() => app.synth()).not.toThrow();
  });
});

describe('what cannot be', () => {
  const secretless = (props: Partial<OAuthConnectionProps>) => () => oauth(testStack(), 'Connection', props);
  test.each<[Partial<OAuthConnectionProps>, string]>([
    [{ connectionName: 'gh' }, 'connectionName "gh" is not allowed'],
    [{ connectionName: 'G_H' }, 'connectionName "G_H" is not allowed'],
    [{ connectionName: 'A'.repeat(17) }, 'is not allowed: a capital letter'],
    [{ clientId: ' ' }, 'clientId is empty'],
    [{ clientSecretField: '' }, 'clientSecretField "" is not the name of a field'],
    [{ scopes: ['repo read:org'] }, 'scopes has "repo read:org"'],
    [{ scopes: [''] }, 'scopes has ""'],
    ...[
      'http://agent.example.com/return',
      'agent.example.com',
      'https://',
      'https://a b',
      'https://x.com/#y',
      'https://x.com/?y',
      'https://u:p@x.com/',
      'http://localhost.evil.org/',
      'javascript:alert(1)',
      `https://x.com/${'y'.repeat(2048)}`,
    ].map((returnUrl): [Partial<OAuthConnectionProps>, string] => [
      { returnUrl },
      `returnUrl "${returnUrl}" is not a page`,
    ]),
    [
      { vendor: OAuthVendor.okta({ ...TENANT, issuer: 'acme.okta.com' }) },
      'issuer "acme.okta.com" is not the address of a server',
    ],
    [
      { vendor: OAuthVendor.custom({ vendorId: 'Acme', discoveryUrl: 'https://x.com' }) },
      'vendorId "Acme" is not allowed',
    ],
    [
      { vendor: OAuthVendor.custom({ vendorId: 'acme', discoveryUrl: 'http://x.com' }) },
      'discoveryUrl "http://x.com" is not the address of a server',
    ],
    [
      { vendor: OAuthVendor.custom({ vendorId: 'acme', discoveryUrl: 'https://x.com' }) },
      'discoveryUrl "https://x.com" is not a discovery document',
    ],
    [{ connectionName: 'CI' }, 'connectionName "CI" is the name of a tool of the agent'],
    [{ connectionName: 'BR' }, 'connectionName "BR" is the name of a tool of the agent'],
  ])('%j is refused', (props, finding) => {
    expect(secretless(props)).toThrow(finding);
  });

  test.each(['https://agent.example.com/oauth/return', 'https://x.com', 'http://localhost:5173/oauth/return'])(
    'is not the return address %s',
    (returnUrl) => {
      expect(secretless({ returnUrl })).not.toThrow();
    },
  );

  test('is told all at once', () => {
    expect(secretless({ connectionName: 'x', clientId: '', returnUrl: 'x' })).toThrow(
      /^Test\/Connection:\n {2}- connectionName "x".*\n {2}- clientId is empty.*\n {2}- returnUrl "x"/,
    );
  });

  test('is a key without a name, or in a field without one', () => {
    const stack = testStack();
    const secret = new secretsmanager.Secret(stack, 'Key');
    expect(() => new ApiKeyConnection(stack, 'Weather', { connectionName: '', secret, secretField: 'a b' })).toThrow(
      /connectionName "" is not allowed.*\n.*secretField "a b" is not the name of a field/,
    );
  });

  test('is a server that is none', () => {
    expect(() => github(testStack(), 'GitHub', 'github.example.com')).toThrow(
      /enterpriseServerUrl "github.example.com" is not the address of a server/,
    );
  });

  test('is an agent with one connection twice', () => {
    const stack = testStack();
    const connection = github(stack, 'One');
    expect(() => agentWith(stack, 'Agent', [connection, connection])).toThrow(
      /^Test\/Agent: Test\/One: the agent .* has this connection already; take it out of capabilities once$/,
    );
  });

  test('is an agent with two connections of one name', () => {
    const stack = testStack();
    expect(() => agentWith(stack, 'Agent', [github(stack, 'One'), github(stack, 'Two')])).toThrow(
      /^Test\/Agent: Test\/Two: connectionName "GH" is that of another connection of the agent .*; give one of them another$/,
    );
  });

  test.each<[string, (stack: Stack, connectionName: string) => IAgentCapability]>([
    ['an account', (stack, connectionName) => oauth(stack, 'Connection', { connectionName })],
    [
      'a key',
      (stack, connectionName) =>
        new ApiKeyConnection(stack, 'Key', { connectionName, secret: new secretsmanager.Secret(stack, 'KeySecret') }),
    ],
  ])('is an agent that knows a gateway and %s by one name', (_, connection) => {
    const gateway = (stack: Stack, serverName?: string) =>
      AgentGateway.fromGatewayAttributes(stack, 'Gateway', {
        gatewayArn: `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:gateway/orders-abcdefghij`,
        ...(serverName === undefined ? {} : { serverName }),
      });
    const define = (name: string, serverName?: string) => () => {
      const stack = testStack();
      agentWith(stack, 'Agent', [connection(stack, name), gateway(stack, serverName)]);
    };
    expect(define('GW')).toThrow(/connectionName "GW" is the name of a gateway of the agent Test_Agent\w* too/);
    expect(define('SEARCH', 'search')).toThrow(/connectionName "SEARCH" is the name of a gateway/);
    expect(define('SEARCH')).not.toThrow();
  });

  test('is an account of each user for an agent whose callers are known by IAM credentials', () => {
    const stack = testStack();
    const secret = new secretsmanager.Secret(stack, 'Key');
    const key = new ApiKeyConnection(stack, 'Weather', { connectionName: 'WEATHER', secret });
    const authorizer = AgentAuthorizer.iam();
    expect(() => agentWith(stack, 'Signed', [key, github(stack)], { authorizer })).toThrow(
      /^Test\/Signed: Test\/GitHub: users link accounts by their tokens, and the callers of the agent Test_Signed\w* bring none/,
    );
    expect(() => agentWith(stack, 'WithKey', [key], { authorizer })).not.toThrow();
  });

  test('is a connection that is set by hand', () => {
    const environment = { AGENT_CONNECTION_GH: '{}' };
    expect(() => new AgentRuntime(testStack(), 'Agent', { image: testImage(), environment })).toThrow(
      /"AGENT_CONNECTION_GH" belongs to this library.*use the property capabilities/,
    );
  });
});

test('another vendor is another provider by another name, because AWS CloudFormation makes it before the old one goes', () => {
  const nameWith = (vendor: OAuthVendor, clientId = 'client') =>
    oauth(testStack(), 'Connection', { vendor, clientId, connectionName: 'GH' }).providerName;
  const names = [
    OAuthVendor.github(),
    OAuthVendor.githubEnterpriseServer('https://github.example.com'),
    OAuthVendor.google(),
  ].map((vendor) => nameWith(vendor));
  expect(new Set(names).size).toBe(3);
  // What can be changed in place leaves the name, and with it what users have linked.
  expect(nameWith(OAuthVendor.github(), 'other')).toBe(names[0]);
  expect(nameWith(OAuthVendor.githubEnterpriseServer('https://git.example.com'))).toBe(names[1]);
});

test('the boundary of the agent limits the role of the function that allows return addresses', () => {
  const stack = testStack();
  const boundary = 'arn:aws:iam::111122223333:policy/boundary';
  const permissionsBoundary = iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', boundary);
  agentWith(stack, 'Agent', [github(stack)], { permissionsBoundary });
  const roles = resolvedTemplate(stack).resourcesOfType('AWS::IAM::Role');
  expect(roles.map(({ logicalId }) => logicalId)).toContainEqual(expect.stringMatching(/^AgentReturnUrlsUpdate/));
  for (const { properties } of roles) expect(properties.PermissionsBoundary).toBe(boundary);
});

test('two stacks of connections in one account share no name, and neither do two connections of a stack', () => {
  const names = ['agents-dev', 'agents-prod'].flatMap((stackName) => {
    const stack = new Stack(new App(), 'Test', { stackName });
    return [github(stack, 'One').providerName, github(stack, 'Two').providerName];
  });
  expect(new Set(names).size).toBe(4);
  for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9\-_]{1,128}$/);
});

test.each<[string, ((app: App) => IPolicyValidationPlugin) | undefined]>([
  ['cdk-nag finds', undefined],
  ['the checks of this library find', () => new AgentCoreChecks()],
])('%s nothing that connections bring', (_, rules) => {
  const findings = nagFindings((stack) => {
    const clientSecret = secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', SECRET_ARN);
    const api = new iam.Role(stack, 'Api', { assumedBy: new iam.AccountRootPrincipal() });
    const connection = new GitHubConnection(stack, 'GitHub', { clientId: 'c', clientSecret, returnUrl: RETURN_URL });
    const key = new ApiKeyConnection(stack, 'Weather', { connectionName: 'WEATHER', secret: clientSecret });
    agentWith(stack, 'Agent', [connection, key]);
    connection.grantComplete(api);
  }, rules);
  expect(findings).toEqual([]);
});

test('providers and what allows return addresses have the same logical ids in every release', () => {
  const stack = testStack();
  agentWith(stack, 'Agent', [github(stack)]);
  const ids = (type: string) => Object.keys(Template.fromStack(stack).findResources(type));
  expect([
    ...ids('AWS::BedrockAgentCore::OAuth2CredentialProvider'),
    ...ids('Custom::WorkloadIdentityReturnUrls'),
    ...ids('AWS::Lambda::Function'),
  ]).toEqual(['GitHubProviderEF0F7A5D', 'AgentReturnUrls848AE528', 'AgentReturnUrlsUpdateFunction7E3FE8D8']);
});
