import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunState } from '../../../bin/local/run-state';
import { LOCAL_CALLBACK, pageClient, poolOf, signIn } from './support/browser';
import { LocalCommand } from './support/local-command';
import { descendants } from './support/processes';
import { send, type Reply } from './support/signed-fetch';
import { isRunning, waitUntil } from './support/wait-until';

/** Synthesizing and starting takes long on a machine that does other things. */
jest.setTimeout(150_000);

const ROOT = join(__dirname, '..', '..', '..');
const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';

let state: string;
let directory: string;
let command: LocalCommand;
let up: RunState;

/** Starts the app of `directory` with its own state, as `npm start` does. */
async function startIn(folder: string): Promise<void> {
  state = mkdtempSync(join(tmpdir(), 'local-sample-'));
  directory = folder;
  command = new LocalCommand({ directory, args: ['--state', state] });
  up = await command.ready(state);
}

async function stop(): Promise<void> {
  command.child.kill('SIGTERM');
  await command.ended;
  rmSync(state, { recursive: true, force: true });
}

async function ask(session: string, body: object, headers: Record<string, string> = {}): Promise<Reply> {
  return send(`${up.url}/invocations`, {
    headers: { [SESSION_HEADER]: session, ...headers },
    body: JSON.stringify(body),
  });
}

