import type { IncomingHttpHeaders } from 'node:http';
import type { AccessRequest } from '../../lib/testing';
import type { WorkloadUser } from './agent-identity/workload-tokens';
import type { Audit } from './audit';
import type { Principal } from './credentials';
import { RequestFault } from './http-messages';
import type { JwtAuthorizer } from './jwt-authorizer';

/** What the page of a signed-in user has. */
export interface TestTokens {
  readonly accessToken: string;
  readonly idToken: string;
}

/** In which pages bring the id token to a runtime that lets it through, for what belongs to the user. */
const ID_TOKEN_HEADER = 'x-amzn-bedrock-agentcore-runtime-custom-id-token';

/** Who may call a runtime: whoever signs with IAM credentials that allow it, or whoever has a token. */
export type RuntimeAccess =
  | { readonly kind: 'iam' }
  | {
      readonly kind: 'jwt';
      readonly authorizer: JwtAuthorizer;
      /** The tokens of a test user; undefined when their issuer is not part of this run. */
      readonly testTokens?: () => Promise<TestTokens>;
    };

/** How a request says who makes it. */
export type Caller =
  | { readonly kind: 'signed'; readonly principal: Principal }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'unknown' };

/**
 * Lets a call of the data plane through, or not.
 *
 * @param needed what a signed caller has to be allowed
 * @param metadataUrl where the runtime tells who issues its tokens
 * @returns the Authorization header that the agent may see
 * @throws RequestFault with the codes of AgentCore
 */
export async function admit(
  access: RuntimeAccess,
  caller: Caller,
  audit: Audit,
  needed: readonly AccessRequest[],
  metadataUrl: string,
): Promise<string | undefined> {
  if (access.kind === 'iam') {
    if (caller.kind === 'signed') {
      audit.require(caller.principal, needed);
      return undefined;
    }
    if (caller.kind === 'bearer') {
      throw mismatch('callers of this runtime sign with AWS Signature Version 4, not with a token');
    }
    throw new RequestFault(
      403,
      'MissingAuthenticationToken',
      'the request is not signed; sign it with the credentials in up.json, or use the short path without a signature',
    );
  }
  if (caller.kind === 'signed') {
    throw mismatch('callers of this runtime bring the bearer token of a signed-in user, not a signature');
  }
  try {
    if (caller.kind === 'unknown') {
      throw new RequestFault(401, 'UnauthorizedException', 'the request has no bearer token; sign in and send one');
    }
    await access.authorizer.verify(caller.token);
    return `Bearer ${caller.token}`;
  } catch (error) {
    if (!(error instanceof RequestFault) || error.status !== 401) throw error;
    throw new RequestFault(401, error.code, error.message, {
      'www-authenticate': `Bearer resource_metadata="${metadataUrl}"`,
    });
  }
}

/**
 * The headers of a call by the short path: with the caller's own token, or with those of a test user, verified like any
 * other; without any for a runtime whose callers sign.
 *
 * @throws RequestFault 401 when there is no token that the runtime accepts
 */
export async function shortPathHeaders(
  access: RuntimeAccess,
  headers: IncomingHttpHeaders,
): Promise<IncomingHttpHeaders> {
  if (access.kind === 'iam') return { ...headers, authorization: undefined };
  const own = readBearer(headers.authorization);
  const test = own === undefined ? await access.testTokens?.() : undefined;
  const token = own ?? test?.accessToken;
  if (token === undefined) {
    throw new RequestFault(
      401,
      'SIGN_IN_REQUIRED',
      `callers of this runtime sign in at ${access.authorizer.authorizationServer}, which is not part of this run; ` +
        'send a token from there as Authorization: Bearer <token>',
    );
  }
  await access.authorizer.verify(token);
  const authorization = `Bearer ${token}`;
  return { ...headers, authorization, ...(test === undefined ? {} : { [ID_TOKEN_HEADER]: test.idToken }) };
}

/**
 * The user of a token that one of the runtimes accepts.
 *
 * @throws RequestFault 401 saying what is wrong with the token
 */
export async function verifyUser(
  runtimes: readonly { readonly access: RuntimeAccess }[],
  token: string,
): Promise<WorkloadUser> {
  let refusal: unknown = new RequestFault(401, 'UnauthorizedException', 'no runtime of this run has users with tokens');
  for (const { access } of runtimes) {
    if (access.kind === 'iam') continue;
    try {
      const { iss: issuer = '', sub: subject = '' } = await access.authorizer.verify(token);
      return { kind: 'token', issuer, subject };
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

/** The token of an Authorization header, if it has one. */
export function readBearer(authorization: string | undefined): string | undefined {
  return /^Bearer +([^\s,]+)$/i.exec(authorization ?? '')?.[1];
}

function mismatch(detail: string): RequestFault {
  return new RequestFault(403, 'AccessDeniedException', `Authorization method mismatch: ${detail}`);
}
