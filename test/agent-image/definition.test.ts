import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readDefinition } from '../../agent-image/src/definition';
import type { ModelRequest, ScriptedReply, ScriptedToolUse } from '../../bin/local/model/model-script';
import { AgentDefinition } from '../../lib/agent/agent-definition';
import { AgentFixture, type ScriptedModel, startScriptedModel } from './support/agent-fixture';
import { startTideServer, type TideServer } from './support/mcp-server';

const FAST_MODEL = 'global.anthropic.claude-haiku-5-5';
const SUBAGENT_MODEL = 'eu.anthropic.claude-sonnet-5-5';

let root: string;
let model: ScriptedModel;
const agents: AgentFixture[] = [];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'definition-test-'));
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Yes.' }));
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.dispose()));
  await model.close();
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/**
 * An agent with the definition that was written to `source`, in the workspace `workspace`. Nobody is asked about its
 * tools: what is refused is refused in the mode that allows most.
 */
async function startAgent(): Promise<AgentFixture> {
  AgentDefinition.fromDirectory(join(root, 'source')).writeTo(join(root, 'definition'));
  mkdirSync(join(root, 'workspace'), { recursive: true });
  const agent = await AgentFixture.start(model, {
    AGENT_DEFINITION_DIR: join(root, 'definition'),
    AGENT_WORKSPACE_DIR: join(root, 'workspace'),
    AGENT_MODEL_FAST: FAST_MODEL,
    AGENT_MODEL_SUBAGENT: SUBAGENT_MODEL,
    AGENT_PERMISSION_MODES: 'bypass',
  });
  agents.push(agent);
  return agent;
}

/** Has the model call these tools, one after the other, and then answer. */
function calls(...toolUses: ScriptedToolUse[]): void {
  const left = [...toolUses];
  model.script = (): ScriptedReply => {
    const next = left.shift();
    return next === undefined ? { kind: 'message', text: 'Done.' } : { kind: 'message', toolUses: [next] };
  };
}

function toolNames(request: ModelRequest | undefined): string[] {
  return (request?.body.tools ?? []).map(({ name }) => name).sort();
}

