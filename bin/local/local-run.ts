import { mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { readAssembly } from './assembly';
import { Audit, auditSummary, type AuditedRole } from './audit';
import { CredentialStore, type Principal } from './credentials';
import { createFront } from './front';
import type { FrontServices } from './front-services';
import { Identity } from './identity/identity';
import { chooseRuntime, readLocalApp, type LocalApp } from './local-app';
import { AgentMetricLog } from './metrics/agent-metric-log';
import { chooseModel, type ModelChoice } from './model-choice';
import { echoScript } from './model/echo-script';
import { createScriptedAnthropic } from './model/scripted-anthropic';
import { startReaper, type Reaper } from './reaper';
import type { AppSite } from './resolved-stacks';
import type { LocalRuntime } from './resources/runtime';
import { addressesOf } from './run-addresses';
import { liveRunState, removeRunState, writeRunState } from './run-state';
import { runApp } from './running-app';
import { assumedRolePrefix } from './running-runtime';
import { verifyUser } from './runtime-access';
import type { RoleDirectory } from './sts/role-directory';
import { SpanFile } from './spans/span-file';
import { synthesize } from './synth';

/** An account that no one has, for stacks that name none. */
const ACCOUNT = '000000000000';

export interface LocalRunOptions {
  /** Folder of the app's cdk.json. */
  readonly directory: string;
  /** Folder for the assembly, the sessions and up.json; made when missing. */
  readonly state: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Region of stacks that name none. */
  readonly region: string;
  /** @default - the first runtime of the app */
  readonly runtime?: string;
  readonly model: ModelChoice;
  /**
   * Whether code that a model wrote may run without a sandbox where none can be made.
   *
   * @default false
   */
  readonly unsandboxedCode?: boolean;
  readonly log: (line: string) => void;
}

export interface LocalRun {
  readonly url: string;
  /** Stops the sessions in order, then the front; gives the lines that sum up which permissions were used. */
  stop(): Promise<string[]>;
}

/**
 * Synthesizes the app and runs what its templates say on 127.0.0.1.
 *
 * @throws Error with a sentence for the person who started it
 */
export async function startLocalRun(options: LocalRunOptions): Promise<LocalRun> {
  const { state, log } = options;
  makeState(state);
  const other = await liveRunState(state);
  if (other !== undefined) {
    throw new Error(
      `another local run (process ${String(other.pid)}, ${other.url}) is alive in ${state}; stop it, or give this one its own folder with --state`,
    );
  }
  const model = await chooseModel(options.model, process.env);
  log(model.description);

  // Listening comes first: the port is part of every agent's environment, and a taken one is known before the wait.
  let services: FrontServices | undefined;
  const front = createFront(() => services);
  const port = await listen(front.server, options.port);
  const reaper = startReaper();
  try {
    const endpoint = `http://127.0.0.1:${String(port)}`;
    let identity: Identity | undefined;
    const site = {
      account: ACCOUNT,
      region: options.region,
      endpoint,
      identity: () => (identity ??= new Identity(state)),
    };
    const app = await readApp(options, site, reaper);
    const served = chooseRuntime(app.runtimes, options.runtime);
    const credentials = new CredentialStore();
    const audit = new Audit();
    const running = await runApp(app, {
      ...options,
      ...site,
      unsandboxedCode: options.unsandboxedCode ?? false,
      credentials,
      audit,
      reaper,
    });
    const first = running.runtimes.find(({ description }) => description === served);
    if (first === undefined) throw new Error(`the runtime ${served.name} was not started`);
    services = {
      ...running,
      endpoint,
      served: first,
      credentials,
      audit,
      model: model.backend,
      scriptedProvider: createScriptedAnthropic(echoScript),
      metrics: new AgentMetricLog(join(state, 'logs')),
      spans: new SpanFile(join(state, 'spans.jsonl'), log),
      verifyUser: (token) => verifyUser(running.runtimes, token),
      log,
    };

    const addresses = addressesOf(running, first, endpoint);
    writeRunState(state, { ...addresses, pid: process.pid, credentials: credentials.mint(operator(served)) });
    return {
      url: `http://localhost:${String(port)}`,
      stop: async () => {
        removeRunState(state);
        await Promise.all(running.runtimes.map(({ supervisor }) => supervisor.stopAll()));
        await running.interpreters.stopAll();
        running.functions.stopAll();
        await front.close();
        await running.tables.close();
        reaper.close();
        return auditSummary(audit, auditedRoles([...app.runtimes, ...app.gateways], running.roles));
      },
    };
  } catch (error) {
    await front.close();
    reaper.close();
    throw error;
  }
}

/** Makes the folder of the run's state; secrets lie in there, so a new one is kept out of everybody's repository. */
function makeState(state: string): void {
  const made = mkdirSync(state, { recursive: true, mode: 0o700 });
  if (made !== undefined) writeFileSync(join(state, '.gitignore'), '*\n');
}

async function readApp({ directory, state, log }: LocalRunOptions, site: AppSite, reaper: Reaper): Promise<LocalApp> {
  const output = join(state, 'cdk.out');
  const began = Date.now();
  log('synthesizing the app of cdk.json …');
  const said = await synthesize({ directory, output, account: site.account, region: site.region }, reaper);
  if (said !== '') log(said);
  const assembly = readAssembly(output);
  const stacks = assembly.stacks.map((stack) => stack.name).join(', ');
  log(`synthesized ${stacks === '' ? 'no stack' : stacks} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return readLocalApp(assembly, site, log);
}

/** The person at this machine, as a caller of the data plane and as one who looks into the buckets. */
function operator({ partition, account }: LocalRuntime): Principal {
  const statement = {
    Effect: 'Allow',
    Action: [
      'bedrock-agentcore:InvokeAgentRuntime',
      'bedrock-agentcore:InvokeAgentRuntimeForUser',
      'bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStream',
      'bedrock-agentcore:StopRuntimeSession',
      'bedrock-agentcore:InvokeGateway',
      'dynamodb:*',
      'lambda:InvokeFunction',
      's3:*',
    ],
    Resource: '*',
  } as const;
  return {
    arn: `arn:${partition}:iam::${account}:user/operator`,
    partition,
    account,
    policies: { identityPolicies: [{ Statement: [statement] }] },
  };
}

/** The roles of runtimes and gateways, and those that were assumed in the run, each once. */
function auditedRoles(
  descriptions: readonly Pick<LocalRuntime, 'partition' | 'account' | 'role'>[],
  { assumed }: RoleDirectory,
): AuditedRole[] {
  const sites = [...descriptions, ...assumed.map((role) => ({ ...role, role: role.policies() }))];
  const roles = sites.map(({ partition, account, role }): [string, AuditedRole] => {
    const arnPrefix = assumedRolePrefix(partition, account, role.roleName);
    return [arnPrefix, { name: role.roleName, arnPrefix, policies: role }];
  });
  return [...new Map(roles).values()];
}

async function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${String(port)} is taken; stop what uses it, or choose another one: PORT=8081 npm start`)
          : new Error(`cannot listen on port ${String(port)}: ${error.message}`),
      );
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
