import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InvocationReply } from '../../../../agent-image/src/protocol';
import { startLocalRun, type LocalRun } from '../../../../bin/local/local-run';
import type { ContentBlock, ModelScript, ScriptedToolUse } from '../../../../bin/local/model/model-script';
import type { RunState } from '../../../../bin/local/run-state';
import cdkJson from '../../../../cdk.json';
import { startScriptedModel, type ScriptedModel } from '../../../agent-image/support/agent-fixture';
import { LOCAL_CALLBACK, pageClient, poolOf, signIn } from './browser';
import { send, type Reply } from './signed-fetch';
import { SESSION_HEADER } from './test-run';

const ROOT = join(__dirname, '..', '..', '..', '..');

/** Where the model's calls go when Amazon Bedrock is chosen, and what they would be signed with. */
const MODEL_VARIABLES = ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;

/** A user as the page of an app knows one. */
export interface SignedIn {
  readonly accessToken: string;
  readonly idToken: string;
  readonly sub: string;
}

/** What an API gave back: JSON, or nothing. */
export interface ApiReply {
  readonly status: number;
  readonly body: unknown;
}

/** A local run of an app with the real agent, whose model does what the test says. */
export class AgentRun {
  public readonly state = mkdtempSync(join(tmpdir(), 'local-agent-run-'));
  /** What the run tells the person who started it. */
  public readonly lines: string[] = [];
  private run: LocalRun | undefined;

  private constructor(private readonly model: ScriptedModel) {}

  /** @param app a program that makes the app in place of that of the project */
  public static async start(app?: string): Promise<AgentRun> {
    const run = new AgentRun(await startScriptedModel(() => ({ kind: 'message', text: 'Done.' })));
    const before = MODEL_VARIABLES.map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: run.model.url,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example-secret',
    });
    try {
      run.run = await startLocalRun({
        directory: app === undefined ? ROOT : run.folderOf(app),
        state: run.state,
        port: 0,
        region: 'us-east-1',
        model: 'bedrock',
        log: (line) => run.lines.push(line),
      });
      return run;
    } catch (error) {
      await run.stop();
      throw error;
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    }
  }

  public get up(): RunState {
    return JSON.parse(readFileSync(join(this.state, 'up.json'), 'utf8')) as RunState;
  }

  /** All that the model was sent. */
  public get prompts(): string {
    return JSON.stringify(this.model.requests.map(({ body }) => body));
  }

  /** Names of the tools that the model was offered in its newest call. */
  public get offered(): string[] {
    return (this.model.requests.at(-1)?.body.tools ?? []).map(({ name }) => name);
  }

  /** The results of tools in the model's newest call, with the text that it reads. */
  public get results(): { readonly failed: boolean; readonly text: string }[] {
    const blocks = (this.model.requests.at(-1)?.body.messages ?? []).flatMap(({ content }): readonly ContentBlock[] =>
      typeof content === 'string' ? [] : content,
    );
    return blocks
      .filter(({ type }) => type === 'tool_result')
      .map((block) => ({ failed: block.is_error === true, text: JSON.stringify(block.content) }));
  }

  public async signIn(username: string): Promise<SignedIn> {
    const client = pageClient(this.up, 'openid email', LOCAL_CALLBACK, poolOf(this.up).clients[0]?.id);
    const { access_token: accessToken, id_token: idToken = '', profile } = await signIn(client, username);
    return { accessToken, idToken, sub: profile.sub };
  }

  /** Calls the agent as a page does. */
  public async invoke(session: string, token: string | undefined, body: object): Promise<Reply> {
    return send(this.runtime('invocations?qualifier=DEFAULT'), {
      headers: { [SESSION_HEADER]: session, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
  }

  /** A turn of the user in which the model uses these tools, one after the other, and all that it asks is approved. */
  public async turn(
    session: string,
    { accessToken }: SignedIn,
    prompt: string,
    ...uses: ScriptedToolUse[]
  ): Promise<InvocationReply> {
    this.model.script = using(uses);
    let reply = readReply(await this.invoke(session, accessToken, { prompt }));
    while (reply.status === 'interrupted') {
      const resume = (reply.interrupts ?? []).map(({ id }) => ({
        interruptId: id,
        status: 'resolved',
        payload: { approved: true },
      }));
      reply = readReply(await this.invoke(session, accessToken, { resume }));
    }
    return reply;
  }

  /** Calls the first HTTP API of the app. */
  public async api(token: string, path: string, method = 'GET', body?: object): Promise<ApiReply> {
    const reply = await fetch(`${this.up.httpApis[0]?.url ?? ''}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    return { status: reply.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** The address of the first runtime in the data plane. */
  public runtime(operation: string): string {
    return `${this.up.url}/runtimes/${encodeURIComponent(this.up.runtimes[0]?.arn ?? '')}/${operation}`;
  }

  public async stop(): Promise<string[]> {
    const said = (await this.run?.stop()) ?? [];
    await this.model.close();
    rmSync(this.state, { recursive: true, force: true });
    return said;
  }

  /** A folder with the settings of the project and another app. */
  private folderOf(app: string): string {
    const tsx = join(ROOT, 'node_modules', '.bin', 'tsx');
    writeFileSync(join(this.state, 'cdk.json'), JSON.stringify({ ...cdkJson, app: `"${tsx}" "${app}"` }));
    return this.state;
  }
}

/** @throws Error with the answer when the agent was not reached */
function readReply({ status, text }: Reply): InvocationReply {
  if (status !== 200) throw new Error(`the agent was not reached: ${String(status)} ${text}`);
  return JSON.parse(text) as InvocationReply;
}

function using(uses: readonly ScriptedToolUse[]): ModelScript {
  const left = [...uses];
  return () => {
    const next = left.shift();
    return next === undefined ? { kind: 'message', text: 'Done.' } : { kind: 'message', toolUses: [next] };
  };
}
