import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentEvent, RUN_FAILURES, USER_HEADER } from '../../agent-image/src/protocol';
import type { ModelScript } from '../../bin/local/model/scripted-bedrock';
import { expectAgUi } from './support/ag-ui-rules';
import { AgentFixture, gate, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';
import { schemaFindings } from './support/open-api';
import { type SessionBucket, startSessionBucket } from './support/session-bucket';

/** Says again whatever the conversation holds: what the agent was not given cannot be in the answer. */
const remembering: ModelScript = ({ userTexts }) => ({ kind: 'message', text: userTexts.join(' | ') });

let model: ScriptedModel;
let bucket: SessionBucket;
const containers: AgentFixture[] = [];

beforeAll(async () => {
  model = await startScriptedModel(remembering);
});

afterAll(async () => {
  await model.close();
});

beforeEach(async () => {
  model.script = remembering;
  bucket = await startSessionBucket();
});

afterEach(async () => {
  for (const agent of containers.splice(0)) {
    await agent.dispose();
    expect(agent.stderr).toBe('');
  }
  await bucket.close();
});

/** A container with an empty disk. */
async function container(sessionId?: string, overrides: Record<string, string> = {}): Promise<AgentFixture> {
  const agent = await AgentFixture.start(model, { ...bucket.environment, ...overrides }, sessionId);
  containers.push(agent);
  return agent;
}

/** A container that takes the place of another one; nothing of the old one's disk is left. */
async function replaced(old: AgentFixture, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<AgentFixture> {
  old.signal(signal);
  await old.exitCode();
  return container(old.sessionId);
}

/** All events of one turn, each of which is as documented. */
async function eventsOf(agent: AgentFixture, prompt: string): Promise<AgentEvent[]> {
  const events = await agent.events(prompt);
  for (const event of events) {
    expect({ event, findings: schemaFindings('AgentEvent', event) }).toEqual({ event, findings: [] });
  }
  return events;
}

const word = (): string => randomBytes(6).toString('hex');
const files = (agent: AgentFixture): string => join(agent.home, 'workspace');
const keep = (agent: AgentFixture, name: string, content: string): void => {
  mkdirSync(files(agent), { recursive: true });
  writeFileSync(join(files(agent), name), content);
};
const read = (agent: AgentFixture, name: string): string => readFileSync(join(files(agent), name), 'utf8');
const custom = (events: readonly AgentEvent[], name: string): unknown[] =>
  events.flatMap((event) => (event.type === 'CUSTOM' && event.name === name ? [event.value] : []));
const unreachable = (): never => {
  throw new Error('not today');
};

describe.each(['SIGTERM', 'SIGKILL'] as const)('after %s, in a new container', (signal) => {
  test('the conversation and the files are those of the old one', async () => {
    const [told, kept] = [word(), word()];
    const old = await container();
    keep(old, 'note.txt', kept);
    await old.ask(`the word is ${told}`);

    const agent = await replaced(old, signal);
    const reply = await agent.ask('what is the word');

    expect(reply.status).toBe('success');
    expect(reply.response).toContain(told);
    expect(read(agent, 'note.txt')).toBe(kept);
    expect(agent.home).not.toBe(old.home);
  });
});

test('a run tells that the session is brought back, before anything else', async () => {
  const old = await container();
  for (let index = 0; index < 5; index += 1) {
    keep(old, `large-${index}`, randomBytes(9_000_000).toString('latin1'));
  }
  await old.ask('hello');

  const events = await eventsOf(await replaced(old), 'again');

  const told = events.filter(({ type }) => !type.startsWith('RUN_'));
  expect(told[0]).toEqual({
    ...{ type: 'STEP_STARTED', stepName: 'workspace.restore' },
    metadata: { total_bytes: expect.any(Number) },
  });
  const steps = told.slice(0, told.findIndex(({ type }) => type === 'STEP_FINISHED') + 1);
  const progress = custom(steps, 'workspace.restoring') as { done_bytes: number; total_bytes: number }[];
  expect(progress.length).toBeGreaterThan(2);
  expect(progress.map(({ done_bytes }) => done_bytes)).toEqual(
    progress.map(({ done_bytes }) => done_bytes).sort((a, b) => a - b),
  );
  expect(progress.at(-1)?.done_bytes).toBe(progress.at(-1)?.total_bytes);
  expect(steps).toHaveLength(progress.length + 2);
  expectAgUi(told as Parameters<typeof expectAgUi>[0]);
});

test('a session that is new brings nothing back, and says nothing of it', async () => {
  const events = await eventsOf(await container(), 'hello');
  expect(events.filter(({ type }) => type.startsWith('STEP_'))).toEqual([]);
});

test('the end of a run tells how many files it has changed, when they are kept', async () => {
  const agent = await container();
  keep(agent, 'one', '1');
  keep(agent, 'two', '2');
  const events = await eventsOf(agent, 'hello');

  expect(custom(events, 'workspace.changed')).toEqual([{ files: 2, bytes: expect.any(Number) }]);
  expect(events.at(-1)?.type).toBe('RUN_FINISHED');
  expect(custom(await eventsOf(agent, 'again'), 'workspace.changed')).toEqual([]);
});

test('the end of a run tells of files that cannot be kept, once', async () => {
  const agent = await container();
  await agent.ask('hello');
  execFileSync('mkfifo', [join(files(agent), 'pipe')]);

  expect(custom(await eventsOf(agent, 'again'), 'workspace.skipped')).toEqual([
    { files: [{ path: 'pipe', reason: 'special_file' }], total: 1 },
  ]);
  expect(custom(await eventsOf(agent, 'and again'), 'workspace.skipped')).toEqual([]);
});

test('files that a run has changed before it was stopped are kept, and the next container knows of the run', async () => {
  const old = await container();
  await old.ask('hello');
  const held = gate();
  model.script = () => ({ kind: 'message', text: ['part', 'rest'], gate: held.promise });
  const stream = old.stream('a long task');
  for await (const { event } of stream) {
    if (event.type === 'TEXT_MESSAGE_CONTENT') break;
  }
  keep(old, 'half', 'done');
  const agent = await replaced(old);
  held.open();
  model.script = remembering;

  const events = await eventsOf(agent, 'what were you doing');
  expect(custom(events, 'run.interrupted')).toEqual([{ run_id: expect.any(String), started_at: expect.any(String) }]);
  expect(read(agent, 'half')).toBe('done');
});

test('a container that is killed in the middle of a run leaves its begin', async () => {
  const old = await container();
  await old.ask('hello');
  const writes = (): number => bucket.requests.filter((request) => request.startsWith('PUT')).length;
  const before = writes();
  const held = gate();
  model.script = () => ({ kind: 'message', text: ['part', 'rest'], gate: held.promise });
  for await (const { event } of old.stream('a long task')) {
    if (event.type === 'TEXT_MESSAGE_CONTENT') break;
  }
  await waitUntil(() => writes() > before);
  const agent = await replaced(old, 'SIGKILL');
  held.open();
  model.script = remembering;

  const events = await eventsOf(agent, 'what were you doing');
  expect(custom(events, 'run.interrupted')).toHaveLength(1);
  expect(model.requests.at(-1)?.userTexts.join()).toMatch(/hello[^]*a long task[^]*what were you doing/);
});

describe('storage that cannot be reached', () => {
  test('at the end of a run leaves the answer, is told, and is made good by the next run', async () => {
    const old = await container();
    await old.ask('hello');
    bucket.before = unreachable;
    keep(old, 'note.txt', 'kept late');
    const events = await eventsOf(old, 'again');

    expect(custom(events, 'session.not_kept')).toEqual([{ reason: 'storage_unavailable' }]);
    expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'success' } });
    bucket.before = () => undefined;
    expect(custom(await eventsOf(old, 'now'), 'session.not_kept')).toEqual([]);
    const agent = await replaced(old, 'SIGKILL');
    expect((await agent.ask('x')).response).toContain('hello');
    expect(read(agent, 'note.txt')).toBe('kept late');
  });

  test('refuses the first request, and the next one is served', async () => {
    bucket.before = unreachable;
    const agent = await container();
    const response = await agent.post({ prompt: 'hello' });

    expect(response.status).toBe(503);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'WORKSPACE_UNAVAILABLE' } });
    expect(body).not.toContain('sessions');
    expect(agent.logged('request refused')?.detail).toContain('s3://sessions/workspaces/');
    bucket.before = () => undefined;
    expect((await agent.ask('hello')).status).toBe('success');
  });

  test('fails the run that would bring the session back, and nothing of it is lost', async () => {
    const told = word();
    const old = await container();
    keep(old, 'large', randomBytes(12_000_000).toString('latin1'));
    await old.ask(told);
    const agent = await replaced(old);
    bucket.before = (_method, key) => {
      if (key.includes('/pack/')) unreachable();
    };
    expect(await agent.ask('what is it')).toMatchObject({
      ...{ status: 'error', response: '' },
      error: { code: 'WORKSPACE_UNAVAILABLE', message: RUN_FAILURES.WORKSPACE_UNAVAILABLE },
    });
    bucket.before = () => undefined;
    expect((await agent.ask('what is it')).response).toContain(told);
    expect(existsSync(join(files(agent), 'large'))).toBe(true);
  });

  test('and is silent holds the end of a run back no longer than the person wants to wait', async () => {
    const agent = await container();
    await agent.ask('hello');
    const silent = gate();
    bucket.before = (method) => (method === 'PUT' ? silent.promise : undefined);
    const events: AgentEvent[] = [];
    let cancelling: Promise<void> | undefined;
    for await (const { event } of agent.stream('again')) {
      events.push(event);
      if (event.type === 'TEXT_MESSAGE_END') {
        const cancelled = async (): Promise<boolean> => {
          await agent.post({ action: 'cancel' });
          return events.some(({ type }) => type === 'RUN_FINISHED');
        };
        cancelling = waitUntil(cancelled);
      }
    }
    expect(custom(events, 'session.not_kept')).toEqual([{ reason: 'storage_unavailable' }]);
    // The last cancel may be on its way, and would end the next run.
    await cancelling;
    silent.open();
    expect((await agent.ask('and again')).status).toBe('success');
  });

  test('is an error of a caller who wants everything kept', async () => {
    const agent = await container();
    await agent.ask('hello');
    keep(agent, 'new', 'x');
    bucket.before = unreachable;
    const response = await agent.post({ action: 'flush' });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: 'WORKSPACE_UNAVAILABLE' } });
    bucket.before = () => undefined;
    expect(await (await agent.post({ action: 'flush' })).json()).toEqual({ flushed: true });
  });
});