describe('an agent with a definition', () => {
  it('gives its prompt to the model in place of the built-in one, as long as it may be', async () => {
    const prompt = `You know the tides. ${'x'.repeat(64 * 1024 - 40)} And nothing else.`;
    write('source/system-prompt.md', prompt);
    await (await startAgent()).ask('When?');
    const system = JSON.stringify(model.requests[0]?.body.system);
    expect(system).toContain(prompt);
    expect(system).not.toContain('hosted session');
  });

  it('offers and calls the tool of an MCP server, with the headers that were given', async () => {
    const tides: TideServer = await startTideServer();
    try {
      const server = { type: 'http', url: tides.url, headers: { 'x-station': 'Dover' } };
      write('source/mcp.json', JSON.stringify({ mcpServers: { tides: server } }));
      calls({ name: 'mcp__tides__high_water', input: {} });
      const reply = await (await startAgent()).ask('When?');
      expect(toolNames(model.requests[0])).toEqual(['mcp__tides__high_water']);
      expect(reply).toMatchObject({
        response: 'Done.',
        tool_calls: [{ name: 'mcp__tides__high_water', result: 'At nine.' }],
      });
      expect(new Set(tides.stations)).toEqual(new Set(['Dover']));
    } finally {
      await tides.close();
    }
  });

  it('answers without the tools of an MCP server that cannot be reached, and logs it', async () => {
    const tides = await startTideServer();
    await tides.close();
    write('source/mcp.json', JSON.stringify({ mcpServers: { tides: { type: 'http', url: tides.url } } }));
    const agent = await startAgent();
    expect((await agent.ask('When?')).response).toBe('Yes.');
    expect((await agent.ask('And now?')).response).toBe('Yes.');
    expect(toolNames(model.requests[0])).toEqual([]);
    expect(agent.logged('an MCP server is not connected')).toMatchObject({ level: 'warn', server: 'tides' });
  });

  it('hands work to its sub-agents, each with its own prompt, tools and model', async () => {
    write('source/tools.json', '["Read", "Grep"]');
    write('source/agents/reviewer.md', '---\nname: reviewer\ndescription: Reviews\n---\nYou review.');
    write('source/agents/reader.md', '---\nname: reader\ndescription: Reads\ntools: Read\nmodel: fast\n---\nYou read.');
    const input = { description: 'task', prompt: 'Go', model: 'opus', isolation: 'worktree' };
    model.script = ({ body }) => {
      const system = JSON.stringify(body.system);
      if (/You (review|read)\./.test(system)) return { kind: 'message', text: 'A report.' };
      const done = body.messages.filter(({ role }) => role === 'assistant').length;
      const subagent_type = ['reviewer', 'reader'][done];
      return subagent_type === undefined
        ? { kind: 'message', text: 'Done.' }
        : { kind: 'message', toolUses: [{ name: 'Agent', input: { ...input, subagent_type } }] };
    };
    const reply = await (await startAgent()).ask('Review it');
    expect(reply.response).toBe('Done.');
    expect(reply.tool_calls.map(({ result }) => result)).toEqual([
      expect.stringContaining('A report.'),
      expect.stringContaining('A report.'),
    ]);
    const requestOf = (prompt: string): ModelRequest | undefined =>
      model.requests.find(({ body }) => JSON.stringify(body.system).includes(prompt));
    expect(requestOf('You review.')?.modelId).toBe(SUBAGENT_MODEL);
    expect(requestOf('You read.')?.modelId).toBe(FAST_MODEL);
    expect(toolNames(requestOf('You read.'))).toEqual(['Read']);
    expect(toolNames(model.requests[0])).toEqual(['Agent', 'Grep', 'Read']);
    expect(JSON.stringify(model.requests[0]?.body.messages)).toMatch(/- reviewer: Reviews/);
  });

  it.each(['general-purpose', 'fork', 'Explore', 'toString'])('has no sub-agent %s', async (subagent_type) => {
    write('source/agents/reviewer.md', '---\nname: reviewer\ndescription: Reviews\n---\nYou review.');
    calls({ name: 'Agent', input: { description: 'task', prompt: 'Go', subagent_type } });
    const reply = await (await startAgent()).ask('Go');
    expect(reply.tool_calls[0]).toMatchObject({ is_error: true });
    expect(model.requests).toHaveLength(2);
  });

  it('offers its skills, which run no command, and reads the files beside them', async () => {
    write('source/tools.json', '["Read"]');
    write(
      'source/skills/tide-table/SKILL.md',
      `---\nname: tide-table\ndescription: Use when: "tides" are asked for\n---\nHow to read. !\`touch ${root}/ran\``,
    );
    write('source/skills/tide-table/dover.txt', 'High water at nine.');
    const beside = join(root, 'definition', 'plugin', 'skills', 'tide-table', 'dover.txt');
    calls(
      { name: 'Skill', input: { skill: 'agent:tide-table' } },
      { name: 'Read', input: { file_path: beside } },
      { name: 'Skill', input: { skill: 'doctor' } },
    );
    const reply = await (await startAgent()).ask('When?');
    expect(JSON.stringify(model.requests[0]?.body.messages)).toContain('- agent:tide-table: Use when: \\"tides\\"');
    expect(JSON.stringify(model.requests[1]?.body.messages)).toContain('How to read.');
    expect(reply.tool_calls[1]?.result).toContain('High water at nine.');
    expect(reply.tool_calls[2]).toMatchObject({ is_error: true });
    expect(existsSync(join(root, 'ran'))).toBe(false);
  });

  it('offers the tools that were permitted and no others', async () => {
    const tools = ['Read', 'Glob', 'Grep', 'Write', 'Edit', 'NotebookEdit'];
    const tasks = ['TaskCreate', 'TaskGet', 'TaskList', 'TaskUpdate'];
    write('source/tools.json', JSON.stringify([...tools, ...tasks]));
    calls({ name: 'Bash', input: { command: `touch ${root}/ran` } });
    await (await startAgent()).ask('Go');
    expect(toolNames(model.requests[0])).toEqual([...tools, ...tasks].sort());
    expect(existsSync(join(root, 'ran'))).toBe(false);
  });

  it('takes nothing from the workspace, even under the names of the definition', async () => {
    const tides = await startTideServer();
    try {
      write('source/system-prompt.md', 'You know the tides.');
      write('source/tools.json', '["Read"]');
      write('source/agents/reviewer.md', '---\nname: reviewer\ndescription: Reviews\n---\nYou review.');
      write('source/skills/tide/SKILL.md', '---\nname: tide\ndescription: Tells\n---\nTell.');
      write('source/mcp.json', JSON.stringify({ mcpServers: { tides: { type: 'http', url: tides.url } } }));
      const command = `touch ${root}/ran`;
      const hook = [{ hooks: [{ type: 'command', command }] }];
      const server = { command: '/bin/sh', args: ['-c', command] };
      const planted = '---\nname: NAME\ndescription: PLANTED\ntools: Bash\n---\nPLANTED';
      write('workspace/.claude/agents/reviewer.md', planted.replace('NAME', 'reviewer'));
      write('workspace/.claude/agents/other.md', planted.replace('NAME', 'other'));
      write('workspace/.claude/skills/tide/SKILL.md', planted.replace('NAME', 'tide'));
      write('workspace/.claude/commands/tide.md', 'PLANTED');
      write('workspace/.claude/rules/tide.md', 'PLANTED');
      write('workspace/.claude/settings.json', JSON.stringify({ hooks: { SessionStart: hook, PreToolUse: hook } }));
      write('workspace/.claude/settings.local.json', JSON.stringify({ permissions: { allow: ['Bash'] } }));
      write('workspace/.mcp.json', JSON.stringify({ mcpServers: { tides: server } }));
      write('workspace/.claude-plugin/plugin.json', JSON.stringify({ name: 'agent', mcpServers: { tides: server } }));
      for (const name of ['CLAUDE.md', 'CLAUDE.local.md', 'AGENTS.md', 'below/CLAUDE.md', '.claude/CLAUDE.md']) {
        write(`workspace/${name}`, 'PLANTED');
      }
      const file = write('workspace/below/notes.txt', 'A note.');
      calls({ name: 'Read', input: { file_path: file } });
      const reply = await (await startAgent()).ask('Read the note');
      expect(reply.tool_calls[0]?.result).toContain('A note.');
      expect(JSON.stringify(model.requests)).not.toContain('PLANTED');
      expect(toolNames(model.requests[0])).toEqual(['Agent', 'Read', 'Skill', 'mcp__tides__high_water']);
      expect(existsSync(join(root, 'ran'))).toBe(false);
    } finally {
      await tides.close();
    }
  });
});

