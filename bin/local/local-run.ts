import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { readAssembly } from './assembly';
import { Audit, auditSummary, type AuditedRole } from './audit';
import { CredentialStore, type Principal } from './credentials';
import { createFront, type FrontServices } from './front';
import { chooseModel, type ModelChoice } from './model-choice';
import { startReaper, type Reaper } from './reaper';
import type { LocalRuntime } from './resources/runtime';
import { liveRunState, removeRunState, writeRunState } from './run-state';
import { assumedRolePrefix, prepareRuntime, runRuntime, type RunningRuntime } from './running-runtime';
import { chooseRuntime, readRuntimes } from './runtimes';
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
  mkdirSync(state, { recursive: true, mode: 0o700 });
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
  const port = await listen(front, options.port);
  const reaper = startReaper();
  try {
    const place = { account: ACCOUNT, region: options.region };
    const descriptions = await readApp(options, place, reaper);
    const served = chooseRuntime(descriptions, options.runtime);
    const credentials = new CredentialStore();
    const audit = new Audit();
    const endpoint = `http://127.0.0.1:${String(port)}`;

    const runtimes: RunningRuntime[] = [];
    for (const description of descriptions) {
      const command = await prepareRuntime(description, reaper, log);
      runtimes.push(runRuntime(description, command, { state, endpoint, credentials, reaper, log }));
    }
    const first = runtimes.find(({ description }) => description === served);
    if (first === undefined) throw new Error(`the runtime ${served.name} was not started`);
    services = { served: first, runtimes, credentials, audit, model: model.backend, log };

    const url = `http://localhost:${String(port)}`;
    writeRunState(state, {
      pid: process.pid,
      url: endpoint,
      region: served.region,
      account: served.account,
      runtimes: descriptions.map(({ name, arn }) => ({ name, arn })),
      credentials: credentials.mint(operator(served)),
    });
    return {
      url,
      stop: async () => {
        removeRunState(state);
        await Promise.all(runtimes.map(({ supervisor }) => supervisor.stopAll()));
        await close(front);
        reaper.close();
        return auditSummary(audit, auditedRoles(descriptions));
      },
    };
  } catch (error) {
    await close(front);
    reaper.close();
    throw error;
  }
}

async function readApp(
  { directory, state, log }: LocalRunOptions,
  place: { readonly account: string; readonly region: string },
  reaper: Reaper,
): Promise<LocalRuntime[]> {
  const output = join(state, 'cdk.out');
  const began = Date.now();
  log('synthesizing the app of cdk.json …');
  const said = await synthesize({ directory, output, ...place }, reaper);
  if (said !== '') log(said);
  const assembly = readAssembly(output);
  const stacks = assembly.stacks.map((stack) => stack.name).join(', ');
  log(`synthesized ${stacks === '' ? 'no stack' : stacks} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return readRuntimes(assembly, place, log);
}

/** The person at this machine, as a caller of the data plane. */
function operator({ partition, account }: LocalRuntime): Principal {
  const statement = {
    Effect: 'Allow',
    Action: [
      'bedrock-agentcore:InvokeAgentRuntime',
      'bedrock-agentcore:InvokeAgentRuntimeForUser',
      'bedrock-agentcore:StopRuntimeSession',
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

/** The roles of the runtimes, each once. */
function auditedRoles(descriptions: readonly LocalRuntime[]): AuditedRole[] {
  const roles = descriptions.map(({ partition, account, role }): [string, AuditedRole] => {
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

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