test('a run that is cancelled while the session is brought back ends at once, and the next one has everything', async () => {
  const told = word();
  const old = await container();
  keep(old, 'large', randomBytes(12_000_000).toString('latin1'));
  await old.ask(told);
  const agent = await replaced(old);
  const held = gate();
  bucket.before = (_method, key) => (key.includes('/pack/') ? held.promise : undefined);
  const events: AgentEvent[] = [];
  for await (const { event } of agent.stream('what is it')) {
    events.push(event);
    if (event.type === 'STEP_STARTED') {
      await agent.post({ action: 'cancel' });
    }
  }
  expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'cancelled' } });
  expect(events.at(-2)?.type).toBe('STEP_FINISHED');
  const next = agent.ask('what is it');
  held.open();
  expect((await next).response).toContain(told);
});

test('a run that was cancelled while the session was brought back is no lost one', async () => {
  const old = await container();
  keep(old, 'large', randomBytes(12_000_000).toString('latin1'));
  await old.ask('hello');
  const second = await replaced(old);
  const held = gate();
  bucket.before = (_method, key) => (key.includes('/pack/') ? held.promise : undefined);
  for await (const { event } of second.stream('delete everything')) {
    if (event.type === 'STEP_STARTED') await second.post({ action: 'cancel' });
  }
  held.open();
  const agent = await replaced(second);
  const events = await eventsOf(agent, 'what now');
  expect(custom(events, 'run.interrupted')).toEqual([]);
  expect(model.requests.at(-1)?.userTexts.join()).not.toContain('delete everything');
});

