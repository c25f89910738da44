import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import type { UserIdentityConfig } from '../config/user-identity.ts';
import { errorName } from '../tools/error-name.ts';
import { WorkspaceUnavailable } from '../workspace/object-store.ts';
import type { UserCredentials } from '../workspace/user-credentials.ts';
import type { SessionTokens } from './request-tokens.ts';
import { claimsOf } from './token-claims.ts';
import { quickService } from '../quick-service.ts';

export interface IdentityCredentialsOptions {
  readonly identity: UserIdentityConfig;
  /** The ID token of the newest one is used. */
  readonly tokens: SessionTokens;
  /** Of the session: credentials of another user are never asked for. */
  readonly userKey: string;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly now?: () => number;
}

/** What a person can do about it; everything else is for an operator. */
const SIGN_IN_ENDED =
  'ID_TOKEN_EXPIRED: the ID token of the newest request has expired; the person has to send another request with a new one';

const REMEDIES: Readonly<Record<string, string>> = {
  NotAuthorizedException:
    'the identity pool does not accept the ID token; its login provider must be the user pool with the client that the token is for, and the token must be valid',
  ResourceNotFoundException: 'there is no such identity pool; set AGENT_USER_IDENTITY to the one of the deployment',
  InvalidIdentityPoolConfigurationException:
    "the identity pool has no role for signed-in users, or that role's trust policy does not admit it",
  TooManyRequestsException: 'Cognito is called too often; it is tried again with the next request',
};

/**
 * Credentials of one user from the user's own token: without one, not even the agent can reach what is the user's. What
 * the credentials may do is bound to the tag that the identity pool makes of the token's `sub`.
 */
export function identityCredentials(options: IdentityCredentialsOptions): UserCredentials {
  const { identity, tokens, userKey, now = Date.now } = options;
  const { identityPoolId, loginProvider } = identity;
  const [region = ''] = identityPoolId.split(':');
  const what = `Cannot get credentials of the user from the identity pool ${identityPoolId}`;
  let identityId: string | undefined;
  return async () => {
    const Logins = { [loginProvider]: usableToken(tokens.newest.idToken, userKey, now(), what) };
    const client = new CognitoIdentityClient({
      region,
      ...quickService(),
    });
    try {
      const { IdentityId } = identityId
        ? { IdentityId: identityId }
        : await client.send(new GetIdCommand({ IdentityPoolId: identityPoolId, Logins }));
      const { Credentials: given } = await client.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }));
      const { AccessKeyId, SecretKey, SessionToken, Expiration } = given ?? {};
      if (!AccessKeyId || !SecretKey || !SessionToken || !Expiration) {
        throw new WorkspaceUnavailable(what, 'Cognito gave no credentials; try again');
      }
      identityId = IdentityId;
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretKey,
        sessionToken: SessionToken,
        expiration: Expiration,
      };
    } catch (error) {
      if (error instanceof WorkspaceUnavailable) throw error;
      const name = errorName(error);
      const remedy = REMEDIES[name] ?? 'find out whether the agent reaches Cognito';
      throw new WorkspaceUnavailable(what, `${name}; ${remedy}`);
    } finally {
      client.destroy();
    }
  };
}

/** The token, when it is still one and of this user; Cognito verifies it. */
function usableToken(token: string | undefined, userKey: string, now: number, what: string): string {
  if (token === undefined) throw new WorkspaceUnavailable(what, 'the newest request brought no ID token');
  const { sub, exp } = claimsOf(token);
  if (typeof exp === 'number' && exp * 1000 <= now) throw new WorkspaceUnavailable(what, SIGN_IN_ENDED);
  if (sub !== userKey) {
    throw new WorkspaceUnavailable(
      what,
      'the ID token belongs to another user than the session, or its "sub" cannot be a tag',
    );
  }
  return token;
}
