import { HttpAgent } from '@ag-ui/client';
import type { BaseEvent, Interrupt, Message } from '@ag-ui/core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESSION_HEADER } from '../../agent-image/src/protocol';
import type { ScriptedReply } from '../../bin/local/model/scripted-bedrock';
import { AgentFixture, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';
import { startTideServer, type TideServer } from './support/mcp-server';

const HIGH_WATER = 'mcp__tides__high_water';

let tides: TideServer;
let model: ScriptedModel;
let agent: AgentFixture;
let directory: string;
let client: HttpAgent;

/** A definition with one MCP server. Its tools ask for permission, as everything does that reaches something. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ag-ui-client-test-'));
  tides = await startTideServer();
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Hello.' }));
  const mcpServers = { tides: { type: 'http', url: tides.url } };
  const definition = { agents: {}, skills: [], mcpServers, tools: ['TaskCreate'] };
  writeFileSync(join(directory, 'definition.json'), JSON.stringify(definition));
});

beforeEach(async () => {
  agent = await AgentFixture.start(model, {
    AGENT_DEFINITION_DIR: directory,
    AGENT_WORKSPACE_DIR: mkdtempSync(join(directory, 'workspace-')),
    AGENT_PERMISSION_MODES: 'ask,bypass',
  });
  const { sessionId } = agent;
  const headers = { [SESSION_HEADER]: sessionId };
  client = new HttpAgent({ url: `${agent.url}/invocations`, threadId: sessionId, headers });
});

afterEach(async () => {
  await agent.dispose();
  expect(agent.stderr).toBe('');
});

afterAll(async () => {
  await model.close();
  await tides.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Has the model give these replies, one a call. */
function replies(...all: ScriptedReply[]): void {
  const left = [...all];
  model.script = () => left.shift() ?? { kind: 'message', text: 'Nothing more.' };
}

const callOfHighWater: ScriptedReply = { kind: 'message', toolUses: [{ name: HIGH_WATER, input: { day: 'monday' } }] };

function say(content: string): void {
  client.addMessage({ id: `message-${client.messages.length}`, role: 'user', content });
}

function messagesOf<R extends Message['role']>(role: R): Extract<Message, { role: R }>[] {
  return client.messages.filter((message): message is Extract<Message, { role: R }> => message.role === role);
}

/** What the person read last. */
function lastText(): unknown {
  return messagesOf('assistant').at(-1)?.content;
}

/** What the tool answered, as the person reads it. */
function resultsOfTool(): unknown[] {
  return messagesOf('tool').map(({ content }) => content);
}

/** One run by the published client. */
async function run(parameters: Parameters<HttpAgent['runAgent']>[0] = {}): Promise<BaseEvent[]> {
  const events: BaseEvent[] = [];
  await client.runAgent(parameters, { onEvent: ({ event }) => void events.push(event) });
  return events;
}

function interruptsOf(events: readonly BaseEvent[]): Interrupt[] {
  const { outcome } = events.at(-1) as { outcome?: { type: string; interrupts?: Interrupt[] } };
  expect(outcome?.type).toBe('interrupt');
  return outcome?.interrupts ?? [];
}

it('reads an answer', async () => {
  replies({ kind: 'message', text: ['High ', 'water.'] });
  say('When?');
  const events = await run();
  expect(events[0]).toMatchObject({ type: 'RUN_STARTED', threadId: agent.sessionId });
  expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'success' } });
  expect(lastText()).toBe('High water.');
});

it('reads a tool call with its arguments and its result', async () => {
  replies(callOfHighWater, { kind: 'message', text: 'At nine.' });
  say('When?');
  await run({ forwardedProps: { permissionMode: 'bypass' } });
  const calls = messagesOf('assistant').flatMap(({ toolCalls }) => toolCalls ?? []);
  expect(calls).toEqual([expect.objectContaining({ function: { name: HIGH_WATER, arguments: '{"day":"monday"}' } })]);
  expect(messagesOf('tool')).toEqual([expect.objectContaining({ toolCallId: calls[0]?.id, content: 'At nine.' })]);
  expect(lastText()).toBe('At nine.');
});

it('sees a question, and its answer lets the tool run', async () => {
  replies(callOfHighWater, { kind: 'message', text: 'At nine it is.' });
  say('When?');
  const [question] = interruptsOf(await run());
  expect(question).toMatchObject({ reason: 'tool_call', message: expect.stringContaining('high_water') });
  expect(client.pendingInterrupts).toEqual([question]);
  expect(resultsOfTool()).toEqual([]);

  const resume = [{ interruptId: question?.id ?? '', status: 'resolved' as const, payload: { approved: true } }];
  const events = await run({ resume });
  expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'success' } });
  expect(resultsOfTool()).toEqual(['At nine.']);
  expect(lastText()).toBe('At nine it is.');
  expect(client.pendingInterrupts).toEqual([]);
});

it('sees a question, and its answer keeps the tool from running', async () => {
  replies(callOfHighWater, { kind: 'message', text: 'Then not.' });
  say('When?');
  const [question] = interruptsOf(await run());
  const payload = { approved: false, message: 'Ask the harbour master.' };
  await run({ resume: [{ interruptId: question?.id ?? '', status: 'resolved', payload }] });
  expect(resultsOfTool()).toEqual([expect.stringContaining('Ask the harbour master.')]);
  expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('Ask the harbour master.');
  expect(lastText()).toBe('Then not.');
});

it('leaves a run by abort, cancels it, and goes on in the same session', async () => {
  model.script = () => ({ kind: 'message', text: ['Hel', 'lo'], gate: new Promise(() => undefined) });
  say('Hello');
  const left = client.runAgent({}, { onTextMessageContentEvent: () => client.abortRun() });
  // How an abort is told is the client's affair; that the run goes on without it is the agent's.
  await left.catch(() => undefined);
  expect((await agent.ping()).status).toBe('HealthyBusy');
  const cancelled = await (await agent.post({ action: 'cancel' })).json();
  expect(cancelled).toEqual({ cancelled: expect.any(String) });
  await waitUntil(async () => (await agent.ping()).status === 'Healthy');

  replies({ kind: 'message', text: 'Still here.' });
  say('Are you there?');
  await run();
  expect(lastText()).toBe('Still here.');
});

it('sends its own messages and state back with the second turn', async () => {
  replies(
    {
      kind: 'message',
      text: 'One.',
      toolUses: [{ name: 'TaskCreate', input: { subject: 'Count', description: 'Count' } }],
    },
    { kind: 'message', text: 'Done.' },
    { kind: 'message', text: 'Two.' },
  );
  say('Count');
  await run();
  expect(client.state).toEqual({ plan: [{ id: '1', title: 'Count', status: 'pending' }] });
  const before = client.messages.length;
  say('Go on');
  await run();
  expect(client.messages).toHaveLength(before + 2);
  expect(lastText()).toBe('Two.');
  // The client's copy of the conversation does not become part of it a second time.
  expect(model.requests.at(-1)?.userTexts).toEqual(['Count', 'Go on']);
});
