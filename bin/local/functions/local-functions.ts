import { randomUUID } from 'node:crypto';
import { delimiter, dirname, join } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { CredentialStore, Principal } from '../credentials';
import { FUNCTION_LOG_PREFIX } from '../metrics/session-logs';
import type { Reaper } from '../reaper';
import { unqualifiedArn, type TemplateFunction } from '../resources/function';
import { assumedRolePrefix } from '../running-runtime';
import type { RoleDirectory } from '../sts/role-directory';
import { FunctionProcess, type FunctionCall, type FunctionReply } from './function-process';

export interface LocalFunctionsOptions {
  /** Folder for the functions' own folders and logs. */
  readonly state: string;
  /** Address of the front, which answers for every AWS service. */
  readonly endpoint: string;
  readonly credentials: CredentialStore;
  readonly roles: RoleDirectory;
  readonly reaper: Reaper;
}

/** The functions of an app, each with the permissions of its role and a process that its first call starts. */
export class LocalFunctions {
  private readonly processes = new Map<TemplateFunction, FunctionProcess>();

  constructor(
    private readonly descriptions: readonly TemplateFunction[],
    private readonly options: LocalFunctionsOptions,
  ) {}

  /** The function with this name or ARN, whatever version or alias the ARN ends with. */
  public find(id: string): TemplateFunction | undefined {
    return this.descriptions.find(({ name, arn }) => name === id || arn === unqualifiedArn(id));
  }

  /** Calls a function; what its code gets wrong is in the reply. Whether the caller may is decided before. */
  public async invoke(
    description: TemplateFunction,
    call: Omit<FunctionCall, 'requestId'> & { readonly requestId?: string },
  ): Promise<FunctionReply> {
    const running = this.processes.get(description) ?? this.create(description);
    this.processes.set(description, running);
    return running.invoke({ requestId: randomUUID(), ...call });
  }

  public stopAll(): void {
    for (const running of this.processes.values()) running.stop();
    this.processes.clear();
  }

  private create(description: TemplateFunction): FunctionProcess {
    const { state, endpoint, credentials, roles, reaper } = this.options;
    const { name, arn, region, handler, directory, memoryMb, timeoutMs, environment, role } = description;
    const minted = credentials.mint(sessionPrincipal(description));
    roles.noteUse(role);
    const home = join(state, 'functions', name);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const env = {
      ...environment,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: minted.accessKeyId,
      AWS_SECRET_ACCESS_KEY: minted.secretAccessKey,
      AWS_SESSION_TOKEN: minted.sessionToken,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_EXECUTION_ENV: `AWS_Lambda_${description.runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      LAMBDA_TASK_ROOT: directory,
      LOCAL_FUNCTION_ARN: arn,
      _HANDLER: handler,
      HOME: home,
      TMPDIR: home,
      TZ: ':UTC',
      LANG: 'C.UTF-8',
      PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    };
    const logFile = join(state, 'logs', `${FUNCTION_LOG_PREFIX}${name}.log`);
    return new FunctionProcess({ directory, env, timeoutMs, memoryMb, logFile }, reaper);
  }
}

/** The principal as which the code of a function acts. */
function sessionPrincipal({ name, role }: TemplateFunction): Principal {
  const { partition, account } = role;
  return {
    arn: `${assumedRolePrefix(partition, account, role.name)}${name}`,
    partition,
    account,
    policies: role.policies(),
    role: { arn: role.arn },
    tags: role.tags,
  };
}
