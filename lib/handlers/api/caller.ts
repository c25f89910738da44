import { userKeyOf } from '../../../agent-image/src/caller.ts';
import { ApiFailure } from './failure';
import type { HttpEvent } from './http-event';
import { meetsRules, type TokenRules } from './token-rules';

/** The signed-in user. */
export interface ApiCaller {
  /** Names the user in table, bucket and session tag, as it does for the agent. */
  readonly userKey: string;
  /** The access token, as it came. */
  readonly token: string;
}

/** Which access tokens are accepted: those that have one of each list which is not empty. One at least is not. */
export interface AcceptedTokens {
  /** What `client_id` may say. */
  readonly clientIds: readonly string[];
  /** Of which `aud` must have one. */
  readonly audiences: readonly string[];
}

/**
 * Claims of ID tokens, for tokens that do not say what they are: Keycloak before 25 has the nonce in access tokens too.
 * Source: OpenID Connect Core 1.0, 2 and 3.3.2.11.
 */
const CLAIMS_OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash'];

/**
 * Who asks. API Gateway has verified signature, issuer and time of the token; that it is an access token, and one that was
 * meant for us, is looked at here: API Gateway takes ID tokens too, because their audience is the client.
 *
 * @param rules what the agent demands besides, so that nobody reads here whom the agent does not let in
 * @throws ApiFailure `UNAUTHENTICATED` or `FORBIDDEN`, which repeat nothing of the token
 */
export function readCaller(
  event: HttpEvent,
  { clientIds, audiences }: AcceptedTokens,
  rules: TokenRules = {},
): ApiCaller {
  const claims = event.requestContext.authorizer?.jwt?.claims ?? {};
  if (isNoAccessToken(claims)) {
    throw unauthenticated('The token is no access token: send the access token of the signed-in user.');
  }
  const { client_id: client, iss, sub } = claims;
  const isOfClient = clientIds.length === 0 || (typeof client === 'string' && clientIds.includes(client));
  if (!isOfClient || (clientIds.length === 0 && audiences.length === 0)) {
    throw unauthenticated('The token is not of a client that may use this API: sign in with the application again.');
  }
  if (typeof iss !== 'string' || iss === '' || typeof sub !== 'string' || sub === '') {
    throw unauthenticated('The token does not name its user: sign in again.');
  }
  const token = tokenOf(event);
  if (audiences.length > 0 && !meetsRules(token, { audiences })) {
    throw unauthenticated('The token is not meant for this API: sign in with the application again.');
  }
  if (Object.keys(rules).length > 0 && !meetsRules(token, rules)) {
    throw new ApiFailure('FORBIDDEN', 'The agent does not let you in: ask its administrator.');
  }
  return { userKey: userKeyOf(iss, sub), token };
}

/** Amazon Cognito and Keycloak say what a token is for; of the others, ID tokens have claims that access tokens do not. */
function isNoAccessToken(claims: Readonly<Record<string, unknown>>): boolean {
  const { token_use: use, typ } = claims;
  if ((use !== undefined && use !== 'access') || typ === 'ID') return true;
  const saysAccess = use === 'access' || typ === 'Bearer';
  return !saysAccess && CLAIMS_OF_ID_TOKENS.some((name) => Object.hasOwn(claims, name));
}

/** API Gateway takes the token with the scheme before it, or without. */
function tokenOf({ headers = {} }: HttpEvent): string {
  const [, token] = /^(?:Bearer +)?((?!Bearer$)[^ ]+)$/i.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) throw unauthenticated('The request has no bearer token: sign in again.');
  return token;
}

function unauthenticated(message: string): ApiFailure {
  return new ApiFailure('UNAUTHENTICATED', message);
}
