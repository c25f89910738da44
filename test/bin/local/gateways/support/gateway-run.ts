import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { startLocalRun, type LocalRun } from '../../../../../bin/local/local-run';
import type { RunState } from '../../../../../bin/local/run-state';
import { AgentGateway, AgentImage, AgentRuntime, type AgentGatewayProps } from '../../../../../lib';
import { connectMcp, signedFetch, textOf } from '../../support/mcp-client';

interface Statement {
  Action: string | string[];
}

/** A template as it was synthesized. */
interface Template {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>;
}

/** A local run of an app with the library's own gateway. */
export class GatewayRun {
  public readonly lines: string[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'local-gateway-'));
  private readonly assembly = join(this.folder, 'assembly');
  private readonly state = join(this.folder, 'state');
  private run: LocalRun | undefined;
  private client: Client | undefined;

  /** @param props of the gateway, in a stack that may get more */
  constructor(props: (stack: Stack) => AgentGatewayProps) {
    const app = new App({ outdir: this.assembly, context: { 'aws:cdk:disable-asset-staging': true } });
    const stack = new Stack(app, 'Stack');
    new AgentRuntime(stack, 'Agent', { image: AgentImage.fromDirectory(join(__dirname, '../../support/fake-agent')) });
    new AgentGateway(stack, 'Gateway', { gatewayName: 'shop', ...props(stack) });
    app.synth();
    writeFileSync(
      join(this.folder, 'copy.js'),
      `require('node:fs').cpSync(${JSON.stringify(this.assembly)}, process.env.CDK_OUTDIR, { recursive: true });`,
    );
    writeFileSync(join(this.folder, 'cdk.json'), JSON.stringify({ app: 'node copy.js' }));
  }

  /** Takes an action out of every policy of the template. */
  public withoutAction(action: string): this {
    return this.edit(({ Resources }) => {
      for (const { Properties } of Object.values(Resources)) {
        const document = Properties.PolicyDocument as { Statement: Statement[] } | undefined;
        if (document === undefined) continue;
        document.Statement = document.Statement.filter(({ Action }) => ![Action].flat().includes(action));
      }
    });
  }

  public edit(change: (template: Template) => void): this {
    const file = join(this.assembly, 'Stack.template.json');
    const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
    change(template);
    writeFileSync(file, JSON.stringify(template));
    return this;
  }

  /** @param secrets values by the logical ids or names of the secrets */
  public async start(secrets: Readonly<Record<string, unknown>> = {}): Promise<this> {
    mkdirSync(this.state);
    writeFileSync(join(this.state, 'secrets.json'), JSON.stringify(secrets));
    this.run = await startLocalRun({
      directory: this.folder,
      state: this.state,
      port: 0,
      region: 'us-east-1',
      model: 'scripted',
      log: (line) => this.lines.push(line),
    });
    return this;
  }

  /** All that the run has told. */
  public get told(): string {
    return this.lines.join('\n');
  }

  /** The names of the tools that the operator of the run is shown, without the search. */
  public async toolNames(): Promise<string[]> {
    const { tools } = await (await this.connected()).listTools();
    return tools.map(({ name }) => name).filter((name) => !name.startsWith('x_amz'));
  }

  public async schemaOf(name: string): Promise<unknown> {
    return (await (await this.connected()).listTools()).tools.find((tool) => tool.name === name)?.inputSchema;
  }

  public async call(name: string, input: object = {}): Promise<{ readonly isError: unknown; readonly text: string }> {
    const result = await (await this.connected()).callTool({ name, arguments: { ...input } });
    return { isError: result.isError, text: textOf(result) };
  }

  /** Stops the run and gives its summary. */
  public async stop(): Promise<string[]> {
    await this.client?.close();
    this.client = undefined;
    const run = this.run;
    this.run = undefined;
    return (await run?.stop()) ?? [];
  }

  public async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async connected(): Promise<Client> {
    if (this.client !== undefined) return this.client;
    const up = JSON.parse(readFileSync(join(this.state, 'up.json'), 'utf8')) as RunState;
    const url = up.gateways.find(({ name }) => name === 'shop')?.url ?? '';
    this.client = await connectMcp(url, signedFetch(up.credentials));
    return this.client;
  }
}

/**
 * An address that the app itself does not know, which is how one of this machine gets into it: what is written there has to
 * be https.
 */
export function deployedAddress(stack: Stack, url: string, id = 'Address'): string {
  return new CfnParameter(stack, id, { default: url }).valueAsString;
}
