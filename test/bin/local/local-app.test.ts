import type { Assembly } from '../../../bin/local/assembly';
import { Identity } from '../../../bin/local/identity/identity';
import { readLocalApp, type LocalApp } from '../../../bin/local/local-app';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ENDPOINT = 'http://127.0.0.1:8080';

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'local-app-state-'));
});

afterEach(() => {
  rmSync(state, { recursive: true, force: true });
});

type Resources = Record<string, { Type: string; Properties?: Record<string, unknown> }>;

const RUNTIME = {
  AgentRuntimeName: 'agent',
  AgentRuntimeArtifact: { ContainerConfiguration: { ContainerUri: 'repository:hash' } },
  RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
};
const ROLE = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: [] } } };

/** An assembly of two stacks, of which the second may import what the first exports. */
function read(first: Resources, exported: Record<string, unknown>, second: Resources, region = 'eu-west-1'): LocalApp {
  const outputs = Object.entries(exported).map(([name, value]) => [name, { Value: value, Export: { Name: name } }]);
  const assembly: Assembly = {
    stacks: [
      { name: 'First', region, template: { Resources: first, Outputs: Object.fromEntries(outputs) } },
      { name: 'Second', region, template: { Resources: { Role: ROLE, ...second } } },
    ],
    images: new Map([['hash', { directory: '/agent', dockerfile: '/agent/Dockerfile', buildArgs: {} }]]),
    files: new Map(),
  };
  const site = {
    account: '000000000000',
    region: 'us-east-1',
    endpoint: ENDPOINT,
    identity: () => new Identity(state),
  };
  return readLocalApp(assembly, site, () => undefined);
}

describe('a user pool of one stack', () => {
  it('has the clients and the domain that another stack gives it', () => {
    const { userPools, runtimes } = read(
      { Pool: { Type: 'AWS::Cognito::UserPool' } },
      { PoolId: { Ref: 'Pool' }, Provider: { 'Fn::GetAtt': ['Pool', 'ProviderURL'] } },
      {
        Page: { Type: 'AWS::Cognito::UserPoolClient', Properties: { UserPoolId: { 'Fn::ImportValue': 'PoolId' } } },
        Own: {
          Type: 'AWS::Cognito::UserPoolDomain',
          Properties: { UserPoolId: { 'Fn::ImportValue': 'PoolId' }, Domain: 'login.example.com' },
        },
        Agent: {
          Type: 'AWS::BedrockAgentCore::Runtime',
          Properties: {
            ...RUNTIME,
            AuthorizerConfiguration: {
              CustomJWTAuthorizer: {
                DiscoveryUrl: {
                  'Fn::Sub': ['${P}/.well-known/openid-configuration', { P: { 'Fn::ImportValue': 'Provider' } }],
                },
                AllowedClients: [{ Ref: 'Page' }],
              },
            },
            EnvironmentVariables: { SIGN_IN: 'https://login.example.com/oauth2/token' },
          },
        },
      },
    );
    const [pool] = userPools;

    expect(pool).toMatchObject({ issuer: `${ENDPOINT}/${String(pool?.id)}`, hasDomain: true });
    expect(pool?.id).toMatch(/^eu-west-1_\w{9}$/);
    expect(runtimes[0]?.authorizer).toMatchObject({
      discoveryUrl: `${String(pool?.issuer)}/.well-known/openid-configuration`,
      allowedClients: pool?.clients.map(({ id }) => id),
    });
    expect(runtimes[0]?.environment.SIGN_IN).toBe(`${String(pool?.issuer)}/oauth2/token`);
  });
});

describe('a user pool client', () => {
  it('has the validities, flows and rotation of the template, and the defaults of Cognito', () => {
    const UserPoolId = { Ref: 'Pool' };
    const { userPools } = read(
      {
        Pool: { Type: 'AWS::Cognito::UserPool' },
        Plain: { Type: 'AWS::Cognito::UserPoolClient', Properties: { UserPoolId, AllowedOAuthFlows: ['code'] } },
        Full: {
          Type: 'AWS::Cognito::UserPoolClient',
          Properties: {
            UserPoolId,
            GenerateSecret: 'true',
            AllowedOAuthFlowsUserPoolClient: 'true',
            AllowedOAuthFlows: ['code'],
            AccessTokenValidity: 5,
            IdTokenValidity: '2',
            RefreshTokenValidity: 3,
            TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'hours', RefreshToken: 'days' },
            RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 },
          },
        },
      },
      {},
      { Agent: { Type: 'AWS::BedrockAgentCore::Runtime', Properties: RUNTIME } },
    );
    const [plain, full] = userPools[0]?.clients ?? [];

    // Without AllowedOAuthFlowsUserPoolClient, Cognito ignores the flows.
    expect(plain).toMatchObject({
      flows: [],
      accessTokenSeconds: 3_600,
      idTokenSeconds: 3_600,
      refreshTokenSeconds: 2_592_000,
    });
    expect(plain).not.toHaveProperty('secret');
    expect(plain).not.toHaveProperty('rotationGraceSeconds');
    expect(full).toMatchObject({
      flows: ['code'],
      accessTokenSeconds: 300,
      idTokenSeconds: 7_200,
      refreshTokenSeconds: 259_200,
      rotationGraceSeconds: 10,
      secret: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
  });
});

describe('the identity of a run', () => {
  it('is made anew when its file is not one', () => {
    for (const left of ['', '{}', 'null', '[]']) {
      writeFileSync(join(state, 'identity.json'), left);
      const made = new Identity(state).clientSecret('client');
      expect(new Identity(state).clientSecret('client')).toBe(made);
    }
  });

  it('remembers what has ended, and from when on', () => {
    const now = Date.now() / 1000;
    const identity = new Identity(state);
    identity.end('past', now - 1, now + 100);
    identity.end('later', now + 50, now + 100);
    identity.end('past', now + 50, now + 100);

    for (const one of [identity, new Identity(state)]) {
      expect(['past', 'later', 'never'].map((id) => one.hasEnded(id))).toEqual([true, false, false]);
    }
  });
});
