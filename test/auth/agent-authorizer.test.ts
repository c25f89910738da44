import { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
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
