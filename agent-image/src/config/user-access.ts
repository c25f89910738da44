import { readUserIdentity, type UserIdentityConfig } from './user-identity.ts';
import { matching } from './variables.ts';

/** How the agent reaches what is one user's: from the user's own token, or in a role that it assumes for the user. */
export type UserAccess =
  | { readonly kind: 'identity'; readonly identity: UserIdentityConfig }
  | { readonly kind: 'role'; readonly roleArn: string };

/** Source: the reference of IAM identifiers, names and paths of roles. */
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;

/**
 * Reads `AGENT_USER_ROLE_ARN`, the role that the agent assumes to reach what is one user's.
 *
 * @throws ConfigError when it is no ARN of a role
 */
export function readUserRoleArn(env: NodeJS.ProcessEnv): string | undefined {
  return matching(env, 'AGENT_USER_ROLE_ARN', ROLE_ARN, 'give the full ARN of an IAM role');
}

/**
 * Reads `AGENT_USER_IDENTITY` and `AGENT_USER_ROLE_ARN`; the first counts when both are set.
 *
 * @returns undefined when the agent reaches nothing of its users
 * @throws ConfigError when one of them is wrong
 */
export function readUserAccess(env: NodeJS.ProcessEnv, authorizer: 'jwt' | 'iam'): UserAccess | undefined {
  const identity = readUserIdentity(env, authorizer);
  const roleArn = readUserRoleArn(env);
  if (identity) return { kind: 'identity', identity };
  return roleArn === undefined ? undefined : { kind: 'role', roleArn };
}
