import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Definition, NO_DEFINITION } from '../../agent-image/src/definition';
import { PermissionDesk } from '../../agent-image/src/permissions/permission-desk';
import type { PermissionAnswer, PermissionMode } from '../../agent-image/src/protocol';
import { permissionHooks, ToolGate } from '../../agent-image/src/tool-gate';

const FILE_TOOLS = ['Read', 'Write', 'Edit', 'NotebookEdit', 'Glob', 'Grep'];

let root: string;
let workspace: string;
let desk: PermissionDesk;
let gate: ToolGate;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'tool-gate-test-')));
  workspace = join(root, 'workspace');
  mkdirSync(join(workspace, 'below'), { recursive: true });
  mkdirSync(join(root, 'outside'));
  writeFileSync(join(workspace, 'inside.txt'), 'inside');
  writeFileSync(join(root, 'outside', 'secret.txt'), 'secret');
  makeGate({ tools: FILE_TOOLS });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function makeGate(defined: Partial<Definition>, mode: PermissionMode = 'bypass'): void {
  desk = new PermissionDesk({ modes: [mode], audit: () => undefined });
  gate = new ToolGate({ ...NO_DEFINITION, ...defined }, workspace, desk);
}

interface Decision {
  readonly decision: string | undefined;
  readonly reason: string | undefined;
  readonly input: Record<string, unknown> | undefined;
  readonly goesOn: boolean;
}

function event(tool_name: string, tool_input: unknown): Parameters<ToolGate['decide']>[0] {
  const ids = { session_id: 's', transcript_path: '/t', cwd: workspace, tool_use_id: 'call-1' };
  return { hook_event_name: 'PreToolUse', tool_name, tool_input, ...ids };
}

async function decide(tool: string, input: unknown, signal = new AbortController().signal): Promise<Decision> {
  const output = await gate.decide(event(tool, input), signal);
  if (!('hookSpecificOutput' in output) || output.hookSpecificOutput?.hookEventName !== 'PreToolUse') {
    throw new Error('the gate said nothing');
  }
  const { permissionDecision, permissionDecisionReason, updatedInput } = output.hookSpecificOutput;
  return {
    decision: permissionDecision,
    reason: permissionDecisionReason,
    input: updatedInput,
    goesOn: output.continue ?? true,
  };
}

/** Allows what is asked. */
function answer(payload: PermissionAnswer): void {
  desk.resume(desk.open.map(({ id }) => ({ interruptId: id, status: 'resolved', payload })));
}

describe('the gate', () => {
  it('passes what the desk allows, with the true path', async () => {
    symlinkSync('inside.txt', join(workspace, 'link'));
    expect(await decide('Read', { file_path: 'link', limit: 5 })).toEqual({
      decision: 'allow',
      reason: undefined,
      input: { file_path: join(workspace, 'inside.txt'), limit: 5 },
      goesOn: true,
    });
  });

  it('passes tools of MCP servers with their input', async () => {
    expect(await decide('mcp__gw__send_mail', { to: 'ada' })).toMatchObject({
      decision: 'allow',
      input: { to: 'ada' },
    });
  });

  it('refuses what the desk refuses, and lets the agent go on', async () => {
    makeGate({ tools: FILE_TOOLS }, 'plan');
    expect(await decide('Write', { file_path: 'a', content: '' })).toMatchObject({
      decision: 'deny',
      reason: expect.stringContaining('plan mode'),
      goesOn: true,
    });
  });

  it('ends the turn when a question was withdrawn', async () => {
    makeGate({ tools: FILE_TOOLS }, 'ask');
    const decision = decide('Write', { file_path: 'a', content: '' });
    desk.withdraw('cancelled');
    expect(await decision).toMatchObject({ decision: 'deny', goesOn: false });
  });

  it('asks nobody about a call that it refuses anyway', async () => {
    makeGate({ tools: FILE_TOOLS }, 'ask');
    expect(await decide('Write', { file_path: '../outside/new.txt', content: '' })).toMatchObject({ decision: 'deny' });
    expect(desk.open).toEqual([]);
  });

  it('refuses what is not deployed, whoever allows everything', async () => {
    makeGate({ tools: ['Read'] });
    for (const name of ['Bash', 'Write', 'WebFetch', 'Agent', 'Task', 'Skill']) {
      expect(await decide(name, {})).toMatchObject({ decision: 'deny', reason: `There is no tool ${name} here.` });
    }
  });

  it('passes the call of a defined sub-agent without what the model may not choose', async () => {
    makeGate({ agents: { reader: { description: 'Reads', prompt: 'You read.' } } });
    const input = { subagent_type: 'reader', description: 'd', prompt: 'p' };
    expect(await decide('Agent', { ...input, model: 'opus', isolation: 'worktree' })).toMatchObject({ input });
    expect((await decide('Agent', { ...input, model: 'opus' })).input).toEqual(input);
    for (const subagent_type of ['general-purpose', 'constructor', 7, undefined]) {
      expect(await decide('Agent', { ...input, subagent_type })).toMatchObject({
        decision: 'deny',
        reason: 'There is no such sub-agent. Use one of: reader.',
      });
    }
  });

  it('fails instead of passing a call when the desk fails', async () => {
    desk.judge = () => Promise.reject(new Error('broken'));
    await expect(decide('Read', { file_path: 'inside.txt' })).rejects.toThrow('broken');
  });

  it('is registered to block when it fails, and to wait longer than a question lives', () => {
    const { PreToolUse = [] } = permissionHooks(gate);
    expect(PreToolUse).toEqual([{ hooks: [expect.any(Function)], timeout: 660, onFailure: 'block' }]);
  });
});