/** Calls the data plane as the page of alice does, whose sessions the short path is in too. */
async function callAsAlice(id: string, operation: string, body: object = {}): Promise<Reply> {
  const page = pageClient(up, 'openid email', LOCAL_CALLBACK, poolOf(up).clients[0]?.id);
  const { access_token: token } = await signIn(page, 'alice');
  return send(`${up.url}/runtimes/${encodeURIComponent(up.runtimes[0]?.arn ?? '')}/${operation}`, {
    headers: { [SESSION_HEADER]: id, 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
}

interface TurnReply {
  readonly response: string;
  readonly status: string;
  readonly error?: { readonly code: string };
  readonly interrupts?: readonly { readonly id: string; readonly message: string }[];
}

const turn = (reply: Reply): TurnReply => JSON.parse(reply.text) as TurnReply;

interface StreamedEvent {
  readonly type: string;
  readonly delta?: string;
}

function eventsOf(reply: Reply): StreamedEvent[] {
  return reply.text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice('data: '.length)) as StreamedEvent);
}

const health = async (): Promise<unknown> => JSON.parse((await send(`${up.url}/ping`, { method: 'GET' })).text);

/** The agents of the run and the Claude processes below them. */
function agentProcesses(): { agents: number[]; claude: number[] } {
  const below = descendants(up.pid);
  const pids = (pattern: RegExp): number[] =>
    below.filter(({ command: text }) => pattern.test(text)).map(({ pid }) => pid);
  return { agents: pids(/ dist\/main\.js$/), claude: pids(/\/claude-agent-sdk-[^ ]*\/claude /) };
}

describe('the sample app with the real Claude Agent SDK', () => {
  const session = 'session-of-the-sample-app-tests-000001';

  beforeAll(() => startIn(ROOT));
  afterAll(stop);

  it('streams a turn as events', async () => {
    const reply = await ask(session, { prompt: 'my colour is teal', stream: true });
    const events = eventsOf(reply);
    const text = events.map(({ type, delta }) => (type === 'TEXT_MESSAGE_CONTENT' ? delta : '')).join('');

    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toContain('text/event-stream');
    expect(events[0]?.type).toBe('RUN_STARTED');
    expect(events.at(-1)?.type).toBe('RUN_FINISHED');
    expect(events.filter(({ type }) => type === 'TEXT_MESSAGE_CONTENT').length).toBeGreaterThan(2);
    expect(text).toContain('scripted model, not Claude');
    expect(text).toContain('my colour is teal');
  });

  it('remembers the conversation in the same process, and answers in one piece when that is asked for', async () => {
    const before = agentProcesses();
    const reply = await ask(session, { prompt: 'and now?' });

    expect(reply.headers['content-type']).toContain('application/json');
    expect(turn(reply)).toMatchObject({ status: 'success' });
    expect(turn(reply).response).toContain('turn 2 of our conversation, which began with: “my colour is teal”');
    expect([before.agents.length, before.claude.length]).toEqual([1, 1]);
    expect(agentProcesses()).toEqual(before);
  });

  it('is busy during a turn and healthy after it', async () => {
    expect(await health()).toMatchObject({ status: 'Healthy' });
    let over = false;
    const running = ask(session, { prompt: 'take your time', stream: true }).finally(() => (over = true));
    await waitUntil(async () => ((await health()) as { status: string }).status === 'HealthyBusy' || over);
    expect(over).toBe(false);

    await running;
    await waitUntil(async () => ((await health()) as { status: string }).status === 'Healthy');
  });

  it('serves the same session to its user on the data plane, and stops it when told', async () => {
    const reply = await callAsAlice(session, 'invocations?qualifier=DEFAULT', { prompt: 'who am I?' });
    expect(turn(reply).response).toContain('which began with: “my colour is teal”');

    const { agents, claude } = agentProcesses();
    expect((await callAsAlice(session, 'stopruntimesession')).status).toBe(200);
    await waitUntil(() => ![...agents, ...claude].some(isRunning));
  });

  it('remembers a session, that session alone, and after it was stopped in another process', async () => {
    const [word, sessionA, sessionB] = [randomUUID(), randomUUID(), randomUUID()];
    const answer = async (id: string, prompt: string): Promise<string> => turn(await ask(id, { prompt })).response;
    await answer(sessionA, word);
    expect(await answer(sessionB, 'which word?')).not.toContain(word);
    expect(await answer(sessionA, 'which word?')).toContain(`began with: “${word}”`);

    const before = agentProcesses();
    await callAsAlice(sessionA, 'stopruntimesession');
    await waitUntil(() => before.agents.filter(isRunning).length === before.agents.length - 1);

    expect(await answer(sessionA, 'which word?')).toContain(`turn 3 of our conversation, which began with: “${word}”`);
    expect(agentProcesses().agents.filter((pid) => !before.agents.includes(pid))).toHaveLength(1);
  });

  it('uses the tools that a prompt names, once they are approved', async () => {
    const id = 'session-of-a-phrase-for-the-model-00001';
    const order = { order_id: 'A-1001', item: 'cups', quantity: 12 };
    const phrases = [
      `use mcp__gw__purchases___place_order ${JSON.stringify(order)}`,
      'use Write {"file_path":"notes.md","content":"Tea"}',
      'use Read {"file_path":"notes.md"}',
    ];
    const asked: string[] = [];
    let answer = turn(await ask(id, { prompt: phrases.join('\n') }));
    while (answer.status === 'interrupted') {
      const [question] = answer.interrupts ?? [];
      asked.push(question?.message ?? '');
      const approval = { interruptId: question?.id, status: 'resolved', payload: { approved: true } };
      answer = turn(await ask(id, { resume: [approval] }));
    }

    expect(asked).toEqual([
      'The agent wants to use purchases___place_order of the MCP server gw.',
      expect.stringMatching(/^The agent wants to use Write on .*notes\.md"\.$/),
    ]);
    expect(answer.status).toBe('success');
    expect(answer.response).toMatch(/place_order gave: \{"orderId":"A-1001",.*"quantity":12,"status":"received"/);
    expect(answer.response).toMatch(/Read gave: .*Tea$/);
  });

  it('tells browsers where tools and API are, and gives a command line a token for them', async () => {
    const index = await send(`${up.url}/`, { method: 'GET', headers: { accept: 'text/html' } });
    const { stdout } = await promisify(execFile)(
      join(ROOT, 'node_modules', '.bin', 'tsx'),
      [join(ROOT, 'bin', 'token.ts'), 'alice', '--state', state],
      { cwd: ROOT },
    );
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    const [gateway, api] = [up.gateways[0]?.url ?? '', up.httpApis[0]?.url ?? ''];
    const tools = await send(gateway, { headers, body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' });
    const sessions = await send(`${api}/sessions`, { method: 'GET', headers });

    for (const url of [gateway, api]) expect(index.text).toContain(`<code>${url}</code>`);
    expect(tools.text).toContain('purchases___place_order');
    expect([sessions.status, JSON.parse(sessions.text)]).toEqual([200, { sessions: expect.any(Array) as unknown }]);
  });

  it("gives the agent's refusals back as they are, and as 424 on the data plane", async () => {
    const refused = await ask(session, { prompt: 7 });
    const wrapped = await callAsAlice(session, 'invocations');

    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    expect(wrapped.status).toBe(424);
    expect(wrapped.text).toContain('INVALID_REQUEST');
  });
});

describe('the end of a run with the real Claude Agent SDK', () => {
  afterEach(() => {
    rmSync(state, { recursive: true, force: true });
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('leaves no process after %s in the middle of a turn', async (signal) => {
    await startIn(ROOT);
    const session = `session-of-the-end-by-${signal}-tests-000001`;
    await ask(session, { prompt: 'first' });
    const { agents, claude } = agentProcesses();
    expect([agents.length, claude.length]).toEqual([1, 1]);
    const running = ask(session, { prompt: 'second', stream: true }).catch(() => undefined);
    await waitUntil(async () => ((await health()) as { status: string }).status === 'HealthyBusy');
    process.kill(up.pid, signal);

    await Promise.all([running, command.ended]);
    await waitUntil(() => ![...agents, ...claude].some(isRunning));
    if (signal === 'SIGTERM') {
      expect(await command.ended).toBe(0);
      expect(existsSync(join(state, 'up.json'))).toBe(false);
      // Everything that the sample grants for its main model is needed by it.
      expect(command.text).not.toMatch(/^denied .*InvokeModel/m);
      expect(command.text).not.toMatch(/not used in this run:.*InvokeModelWithResponseStream/);
    }
  });
});

describe('an app whose agent calls a model that its role is not granted', () => {
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'local-mistaken-'));
    const program = join(__dirname, 'support', 'ungranted-model-app.ts');
    const app = `"${join(ROOT, 'node_modules', '.bin', 'tsx')}" "${program}"`;
    writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app }));
    await startIn(folder);
  });
  afterAll(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is denied on the laptop as it would be on AWS, and told so at the end', async () => {
    const reply = await ask('session-of-the-denied-model-tests-0001', { prompt: 'hello' });
    expect(turn(reply)).toMatchObject({ status: 'error', error: { code: 'MODEL_ACCESS_DENIED' } });

    command.child.kill('SIGTERM');
    await command.ended;
    expect(command.text).toMatch(
      /^denied \d+ x bedrock:InvokeModelWithResponseStream on arn:aws:bedrock:us-east-1:000000000000:inference-profile\/global\.anthropic\.claude-opus-5-5 for arn:aws:sts::000000000000:assumed-role\//m,
    );
  });
});
