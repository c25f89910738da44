import { aws_bedrockagentcore as agentcore, aws_cognito as cognito, Aws, Token, type Stack } from 'aws-cdk-lib';
import { AgentAuthorizer, AgentRuntime } from '../../lib';
import { resolvedTemplate, testImage, testStack } from '../support/stack';

const discoveryUrl = 'https://id.example.com/tenant/.well-known/openid-configuration';

function runtimeWith(authorizer?: AgentAuthorizer): Record<string, unknown> {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: testImage(), ...(authorizer === undefined ? {} : { authorizer }) });
  return resolvedTemplate(stack).resourcesOfType('AWS::BedrockAgentCore::Runtime')[0]?.properties ?? {};
}

describe('AgentAuthorizer', () => {
  test('is IAM by default, with the header in which a backend names its user', () => {
    const runtime = runtimeWith();
    expect(runtime.AuthorizerConfiguration).toBeUndefined();
    expect(runtime.RequestHeaderConfiguration).toEqual({
      RequestHeaderAllowlist: ['X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Id'],
    });
    expect(runtimeWith(AgentAuthorizer.iam())).toEqual(runtime);
  });

  test('oidc checks client, audience and scope, and lets the agent see the token', () => {
    const runtime = runtimeWith(
      AgentAuthorizer.oidc({
        discoveryUrl,
        allowedClients: ['web'],
        allowedAudiences: ['agent'],
        allowedScopes: ['chat'],
      }),
    );
    expect(runtime.AuthorizerConfiguration).toEqual({
      CustomJWTAuthorizer: {
        DiscoveryUrl: discoveryUrl,
        AllowedClients: ['web'],
        AllowedAudience: ['agent'],
        AllowedScopes: ['chat'],
      },
    });
    expect(runtime.RequestHeaderConfiguration).toEqual({ RequestHeaderAllowlist: ['Authorization'] });
  });

  test('oidc checks other claims', () => {
    const runtime = runtimeWith(
      AgentAuthorizer.oidc({
        discoveryUrl,
        allowedClients: ['web'],
        customClaims: [agentcore.RuntimeCustomClaim.withStringValue('department', 'support')],
      }),
    );
    expect(runtime.AuthorizerConfiguration).toMatchObject({
      CustomJWTAuthorizer: {
        CustomClaims: [
          {
            InboundTokenClaimName: 'department',
            AuthorizingClaimMatchValue: {
              ClaimMatchOperator: 'EQUALS',
              ClaimMatchValue: { MatchValueString: 'support' },
            },
          },
        ],
      },
    });
  });

  test('fails when an audience is given for a Cognito user pool', () => {
    const pool = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc/.well-known/openid-configuration';
    expect(() => AgentAuthorizer.oidc({ discoveryUrl: pool, allowedAudiences: ['web'] })).toThrow(
      /allowedAudiences is given for a Cognito user pool.*use allowedClients/,
    );
    expect(() => AgentAuthorizer.oidc({ discoveryUrl: pool, allowedClients: ['web'] })).not.toThrow();
  });

  describe('fails when an audience is given for a user pool of the app, by', () => {
    const poolIn = (stack: Stack) => new cognito.UserPool(stack, 'Pool');
    const document = '/.well-known/openid-configuration';
    test.each<[string, (stack: Stack) => string]>([
      ['the address of its L2', (stack) => `${poolIn(stack).userPoolProviderUrl}${document}`],
      ['the name of its provider', (stack) => `https://${poolIn(stack).userPoolProviderName}${document}`],
      ['the address of an L1', (stack) => `${new cognito.CfnUserPool(stack, 'Pool').attrProviderUrl}${document}`],
      ['its id', (stack) => `https://cognito-idp.${Aws.REGION}.amazonaws.com/${poolIn(stack).userPoolId}${document}`],
      [
        'an import',
        (stack) =>
          `https://${cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_abc').userPoolProviderName}${document}`,
      ],
    ])('%s', (_, urlIn) => {
      const url = urlIn(testStack());
      expect(() => AgentAuthorizer.oidc({ discoveryUrl: url, allowedAudiences: ['web'] })).toThrow(
        /^AgentAuthorizer.oidc: allowedAudiences is given for a Cognito user pool.*use allowedClients/,
      );
      expect(() => AgentAuthorizer.oidc({ discoveryUrl: url, allowedClients: ['web'] })).not.toThrow();
    });
  });

  test('lets an audience pass for a provider that only the deployment knows', () => {
    const url = `${Token.asString({ Ref: 'Issuer' })}/.well-known/openid-configuration`;
    expect(() => AgentAuthorizer.oidc({ discoveryUrl: url, allowedAudiences: ['web'] })).not.toThrow();
  });

  test.each([
    ['allowedClients', ''],
    ['allowedClients', 'web mobile'],
    ['allowedScopes', 'chat admin'],
    ['allowedScopes', ''],
    ['allowedAudiences', ' agent'],
    ['allowedAudiences', ''],
  ])('fails when %s has "%s", which no token carries', (option, wrong) => {
    expect(() => AgentAuthorizer.oidc({ discoveryUrl, allowedClients: ['web'], [option]: ['other', wrong] })).toThrow(
      `AgentAuthorizer.oidc: ${option} has "${wrong}", which no token carries`,
    );
  });

  test.each([
    ['allowedScopes', { allowedClients: ['web'], allowedScopes: [] }],
    ['allowedAudiences', { allowedClients: ['web'], allowedAudiences: [] }],
    ['allowedClients', { allowedClients: [], allowedAudiences: ['agent'] }],
  ])('fails when %s is an empty list', (option, lists) => {
    expect(() => AgentAuthorizer.oidc({ discoveryUrl, ...lists })).toThrow(
      new RegExp(`^AgentAuthorizer.oidc: ${option} is empty, .*leave it out$`),
    );
  });

  test('allows a space inside an audience', () => {
    expect(() => AgentAuthorizer.oidc({ discoveryUrl, allowedAudiences: ['Support agent'] })).not.toThrow();
  });

  describe('looks at what is known of an address:', () => {
    const host = Token.asString({ Ref: 'Host' });
    test.each([
      ['http', `http://${host}/.well-known/openid-configuration`],
      ['another document', `https://${host}/.well-known/oauth-authorization-server`],
      ['the address of a pool itself', new cognito.UserPool(testStack(), 'Pool').userPoolProviderUrl],
    ])('fails on %s', (_, wrong) => {
      expect(() => AgentAuthorizer.oidc({ discoveryUrl: wrong, allowedClients: ['web'] })).toThrow(
        /^AgentAuthorizer.oidc: discoveryUrl "[^$]*…[^$]*" is not a discovery document/,
      );
    });

    test.each([
      host,
      `https://${host}`,
      `${host}/.well-known/openid-configuration`,
      `https://${host}/openid-configuration`,
    ])('lets what may become one pass', (url) => {
      expect(() => AgentAuthorizer.oidc({ discoveryUrl: url, allowedClients: ['web'] })).not.toThrow();
    });
  });

  test('fails when neither a client nor an audience is named', () => {
    for (const options of [{}, { allowedClients: [] }, { allowedAudiences: [], allowedScopes: ['chat'] }]) {
      expect(() => AgentAuthorizer.oidc({ discoveryUrl, ...options })).toThrow(
        /neither allowedClients nor allowedAudiences is given.*name the clients/,
      );
    }
  });

  test.each([
    'http://id.example.com/.well-known/openid-configuration',
    'https://id.example.com/',
    'https:///.well-known/openid-configuration',
    'id.example.com',
  ])('fails on %s, which is no discovery document', (wrong) => {
    expect(() => AgentAuthorizer.oidc({ discoveryUrl: wrong, allowedClients: ['web'] })).toThrow(
      `discoveryUrl "${wrong}" is not a discovery document`,
    );
  });

  test('reports every mistake at once', () => {
    expect(() => AgentAuthorizer.oidc({ discoveryUrl: 'x' })).toThrow(
      /discovery document[\s\S]*neither allowedClients/,
    );
  });
});