describe('the file tools of a definition', () => {
  const SECRET = 'the secret outside';

  beforeEach(() => {
    write('source/tools.json', '["Read", "Glob", "Grep", "Write", "Edit"]');
    write('outside/secret.txt', SECRET);
    write('workspace/inside.txt', 'a word inside');
    mkdirSync(join(root, 'workspace', 'below'));
    symlinkSync(join(root, 'outside'), join(root, 'workspace', 'link'));
    symlinkSync(join(root, 'outside', 'new.txt'), join(root, 'workspace', 'nowhere'));
    symlinkSync(join(root, 'outside'), join(root, 'workspace', 'caf\u00e9'));
  });

  it('work inside of the workspace, by relative and absolute paths', async () => {
    const inside = join(root, 'workspace', 'inside.txt');
    calls(
      { name: 'Read', input: { file_path: 'inside.txt' } },
      { name: 'Edit', input: { file_path: inside, old_string: 'a word', new_string: 'two words' } },
      { name: 'Write', input: { file_path: 'below/new/file.txt', content: 'new' } },
      { name: 'Glob', input: { pattern: '**/*.txt' } },
      { name: 'Grep', input: { pattern: 'two words', path: '.' } },
    );
    const reply = await (await startAgent()).ask('Go');
    expect(reply.tool_calls.filter(({ is_error }) => is_error)).toEqual([]);
    expect(readFileSync(inside, 'utf8')).toBe('two words inside');
    expect(readFileSync(join(root, 'workspace', 'below/new/file.txt'), 'utf8')).toBe('new');
    expect(reply.tool_calls[3]?.result).toContain('file.txt');
    expect(reply.tool_calls[4]?.result).toContain('inside.txt');
  });

  it('refuse every way out of the workspace', async () => {
    const out = join(root, 'outside');
    const readEscapes = ['../outside/secret.txt', 'below/../../outside/secret.txt', `${out}/secret.txt`];
    const linkEscapes = ['link/secret.txt', 'link/../secret.txt', 'cafe\u0301/secret.txt', ` ${out}/secret.txt`];
    const globs = ['../outside/*', 'link/*', `${out}/*`, `{${out},below}/*`, 'below/../../outside/*', '~/*'];
    const uses: ScriptedToolUse[] = [
      ...[...readEscapes, ...linkEscapes, '~/.bashrc', '/proc/self/environ'].map((file_path) => ({
        name: 'Read',
        input: { file_path },
      })),
      ...['../outside/new.txt', 'link/new.txt', 'nowhere', join(root, 'workspace-2', 'new.txt')].map((file_path) => ({
        name: 'Write',
        input: { file_path, content: 'planted' },
      })),
      { name: 'Edit', input: { file_path: 'link/secret.txt', old_string: 'the', new_string: 'planted' } },
      ...globs.map((pattern) => ({ name: 'Glob', input: { pattern } })),
      ...['..', 'link', out, '/'].map((path) => ({ name: 'Glob', input: { pattern: '*', path } })),
      ...['..', 'link', out, '/', '~'].map((path) => ({
        name: 'Grep',
        input: { pattern: 'secret', path, output_mode: 'content' },
      })),
    ];
    calls(...uses);
    const reply = await (await startAgent()).ask('Go');
    const passed = reply.tool_calls.filter(({ is_error }) => is_error !== true).map(({ arguments: args }) => args);
    expect(passed).toEqual([]);
    expect(reply.tool_calls).toHaveLength(uses.length);
    expect(JSON.stringify(model.requests)).not.toContain(SECRET);
    expect(readFileSync(join(out, 'secret.txt'), 'utf8')).toBe(SECRET);
    expect(existsSync(join(out, 'new.txt'))).toBe(false);
  });

  it('refuse a sub-agent the same', async () => {
    write('source/agents/reader.md', '---\nname: reader\ndescription: Reads\n---\nYou read.');
    model.script = ({ body }): ScriptedReply => {
      if (body.messages.some(({ role }) => role === 'assistant')) return { kind: 'message', text: 'Done.' };
      return JSON.stringify(body.system).includes('You read.')
        ? { kind: 'message', toolUses: [{ name: 'Read', input: { file_path: 'link/secret.txt' } }] }
        : {
            kind: 'message',
            toolUses: [{ name: 'Agent', input: { subagent_type: 'reader', description: 'd', prompt: 'p' } }],
          };
    };
    const events = await (await startAgent()).events('Go');
    const names = events.flatMap((event) => (event.type === 'TOOL_CALL_START' ? [event.toolCallName] : []));
    expect(names).toEqual(['Agent', 'Read']);
    const failed = events.flatMap((event) => (event.type === 'TOOL_CALL_RESULT' ? [event.metadata?.is_error] : []));
    expect(failed).toEqual([true, undefined]);
    expect(JSON.stringify(model.requests)).not.toContain(SECRET);
  });

  it('follow no link while they search', async () => {
    calls(
      { name: 'Grep', input: { pattern: 'secret', output_mode: 'content' } },
      { name: 'Grep', input: { pattern: 'secret', glob: 'link/*', output_mode: 'content' } },
      { name: 'Glob', input: { pattern: '**/secret.txt' } },
      { name: 'Glob', input: { pattern: 'l?nk/*' } },
      { name: 'Glob', input: { pattern: '{link,below}/*' } },
    );
    const reply = await (await startAgent()).ask('Go');
    expect(reply.tool_calls).toHaveLength(5);
    expect(reply.tool_calls.map(({ result }) => result).join()).not.toMatch(/secret\.txt|the secret/);
  });

  it('do not write into the definition', async () => {
    write('source/skills/tide/SKILL.md', '---\nname: tide\ndescription: Tells\n---\nTell.');
    const skill = join(root, 'definition', 'plugin', 'skills', 'tide', 'SKILL.md');
    calls(
      { name: 'Read', input: { file_path: skill } },
      { name: 'Edit', input: { file_path: skill, old_string: 'Tell.', new_string: 'Lie.' } },
      { name: 'Read', input: { file_path: join(root, 'definition', 'definition.json') } },
    );
    const reply = await (await startAgent()).ask('Go');
    expect(reply.tool_calls.map(({ is_error }) => is_error ?? false)).toEqual([false, true, true]);
    expect(readFileSync(skill, 'utf8')).toContain('Tell.');
  });
});

