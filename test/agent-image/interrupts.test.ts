import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HealthReply, Interrupt, InvocationReply, ResumeEntry } from '../../agent-image/src/protocol';
import type { ModelScript, ScriptedReply } from '../../bin/local/model/scripted-bedrock';
import { AgentFixture, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';

let model: ScriptedModel;
let agent: AgentFixture;
let definition: string;
let workspace: string;

beforeAll(async () => {
  model = await startScriptedModel(() => ({ kind: 'message', text: 'done' }));
  definition = mkdtempSync(join(tmpdir(), 'agent-definition-'));
  const content = { agents: {}, skills: [], mcpServers: {}, tools: ['Read', 'Write'] };
  writeFileSync(join(definition, 'definition.json'), JSON.stringify(content));
});

beforeEach(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'agent-workspace-'));
  agent = await start();
});

afterEach(async () => {
  await agent.dispose();
  expect(agent.stderr).toBe('');
  rmSync(workspace, { recursive: true, force: true });
});

afterAll(async () => {
  await model.close();
  rmSync(definition, { recursive: true, force: true });
});

function start(): Promise<AgentFixture> {
  return AgentFixture.start(model, { AGENT_DEFINITION_DIR: definition, AGENT_WORKSPACE_DIR: workspace });
}

/** The model calls these tools at once, and then says that it is done. */
function calling(...toolUses: { name: string; input: object }[]): ModelScript {
  let calls = 0;
  const replies: ScriptedReply[] = [
    { kind: 'message', text: 'I write.', toolUses },
    { kind: 'message', text: 'Done.' },
  ];
  return () => replies[Math.min(calls++, 1)] as ScriptedReply;
}

const write = (name: string, content = 'text'): { name: string; input: object } => ({
  name: 'Write',
  input: { file_path: join(workspace, name), content },
});

async function json<T>(body: object): Promise<T> {
  const response = await agent.post(body);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

/** Sends a prompt that leads to questions. */
async function asked(script: ModelScript): Promise<readonly Interrupt[]> {
  model.script = script;
  const reply = await agent.ask('write it');
  expect(reply.status).toBe('interrupted');
  return reply.interrupts ?? [];
}

function answer(interrupts: readonly Interrupt[], payload: ResumeEntry['payload']): { resume: ResumeEntry[] } {
  return { resume: interrupts.map(({ id }) => ({ interruptId: id, status: 'resolved', ...(payload && { payload }) })) };
}

const file = (name: string): string => readFileSync(join(workspace, name), 'utf8');

it('ends the run with a question, and runs the tool once it is allowed', async () => {
  const interrupts = await asked(calling(write('a.txt')));
  expect(interrupts).toEqual([
    expect.objectContaining({
      reason: 'tool_call',
      toolCallId: expect.any(String),
      message: expect.stringContaining('a.txt'),
      metadata: { tool_name: 'Write', input: expect.objectContaining({ content: 'text' }) },
    }),
  ]);
  expect(existsSync(join(workspace, 'a.txt'))).toBe(false);
  expect((await agent.ping()).status).toBe('HealthyBusy');
  expect((await json<HealthReply>({ action: 'health' })).interrupts).toEqual(interrupts);

  const reply = await json<InvocationReply>(answer(interrupts, { approved: true }));
  expect(reply).toMatchObject({ status: 'success', response: 'Done.' });
  expect(file('a.txt')).toBe('text');
  await waitUntil(async () => (await agent.ping()).status === 'Healthy');
});

it('tells the model why a person did not allow it', async () => {
  const interrupts = await asked(calling(write('a.txt')));
  await json(answer(interrupts, { approved: false, message: 'Use the other folder.' }));

  expect(existsSync(join(workspace, 'a.txt'))).toBe(false);
  expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('Use the other folder.');
});

it('runs what the person made of the input', async () => {
  const interrupts = await asked(calling(write('a.txt')));
  const editedArgs = { file_path: join(workspace, 'b.txt'), content: 'edited' };
  await json(answer(interrupts, { approved: true, editedArgs }));

  expect(existsSync(join(workspace, 'a.txt'))).toBe(false);
  expect(file('b.txt')).toBe('edited');
});

it('asks about tools that are called together at once or one after the other, and never runs one unanswered', async () => {
  let interrupts = await asked(calling(write('a.txt'), write('b.txt')));
  let last: InvocationReply | undefined;
  const answered = new Set<string>();
  while (interrupts.length > 0) {
    for (const { metadata } of interrupts) {
      expect(existsSync(String(metadata.input.file_path))).toBe(false);
      answered.add(String(metadata.input.file_path));
    }
    last = await json<InvocationReply>(answer(interrupts, { approved: true }));
    interrupts = last.interrupts ?? [];
  }

  expect(answered.size).toBe(2);
  expect(last).toMatchObject({ status: 'success', response: 'Done.' });
  expect([file('a.txt'), file('b.txt')]).toEqual(['text', 'text']);
});

it('does not ask again for the session when that was allowed', async () => {
  await json(answer(await asked(calling(write('a.txt'))), { approved: true, scope: 'session' }));
  model.script = calling(write('b.txt'));

  expect(await agent.ask('again')).toMatchObject({ status: 'success' });
  expect(file('b.txt')).toBe('text');
});

it('takes no other prompt before the answer, and says so', async () => {
  const interrupts = await asked(calling(write('a.txt')));
  const refused = await agent.post({ prompt: 'something else' });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ error: { code: 'INTERRUPT_PENDING' } });
  const streamed = await agent.post({ prompt: 'something else', stream: true });
  expect(streamed.status).toBe(200);
  expect(await streamed.text()).toMatch(/^data: {"type":"RUN_ERROR","code":"INTERRUPT_PENDING",/);

  expect(await json(answer(interrupts, { approved: true }))).toMatchObject({ status: 'success' });
});