test('what was done until a question is kept while it waits for its answer', async () => {
  const definition = mkdtempSync(join(tmpdir(), 'definition-'));
  const offered = { agents: {}, skills: [], mcpServers: {}, tools: ['Write'] };
  writeFileSync(join(definition, 'definition.json'), JSON.stringify(offered));
  const old = await container(undefined, { AGENT_DEFINITION_DIR: definition });
  await old.ask('hello');
  keep(old, 'note.txt', 'before the question');
  const write = { name: 'Write', input: { file_path: join(files(old), 'new'), content: 'x' } };
  model.script = () => ({ kind: 'message', toolUses: [write] });
  const asked = await old.events('write something');
  expect(asked.at(-1)).toMatchObject({ outcome: { type: 'interrupt' } });
  const lookAgain = async (): Promise<boolean> => {
    const writes = bucket.requests.filter((request) => request.startsWith('PUT')).length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return bucket.requests.filter((request) => request.startsWith('PUT')).length === writes;
  };
  await waitUntil(lookAgain);
  model.script = remembering;
  const agent = await replaced(old, 'SIGKILL');
  expect(custom(await eventsOf(agent, 'and now'), 'run.interrupted')).toHaveLength(1);
  expect(read(agent, 'note.txt')).toBe('before the question');
  rmSync(definition, { recursive: true });
});