describe('a definition that cannot be read', () => {
  it('keeps the server from starting, with a sentence', async () => {
    const agent = await AgentFixture.start(model, { AGENT_DEFINITION_DIR: join(root, 'missing') });
    agents.push(agent);
    expect(await agent.exitCode()).toBe(1);
    expect(agent.logLines).toEqual([
      expect.objectContaining({
        level: 'error',
        message: `There is no ${root}/missing/definition.json: set AGENT_DEFINITION_DIR to a directory that AgentDefinition wrote, or leave it out.`,
      }),
    ]);
  });

  const whole = { agents: {}, skills: [], mcpServers: {}, tools: [] };
  it.each([
    ['[]', /it is no object/],
    ['{"sk-ant-secret', /it is not JSON/],
    [{ ...whole, systemPrompt: '' }, /systemPrompt is not text/],
    [{ ...whole, agents: [] }, /agents is not an object/],
    [{ ...whole, agents: { a: { description: 'A' } } }, /agent "a" lacks a description or a prompt/],
    [{ ...whole, agents: { a: { description: 'A', prompt: 'B', model: 'opus' } } }, /or has a wrong model/],
    [{ ...whole, skills: [1] }, /skills is not a list of names/],
    [{ ...whole, skills: ['tide'] }, /the skill "tide" has no SKILL\.md/],
    [{ ...whole, mcpServers: { t: { command: '/bin/sh' } } }, /MCP server "t" is not one of type http or sse/],
    [{ ...whole, mcpServers: { t: { type: 'http', url: 'x' } } }, /MCP server "t"/],
    [{ ...whole, tools: ['Bash'] }, /tools has "Bash", and allowed are Read,/],
  ])('is refused: %j', (content, message) => {
    write('definition/definition.json', typeof content === 'string' ? content : JSON.stringify(content));
    const read = () => readDefinition(join(root, 'definition'), false, {});
    expect(read).toThrow(message);
    expect(read).not.toThrow(/sk-ant/);
  });

  it.each([
    [{}, 'the agent has no secrets'],
    [{ GITHUB: 'arn' }, 'the agent has GITHUB'],
  ])('is refused when it asks for a secret that the deployment has not', (secrets, has) => {
    const headers = { Authorization: 'Bearer ${secret:TIDES}' };
    const mcpServers = { tides: { type: 'http', url: 'https://tides.example/mcp', headers } };
    write('definition/definition.json', JSON.stringify({ ...whole, mcpServers }));
    const file = join(root, 'definition', 'definition.json');
    expect(() => readDefinition(join(root, 'definition'), false, secrets)).toThrow(
      `${file} needs the secret "TIDES" for the header "Authorization" of the MCP server "tides", and ${has}: set AGENT_SECRET_TIDES`,
    );
    expect(readDefinition(join(root, 'definition'), false, { TIDES: 'arn' })).toMatchObject({ mcpServers });
  });

  it('is refused when the directory is there without it', () => {
    mkdirSync(join(root, 'definition'));
    expect(() => readDefinition(join(root, 'definition'), false, {})).toThrow(/There is no .*definition\.json/);
  });

  it('is none when there is no directory', () => {
    expect(readDefinition(join(root, 'definition'), false, {})).toMatchObject({ agents: {}, tools: [], skills: [] });
  });
});
