import type { FakeRuntime } from './fake-app';

export const CALLBACK = 'https://d111.cloudfront.net/callback';

/** A user pool with a page's client, a machine's client, a group and a domain. */
export const POOL: Readonly<Record<string, unknown>> = {
  Pool: { Type: 'AWS::Cognito::UserPool', Properties: {} },
  Server: {
    Type: 'AWS::Cognito::UserPoolResourceServer',
    Properties: { UserPoolId: { Ref: 'Pool' }, Identifier: 'agents', Scopes: [{ ScopeName: 'invoke' }] },
  },
  Web: {
    Type: 'AWS::Cognito::UserPoolClient',
    Properties: {
      UserPoolId: { Ref: 'Pool' },
      ClientName: 'web page',
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email'],
      CallbackURLs: [CALLBACK],
      LogoutURLs: ['https://d111.cloudfront.net/'],
      AccessTokenValidity: 10,
      TokenValidityUnits: { AccessToken: 'minutes' },
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
    },
  },
  Machine: {
    Type: 'AWS::Cognito::UserPoolClient',
    Properties: {
      UserPoolId: { Ref: 'Pool' },
      GenerateSecret: true,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['client_credentials'],
      CallbackURLs: [CALLBACK],
      AllowedOAuthScopes: [{ 'Fn::Join': ['', [{ Ref: 'Server' }, '/invoke']] }],
    },
  },
  Admins: {
    Type: 'AWS::Cognito::UserPoolGroup',
    Properties: { UserPoolId: { Ref: 'Pool' }, GroupName: 'admins' },
  },
  Domain: { Type: 'AWS::Cognito::UserPoolDomain', Properties: { UserPoolId: { Ref: 'Pool' }, Domain: 'sample' } },
};

/** A runtime whose callers sign in to the pool; `rules` are further properties of its authorizer. */
export function signInRuntime(rules: Readonly<Record<string, unknown>> = {}): FakeRuntime {
  return {
    properties: {
      AuthorizerConfiguration: {
        CustomJWTAuthorizer: {
          DiscoveryUrl: {
            'Fn::Join': ['', [{ 'Fn::GetAtt': ['Pool', 'ProviderURL'] }, '/.well-known/openid-configuration']],
          },
          AllowedClients: [{ Ref: 'Web' }, { Ref: 'Machine' }],
          ...rules,
        },
      },
      RequestHeaderConfiguration: { RequestHeaderAllowlist: ['Authorization'] },
      EnvironmentVariables: {
        WEB_CLIENT: { Ref: 'Web' },
        MACHINE_CLIENT: { 'Fn::GetAtt': ['Machine', 'ClientId'] },
        MACHINE_SECRET: { 'Fn::GetAtt': ['Machine', 'ClientSecret'] },
        POOL_ARN: { 'Fn::GetAtt': ['Pool', 'Arn'] },
        SIGN_IN: { 'Fn::Sub': 'https://${Domain}.auth.${AWS::Region}.amazoncognito.com/oauth2/token' },
        KEYS: { 'Fn::Sub': 'https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}/.well-known/jwks.json' },
      },
    },
  };
}
