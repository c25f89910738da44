import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalRun, startLocalRun } from '../../../bin/local/local-run';
import type { RunState } from '../../../bin/local/run-state';
import type { ScriptedReply } from '../../../bin/local/model/model-script';
import { type ScriptedModel, startScriptedModel } from '../../agent-image/support/agent-fixture';
import { descendants } from './support/processes';
import { describeWith } from './support/programs';
import { send, sendSigned } from './support/signed-fetch';
import { processesWith } from './support/test-interpreter';
import { SESSION, SESSION_HEADER } from './support/test-run';
import { waitUntil } from './support/wait-until';

// The app is synthesized and its agent built.
jest.setTimeout(90_000);

const ROOT = join(__dirname, '..', '..', '..');

/** Where the person's own credentials and Amazon Bedrock are: the run passes model calls on to the script of the test. */
const PERSON = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret' };

describeWith('bwrap', 'bubblewrap', 'what an agent of the local run has started in its interpreter', () => {
  const before = { ...process.env };
  let folder: string;
  let model: ScriptedModel;
  let run: LocalRun | undefined;
  let mark: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'interpreter-ending-'));
    mark = randomUUID();
    model = await startScriptedModel(() => ({ kind: 'message', text: 'Done.' }));
    Object.assign(process.env, PERSON, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: model.url });
  });
  afterEach(async () => {
    await run?.stop();
    await model.close();
    process.env = { ...before };
    rmSync(folder, { recursive: true, force: true });
  });

  const state = (): string => join(folder, 'state');
  const up = (): RunState => JSON.parse(readFileSync(join(state(), 'up.json'), 'utf8')) as RunState;

  /** Starts the app, and has its agent start a command that would go on for long; gives the id of its interpreter session. */
  async function startWorking(idleSeconds = 900): Promise<string> {
    process.env.IDLE_SECONDS = String(idleSeconds);
    const program = join(__dirname, 'support', 'interpreter-app.ts');
    const app = `"${join(ROOT, 'node_modules', '.bin', 'tsx')}" "${program}"`;
    writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app }));
    const options = { directory: folder, state: state(), port: 0, region: 'us-east-1', log: () => undefined };
    run = await startLocalRun({ ...options, model: 'bedrock' });
    return work(`exec -a ${mark} sleep 1000`);
  }

  async function work(command: string): Promise<string> {
    const left: ScriptedReply[] = [
      { kind: 'message', toolUses: [{ name: 'mcp__ci__start_command', input: { command } }] },
    ];
    model.script = () => left.shift() ?? { kind: 'message', text: 'Done.' };
    const body = JSON.stringify({ prompt: 'Work.' });
    const reply = await send(`${up().url}/invocations`, { headers: { [SESSION_HEADER]: SESSION }, body });
    const { status, metadata } = JSON.parse(reply.text) as {
      readonly status: string;
      readonly metadata: { readonly code_interpreter_session: string };
    };
    expect({ status, text: reply.text }).toMatchObject({ status: 'success' });
    await waitUntil(() => processesWith(mark) > 0);
    return metadata.code_interpreter_session;
  }

  async function stopSession(): Promise<number> {
    const runtime = encodeURIComponent(up().runtimes[0]?.arn ?? '');
    const headers = { [SESSION_HEADER]: SESSION, 'content-type': 'application/json' };
    const { status } = await sendSigned(`${up().url}/runtimes/${runtime}/stopruntimesession`, up().credentials, {
      headers,
    });
    return status;
  }

  it('ends with StopRuntimeSession, and the next session of that name gets an interpreter session of its own', async () => {
    const first = await startWorking();
    expect(await stopSession()).toBe(200);
    expect(processesWith(mark)).toBe(0);

    const second = await work(`exec -a ${mark} sleep 1000`);
    expect(second).not.toBe(first);
  });

  it('ends when the session is idle', async () => {
    await startWorking(1);
    await waitUntil(() => processesWith(mark) === 0);
  });

  it('ends with the agent when that is told to end by a signal', async () => {
    await startWorking();
    const agents = descendants(process.pid).filter(({ command }) => / dist\/main\.js$/.test(command));
    expect(agents).toHaveLength(1);
    for (const { pid } of agents) process.kill(pid, 'SIGTERM');
    await waitUntil(() => processesWith(mark) === 0);
  });
});