it('refuses an answer to a question that is not open, and runs nothing', async () => {
  const interrupts = await asked(calling(write('a.txt')));
  const wrong = await agent.post({ resume: [{ interruptId: 'q99', status: 'resolved', payload: { approved: true } }] });
  expect(wrong.status).toBe(409);
  expect(await wrong.json()).toMatchObject({ error: { code: 'INTERRUPT_NOT_OPEN' } });
  expect(existsSync(join(workspace, 'a.txt'))).toBe(false);

  await json(answer(interrupts, { approved: true }));
  const late = await agent.post(answer(interrupts, { approved: true }));
  expect(late.status).toBe(409);
});

it('ends the turn when the person withdraws, and answers the next prompt', async () => {
  const [interrupt] = await asked(calling(write('a.txt')));
  const reply = await json<InvocationReply>({ resume: [{ interruptId: interrupt?.id, status: 'cancelled' }] });
  expect(reply.status).toBe('cancelled');
  model.script = () => ({ kind: 'message', text: 'hello' });

  expect(await agent.ask('next')).toMatchObject({ status: 'success', response: 'hello' });
  expect(existsSync(join(workspace, 'a.txt'))).toBe(false);
});

it('withdraws its questions when the turn is cancelled', async () => {
  const interrupts = await asked(calling(write('a.txt')));
  expect(await json({ action: 'cancel' })).toEqual({ cancelled: expect.any(String) });
  await waitUntil(async () => (await agent.ping()).status === 'Healthy');

  expect((await agent.post(answer(interrupts, { approved: true }))).status).toBe(409);
  model.script = () => ({ kind: 'message', text: 'hello' });
  expect(await agent.ask('next')).toMatchObject({ status: 'success', response: 'hello' });
  expect(existsSync(join(workspace, 'a.txt'))).toBe(false);
});

it('takes the next prompt at once after a cancel', async () => {
  await asked(calling(write('a.txt')));
  await json({ action: 'cancel' });
  model.script = () => ({ kind: 'message', text: 'hello' });

  expect(await agent.ask('next')).toMatchObject({ status: 'success', response: 'hello' });
});

