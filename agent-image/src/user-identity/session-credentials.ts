import type { UserAccess } from '../config/user-access.ts';
import type { UserCredentials } from '../workspace/user-credentials.ts';
import type { SessionTokens } from './request-tokens.ts';

/**
 * Credentials for what is one user's, as the deployment has the agent get them.
 *
 * @param region of the agent
 * @param tokens of the session
 * @returns what gives the credentials of a user by the user's key
 */
export async function sessionCredentials(
  access: UserAccess,
  region: string,
  tokens: SessionTokens,
): Promise<(userKey: string) => UserCredentials> {
  // Loaded here, so that an agent waits for the one client of AWS only that it needs.
  if (access.kind === 'identity') {
    const { identityCredentials } = await import('./identity-credentials.ts');
    return (userKey) => identityCredentials({ identity: access.identity, tokens, userKey });
  }
  const { userCredentials } = await import('../workspace/user-credentials.ts');
  return (userKey) => userCredentials({ roleArn: access.roleArn, region, userKey });
}
