import { createHash } from 'node:crypto';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { WorkspaceUnavailable } from './object-store.ts';
import { quickService } from '../quick-service.ts';

/** Gives credentials; the clients of AWS ask again before they expire. */
export type UserCredentials = () => Promise<{
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}>;

export interface UserCredentialsOptions {
  readonly roleArn: string;
  readonly region: string;
  /** Up to 128 characters that may be the value of a session tag; the role reaches what is this user's. */
  readonly userKey: string;
}

/** An hour: the most that STS gives to who is in a role already (IAM User Guide, role chaining). */
const DURATION_SECONDS = 3_600;

/** Credentials of one user: of the user role, with the session tag that its permissions are bound to. */
export function userCredentials({ roleArn, region, userKey }: UserCredentialsOptions): UserCredentials {
  const command = new AssumeRoleCommand({
    RoleArn: roleArn,
    // Found in the audit trail; a user's name may have characters that it must not have.
    RoleSessionName: `agent-${createHash('sha256').update(userKey).digest('hex').slice(0, 32)}`,
    DurationSeconds: DURATION_SECONDS,
    Tags: [{ Key: 'userId', Value: userKey }],
  });
  return async () => {
    const client = new STSClient({
      region,
      ...quickService(),
    });
    const what = `Cannot assume ${roleArn}`;
    try {
      const { Credentials: given } = await client.send(command);
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
      if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
        throw new WorkspaceUnavailable(what, 'STS gave no credentials; try again');
      }
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiration: Expiration,
      };
    } catch (error) {
      if (error instanceof WorkspaceUnavailable) {
        throw error;
      }
      // The name only: the message of an error may repeat what was sent or received.
      const name = error instanceof Error ? error.name : 'an unknown error';
      const remedy =
        name === 'AccessDenied'
          ? "let the agent's role call sts:AssumeRole and sts:TagSession on it with the tag key userId, and let its trust policy admit that role"
          : 'find out whether the agent reaches STS and has credentials for it';
      throw new WorkspaceUnavailable(what, `${name}; ${remedy}`);
    } finally {
      client.destroy();
    }
  };
}
