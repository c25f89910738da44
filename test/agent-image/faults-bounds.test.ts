import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_FAILURES } from '../../agent-image/src/protocol';
import type { ModelScript, ScriptedReply } from '../../bin/local/model/scripted-bedrock';
import { AgentFixture, type ScriptedModel, startScriptedModel } from './support/agent-fixture';
import { type McpToolServer, startMcpToolServer, type ToolReply } from './support/scripted-mcp-server';

const text = (value: string): ToolReply => ({ content: [{ type: 'text', text: value }] });

/** A model that calls one tool, then repeats what it was told of the result, cut to what a test looks at. */
const callsOnce =
  (name: string): ModelScript =>
  ({ body }) => {
    const last = JSON.stringify(body.messages.at(-1));
    return last.includes('"tool_result"')
      ? { kind: 'message', text: 'The tool has answered.' }
      : { kind: 'message', toolUses: [{ name, input: {} }] };
  };

let root: string;
let model: ScriptedModel;
let tools: McpToolServer;
let agent: AgentFixture | undefined;

/** Starts a server that gives the agent process shorter bounds than in production, by the same variables. */
async function start(bounds: Record<string, number>): Promise<AgentFixture> {
  mkdirSync(join(root, 'definition'), { recursive: true });
  const mcpServers = { t: { type: 'http', url: tools.url } };
  const definition = { agents: {}, skills: [], mcpServers, tools: [] };
  writeFileSync(join(root, 'definition', 'definition.json'), JSON.stringify(definition));
  agent = await AgentFixture.start(model, {
    AGENT_DEFINITION_DIR: join(root, 'definition'),
    AGENT_PERMISSION_MODES: 'bypass',
    NODE_OPTIONS: `--import=${join(__dirname, 'support', 'shorten-bounds.mjs')}`,
    SHORTENED_BOUNDS: JSON.stringify(bounds),
  });
  return agent;
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'agent-bounds-'));
  model = await startScriptedModel(() => ({ kind: 'message', text: 'here' }));
  tools = await startMcpToolServer({
    look: () => text('A boat.'),
    fail: () => ({ error: 'the handler threw' }),
    hang: () => 'hang',
    flood: () => text('wave '.repeat(10 * 1024 * 1024)),
  });
});

afterEach(async () => {
  await agent?.dispose();
  expect(agent?.stderr).toBe('');
  agent = undefined;
  await tools.close();
  await model.close();
  rmSync(root, { recursive: true, force: true });
});

async function expectNextTurnWorks(agent: AgentFixture): Promise<void> {
  model.script = () => ({ kind: 'message', text: 'better now' });
  expect(await agent.ask('again')).toMatchObject({ response: 'better now', status: 'success' });
}

describe('a model that', () => {
  it.each<[string, Record<string, number>, ScriptedReply]>([
    ['never answers', { API_TIMEOUT_MS: 700 }, { kind: 'hang' }],
    [
      'falls silent in mid-stream',
      { CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS: 400, API_TIMEOUT_MS: 500 },
      { kind: 'message', text: ['Half of ', 'it'], gate: new Promise(() => undefined) },
    ],
  ])('%s fails the run at the bound, and the next turn works', async (_what, bounds, reply) => {
    const server = await start(bounds);
    model.script = () => reply;
    const events = await server.events('hello');
    expect(events.at(-1)).toEqual({
      type: 'RUN_ERROR',
      code: 'MODEL_UNAVAILABLE',
      message: RUN_FAILURES.MODEL_UNAVAILABLE,
    });
    await expectNextTurnWorks(server);
  });
});

describe('a tool that', () => {
  it.each([
    ['fails', 'fail', {}, /the handler threw/],
    ['never answers', 'hang', { MCP_TOOL_TIMEOUT: 1_000 }, /timed out/i],
  ])('%s gives the model an error, and the run goes on', async (_what, name, bounds, message) => {
    const server = await start(bounds);
    model.script = callsOnce(`mcp__t__${name}`);
    const reply = await server.ask('hello');
    expect(reply).toMatchObject({ status: 'success', response: 'The tool has answered.' });
    expect(reply.tool_calls).toEqual([
      expect.objectContaining({ name: `mcp__t__${name}`, is_error: true, result: expect.stringMatching(message) }),
    ]);
    await expectNextTurnWorks(server);
  });

  it('answers 50 MB does not reach the reader or the model with it, and the run goes on', async () => {
    const server = await start({});
    model.script = callsOnce('mcp__t__flood');
    const events = await server.events('hello');
    expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'success' } });
    expect(events.filter(({ type }) => type === 'TOOL_CALL_RESULT')).toHaveLength(1);
    expect(JSON.stringify(events).length).toBeLessThan(500_000);
    expect(JSON.stringify(model.requests.at(-1)?.body.messages).length).toBeLessThan(500_000);
    await expectNextTurnWorks(server);
  });
});

describe('MCP servers that', () => {
  it('cannot be reached leave their tools out, and the log says so', async () => {
    await tools.close();
    const server = await start({});
    expect(await server.ask('hello')).toMatchObject({ response: 'here', status: 'success' });
    expect(server.logged('an MCP server is not connected')).toMatchObject({ level: 'warn', server: 't' });
    tools = await startMcpToolServer({});
  });
});