describe('a turn with fewer tools', () => {
  it('has those alone; a server stands for its tools, and the next turn has all again', async () => {
    gate.offer(['Read', 'mcp__gw', 'mcp__ci__run']);
    const fates = async (): Promise<unknown[]> => {
      const names = ['mcp__gw__send', 'mcp__gw_two__send', 'mcp__ci__run', 'mcp__ci__run_all', 'mcp__ci'];
      const decisions = await Promise.all(names.map((name) => decide(name, {})));
      return [
        ...decisions,
        await decide('Read', { file_path: 'inside.txt' }),
        await decide('Glob', { pattern: '*' }),
      ].map(({ decision }) => decision);
    };
    expect(await fates()).toEqual(['allow', 'deny', 'allow', 'deny', 'deny', 'allow', 'deny']);
    expect(await decide('Glob', { pattern: '*' })).toMatchObject({
      reason: 'Glob is not offered for this request: only these may be used: Read, mcp__gw, mcp__ci__run.',
    });
    gate.offer();
    expect(await fates()).toEqual(Array(7).fill('allow'));
  });

  it('may have none', async () => {
    gate.offer([]);
    expect(await decide('Read', { file_path: 'inside.txt' })).toMatchObject({
      reason: 'Read is not offered for this request: none may be used.',
    });
  });

  it('begins anew after a turn that was ended', async () => {
    desk.withdraw('cancelled');
    expect(await decide('Read', { file_path: 'inside.txt' })).toMatchObject({ decision: 'deny', goesOn: false });
    gate.offer();
    expect(await decide('Read', { file_path: 'inside.txt' })).toMatchObject({ decision: 'allow' });
  });
});

describe('a path that a person decides about', () => {
  beforeEach(() => makeGate({ tools: FILE_TOOLS }, 'ask'));

  it('is confined again when the person edits it', async () => {
    const decision = decide('Write', { file_path: 'a.txt', content: 'x' });
    expect(() => answer({ approved: true, editedArgs: { file_path: '../outside/secret.txt', content: 'x' } })).toThrow(
      /is outside of/,
    );
    answer({ approved: true, editedArgs: { file_path: 'below/b.txt', content: 'y' } });
    expect((await decision).input).toEqual({ file_path: join(workspace, 'below', 'b.txt'), content: 'y' });
  });

  it('is confined again when the answer comes, because a link may have taken its place', async () => {
    const decision = decide('Write', { file_path: 'below/new.txt', content: 'x' });
    expect(desk.open[0]?.message).toContain(join(workspace, 'below', 'new.txt'));
    renameSync(join(workspace, 'below'), join(workspace, 'moved'));
    symlinkSync(join(root, 'outside'), join(workspace, 'below'));
    answer({ approved: true });
    expect(await decision).toMatchObject({ decision: 'deny', reason: expect.stringContaining('is outside of') });
  });
});

