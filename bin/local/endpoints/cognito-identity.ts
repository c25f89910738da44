import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeJwt, type JWTPayload } from 'jose';
import type { CredentialStore } from '../credentials';
import { RequestFault, sendJson } from '../http-messages';
import type { TemplateIdentityPool } from '../resources/identity-pool';
import { stableUuid } from '../stable-uuid';
import type { RoleDirectory } from '../sts/role-directory';
import { assumeRoleForIdentity } from '../sts/web-identity';
import type { OidcProvider } from './oidc';

/** Begins the header with the operation; the requests are not signed. */
const PREFIX = 'AWSCognitoIdentityService.';
const CONTENT_TYPE = 'application/x-amz-json-1.1';
/** Source: "Enhanced flow", Amazon Cognito developer guide. */
const CREDENTIALS_MS = 3_600_000;

export interface CognitoIdentityService {
  readonly identityPools: readonly TemplateIdentityPool[];
  readonly userPools: readonly OidcProvider[];
  readonly roles: RoleDirectory;
  readonly credentials: CredentialStore;
}

interface Input {
  readonly IdentityPoolId?: unknown;
  readonly IdentityId?: unknown;
  readonly CustomRoleArn?: unknown;
  readonly Logins?: unknown;
}

/** Whom a token names in an identity pool. */
interface PoolIdentity {
  readonly pool: TemplateIdentityPool;
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
}

export function isCognitoIdentity({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return String(headers['x-amz-target']).startsWith(PREFIX);
}

/**
 * The identity pools of Amazon Cognito, in the enhanced flow: GetId and GetCredentialsForIdentity, for whoever brings the id
 * token of a user pool.
 *
 * @throws RequestFault with the codes of the service
 */
export async function serveCognitoIdentity(
  service: CognitoIdentityService,
  { headers }: Pick<IncomingMessage, 'headers'>,
  res: ServerResponse,
  body: Buffer,
  requestId: string,
): Promise<void> {
  const operation = String(headers['x-amz-target']).slice(PREFIX.length);
  const input = readInput(body);
  const { identityPools } = service;
  let output: object;
  if (operation === 'GetId') {
    const pool = identityPools.find(({ id }) => id === input.IdentityPoolId);
    if (pool === undefined) {
      throw new RequestFault(
        400,
        'ResourceNotFoundException',
        `IdentityPool '${String(input.IdentityPoolId)}' not found.`,
      );
    }
    output = { IdentityId: (await identify(service, pool, input.Logins)).id };
  } else if (operation === 'GetCredentialsForIdentity') {
    output = await credentialsFor(service, input);
  } else {
    throw new RequestFault(
      400,
      'UnknownOperationException',
      `${operation} of Amazon Cognito identity pools is not run locally; GetId and GetCredentialsForIdentity are`,
    );
  }
  sendJson(res, 200, output, { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId });
}

/** The form in which the service reports an error. */
export function sendCognitoIdentityFault(res: ServerResponse, fault: RequestFault, requestId: string): void {
  sendJson(
    res,
    fault.status,
    { __type: fault.code, message: fault.message },
    { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
  );
}

async function credentialsFor(service: CognitoIdentityService, input: Input): Promise<object> {
  const { identityPools, roles, credentials } = service;
  if (input.CustomRoleArn !== undefined) throw notAuthorized('CustomRoleArn is not run locally');
  for (const pool of identityPools) {
    if (!providersIn(input.Logins).some((name) => pool.providers.some((one) => one.name === name))) continue;
    const identity = await identify(service, pool, input.Logins);
    if (identity.id !== input.IdentityId) continue;
    if (pool.roleArn === undefined) {
      const message = 'Invalid identity pool configuration. Check assigned IAM roles for this pool.';
      throw new RequestFault(400, 'InvalidIdentityPoolConfigurationException', message);
    }
    const expiresAt = Math.floor((Date.now() + CREDENTIALS_MS) / 1000) * 1000;
    const minted = assumeRoleForIdentity(roles, credentials, {
      poolId: pool.id,
      identityId: identity.id,
      roleArn: pool.roleArn,
      tags: identity.tags,
      expiresAt,
    });
    return {
      IdentityId: identity.id,
      Credentials: {
        AccessKeyId: minted.accessKeyId,
        SecretKey: minted.secretAccessKey,
        SessionToken: minted.sessionToken,
        Expiration: expiresAt / 1000,
      },
    };
  }
  throw notAuthorized(`the tokens in Logins are not those of the identity ${String(input.IdentityId)}`);
}

/** @throws RequestFault 400 when there is no token, or one that the pool does not take */
async function identify(
  { userPools }: CognitoIdentityService,
  pool: TemplateIdentityPool,
  logins: unknown,
): Promise<PoolIdentity> {
  const [name] = providersIn(logins);
  if (name === undefined) throw notAuthorized('Unauthenticated access is not supported for this identity pool.');
  const token = String((logins as Readonly<Record<string, unknown>>)[name]);
  const trusted = pool.providers.filter((one) => one.name === name);
  const provider = userPools.find(({ pool: { id } }) => name.endsWith(`/${id}`));
  if (trusted.length === 0 || provider === undefined) {
    throw notAuthorized('Token is not from a supported provider of this identity pool.');
  }
  const claims = await provider.issuer.idTokenClaims(token);
  if (claims === undefined) throw notAuthorized(`Invalid login token. ${reason(token)}`);
  if (!trusted.some(({ clientId }) => clientId === claims.aud)) {
    throw notAuthorized('Invalid login token. Incorrect token audience.');
  }
  return {
    pool,
    id: `${pool.region}:${stableUuid([pool.id, name, claims.sub].join('\n'))}`,
    tags: Object.fromEntries(
      Object.entries(pool.tags[name] ?? {}).flatMap(([tag, claim]) =>
        claims[claim] === undefined ? [] : [[tag, String(claims[claim])]],
      ),
    ),
  };
}

/** What a person can do about a token that is not accepted. */
function reason(token: string): string {
  let claims: JWTPayload;
  try {
    claims = decodeJwt(token);
  } catch {
    return 'It is not a JSON web token.';
  }
  if (claims.token_use !== 'id') return 'It is not an id token.';
  return (claims.exp ?? 0) < Date.now() / 1000
    ? 'Token expired.'
    : 'Its issuer or its signature is not that of the user pool.';
}

function providersIn(logins: unknown): string[] {
  return typeof logins === 'object' && logins !== null ? Object.keys(logins) : [];
}

function readInput(body: Buffer): Input {
  try {
    const input: unknown = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null) return input;
  } catch {
    // Refused below, like every other thing that is no object.
  }
  throw new RequestFault(400, 'SerializationException', 'the body of the request is not a JSON object');
}

function notAuthorized(message: string): RequestFault {
  return new RequestFault(400, 'NotAuthorizedException', message);
}
