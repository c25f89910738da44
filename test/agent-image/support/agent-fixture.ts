import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  type AgentEvent,
  type InvocationReply,
  type NumberedEvent,
  type PingReply,
  SESSION_HEADER,
} from '../../../agent-image/src/protocol';
import { runAgent } from '../../../agent-image/src/client';
import { createScriptedBedrock, type ModelRequest, type ModelScript } from '../../../bin/local/model/scripted-bedrock';

export const MAIN_MODEL = 'global.anthropic.claude-sonnet-5-5';
const ENTRY = join(__dirname, '..', '..', '..', 'agent-image', 'dist', 'main.js');

/** A Bedrock endpoint on loopback whose script can be exchanged between turns. */
export interface ScriptedModel {
  script: ModelScript;
  readonly url: string;
  /** The calls that were understood. */
  readonly requests: readonly ModelRequest[];
  /** `<method> <path>` of everything that was asked of the endpoint. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

export async function startScriptedModel(script: ModelScript): Promise<ScriptedModel> {
  const calls: string[] = [];
  const bedrock = createScriptedBedrock((request) => model.script(request));
  const server = createServer((req, res) => {
    calls.push(`${req.method ?? ''} ${decodeURIComponent(req.url ?? '')}`);
    buffer(req).then(
      (body) => bedrock.handle(req, res, body).catch(() => res.destroy()),
      () => res.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const model: ScriptedModel = {
    script,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: bedrock.requests,
    calls,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return model;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** The environment of an agent that calls `model`; nothing of the machine's own but the search path. */
export function agentEnvironment(model: { readonly url: string }, home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    HOST: '127.0.0.1',
    PORT: '0',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example-secret',
    ANTHROPIC_BEDROCK_BASE_URL: model.url,
    AGENT_MODEL_MAIN: MAIN_MODEL,
  };
}

/** The real server process: `node dist/main.js`, as the container runs it. */
export class AgentFixture {
  readonly home: string;
  readonly sessionId: string;
  readonly logLines: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  #stderr = '';
  #url = '';

  private constructor(home: string, sessionId: string, env: Record<string, string>) {
    this.home = home;
    this.sessionId = sessionId;
    this.#child = spawn(process.execPath, [ENTRY], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'close').then(([code]: (number | null)[]) => code ?? null);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    let pending = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (pending + text).split('\n');
      pending = lines.pop() ?? '';
      this.logLines.push(...lines.map((line) => JSON.parse(line) as LogLine));
    });
  }

  /** Starts an agent and waits until it listens, or has ended because it could not start. */
  static async start(
    model: { readonly url: string },
    overrides: Record<string, string> = {},
    sessionId: string = randomUUID(),
  ): Promise<AgentFixture> {
    const home = mkdtempSync(join(tmpdir(), 'agent-test-'));
    const agent = new AgentFixture(home, sessionId, { ...agentEnvironment(model, home), ...overrides });
    let ended = false;
    void agent.#exited.then(() => (ended = true));
    await waitUntil(() => ended || agent.logged('listening') !== undefined);
    agent.#url = `http://127.0.0.1:${String(agent.logged('listening')?.port)}`;
    return agent;
  }

  get url(): string {
    return this.#url;
  }

  /** What was written outside of the log: always empty in a healthy agent. */
  get stderr(): string {
    return this.#stderr;
  }

  logged(message: string): LogLine | undefined {
    return this.logLines.find((line) => line.message === message);
  }

  post(body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.#url}/invocations`, {
      method: 'POST',
      headers: { [SESSION_HEADER]: this.sessionId, ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      ...(signal && { signal }),
    });
  }

  /** One turn without a stream. */
  async ask(prompt: string): Promise<InvocationReply> {
    const response = await this.post({ prompt });
    if (response.status !== 200) {
      throw new Error(`the agent answered ${response.status}: ${await response.text()}`);
    }
    return (await response.json()) as InvocationReply;
  }

  /** One turn as a stream. */
  stream(prompt: string): AsyncGenerator<NumberedEvent> {
    return runAgent({ url: `${this.#url}/invocations`, sessionId: this.sessionId, prompt });
  }

  /** All events of one turn. */
  async events(prompt: string): Promise<AgentEvent[]> {
    const events: AgentEvent[] = [];
    for await (const { event } of this.stream(prompt)) {
      events.push(event);
    }
    return events;
  }

  async ping(): Promise<PingReply> {
    return (await (await fetch(`${this.#url}/ping`)).json()) as PingReply;
  }

  /** Process ids of the agent processes that the server runs. */
  claudePids(): number[] {
    return processes()
      .filter(({ pid, parent }) => parent === this.#child.pid && isClaude(pid))
      .map(({ pid }) => pid);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Exit code; null when a signal ended the process. */
  exitCode(): Promise<number | null> {
    return this.#exited;
  }

  /** Ends the agent as AgentCore does. */
  async stop(): Promise<void> {
    const claude = this.claudePids();
    this.signal('SIGTERM');
    await this.#exited;
    await waitUntil(() => claude.every((pid) => !isRunning(pid)));
  }

  /** Ends the agent and removes what it wrote. */
  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Waits for a condition; gives up after 20 seconds, so that a failing test leaves no endless loop behind. */
export async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`this never came true: ${condition.toString()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A promise that the test settles. */
export function gate(): { readonly promise: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open: () => open() };
}

export function isRunning(pid: number): boolean {
  return processes().some((process) => process.pid === pid && process.state !== 'Z');
}

/** The environment a process was started with. */
export function environmentOf(pid: number): Record<string, string> {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(entries.map((entry) => [entry.split('=')[0] ?? '', entry.slice(entry.indexOf('=') + 1)]));
}

function isClaude(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.endsWith('/claude') ?? false;
  } catch {
    return false;
  }
}

function processes(): { pid: number; parent: number; state: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The command in parentheses may hold anything, so the fields are counted from its end.
        const [state, parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return [{ pid: Number(name), parent: Number(parent), state: state ?? '' }];
      } catch {
        return [];
      }
    });
}