test('a caller’s system prompt is not that of a deployment that does not let callers choose one', async () => {
  const old = await container(undefined, { AGENT_CALLER_OVERRIDES: 'systemPrompt' });
  await old.post({ prompt: 'hello', systemPrompt: 'You are a pirate.' });
  expect(JSON.stringify(model.requests.at(-1))).toContain('pirate');
  await old.stop();
  await (await container(old.sessionId)).ask('again');
  expect(JSON.stringify(model.requests.at(-1))).not.toContain('pirate');
});

test('of two containers that go on with a session the second to keep is told, and ends', async () => {
  const old = await container();
  await old.ask('hello');
  await replaced(old).then((agent) => agent.stop());
  const first = await container(old.sessionId);
  const second = await container(old.sessionId);
  await second.post({ action: 'attach' });
  await first.ask('to the first');
  keep(first, 'note.txt', 'of the first');
  await first.ask('and again');

  const events = await eventsOf(second, 'to the second');

  expect(events.at(-1)).toEqual({
    ...{ type: 'RUN_ERROR', code: 'WORKSPACE_FENCED' },
    message: RUN_FAILURES.WORKSPACE_FENCED,
  });
  expect(await second.exitCode()).toBe(1);
  const agent = await replaced(first);
  const { response } = await agent.ask('x');
  expect(response).toContain('to the first');
  expect(response).not.toContain('to the second');
  expect(read(agent, 'note.txt')).toBe('of the first');
});

test('a container that learns from a flush that another one went on ends, too', async () => {
  const first = await container();
  await first.ask('hello');
  const second = await container(first.sessionId);
  await second.ask('to the second');
  keep(first, 'new', 'x');
  const response = await first.post({ action: 'flush' });

  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({ error: { code: 'WORKSPACE_FENCED' } });
  expect(await first.exitCode()).toBe(1);
  expect((await second.ask('and again')).status).toBe('success');
});

test('what was kept and is damaged is refused, and left as it is', async () => {
  const old = await container();
  await old.ask('hello');
  const key =
    bucket.requests.find((request) => request.startsWith('PUT ') && request.endsWith('/HEAD'))?.slice(4) ?? '';
  await old.stop();
  const { AWS_ENDPOINT_URL: url = '', AGENT_WORKSPACE_BUCKET: name = '' } = bucket.environment;
  await fetch(`${url}/${name}/${key}`, { method: 'PUT', body: 'garbage' });
  const agent = await container(old.sessionId);
  const response = await agent.post({ prompt: 'x' });

  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ error: { code: 'SESSION_UNREADABLE' } });
  await agent.stop();
  expect(await (await fetch(`${url}/${name}/${key}`)).text()).toBe('garbage');
});

describe('users', () => {
  test('have places of their own, and credentials for no other', async () => {
    const agent = await container();
    await agent.post({ prompt: 'hello' }, { [USER_HEADER]: 'ada' });
    expect(new Set(bucket.users)).toEqual(new Set(['ada']));
    expect(bucket.requests.every((request) => / workspaces\/ada\//.test(request) || request.endsWith(' '))).toBe(true);
  });

  test('who take the session id of another one find nothing of it', async () => {
    const told = word();
    const old = await container();
    await old.post({ prompt: told }, { [USER_HEADER]: 'ada' });
    await old.stop();
    const agent = await container(old.sessionId);
    const response = await agent.post({ prompt: 'what is it' }, { [USER_HEADER]: 'bob' });
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain(told);
  });

  test('that are not named are told apart by the session', async () => {
    await (await container()).ask('hello');
    expect(bucket.users[0]).toMatch(/^s-[A-Za-z0-9_-]{43}$/);
  });
});
