import { RefusedRequest } from '../../agent-image/src/protocol';
import { identify } from '../../agent-image/src/user-identity/identify';
import { identityCredentials } from '../../agent-image/src/user-identity/identity-credentials';
import { SessionTokens } from '../../agent-image/src/user-identity/request-tokens';
import { WorkspaceUnavailable } from '../../agent-image/src/workspace/object-store';
import { ScriptedAws, unsignedJwt } from './support/scripted-aws';

const POOL = 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI';
const ISSUER = `https://${POOL}`;
const SUB = '9f1b6c2e-0c4d-4a57-9a0e-0c6f0d1f6a11';
const HEADER = 'x-amzn-bedrock-agentcore-runtime-custom-id-token';
const IDENTITY = {
  identityPoolId: 'eu-west-1:11111111-2222-3333-4444-555555555555',
  loginProvider: POOL,
  idTokenHeader: HEADER,
};
const RULES = { authorizer: 'jwt', userAccess: { kind: 'identity', identity: IDENTITY } } as const;
const inOneHour = Math.floor(Date.now() / 1000) + 3_600;

const accessToken = (claims: object = {}): string =>
  unsignedJwt({ iss: ISSUER, sub: SUB, token_use: 'access', exp: inOneHour, ...claims });
const idToken = (claims: object = {}): string =>
  unsignedJwt({ iss: ISSUER, sub: SUB, token_use: 'id', exp: inOneHour, ...claims });

describe('a request', () => {
  const headers = (id: string | undefined, access = accessToken()) => ({
    authorization: `Bearer ${access}`,
    ...(id !== undefined && { [HEADER]: id }),
  });

  test('brings both tokens of one user', () => {
    const id = idToken();
    expect(identify(headers(id), RULES)).toEqual({
      user: SUB,
      tokens: { accessToken: accessToken(), idToken: id },
    });
    expect(identify(headers(`Bearer ${id}`), RULES).tokens.idToken).toBe(id);
  });

  test.each([
    ['without an ID token', undefined, undefined, 'has no ID token'],
    ['with the access token in its place', accessToken(), undefined, 'is no ID token of Cognito'],
    ['with something else in its place', 'x', undefined, 'is no ID token of Cognito'],
    ['with an array for claims', unsignedJwt([]), undefined, 'is no ID token of Cognito'],
    ['of another pool', idToken({ iss: `${ISSUER}2` }), undefined, 'belong to different users'],
    ['of another user', idToken({ sub: 'eve' }), undefined, 'belong to different users'],
    [
      'whose access token is of another pool',
      idToken(),
      accessToken({ iss: `${ISSUER}2` }),
      'belong to different users',
    ],
    ['whose ID token has expired', idToken({ exp: inOneHour - 7_200 }), undefined, 'has expired'],
    ['whose ID token never ends', idToken({ exp: undefined }), undefined, 'is no ID token of Cognito'],
  ])('%s is refused, and nothing of the tokens is repeated', (_what, id, access, finding) => {
    let error: unknown;
    try {
      identify(headers(id, access), RULES);
    } catch (reason) {
      error = reason;
    }
    expect(error).toBeInstanceOf(RefusedRequest);
    const { code, message } = error as RefusedRequest;
    expect(code).toBe('CALLER_UNKNOWN');
    expect(message).toContain(finding);
    expect(message).not.toContain(SUB);
  });

  test('needs no ID token where the agent assumes the role itself', () => {
    const role = { authorizer: 'jwt', userAccess: { kind: 'role', roleArn: 'arn' } } as const;
    expect(identify(headers(idToken()), role).tokens).toEqual({ accessToken: accessToken() });
  });
});

describe('credentials', () => {
  const EXPIRATION = 1_900_000_000;
  let cognito: ScriptedAws;
  let tokens: SessionTokens;

  beforeEach(async () => {
    cognito = await ScriptedAws.start(({ headers }) =>
      String(headers['x-amz-target']).endsWith('.GetId')
        ? { body: { IdentityId: 'eu-west-1:identity-of-ada' } }
        : {
            body: {
              IdentityId: 'eu-west-1:identity-of-ada',
              Credentials: {
                AccessKeyId: 'ASIAADA',
                SecretKey: 'key',
                SessionToken: 'session',
                Expiration: EXPIRATION,
              },
            },
          },
    );
    process.env.AWS_ENDPOINT_URL_COGNITO_IDENTITY = cognito.url;
    tokens = new SessionTokens();
    tokens.take('ada', { accessToken: accessToken(), idToken: idToken() });
  });
  afterEach(async () => {
    await cognito.close();
    Reflect.deleteProperty(process.env, 'AWS_ENDPOINT_URL_COGNITO_IDENTITY');
  });

  const open = (userKey = SUB, now?: () => number) =>
    identityCredentials({ identity: IDENTITY, tokens, userKey, ...(now && { now }) });
  const operations = (): unknown[] => cognito.calls.map(({ headers }) => headers['x-amz-target']);

  test('come from the identity pool for the ID token of the newest request, without any signature of the agent', async () => {
    const credentials = open();
    expect(await credentials()).toEqual({
      ...{ accessKeyId: 'ASIAADA', secretAccessKey: 'key', sessionToken: 'session' },
      expiration: new Date(EXPIRATION * 1000),
    });
    const newer = idToken({ exp: inOneHour + 60 });
    tokens.take('ada', { accessToken: accessToken({ exp: inOneHour + 60 }), idToken: newer });
    await credentials();
    expect(operations()).toEqual([
      'AWSCognitoIdentityService.GetId',
      'AWSCognitoIdentityService.GetCredentialsForIdentity',
      'AWSCognitoIdentityService.GetCredentialsForIdentity',
    ]);
    expect(cognito.calls.map(({ body }) => body.Logins)).toEqual([
      { [POOL]: idToken() },
      { [POOL]: idToken() },
      { [POOL]: newer },
    ]);
    expect(cognito.calls.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test('are not asked for with an expired token: the person has to send another', async () => {
    const credentials = open(SUB, () => (inOneHour + 1) * 1000);
    await expect(credentials()).rejects.toThrow('ID_TOKEN_EXPIRED');
    expect(cognito.calls).toEqual([]);
  });

  test('are not asked for another user than the session’s, nor without a token', async () => {
    await expect(open('eve')()).rejects.toThrow('belongs to another user than the session');
    tokens.take('ada', { accessToken: accessToken() });
    await expect(open()()).rejects.toThrow('brought no ID token');
    expect(cognito.calls).toEqual([]);
  });

  test.each([
    [{ status: 400, type: 'NotAuthorizedException' }, 'does not accept the ID token'],
    [{ status: 400, type: 'ResourceNotFoundException' }, 'no such identity pool'],
    [{ status: 400, type: 'InvalidIdentityPoolConfigurationException' }, 'no role for signed-in users'],
    [{ body: {} }, 'gave no credentials'],
  ])('that Cognito answers with %j are told with a remedy, and without the token', async (reply, remedy) => {
    cognito.script = () => ({ ...reply, ...('type' in reply && { body: { message: idToken() } }) });
    const error: unknown = await open()().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkspaceUnavailable);
    expect((error as Error).message).toContain(remedy);
    expect((error as Error).message).not.toContain(idToken());
  });
});
