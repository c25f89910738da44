import { readUserRoleArn } from './user-access.ts';
import { ConfigError, matching, optional } from './variables.ts';

/** Where sessions are kept beyond their container. */
export interface WorkspaceBucket {
  readonly bucket: string;
  /** The role that the agent assumes to reach what is one user's; missing when it does so with the user's own token. */
  readonly userRoleArn?: string;
}

/** As S3 has them; one character more for the names that a local run makes up. */
const BUCKET = /^[a-z0-9-][a-z0-9.-]{2,63}$/;

/**
 * Reads `AGENT_WORKSPACE_BUCKET` and `AGENT_USER_ROLE_ARN`; without a bucket, sessions are kept in the container alone.
 *
 * @throws ConfigError when one of them is wrong, or the bucket comes without the role
 */
export function readWorkspaceBucket(env: NodeJS.ProcessEnv): WorkspaceBucket | undefined {
  const bucket = matching(env, 'AGENT_WORKSPACE_BUCKET', BUCKET, 'give the name of a bucket, no ARN and no URL');
  const userRoleArn = readUserRoleArn(env);
  if (bucket === undefined) {
    return undefined;
  }
  if (userRoleArn === undefined && optional(env, 'AGENT_USER_IDENTITY') === undefined) {
    const why = 'the agent reaches the bucket as its users only';
    throw new ConfigError(
      `AGENT_WORKSPACE_BUCKET is set and AGENT_USER_ROLE_ARN is not: ${why}; give the role, or leave both out.`,
    );
  }
  return { bucket, ...(userRoleArn !== undefined && { userRoleArn }) };
}
