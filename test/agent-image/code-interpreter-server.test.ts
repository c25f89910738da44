import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentEvent, InvocationReply } from '../../agent-image/src/protocol';
import { transcriptTree } from '../../agent-image/src/workspace/session-trees';
import type { ContentBlock, ModelScript, ScriptedReply, ScriptedToolUse } from '../../bin/local/model/model-script';
import { AgentFixture, isRunning, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';
import { expectDescribed } from './support/open-api';
import { ScriptedInterpreter, textResult } from './support/scripted-interpreter';

const SESSION = 'session-of-ada-0000000000000000000000001';
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const CODE: ScriptedToolUse = { name: 'mcp__ci__execute_code', input: { code: '6 * 7' } };

let root: string;
let workspace: string;
let model: ScriptedModel;
let interpreter: ScriptedInterpreter;
let agent: AgentFixture;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'interpreter-test-'));
  workspace = join(root, 'workspace');
  mkdirSync(workspace);
  interpreter = await ScriptedInterpreter.start(() => textResult('42'));
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Done.' }));
});
afterEach(async () => {
  await agent.dispose();
  await model.close();
  await interpreter.close();
  rmSync(root, { recursive: true, force: true });
});

async function startAgent(overrides: Record<string, string> = {}): Promise<void> {
  const environment = {
    AGENT_CODE_INTERPRETER_ID: 'analysis-a1B2c3D4e5',
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: interpreter.url,
    AGENT_PERMISSION_MODES: 'bypass,ask,plan',
    AGENT_WORKSPACE_DIR: workspace,
    CLAUDE_CONFIG_DIR: join(root, 'config'),
  };
  agent = await AgentFixture.start(model, { ...environment, ...overrides }, SESSION);
}

/** Has the model call these tools, one after the other. */
function calling(...uses: ScriptedToolUse[]): ModelScript {
  const left = [...uses];
  return (): ScriptedReply => {
    const next = left.shift();
    return next === undefined ? { kind: 'message', text: 'Done.' } : { kind: 'message', toolUses: [next] };
  };
}

/** What the model got as the result of its last call. */
function resultForModel(): ContentBlock {
  const { content = [] } = model.requests.at(-1)?.body.messages.at(-1) ?? {};
  const [result] = typeof content === 'string' ? [] : content.filter(({ type }) => type === 'tool_result');
  if (!result) throw new Error('the model was given no result');
  return result;
}

async function use(...uses: ScriptedToolUse[]): Promise<InvocationReply> {
  model.script = calling(...uses);
  return agent.ask('Go on.');
}

test('the model is offered the tools of the interpreter, and no shell', async () => {
  await startAgent();
  await agent.ask('Hello.');
  const names = model.requests[0]?.body.tools?.map(({ name }) => name);
  expect(names?.sort()).toEqual(
    [
      ...['execute_code', 'execute_command', 'start_command', 'get_task', 'stop_task'],
      ...['write_files', 'read_files', 'list_files', 'remove_files', 'copy_to_interpreter', 'copy_from_interpreter'],
    ]
      .map((name) => `mcp__ci__${name}`)
      .sort(),
  );
  expect(interpreter.starts).toHaveLength(0);
});

test('without an interpreter the agent has none of these tools', async () => {
  await startAgent({ AGENT_CODE_INTERPRETER_ID: '' });
  await use(CODE);
  expect(model.requests[0]?.body.tools ?? []).toEqual([]);
  expect(resultForModel().is_error).toBe(true);
  expect(interpreter.calls).toEqual([]);
});

test('the model runs code and gets text and an image', async () => {
  await startAgent();
  interpreter.script = () => ({
    results: [
      {
        content: [
          { type: 'text', text: '42' },
          { type: 'image', mimeType: 'image/png', data: PNG },
        ],
        structuredContent: { stdout: '42', stderr: '', exitCode: 0 },
      },
    ],
  });
  const reply = await use(CODE);
  expect(reply.tool_calls[0]?.result).toBe('42\n[image]');
  expect(resultForModel().content).toEqual(
    expect.arrayContaining([
      { type: 'text', text: '42' },
      expect.objectContaining({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }),
    ]),
  );
});