it('shows who does not stream the call that was asked about, with its result', async () => {
  const reply = await json<InvocationReply>(answer(await asked(calling(write('a.txt'))), { approved: true }));

  expect(reply.tool_calls).toEqual([
    expect.objectContaining({ name: 'Write', result: expect.any(String), arguments: expect.stringContaining('a.txt') }),
  ]);
});

it('counts what a turn has used that was cancelled at its question, or stopped', async () => {
  const limited = (): Promise<AgentFixture> =>
    AgentFixture.start(
      model,
      {
        ...{ AGENT_DEFINITION_DIR: definition, AGENT_WORKSPACE_DIR: workspace, HOME: home },
        AGENT_LIMITS: '{"turns":2}',
      },
      agent.sessionId,
    );
  await agent.stop();
  const { home } = agent;
  agent = await limited();
  await asked(calling(write('a.txt')));
  await json({ action: 'cancel' });
  await waitUntil(async () => (await agent.ping()).status === 'Healthy');
  await asked(calling(write('a.txt')));
  await agent.stop();
  agent = await limited();

  expect(await agent.ask('once more')).toMatchObject({ status: 'error', error: { code: 'TURN_LIMIT_REACHED' } });
  expect(agent.logged('run failed')).toMatchObject({ code: 'TURN_LIMIT_REACHED' });
});

it('runs nothing when the container stops while a question is open', async () => {
  await asked(calling(write('a.txt')));
  await agent.stop();

  expect(await agent.exitCode()).toBe(0);
  expect(existsSync(join(workspace, 'a.txt'))).toBe(false);
  expect(agent.logLines).toContainEqual(
    expect.objectContaining({ audit: true, event: 'withdrawn', decision: 'stopped' }),
  );
});

it('runs an edit unasked in the mode for that, and nothing but reading in plan mode', async () => {
  model.script = calling(write('a.txt'));
  expect(await json({ prompt: 'write it', permissionMode: 'acceptEdits' })).toMatchObject({ status: 'success' });
  expect(file('a.txt')).toBe('text');

  model.script = calling(write('b.txt'));
  expect(await json({ prompt: 'write it', permissionMode: 'plan' })).toMatchObject({ status: 'success' });
  expect(existsSync(join(workspace, 'b.txt'))).toBe(false);
});

it('uses only the tools that a request leaves it', async () => {
  model.script = calling(write('a.txt'));
  const reply = await json<InvocationReply>({ prompt: 'write it', tools: ['Read'], permissionMode: 'acceptEdits' });

  expect(reply.tool_calls).toEqual([
    expect.objectContaining({
      name: 'Write',
      is_error: true,
      result: expect.stringContaining('only these may be used: Read'),
    }),
  ]);
  expect(existsSync(join(workspace, 'a.txt'))).toBe(false);
});

it('writes who was asked what and who answered into the log, and not what the tool was to do', async () => {
  await json(answer(await asked(calling(write('a.txt', 'confidential'))), { approved: true }));

  const audit = agent.logLines.filter((line) => line.audit === true);
  expect(audit.map(({ event, decision, tool_name }) => ({ event, decision, tool_name }))).toEqual([
    { event: 'question', decision: undefined, tool_name: 'Write' },
    { event: 'answer', decision: 'allowed', tool_name: 'Write' },
  ]);
  expect(audit[1]).toMatchObject({
    request_id: expect.any(String),
    session_id: agent.sessionId,
    time: expect.any(String),
  });
  expect(JSON.stringify(agent.logLines)).not.toContain('confidential');
});

it('keeps a file of settings in the workspace from giving permissions', async () => {
  mkdirSync(join(workspace, '.claude'));
  const settings = { permissions: { allow: ['Write'], defaultMode: 'bypassPermissions' } };
  writeFileSync(join(workspace, '.claude', 'settings.json'), JSON.stringify(settings));

  expect(await asked(calling(write('a.txt')))).toHaveLength(1);
});
