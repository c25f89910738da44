import type { AgentConfig } from '../config.ts';
import type { Log } from '../log.ts';
import { sessionCredentials } from '../user-identity/session-credentials.ts';
import type { SessionTokens } from '../user-identity/request-tokens.ts';
import { DirectoryWorkspace } from './directory-workspace.ts';
import type { SessionWorkspace } from './workspace.ts';

/** Where this deployment keeps its sessions: in its bucket, reached as the session's user, or in the container alone. */
export async function openWorkspace(config: AgentConfig, log: Log, tokens: SessionTokens): Promise<SessionWorkspace> {
  const { workspaceBucket, userAccess, region } = config;
  if (!workspaceBucket || !userAccess) {
    return new DirectoryWorkspace(config.configDirectory);
  }
  // Loaded here: the clients of AWS take a while, and no other agent needs them.
  const [{ S3Workspace }, { S3ObjectStore }, credentialsOf] = await Promise.all([
    import('./s3-workspace.ts'),
    import('./s3-object-store.ts'),
    sessionCredentials(userAccess, region, tokens),
  ]);
  const { bucket } = workspaceBucket;
  return new S3Workspace({
    directories: config,
    log,
    openStore: (userKey, workspace) =>
      new S3ObjectStore({
        bucket,
        prefix: `workspaces/${userKey}/${workspace}/`,
        region,
        credentials: credentialsOf(userKey),
      }),
  });
}