describe('a hostile workspace', () => {
  it('has no way out', async () => {
    const out = join(root, 'outside');
    symlinkSync(out, join(workspace, 'link'));
    symlinkSync(join(out, 'new.txt'), join(workspace, 'nowhere'));
    symlinkSync('loop', join(workspace, 'loop'));
    symlinkSync('..', join(workspace, 'below', 'up'));
    const paths = [
      ...[
        '..',
        '../outside/secret.txt',
        `${out}/secret.txt`,
        'below/../../outside/secret.txt',
        '/',
        '/proc/self/environ',
      ],
      ...['link', 'link/secret.txt', 'nowhere', 'loop', 'loop/x', 'below/up/../../../outside/x'],
      ...[`${workspace}-2/x`, '~', '~/.bashrc', '~root/x', 'inside.txt\0.png', 'inside.txt/../../outside/secret.txt'],
    ];
    for (const path of paths) {
      for (const [tool, field] of [
        ...(['Read', 'Write', 'Edit'] as const).map((name) => [name, 'file_path'] as const),
        ['NotebookEdit', 'notebook_path'] as const,
        ['Grep', 'path'] as const,
      ]) {
        expect([tool, path, (await decide(tool, { [field]: path, pattern: 'x' })).decision]).toEqual([
          tool,
          path,
          'deny',
        ]);
      }
    }
  });

  it('has paths whose ".." is taken away before links are followed, so that they stay inside', async () => {
    symlinkSync(join(root, 'outside'), join(workspace, 'link'));
    expect((await decide('Read', { file_path: 'link/../secret.txt' })).input).toEqual({
      file_path: join(workspace, 'secret.txt'),
    });
  });

  it('has odd names that are taken for what they are, or not at all', async () => {
    for (const name of ['a\nb.txt', 'a\u202eb.txt', "it's $(x) `y` %s *?.txt", 'caf\u00e9.txt', '-rf', '...', 'COM1']) {
      writeFileSync(join(workspace, name), 'odd');
      expect((await decide('Read', { file_path: name })).input).toEqual({ file_path: join(workspace, name) });
    }
    for (const name of ['cafe\u0301.txt', ' x', 'x ', 'x\n', '\tx', '\u00a0x', '~x', '\ufeffx']) {
      writeFileSync(join(workspace, name), 'odd');
      expect([name, (await decide('Read', { file_path: name })).decision]).toEqual([name, 'deny']);
    }
  });

  it.each([
    ['one name', 'x'.repeat(5_000)],
    ['many folders', 'd/'.repeat(5_000)],
  ])('has paths that are too long (%s), of which only the beginning is repeated', async (_what, file_path) => {
    const { decision, reason = '' } = await decide('Write', { file_path, content: '' });
    expect(decision).toBe('deny');
    expect(reason).toMatch(/ is longer than a path may be\.$/);
    expect(reason.length).toBeLessThan(400);
  });

  it.each([[undefined], [7], [['a']], [{ toString: 'inside.txt' }], [null]])(
    'has a path that is no text: %j',
    async (file_path) => {
      expect(await decide('Read', { file_path })).toMatchObject({
        decision: 'deny',
        reason: 'Read needs file_path as text.',
      });
    },
  );

  it.each([[null], ['Read inside.txt'], [7], [undefined]])('has input that is no object: %j', async (input) => {
    expect(await decide('Read', input)).toMatchObject({ decision: 'deny' });
  });

  it('has pipes, sockets, devices and folders, of which none is opened as a file', async () => {
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
    symlinkSync('pipe', join(workspace, 'link-to-pipe'));
    const server = createServer().listen(join(workspace, 'socket'));
    await once(server, 'listening');
    try {
      for (const name of ['pipe', 'link-to-pipe', 'socket']) {
        for (const [tool, field] of [
          ['Read', 'file_path'],
          ['Write', 'file_path'],
          ['Edit', 'file_path'],
          ['NotebookEdit', 'notebook_path'],
          ['Grep', 'path'],
          ['Glob', 'path'],
        ] as const) {
          expect(await decide(tool, { [field]: name, pattern: '*' })).toMatchObject({
            decision: 'deny',
            reason: expect.stringContaining('is a pipe, a socket or a device'),
          });
        }
      }
    } finally {
      server.close();
      await once(server, 'close');
    }
    workspace = '/dev';
    makeGate({ tools: FILE_TOOLS });
    expect(await decide('Read', { file_path: 'zero' })).toMatchObject({
      reason: expect.stringContaining('is a pipe, a socket or a device'),
    });
  });

  it('has folders, which are searched but not opened', async () => {
    expect(await decide('Read', { file_path: 'below' })).toMatchObject({
      decision: 'deny',
      reason: '"below" cannot be opened: it is a folder: name a file in it.',
    });
    expect(await decide('Grep', { path: 'below', pattern: 'x' })).toMatchObject({ decision: 'allow' });
  });

  it('has files of any size', async () => {
    writeFileSync(join(workspace, 'huge'), '');
    truncateSync(join(workspace, 'huge'), 200 * 1024 * 1024);
    expect(await decide('Read', { file_path: 'huge' })).toMatchObject({ decision: 'allow' });
  });

  it.each([
    '.git/config',
    'below/.git/hooks/post-checkout',
    '.GIT/config',
    '.gitmodules',
    '.claude/settings.json',
    'below/.claude/agents/x.md',
    '.mcp.json',
    '.vscode/tasks.json',
    '.husky/pre-commit',
    '.npmrc',
    '.bashrc',
  ])('has %s, which may be read but not written, whoever allows it', async (file_path) => {
    const { decision, reason } = await decide('Write', { file_path, content: '' });
    expect([decision, reason]).toEqual(['deny', expect.stringContaining('obey what is in')]);
    expect(await decide('Read', { file_path })).toMatchObject({ decision: 'allow' });
  });

  it('is protected by what lies in it, not by where it lies', async () => {
    workspace = join(root, '.claude', 'workspace');
    mkdirSync(workspace, { recursive: true });
    makeGate({ tools: FILE_TOOLS });
    expect(await decide('Write', { file_path: 'a.txt', content: '' })).toMatchObject({ decision: 'allow' });
    expect(await decide('Write', { file_path: '.gitignore', content: '' })).toMatchObject({ decision: 'allow' });
  });

  it('may be gone', async () => {
    rmSync(workspace, { recursive: true });
    expect(await decide('Read', { file_path: 'inside.txt' })).toMatchObject({
      decision: 'deny',
      reason: `The folder ${workspace} is not there any more, so no file can be used.`,
    });
  });
});
