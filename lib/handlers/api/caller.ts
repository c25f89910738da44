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

/**
 * Who asks. API Gateway has verified signature, issuer and time of the token; that it is an access token, and of one of
 * our clients, is looked at here: API Gateway takes ID tokens too, because their audience is the client.
 *
 * @param rules what the agent demands besides, so that nobody reads here whom the agent does not let in
 * @throws ApiFailure `UNAUTHENTICATED` or `FORBIDDEN`, which repeat nothing of the token
 */
export function readCaller(event: HttpEvent, clientIds: readonly string[], rules: TokenRules = {}): ApiCaller {
  const { token_use: use, client_id: client, iss, sub } = event.requestContext.authorizer?.jwt?.claims ?? {};
  if (use !== undefined && use !== 'access') {
    throw unauthenticated('The token is no access token: send the access token of the signed-in user.');
  }
  if (typeof client !== 'string' || !clientIds.includes(client)) {
    throw unauthenticated('The token is not of a client that may use this API: sign in with the application again.');
  }
  if (typeof iss !== 'string' || iss === '' || typeof sub !== 'string' || sub === '') {
    throw unauthenticated('The token does not name its user: sign in again.');
  }
  const token = tokenOf(event);
  if (Object.keys(rules).length > 0 && !meetsRules(token, rules)) {
    throw new ApiFailure('FORBIDDEN', 'The agent does not let you in: ask its administrator.');
  }
  return { userKey: userKeyOf(iss, sub), token };
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
