import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { decodeJwt } from 'jose';
import { USER_HEADER } from './agent-call';
import type { WorkloadTokens, WorkloadUser } from './agent-identity/workload-tokens';
import { AgentProcess } from './agent-process';
import { prepareSource } from './agent-source';
import type { CredentialStore, Principal } from './credentials';
import { parseDockerfile, type ImageCommand } from './dockerfile';
import { RequestFault } from './http-messages';
import { nativeCommand } from './native-command';
import type { Reaper } from './reaper';
import type { LocalRuntime } from './resources/runtime';
import { runtimeIdentityName } from './resources/workload-identity';
import { readBearer, type RuntimeAccess } from './runtime-access';
import { SessionSupervisor } from './supervisor';

/** Between SIGTERM and SIGKILL: enough for an agent to end its turn and to write what it holds. */
const STOP_GRACE_MS = 5_000;

/** A runtime whose sessions can be started. */
export interface RunningRuntime {
  readonly description: LocalRuntime;
  readonly access: RuntimeAccess;
  readonly supervisor: SessionSupervisor;
  /**
   * The token with which the agent acts, at AgentCore Identity, for the user of a request that is let in.
   *
   * @param authorization the verified header; undefined where callers sign
   */
  workloadToken(headers: IncomingHttpHeaders, authorization: string | undefined): string;
}

export interface RunningRuntimeOptions {
  /** Folder for the sessions' homes and logs. */
  readonly state: string;
  /** Address of the front, which answers for every AWS service. */
  readonly endpoint: string;
  readonly access: RuntimeAccess;
  /** What the template's variables are replaced with, or added to, on this machine. */
  readonly environment: Readonly<Record<string, string>>;
  readonly credentials: CredentialStore;
  readonly workloadTokens: WorkloadTokens;
  readonly reaper: Reaper;
  readonly log: (line: string) => void;
}

/**
 * Makes the agent of a runtime runnable from its source directory: reads what its image would run, installs, builds.
 *
 * @throws Error naming what is wrong with the Dockerfile or the build
 */
export async function prepareRuntime(
  { image, name }: LocalRuntime,
  reaper: Reaper,
  progress: (line: string) => void,
): Promise<ImageCommand> {
  try {
    const command = parseDockerfile(readFileSync(image.dockerfile, 'utf8'), image);
    await prepareSource(image.directory, nativeCommand(command, image.directory, '').entry, reaper, progress);
    return command;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the agent of runtime ${name} cannot be started from ${image.directory}: ${reason}`, {
      cause: error,
    });
  }
}

/** Starts one process for each session of `description`, with the role's permissions and nothing of the caller's. */
export function runRuntime(
  description: LocalRuntime,
  command: ImageCommand,
  { state, endpoint, access, environment, credentials, workloadTokens, reaper, log }: RunningRuntimeOptions,
): RunningRuntime {
  const { name, region, role, limits } = description;
  const supervisor = new SessionSupervisor({
    limits,
    graceMs: STOP_GRACE_MS,
    onEnd: (sessionId, reason) => {
      log(`session ${sessionId} of ${name} ended: ${reason}`);
    },
    start: async (sessionId, signal) => {
      const key = createHash('sha256').update(`${description.arn}\n${sessionId}`).digest('hex').slice(0, 16);
      const home = join(state, 'sessions', key);
      // A session begins on an empty disk, as it does in a new microVM.
      rmSync(home, { recursive: true, force: true });
      mkdirSync(join(home, 'tmp'), { recursive: true, mode: 0o700 });

      const { argv, cwd, env } = nativeCommand(command, description.image.directory, home);
      const minted = credentials.mint(sessionPrincipal(description, key), Date.now() + limits.maxLifetimeMs);
      const logFile = join(state, 'logs', `${key}.log`);
      try {
        const agent = await AgentProcess.start(
          {
            argv,
            cwd,
            logFile,
            env: {
              ...env,
              ...description.environment,
              ...environment,
              AWS_ENDPOINT_URL: endpoint,
              ANTHROPIC_BEDROCK_BASE_URL: endpoint,
              AWS_REGION: region,
              AWS_DEFAULT_REGION: region,
              AWS_ACCESS_KEY_ID: minted.accessKeyId,
              AWS_SECRET_ACCESS_KEY: minted.secretAccessKey,
              AWS_SESSION_TOKEN: minted.sessionToken,
              AWS_EC2_METADATA_DISABLED: 'true',
              HOST: '127.0.0.1',
              HOME: home,
              TMPDIR: join(home, 'tmp'),
              PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
              LANG: 'C.UTF-8',
            },
          },
          reaper,
          signal,
        );
        void agent.exited.then(() => {
          credentials.revoke(minted.accessKeyId);
          // The disk of a microVM goes with it.
          rmSync(home, { recursive: true, force: true });
        });
        log(`session ${sessionId} of ${name} started; its log is ${logFile} (role ${role.roleName})`);
        return agent;
      } catch (error) {
        credentials.revoke(minted.accessKeyId);
        const message = error instanceof Error ? error.message : String(error);
        log(message);
        throw new RequestFault(500, 'AGENT_START_FAILED', message);
      }
    },
  });
  return {
    description,
    access,
    supervisor,
    workloadToken: (headers, authorization) => {
      const user = userOf(headers, authorization);
      const workload = runtimeIdentityName(description.arn);
      return workloadTokens.mint({ identity: workload, ...(user === undefined ? {} : { user }) });
    },
  };
}

/** For whom a request is: the subject of its token, or whom a signed caller names. */
function userOf(headers: IncomingHttpHeaders, authorization: string | undefined): WorkloadUser | undefined {
  const token = readBearer(authorization);
  if (token !== undefined) {
    const { iss = '', sub = '' } = decodeJwt(token);
    return { kind: 'token', issuer: iss, subject: sub };
  }
  const named = headers[USER_HEADER];
  return typeof named === 'string' ? { kind: 'id', id: named } : undefined;
}

function sessionPrincipal({ partition, account, role }: LocalRuntime, sessionName: string): Principal {
  const arn = `${assumedRolePrefix(partition, account, role.roleName)}${sessionName}`;
  return { arn, partition, account, policies: role, role: { arn: role.roleArn } };
}

/** What the ARNs of a role's sessions start with. */
export function assumedRolePrefix(partition: string, account: string, roleName: string): string {
  return `arn:${partition}:sts::${account}:assumed-role/${roleName}/`;
}
