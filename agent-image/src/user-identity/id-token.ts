import { RefusedRequest } from '../protocol.ts';
import type { UserIdentityConfig } from '../config/user-identity.ts';
import type { RequestTokens } from './request-tokens.ts';
import { claimsOf } from './token-claims.ts';

/** What is wrong with an ID token; `remedy` says what to do. */
interface IdTokenFinding {
  readonly problem: string;
  readonly remedy: string;
}

/**
 * Finds out at the request whether its ID token can stand for its user. It is decoded and not verified: Cognito verifies it
 * when it gives credentials for it. That it belongs to the user whose access token AgentCore verified is found out here,
 * and nowhere else.
 *
 * @param now milliseconds since 1970
 * @throws RefusedRequest `CALLER_UNKNOWN`, which repeats nothing of the tokens
 */
export function assertIdToken(tokens: RequestTokens, identity: UserIdentityConfig, now: number): void {
  const finding = idTokenFinding(tokens, identity, now);
  if (finding === undefined) return;
  throw new RefusedRequest('CALLER_UNKNOWN', `${finding.problem}: ${finding.remedy}.`);
}

function idTokenFinding(
  { accessToken, idToken }: RequestTokens,
  { idTokenHeader }: UserIdentityConfig,
  now: number,
): IdTokenFinding | undefined {
  const send = `send the ID token of the signed-in user in the header ${idTokenHeader}`;
  if (idToken === undefined) return { problem: 'The request has no ID token', remedy: send };
  const id = claimsOf(idToken);
  const access = claimsOf(accessToken ?? '');
  if (id.token_use !== 'id' || typeof id.sub !== 'string' || typeof id.exp !== 'number') {
    return { problem: `What the header ${idTokenHeader} has is no ID token of Cognito`, remedy: send };
  }
  // That the access token is of the right pool, AgentCore has verified; that the ID token is, Cognito verifies.
  if (id.sub !== access.sub || id.iss !== access.iss) {
    return {
      problem: 'The ID token and the bearer token belong to different users',
      remedy: 'send those of one sign-in',
    };
  }
  if (id.exp * 1000 <= now) {
    return { problem: 'The ID token has expired', remedy: 'sign in again, or renew the tokens' };
  }
  return undefined;
}
