import type { AgentDirectories } from '../config/directories.ts';
import type { WorkspaceBucket } from '../config/workspace-bucket.ts';
import type { Log } from '../log.ts';
import { S3ObjectStore } from './s3-object-store.ts';
import { S3Workspace } from './s3-workspace.ts';
import { userCredentials } from './user-credentials.ts';

export interface OpenWorkspaceOptions extends WorkspaceBucket {
  readonly region: string;
  readonly directories: AgentDirectories;
  readonly log: Log;
}

/** The place of a session in a bucket, which is reached as the session's user. */
export function openS3Workspace({ bucket, userRoleArn, region, directories, log }: OpenWorkspaceOptions): S3Workspace {
  return new S3Workspace({
    directories,
    log,
    openStore: (userKey, workspace) =>
      new S3ObjectStore({
        bucket,
        prefix: `workspaces/${userKey}/${workspace}/`,
        region,
        credentials: userCredentials({ roleArn: userRoleArn, region, userKey }),
      }),
  });
}
