import type { FakeRuntime } from './fake-app';
import { signInRuntime } from './pool-app';

export const RETURN_URL = 'https://agent.example.com/oauth/return';

const RUNTIME_IDENTITY = {
  'Fn::Sub':
    'arn:aws:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:workload-identity-directory/default/workload-identity/agent-*',
};
const DIRECTORY = {
  'Fn::Sub': 'arn:aws:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:workload-identity-directory/default',
};
const VAULT = { 'Fn::Sub': 'arn:aws:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:token-vault/default' };

const provider = (id: string, name: string): Record<string, unknown> => ({
  [id]: {
    Type: 'AWS::BedrockAgentCore::OAuth2CredentialProvider',
    Properties: {
      Name: name,
      CredentialProviderVendor: 'GithubOauth2',
      Oauth2ProviderConfigInput: {
        GithubOauth2ProviderConfig: {
          ClientId: 'Iv1.client',
          ClientSecretSource: 'EXTERNAL',
          ClientSecretConfig: { SecretId: { Ref: 'ClientSecret' }, JsonKey: 'clientSecret' },
        },
      },
    },
  },
});

const grantOf = (
  id: string,
  Statement: object[],
  Roles: object[] = [{ Ref: 'AgentRole' }],
): Record<string, unknown> => ({
  [id]: {
    Type: 'AWS::IAM::Policy',
    Properties: { PolicyName: id, Roles, PolicyDocument: { Version: '2012-10-17', Statement } },
  },
});

/** Two connections to GitHub, of which the agent may use one, and a key. */
export const CONNECTIONS: Readonly<Record<string, unknown>> = {
  ClientSecret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: { Name: 'github-client', SecretString: '{"clientSecret":"s"}' },
  },
  KeySecret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: { Name: 'search-key', SecretString: '{"apiKey":"key-of-the-test"}' },
  },
  ...provider('Provider', 'github-a'),
  ...provider('OtherProvider', 'github-b'),
  KeyProvider: {
    Type: 'AWS::BedrockAgentCore::ApiKeyCredentialProvider',
    Properties: {
      Name: 'search',
      ApiKeySecretSource: 'EXTERNAL',
      ApiKeySecretConfig: { SecretId: { Ref: 'KeySecret' }, JsonKey: 'apiKey' },
    },
  },
  ReturnUrls: {
    Type: 'Custom::WorkloadIdentityReturnUrls',
    Properties: {
      ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:none',
      AgentRuntimeId: { Ref: 'Agent' },
      ReturnUrls: [RETURN_URL],
    },
  },
  ...grantOf('Connections', [
    {
      Effect: 'Allow',
      Action: ['bedrock-agentcore:GetResourceOauth2Token', 'bedrock-agentcore:GetResourceApiKey'],
      Resource: [
        VAULT,
        { 'Fn::GetAtt': ['Provider', 'CredentialProviderArn'] },
        { 'Fn::GetAtt': ['KeyProvider', 'CredentialProviderArn'] },
        DIRECTORY,
        RUNTIME_IDENTITY,
      ],
    },
    {
      Effect: 'Allow',
      Action: 'bedrock-agentcore:GetWorkloadAccessTokenForJWT',
      Resource: [DIRECTORY, RUNTIME_IDENTITY],
    },
    {
      Effect: 'Allow',
      Action: 'bedrock-agentcore:CompleteResourceTokenAuth',
      Resource: [VAULT, { 'Fn::GetAtt': ['Provider', 'CredentialProviderArn'] }, DIRECTORY, RUNTIME_IDENTITY],
      Condition: { Null: { 'bedrock-agentcore:userid': 'true' } },
    },
    {
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: [{ Ref: 'ClientSecret' }, { Ref: 'KeySecret' }],
    },
  ]),
};

/** A runtime with users, and with a connection to GitHub. */
export function connectedRuntime(): FakeRuntime {
  const runtime = signInRuntime();
  const connection = {
    kind: 'oauth2',
    vendor: 'github',
    provider: 'github-a',
    scopes: ['repo'],
    returnUrl: RETURN_URL,
  };
  return {
    properties: {
      ...runtime.properties,
      EnvironmentVariables: {
        ...(runtime.properties?.EnvironmentVariables as object),
        AGENT_CONNECTION_GH: JSON.stringify(connection),
        CALLBACK: { 'Fn::GetAtt': ['Provider', 'CallbackUrl'] },
      },
    },
  };
}