test('an image is kept in the transcript: the copy beside it, which the SDK makes, is not kept and not needed', async () => {
  await startAgent();
  interpreter.script = () => ({ results: [{ content: [{ type: 'image', mimeType: 'image/png', data: PNG }] }] });
  await use(CODE);
  await agent.dispose();
  const projects = join(root, 'config', 'projects');
  const copies = readdirSync(projects, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.png'));
  expect(copies).toHaveLength(1);
  const directories = { configDirectory: join(root, 'config'), workspaceDirectory: workspace };
  for (const path of copies) {
    expect(transcriptTree(directories, 'key', path.split('/')[1]).keeps(path, false)).toBe(false);
    rmSync(join(projects, path));
  }

  await startAgent();
  await agent.ask('What did you see?');
  expect(JSON.stringify(model.requests.at(-1)?.body.messages)).toContain(PNG);
});

test('a file goes to the interpreter and its outcome comes back', async () => {
  await startAgent();
  writeFileSync(join(workspace, 'in.csv'), 'a,b\n1,2\n');
  const files = new Map<string, string>();
  interpreter.script = ({ name, arguments: args }) => {
    if (name === 'writeFiles') {
      const [{ path, blob }] = args.content as [{ path: string; blob: string }];
      files.set(path, blob);
      return textResult('written');
    }
    const [path] = args.paths as [string];
    return { results: [{ content: [{ type: 'resource', resource: { type: 'blob', blob: files.get(path) } }] }] };
  };
  await use(
    { name: 'mcp__ci__copy_to_interpreter', input: { files: [{ workspace_path: 'in.csv' }] } },
    {
      name: 'mcp__ci__copy_from_interpreter',
      input: { files: [{ interpreter_path: 'in.csv', workspace_path: 'out/out.csv' }] },
    },
  );
  expect(readFileSync(join(workspace, 'out', 'out.csv'), 'utf8')).toBe('a,b\n1,2\n');
});

test('one session serves all turns, and Bash, is replaced when it ended, and the model is told', async () => {
  await startAgent();
  await use(CODE);
  // Skills ask for it.
  await use({ name: 'Bash', input: { command: 'ls', description: 'Lists' } });
  expect(interpreter.calls).toEqual([
    { session: 'session-1', name: 'executeCode', arguments: { code: '6 * 7', language: 'python' } },
    { session: 'session-1', name: 'executeCommand', arguments: { command: 'ls' } },
  ]);
  interpreter.expire('session-1');
  const reply = await use(CODE);
  expect(reply.tool_calls[0]?.result).toMatch(/^Note: the session .* has ended[\s\S]*\n42$/);
  expect(interpreter.starts).toHaveLength(2);
});

test('a container that was killed leaves its session to the next one', async () => {
  await startAgent();
  await use(CODE);
  const orphans = agent.claudePids();
  agent.signal('SIGKILL');
  await agent.exitCode();
  // They write into the home directory until they notice.
  await waitUntil(() => orphans.every((pid) => !isRunning(pid)));
  rmSync(agent.home, { recursive: true, force: true });
  expect(interpreter.alive).toEqual(['session-1']);

  await startAgent();
  await use(CODE);
  expect(interpreter.calls.map(({ session }) => session)).toEqual(['session-1', 'session-1']);
});

test('the end of the agent session is the end of that of the interpreter', async () => {
  await startAgent();
  await use(CODE);
  await agent.dispose();
  expect(interpreter.alive).toEqual([]);

  await startAgent();
  const reply = await use(CODE);
  expect(reply.tool_calls[0]?.result).toMatch(/^Note: the session .* has ended/);
  expect(interpreter.calls.at(-1)?.session).toBe('session-2');
});

test('a denied call fails the tool, not the turn, and is in the log with its code', async () => {
  await startAgent();
  interpreter.script = () => ({ exception: 'accessDeniedException', message: 'role x may not' });
  const reply = await use(CODE);
  expect(reply.status).toBe('success');
  expect(resultForModel()).toMatchObject({ is_error: true, content: expect.stringMatching(/^The agent has no perm/) });
  expect(agent.logged('a call of the code interpreter failed')).toMatchObject({
    ...{ level: 'warn', session_id: SESSION, operation: 'executeCode', code: 'INTERPRETER_ACCESS_DENIED' },
  });
});

test('a result that is as long as the model may get it reaches the model itself', async () => {
  await startAgent();
  interpreter.script = () => textResult(`first ${'漢字 ab~1x '.repeat(60_000)} last`);
  await use(CODE);
  expect(resultForModel().content).toEqual([{ type: 'text', text: expect.stringMatching(/^first [\s\S]* last$/) }]);
});

test('a cancelled turn lets go of the interpreter', async () => {
  await startAgent();
  interpreter.script = () => ({ hangs: true });
  model.script = calling(CODE);
  const answering = agent.ask('Go on.');
  await waitUntil(() => interpreter.calls.length === 1);
  await agent.post({ action: 'cancel' });
  expect((await answering).status).toBe('cancelled');
  interpreter.script = () => textResult('42');
  await waitUntil(() => interpreter.open === 0);
  // What runs would go on without it.
  await waitUntil(() => interpreter.alive.length === 0);
  const reply = await use(CODE);
  expect(reply.tool_calls[0]?.result).toMatch(/^Note: the session .* has ended/);
});

describe('the id of its session', () => {
  const resultOf = (events: readonly AgentEvent[]): object =>
    events.flatMap((event) => (event.type === 'RUN_FINISHED' ? [event.result] : []))[0] ?? {};

  test('is told with each run from the first call on, in either form of the reply', async () => {
    await startAgent();
    expect((await agent.ask('Hello.')).metadata).not.toHaveProperty('code_interpreter_session');
    model.script = calling(CODE);
    const reply = await expectDescribed(await agent.post({ prompt: 'Go on.' }));
    expect(reply).toMatchObject({ metadata: { code_interpreter_session: 'session-1' } });
    const events = await expectDescribed(await agent.post({ prompt: 'Hello again.', stream: true }));
    expect(resultOf(events as AgentEvent[])).toMatchObject({ code_interpreter_session: 'session-1' });
    interpreter.expire('session-1');
    model.script = calling(CODE);
    expect(resultOf(await agent.events('Go on.'))).toMatchObject({ code_interpreter_session: 'session-2' });
  });

  test('is told of no agent that has no interpreter', async () => {
    await startAgent({ AGENT_CODE_INTERPRETER_ID: '' });
    expect((await agent.ask('Hello.')).metadata).not.toHaveProperty('code_interpreter_session');
    expect(resultOf(await agent.events('Hello.'))).not.toHaveProperty('code_interpreter_session');
  });

  test.each([
    ['a field of the request', (id: string) => ({ prompt: 'Go on.', code_interpreter_session: id })],
    ['its metadata', (id: string) => ({ prompt: 'Go on.', metadata: { code_interpreter_session: id } })],
    [
      'a property of an AG-UI client',
      (id: string) => ({
        ...{ threadId: SESSION, runId: 'run-1', state: {}, tools: [], context: [] },
        messages: [{ id: 'm1', role: 'user', content: 'Go on.' }],
        forwardedProps: { code_interpreter_session: id },
      }),
    ],
  ])('is taken from nobody: %s is refused', async (_, body) => {
    await startAgent();
    model.script = calling(CODE);
    const answer = await agent.post(body('session-of-bob'));
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({
      status: 400,
      body: { error: { code: 'INVALID_REQUEST' } },
    });
    expect(interpreter.calls).toEqual([]);
  });

  test('is taken from no tool call of the model either', async () => {
    await startAgent();
    const input = { code: '6 * 7', session_id: 'session-of-bob', sessionId: 'session-of-bob' };
    await use({ name: 'mcp__ci__execute_code', input });
    expect(interpreter.calls.filter(({ session }) => session !== 'session-1')).toEqual([]);
    expect(JSON.stringify(interpreter.calls)).not.toContain('bob');
  });
});

describe('permission', () => {
  test.each(['ask', 'acceptEdits'])('to run code is asked for in the mode "%s"', async (mode) => {
    await startAgent({ AGENT_PERMISSION_MODES: mode });
    const reply = await use({ name: 'mcp__ci__list_files', input: {} }, CODE);
    expect(reply.status).toBe('interrupted');
    expect(reply.interrupts?.map(({ metadata }) => metadata.tool_name)).toEqual(['mcp__ci__execute_code']);
    expect(interpreter.calls.map(({ name }) => name)).toEqual(['listFiles']);
  });

  test('a command is asked about in the mode "ask", and a call of Bash as what it becomes', async () => {
    await startAgent({ AGENT_PERMISSION_MODES: 'ask' });
    const reply = await use({ name: 'Bash', input: { command: 'ls' } });
    expect(reply.status).toBe('interrupted');
    expect(reply.interrupts?.map(({ metadata }) => metadata.tool_name)).toEqual(['mcp__ci__execute_command']);
    expect(interpreter.starts).toHaveLength(0);
  });

  test('looking is asked about in no mode, and acting is refused in "plan"', async () => {
    await startAgent({ AGENT_PERMISSION_MODES: 'plan' });
    const reply = await use(
      { name: 'mcp__ci__list_files', input: {} },
      { name: 'mcp__ci__read_files', input: { paths: ['a'] } },
      { name: 'mcp__ci__get_task', input: { task_id: 't' } },
      CODE,
    );
    expect(reply.status).toBe('success');
    expect(interpreter.calls.map(({ name }) => name)).toEqual(['listFiles', 'readFiles', 'getTask']);
  });

  test('a request may leave the tools of the interpreter out, or name them', async () => {
    await startAgent();
    model.script = calling(CODE, CODE);
    await agent.post({ prompt: 'Go on.', tools: [] });
    expect(interpreter.calls).toHaveLength(0);
    model.script = calling(CODE);
    expect((await agent.post({ prompt: 'Go on.', tools: ['mcp__ci__execute_code'] })).status).toBe(200);
    expect(interpreter.calls).toHaveLength(1);
  });
});

test('a definition cannot take the place of the interpreter with a server of its own', async () => {
  const definition = {
    ...{ agents: {}, skills: [], tools: [] },
    mcpServers: { ci: { type: 'http', url: 'http://127.0.0.1:9/mcp' } },
  };
  mkdirSync(join(root, 'definition'));
  writeFileSync(join(root, 'definition', 'definition.json'), JSON.stringify(definition));
  await startAgent({ AGENT_DEFINITION_DIR: join(root, 'definition') });
  expect(await agent.exitCode()).toBe(1);
  expect(agent.logLines[0]?.message).toContain('the MCP server name "ci" belongs to the agent itself');
});
