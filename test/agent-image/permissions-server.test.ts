import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Interrupt,
  type InvocationReply,
  type PermissionAnswer,
  type ResumeEntry,
} from '../../agent-image/src/protocol';
import type { ModelScript, ScriptedReply, ScriptedToolUse } from '../../bin/local/model/model-script';
import { AgentFixture, type ScriptedModel, startScriptedModel } from './support/agent-fixture';
import { startTideServer, type TideServer } from './support/mcp-server';

const SUB_AGENT = { description: 'Writes', prompt: 'You write what you are told.', tools: ['Write'] };

let root: string;
let workspace: string;
let model: ScriptedModel;
let tides: TideServer;
let agent: AgentFixture;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'permissions-test-'));
  workspace = join(root, 'workspace');
  mkdirSync(workspace);
  mkdirSync(join(root, 'definition'));
  tides = await startTideServer();
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Done.' }));
});
afterEach(async () => {
  await agent.dispose();
  await model.close();
  await tides.close();
  rmSync(root, { recursive: true, force: true });
});

async function startAgent(modes = 'ask,acceptEdits,plan'): Promise<void> {
  const definition = {
    agents: { writer: SUB_AGENT },
    skills: [],
    mcpServers: { tides: { type: 'http', url: tides.url } },
    tools: ['Read', 'Write'],
  };
  writeFileSync(join(root, 'definition', 'definition.json'), JSON.stringify(definition));
  agent = await AgentFixture.start(model, {
    AGENT_DEFINITION_DIR: join(root, 'definition'),
    AGENT_WORKSPACE_DIR: workspace,
    AGENT_PERMISSION_MODES: modes,
  });
}

/** Has the model call these tools, one after the other. */
function calling(...uses: ScriptedToolUse[]): ModelScript {
  const left = [...uses];
  return (): ScriptedReply => {
    const next = left.shift();
    return next === undefined ? { kind: 'message', text: 'Done.' } : { kind: 'message', toolUses: [next] };
  };
}

const write = (file_path: string): ScriptedToolUse => ({ name: 'Write', input: { file_path, content: 'as asked' } });
const highWater: ScriptedToolUse = { name: 'mcp__tides__high_water', input: {} };
const content = (name: string): string | undefined =>
  existsSync(join(workspace, name)) ? readFileSync(join(workspace, name), 'utf8') : undefined;

/** Sends a body that is accepted. */
async function send(body: object): Promise<InvocationReply> {
  const response = await agent.post(body);
  const reply = (await response.json()) as InvocationReply;
  expect([response.status, reply]).toEqual([200, expect.anything()]);
  return reply;
}

/** Sends a prompt that must end in questions. */
async function ask(prompt = 'Go'): Promise<readonly Interrupt[]> {
  const { status, interrupts = [] } = await send({ prompt });
  expect(status).toBe('interrupted');
  return interrupts;
}

function answers(interrupts: readonly Interrupt[], payload: PermissionAnswer): { resume: ResumeEntry[] } {
  return { resume: interrupts.map(({ id }) => ({ interruptId: id, status: 'resolved', payload })) };
}

async function refusal(body: object): Promise<unknown> {
  const response = await agent.post(body);
  return [response.status, await response.json()];
}

describe('a question of a real agent', () => {
  beforeEach(() => startAgent());

  it('lets a person choose another path, inside of the workspace only', async () => {
    model.script = calling(write('a.txt'));
    const interrupts = await ask();
    const outside = { file_path: join(root, 'outside.txt'), content: 'x' };
    expect(await refusal(answers(interrupts, { approved: true, editedArgs: outside }))).toMatchObject([
      400,
      { error: { code: 'INVALID_REQUEST', message: expect.stringContaining('is outside of') } },
    ]);
    const inside = { file_path: 'b.txt', content: 'as edited' };
    await send(answers(interrupts, { approved: true, editedArgs: inside }));
    expect([content('a.txt'), content('b.txt'), existsSync(outside.file_path)]).toEqual([
      undefined,
      'as edited',
      false,
    ]);
  });

  it('comes for each of two sub-agents that work at the same time', async () => {
    const task = (prompt: string): ScriptedToolUse => ({
      name: 'Agent',
      input: { subagent_type: 'writer', description: 'Writes', prompt },
    });
    model.script = ({ body, userTexts }): ScriptedReply => {
      const isNew = !body.messages.some(({ role }) => role === 'assistant');
      if (!isNew) return { kind: 'message', text: 'Done.' };
      return JSON.stringify(body.system).includes(SUB_AGENT.prompt)
        ? { kind: 'message', toolUses: [write(userTexts[0] ?? '')] }
        : { kind: 'message', toolUses: [task('a.txt'), task('b.txt')] };
    };
    const asked: unknown[] = [];
    let interrupts = await ask();
    let reply: InvocationReply | undefined;
    while (interrupts.length > 0) {
      for (const { metadata } of interrupts) {
        expect(existsSync(String(metadata.input.file_path))).toBe(false);
        asked.push(metadata.input.file_path);
      }
      reply = await send(answers(interrupts, { approved: true }));
      interrupts = reply.interrupts ?? [];
    }
    expect(asked.sort()).toEqual([join(workspace, 'a.txt'), join(workspace, 'b.txt')]);
    expect(reply).toMatchObject({ status: 'success', response: 'Done.' });
    expect([content('a.txt'), content('b.txt')]).toEqual(['as asked', 'as asked']);
  });
});

describe('a mode of a real agent', () => {
  it('"acceptEdits" writes files without asking, and asks about the tools of MCP servers', async () => {
    await startAgent('acceptEdits');
    model.script = calling(write('a.txt'), highWater);
    expect(await ask()).toMatchObject([{ message: 'The agent wants to use high_water of the MCP server tides.' }]);
    expect(content('a.txt')).toBe('as asked');
  });
});
