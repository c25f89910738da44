import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startLocalRun, type LocalRun, type LocalRunOptions } from '../../../../bin/local/local-run';
import type { RunState } from '../../../../bin/local/run-state';
import type { AwsCredentials } from '../../../../bin/local/sigv4';
import { FakeApp, type FakeRuntime } from './fake-app';
import { send, type Reply } from './signed-fetch';

export const SESSION = 'session-of-a-test-of-the-local-run-001';
export const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
export const TENANT_HEADER = 'x-amzn-bedrock-agentcore-runtime-custom-tenant';

/** What the fake agent tells of itself. */
export interface AgentReport {
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** A local run of a fake app with a state of its own. */
export class TestRun {
  public readonly state = mkdtempSync(join(tmpdir(), 'local-run-'));
  /** What the run tells the person who started it. */
  public readonly lines: string[] = [];
  private readonly app: FakeApp;
  private run: LocalRun | undefined;

  constructor(
    runtimes: readonly FakeRuntime[] = [{}],
    private readonly resources: Readonly<Record<string, unknown>> = {},
  ) {
    this.app = new FakeApp(runtimes, resources);
  }

  /** Gives the app another resource in place of the one with this id; it takes a start to be seen. */
  public replaceResource(id: string, resource: unknown): void {
    this.app.writeResources({ ...this.resources, [id]: resource });
  }

  public async start(options: Partial<LocalRunOptions> = {}): Promise<this> {
    this.run = await startLocalRun({
      directory: this.app.directory,
      state: this.state,
      port: 0,
      region: 'us-east-1',
      model: 'scripted',
      log: (line) => this.lines.push(line),
      ...options,
    });
    return this;
  }

  public get up(): RunState {
    return JSON.parse(readFileSync(join(this.state, 'up.json'), 'utf8')) as RunState;
  }

  /** The address of the first runtime in the data plane. */
  public runtime(operation: string): string {
    return `${this.up.url}/runtimes/${encodeURIComponent(this.up.runtimes[0]?.arn ?? '')}/${operation}`;
  }

  public writeState(name: string, content: string): void {
    mkdirSync(dirname(join(this.state, name)), { recursive: true });
    writeFileSync(join(this.state, name), content);
  }

  /** Calls the agent by the short path. */
  public async invoke(body: object = {}, headers: Record<string, string> = {}): Promise<Reply> {
    return send(`${this.up.url}/invocations`, {
      headers: { [SESSION_HEADER]: SESSION, ...headers },
      body: JSON.stringify(body),
    });
  }

  public async report(headers: Record<string, string> = {}): Promise<AgentReport> {
    return JSON.parse((await this.invoke({}, headers)).text) as AgentReport;
  }

  /** Stops the run and gives its summary; the state stays for another start. */
  public async stop(): Promise<string[]> {
    const run = this.run;
    this.run = undefined;
    return (await run?.stop()) ?? [];
  }

  public async remove(): Promise<void> {
    await this.stop();
    this.app.remove();
    rmSync(this.state, { recursive: true, force: true });
  }
}

/** The credentials that an agent found in its environment. */
export function credentialsOf({ env }: AgentReport): AwsCredentials {
  return {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: env.AWS_SESSION_TOKEN ?? '',
  };
}

/** A policy of the fake app's role. */
export function grant(action: string | readonly string[], resource: unknown): Record<string, unknown> {
  return {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'Grant',
      Roles: [{ Ref: 'AgentRole' }],
      PolicyDocument: { Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] },
    },
  };
}
