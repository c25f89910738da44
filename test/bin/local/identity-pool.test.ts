import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
  GetOpenIdTokenCommand,
} from '@aws-sdk/client-cognito-identity';
import type { AwsCredentials } from '../../../bin/local/sigv4';
import { s3, sts } from './support/aws-sdk';
import { AwsClients } from './support/aws-clients';
import { clientOf, pageClient, poolOf, signIn } from './support/browser';
import { ForgedTokens } from './support/forged-tokens';
import { POOL, signInRuntime } from './support/pool-app';
import { failure } from './support/test-s3';
import { TestRun } from './support/test-run';
import { WORKSPACE, WORKSPACE_BUCKET as Bucket } from './support/workspace-app';

const IDENTITY = 'cognito-identity.amazonaws.com';
const PROVIDER = { 'Fn::GetAtt': ['Pool', 'ProviderName'] };

function userRole(conditions: object = {}): Record<string, unknown> {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: IDENTITY },
            Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'],
            Condition: {
              StringEquals: { [`${IDENTITY}:aud`]: { Ref: 'IdentityPool' } },
              'ForAnyValue:StringEquals': { [`${IDENTITY}:amr`]: 'authenticated' },
              StringLike: { 'aws:RequestTag/userId': '?*' },
              ...conditions,
            },
          },
        ],
      },
    },
  };
}

const RESOURCES: Readonly<Record<string, unknown>> = {
  ...WORKSPACE,
  ...POOL,
  UserRole: userRole(),
  IdentityPool: {
    Type: 'AWS::Cognito::IdentityPool',
    Properties: {
      AllowUnauthenticatedIdentities: false,
      CognitoIdentityProviders: [{ ProviderName: PROVIDER, ClientId: { Ref: 'Web' }, ServerSideTokenCheck: true }],
    },
  },
  Attachment: {
    Type: 'AWS::Cognito::IdentityPoolRoleAttachment',
    Properties: {
      IdentityPoolId: { Ref: 'IdentityPool' },
      Roles: { authenticated: { 'Fn::GetAtt': ['UserRole', 'Arn'] } },
    },
  },
  Tags: {
    Type: 'AWS::Cognito::IdentityPoolPrincipalTag',
    Properties: {
      IdentityPoolId: { Ref: 'IdentityPool' },
      IdentityProviderName: PROVIDER,
      PrincipalTags: { userId: 'sub' },
      UseDefaults: false,
    },
  },
};

let run: TestRun;
let clients: AwsClients;
let cognito: CognitoIdentityClient;
let IdentityPoolId: string;
let login: string;

async function start(resources: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const runtime = signInRuntime();
  const EnvironmentVariables = {
    ...(runtime.properties?.EnvironmentVariables as object),
    IDENTITY_POOL: { Ref: 'IdentityPool' },
    LOGIN: PROVIDER,
    USER_ROLE: { 'Fn::GetAtt': ['UserRole', 'Arn'] },
  };
  run = await new TestRun([{ properties: { ...runtime.properties, EnvironmentVariables } }], {
    ...RESOURCES,
    ...resources,
  }).start();
  clients = new AwsClients(run);
  // Requests to it are not signed; the client of AWS does not look for credentials then.
  cognito = new CognitoIdentityClient({ endpoint: run.up.url, region: 'us-east-1', maxAttempts: 1 });
  const { env } = await run.report();
  IdentityPoolId = env.IDENTITY_POOL ?? '';
  login = env.LOGIN ?? '';
}

afterEach(async () => {
  cognito.destroy();
  clients.destroy();
  await run.remove();
});

async function identityOf(token: string): Promise<string> {
  const { IdentityId } = await cognito.send(new GetIdCommand({ IdentityPoolId, Logins: { [login]: token } }));
  return IdentityId ?? '';
}

async function credentialsFor(token: string, IdentityId?: string): Promise<AwsCredentials> {
  const id = IdentityId ?? (await identityOf(token));
  const { Credentials } = await cognito.send(
    new GetCredentialsForIdentityCommand({ IdentityId: id, Logins: { [login]: token } }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

const idToken = async (username: string): Promise<{ token: string; sub: string }> => {
  const { id_token: token = '', profile } = await signIn(pageClient(run.up), username);
  return { token, sub: profile.sub };
};

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
  );

describe('an identity pool', () => {
  it('gives a user, for an id token, credentials that reach what is the user’s and nothing else', async () => {
    await start();
    const [alice, bob] = [await idToken('alice'), await idToken('bob')];
    const client = clients.s3(await credentialsFor(alice.token));
    const put = (user: string): Promise<unknown> =>
      client.send(new s3.PutObjectCommand({ Bucket, Key: `workspaces/${user}/k`, Body: 'x' }));

    await put(alice.sub);
    expect(await failure(put(bob.sub))).toMatchObject({ status: 403, code: 'AccessDenied' });
    expect(await identityOf(alice.token)).toBe(await identityOf((await idToken('alice')).token));
    expect(await identityOf(alice.token)).not.toBe(await identityOf(bob.token));
    expect(login).toBe(`cognito-idp.us-east-1.amazonaws.com/${poolOf(run.up).id}`);
  });

  it('is the only way to those credentials: the agent’s own role cannot take the role on', async () => {
    await start();
    const { env } = await run.report();
    const assume = new sts.AssumeRoleCommand({
      RoleArn: env.USER_ROLE,
      RoleSessionName: 'session',
      Tags: [{ Key: 'userId', Value: 'alice' }],
    });

    expect(await refusal(clients.sts(await clients.agent()).send(assume))).toContain('AccessDenied');
  });

  it('refuses everything that is not an id token of its users, and identities of others', async () => {
    await start();
    const user = await signIn(pageClient(run.up), 'alice');
    const good = user.id_token ?? '';
    const bob = await identityOf((await idToken('bob')).token);
    const forged = new ForgedTokens(run.state, good);
    const now = Math.floor(Date.now() / 1000);
    const refused: Record<string, string> = {
      'an access token': user.access_token,
      expired: await forged.with({ exp: now - 1 }),
      'another client': await forged.with({ aud: clientOf(run.up, 'Machine') }),
      'another issuer': await forged.with({ iss: 'http://127.0.0.1:1/pool' }),
      unsigned: forged.unsigned(),
      'a key of somebody else': await forged.byStranger(),
      'no token': 'nonsense',
    };

    for (const [what, token] of Object.entries(refused)) {
      expect([what, await refusal(identityOf(token))]).toEqual([
        what,
        expect.stringContaining('NotAuthorizedException'),
      ]);
    }
    expect(await refusal(credentialsFor(good, bob))).toContain('NotAuthorizedException');
    expect(await refusal(cognito.send(new GetIdCommand({ IdentityPoolId })))).toContain('Unauthenticated access');
    expect(await refusal(cognito.send(new GetIdCommand({ IdentityPoolId: 'us-east-1:none' })))).toContain(
      'ResourceNotFound',
    );
    expect(await refusal(cognito.send(new GetOpenIdTokenCommand({ IdentityId: bob })))).toContain('not run locally');
  });

  it('gives nothing of a role that does not trust it for this', async () => {
    await start({
      UserRole: userRole({
        StringNotEquals: { 'aws:RequestTag/userId': '${*}', [`${IDENTITY}:aud`]: { Ref: 'IdentityPool' } },
      }),
    });
    const { token } = await idToken('alice');

    expect(await refusal(credentialsFor(token))).toContain('InvalidIdentityPoolConfigurationException');
  });
});
