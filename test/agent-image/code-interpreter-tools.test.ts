import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from '../../agent-image/node_modules/zod';
import { riskOf } from '../../agent-image/src/permissions/tool-risk';
import { callTool } from '../../agent-image/src/tools/code-interpreter/call-tool';
import { copyTools } from '../../agent-image/src/tools/code-interpreter/copy-tools';
import { InterpreterFault } from '../../agent-image/src/tools/code-interpreter/interpreter-fault';
import type { InterpreterSession } from '../../agent-image/src/tools/code-interpreter/interpreter-session';
import { MAX_RESULT_CHARACTERS, type ToolReply } from '../../agent-image/src/tools/code-interpreter/result-content';
import { runTools } from '../../agent-image/src/tools/code-interpreter/run-tools';
import { MAX_COPY_BYTES } from '../../agent-image/src/tools/code-interpreter/workspace-files';

type Call = InterpreterSession['call'];
type Answer = Awaited<ReturnType<Call>>;
type Result = Answer['result'];

/** One pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let root: string;
let workspace: string;
let calls: { readonly name: string; readonly args: Parameters<Call>[1] }[];
let answer: (name: string, args: Parameters<Call>[1]) => Partial<Answer> & { readonly result: Result };
let logged: { readonly message: string; readonly [field: string]: unknown }[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'interpreter-test-'));
  workspace = join(root, 'workspace');
  mkdirSync(workspace);
  calls = [];
  logged = [];
  answer = () => ({ result: { content: [] } });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const call: Call = async (name, args) => {
  calls.push({ name, args });
  return { renewed: false, ...answer(name, args) };
};

function tool(name: string): ReturnType<typeof runTools>[number] {
  const found = [...runTools({ call }), ...copyTools({ call }, workspace)].find((one) => one.name === name);
  if (!found) throw new Error(`there is no tool ${name}`);
  return found;
}

/** Calls a tool as the MCP server does. */
function use(name: string, input: object, extra: unknown = {}): Promise<ToolReply> {
  const one = tool(name);
  return callTool(one, z.object(one.input).parse(input), extra, (_level, message, fields = {}) => {
    logged.push({ message, ...fields });
  });
}

function findings(name: string, input: object): string[] {
  return (
    z
      .object(tool(name).input)
      .safeParse(input)
      .error?.issues.map(({ message }) => message) ?? []
  );
}

function textOf({ content }: ToolReply): string {
  return content.map((part) => (part.type === 'text' ? part.text : `[${part.mimeType}]`)).join('\n');
}

async function printed(result: Result, renewed = false): Promise<ToolReply> {
  answer = () => ({ result, renewed });
  return use('execute_code', { code: '1' });
}

describe('the tools', () => {
  test.each([
    ['execute_code', { code: 'x' }, 'executeCode', { code: 'x', language: 'python' }],
    [
      'execute_code',
      { code: 'x', language: 'typescript', clear_context: true },
      'executeCode',
      { code: 'x', language: 'typescript', clearContext: true },
    ],
    ['execute_command', { command: 'ls' }, 'executeCommand', { command: 'ls' }],
    ['start_command', { command: 'ls' }, 'startCommandExecution', { command: 'ls' }],
    ['get_task', { task_id: 't1' }, 'getTask', { taskId: 't1' }],
    ['stop_task', { task_id: 't1' }, 'stopTask', { taskId: 't1' }],
    ['write_files', { files: [{ path: 'a', content: 'b' }] }, 'writeFiles', { content: [{ path: 'a', text: 'b' }] }],
    ['read_files', { paths: ['a'] }, 'readFiles', { paths: ['a'] }],
    ['list_files', { directory: 'd' }, 'listFiles', { directoryPath: 'd', path: 'd' }],
    ['list_files', {}, 'listFiles', { directoryPath: '.', path: '.' }],
    ['remove_files', { paths: ['a'] }, 'removeFiles', { paths: ['a'] }],
  ])('%s with %o is %s of the interpreter', async (name, input, operation, args) => {
    await use(name, input);
    expect(calls).toEqual([{ name: operation, args }]);
  });

  test('that change nothing are marked, and no others', () => {
    const all = [...runTools({ call }), ...copyTools({ call }, workspace)];
    expect(all.filter(({ readOnly }) => readOnly).map(({ name }) => name)).toEqual([
      ...['get_task', 'read_files', 'list_files'],
    ]);
  });

  test('are looked at as what they may do: none of them is unknown', () => {
    const all = [...runTools({ call }), ...copyTools({ call }, workspace)];
    const runCode = ['execute_code', 'execute_command', 'start_command'];
    const risk = (name: string, readOnly: boolean): string =>
      runCode.includes(name) ? 'acts' : readOnly ? 'reads' : 'writesFiles';
    expect(all.map(({ name }) => [name, riskOf(`mcp__ci__${name}`)])).toEqual(
      all.map(({ name, readOnly }) => [name, risk(name, readOnly)]),
    );
  });

  test.each([
    ['execute_code', { code: '' }, 'it is empty: give what is to be run'],
    [
      'execute_command',
      { command: 'x'.repeat(200_001) },
      'it is longer than 200000 characters: write it to a file first',
    ],
    ['get_task', { task_id: '' }, 'it is empty: give the task_id that start_command returned'],
    ['read_files', { paths: [] }, 'give 1 to 20 of them in one call'],
    ['read_files', { paths: Array(21).fill('a') }, 'give 1 to 20 of them in one call'],
    ['read_files', { paths: ['a\0b'] }, 'the path has a character with the code 0 in it'],
    ...['/etc/passwd', '../a', 'a/../../b', '..', 'a/..'].map((path): [string, object, string] => [
      ...(['write_files', { files: [{ path, content: '' }] }] as const),
      'the path must be relative to the working directory of the interpreter, and must not contain ".."',
    ]),
  ])('%s refuses %j', (name, input, finding) => {
    expect(findings(name, input)).toEqual([finding]);
  });

  test('take names with dots that lead nowhere else', () => {
    expect(findings('write_files', { files: [{ path: '..a/b..c/...', content: '' }] })).toEqual([]);
  });
});

describe('a result', () => {
  test('is told once, although the interpreter repeats it', async () => {
    const reply = await printed({
      content: [{ type: 'text', text: '42\n' }],
      structuredContent: { stdout: '42', stderr: 'a warning', exitCode: 0 },
    });
    expect(reply).toEqual({ content: [{ type: 'text', text: '42\n\nstderr:\na warning' }] });
  });

  test('of a failed program is an error with its exit code', async () => {
    const reply = await printed({
      content: [{ type: 'text', text: 'NameError: x' }],
      structuredContent: { stdout: '', stderr: 'NameError: x', exitCode: 1 },
      isError: true,
    });
    expect(reply).toEqual({ content: [{ type: 'text', text: 'NameError: x\nexit code 1' }], isError: true });
  });

  test('of a task names it and its status', async () => {
    expect(textOf(await printed({ content: [], structuredContent: { taskId: 't-1', taskStatus: 'working' } }))).toBe(
      'task_id: t-1\nstatus: working',
    );
  });

  test('without anything in it says so', async () => {
    expect(textOf(await printed({ content: [] }))).toBe('Done, without any output.');
  });

  test('shows files: text, images, and of others what they are', async () => {
    const reply = await printed({
      content: [
        { type: 'resource', resource: { type: 'text', uri: 'file:///a.csv', mimeType: 'text/csv', text: 'a,b' } },
        { type: 'resource', resource: { type: 'blob', uri: 'file:///a.png', mimeType: 'image/png', blob: PNG } },
        { type: 'resource', resource: { type: 'blob', uri: 'file:///a.zip', blob: new Uint8Array(9) } },
        { type: 'resource_link', name: 'b.csv', uri: 'file:///b.csv', description: 'File', size: 12 },
      ],
    });
    expect(reply.content).toEqual([
      {
        type: 'text',
        text: 'file:///a.csv:\na,b\n[file:///a.zip: 9 bytes, unknown type; it cannot be shown here; copy_from_interpreter brings it to the workspace]\nFile b.csv (12 bytes)',
      },
      { type: 'image', mimeType: 'image/png', data: PNG.toString('base64') },
    ]);
  });

  test.each([
    ['text that is called an image', Buffer.from('<svg/>')],
    ['an image that is too large', Buffer.concat([PNG, Buffer.alloc(3_750_000), PNG])],
    ['an image that is not whole', PNG.subarray(0, -1)],
    ['the beginning of a WebP file', Buffer.from('52494646ff00000057454250', 'hex')],
    ['nothing', Buffer.alloc(0)],
  ])('never shows %s, which would end the conversation', async (_what, data) => {
    const reply = await printed({ content: [{ type: 'image', mimeType: 'image/png', data }] });
    expect(reply.content).toEqual([{ type: 'text', text: expect.stringContaining(`${data.length} bytes, image/png`) }]);
  });

  test.each([
    ['image/jpeg', 'ffd8ffe000104a464946ffd9'],
    ['image/gif', '4749463839613b'],
    ['image/webp', '52494646080000005745425056503820'],
  ])('shows %s as what it is, whatever it is called', async (mimeType, hex) => {
    const reply = await printed({ content: [{ type: 'image', mimeType: 'image/png', data: Buffer.from(hex, 'hex') }] });
    expect(reply.content).toMatchObject([{ type: 'image', mimeType }]);
  });

  test('leaves images out that are too many, and all of a failed program', async () => {
    const image = { type: 'image', mimeType: 'image/png', data: PNG } as const;
    const many = await printed({ content: Array(7).fill(image) });
    expect(many.content.map(({ type }) => type)).toEqual(['text', ...Array(5).fill('image')]);
    const failed = await printed({ content: [image], isError: true });
    expect(failed).toEqual({ content: [{ type: 'text', text: '[an image that is left out]' }], isError: true });
  });

  test('that is too long loses its middle, and says so', async () => {
    const text = `first${'x'.repeat(500_000)}last`;
    const told = textOf(await printed({ content: [{ type: 'text', text }] }));
    expect(told.length).toBeLessThan(MAX_RESULT_CHARACTERS + 200);
    expect(told).toMatch(/^firstx+\n\[460009 characters are left out here\. .*\]\nx+last$/);
  });

  test('never has half a character in it, which the model would refuse', async () => {
    const told = textOf(await printed({ content: [{ type: 'text', text: `a${'😀'.repeat(40_000)}\ud83d` }] }));
    expect(told).not.toMatch(/\p{Surrogate}/u);
  });

  test('of a new session says that the old one is gone', async () => {
    const reply = await printed({ content: [{ type: 'text', text: '42' }] }, true);
    expect(reply.content).toEqual([
      { type: 'text', text: expect.stringMatching(/has ended, and its files, variables and tasks are gone/) },
      { type: 'text', text: '42' },
    ]);
  });
});

describe('a tool that fails', () => {
  test('tells the model what to do', async () => {
    answer = () => {
      throw new InterpreterFault('INTERPRETER_ACCESS_DENIED', 'AccessDeniedException: role x');
    };
    const reply = await use('execute_code', { code: '1' });
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toMatch(/^The agent has no permission to use its code interpreter/);
    expect(textOf(reply)).not.toContain('role x');
  });

  test('tells the model nothing of an error that nobody foresaw', async () => {
    answer = () => {
      throw new TypeError('the-secret of undefined');
    };
    const reply = await use('execute_code', { code: '1' });
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).not.toContain('the-secret');
    expect(logged).toMatchObject([{ detail: expect.stringContaining('the-secret') as string }]);
  });

  test('passes on that the turn was cancelled', async () => {
    const ending = new AbortController();
    const passed: boolean[] = [];
    const one = { ...tool('execute_code') };
    one.run = (_input, signal) => {
      passed.push(signal.aborted);
      ending.abort();
      passed.push(signal.aborted);
      return Promise.resolve({ content: [] });
    };
    await callTool(one, {}, { signal: ending.signal }, () => undefined);
    expect(passed).toEqual([false, true]);
  });
});

describe('copying to the interpreter', () => {
  test('sends files byte by byte, under the same path or another', async () => {
    mkdirSync(join(workspace, 'data'));
    const bytes = Buffer.from([0, 255, 13, 10]);
    writeFileSync(join(workspace, 'data', 'a.bin'), bytes);
    const reply = await use('copy_to_interpreter', {
      files: [
        { workspace_path: 'data/a.bin' },
        { workspace_path: join(workspace, 'data/a.bin'), interpreter_path: 'b.bin' },
      ],
    });
    expect(reply).toEqual({ content: [{ type: 'text', text: expect.stringContaining('4 bytes') }] });
    expect(calls).toEqual(
      ['data/a.bin', 'b.bin'].map((path) => ({ name: 'writeFiles', args: { content: [{ path, blob: bytes }] } })),
    );
  });

  test('reads nothing outside of the workspace, and no special file', async () => {
    writeFileSync(join(root, 'secret'), 'a secret');
    symlinkSync(join(root, 'secret'), join(workspace, 'link'));
    symlinkSync(root, join(workspace, 'up'));
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
    mkdirSync(join(workspace, 'folder'));
    const paths = ['../secret', join(root, 'secret'), 'link', 'up/secret', '/proc/self/environ', 'pipe', 'folder'];
    const reply = await use('copy_to_interpreter', { files: paths.map((workspace_path) => ({ workspace_path })) });
    expect(reply.isError).toBe(true);
    expect(textOf(reply).split('\n')).toHaveLength(paths.length);
    expect(calls).toEqual([]);
  });

  test('copies what can be copied, and says of the rest why not', async () => {
    writeFileSync(join(workspace, 'good'), 'good');
    writeFileSync(join(workspace, 'large'), '');
    truncateSync(join(workspace, 'large'), MAX_COPY_BYTES + 1);
    const reply = await use('copy_to_interpreter', {
      files: ['missing', 'large', 'good'].map((workspace_path) => ({ workspace_path })),
    });
    expect(textOf(reply).split('\n')).toEqual([
      '"missing" cannot be used: it is not there.',
      '"large" has 10485761 bytes, and at most 10485760 are copied: copy a part of it, or pack it first.',
      '"good" was copied to "good": 4 bytes.',
    ]);
    expect(reply.isError).toBe(true);
  });

  test('says what the interpreter says, and that its session is new', async () => {
    writeFileSync(join(workspace, 'a'), 'a');
    answer = () => ({ result: { content: [{ type: 'text', text: 'disk full' }], isError: true }, renewed: true });
    const reply = await use('copy_to_interpreter', { files: [{ workspace_path: 'a' }] });
    expect(textOf(reply)).toMatch(/^Note: the session .* ended[\s\S]*\n"a" was not copied: disk full$/);
  });

  test('stops with the call, and keeps what was told of the files before', async () => {
    writeFileSync(join(workspace, 'a'), 'a');
    const ending = new AbortController();
    answer = () => {
      if (calls.length < 2) return { result: { content: [] } };
      ending.abort();
      throw new InterpreterFault('INTERPRETER_CANCELLED', 'x');
    };
    const files = Array(3).fill({ workspace_path: 'a' });
    const reply = await use('copy_to_interpreter', { files }, { signal: ending.signal });
    expect(calls).toHaveLength(2);
    expect(textOf(reply)).toMatch(/^"a" was copied to "a": 1 bytes\.\nThis was cancelled/);
    expect(reply.isError).toBe(true);
  });
});

describe('copying from the interpreter', () => {
  function file(resource: NonNullable<Result['content'][number]['resource']>): void {
    answer = () => ({ result: { content: [{ type: 'resource', resource }] } });
  }

  test('writes bytes and text as they are, and makes folders', async () => {
    file({ type: 'blob', uri: 'file:///plot.png', blob: PNG });
    await use('copy_from_interpreter', {
      files: [{ interpreter_path: 'plot.png', workspace_path: 'out/of/it/plot.png' }],
    });
    expect(readFileSync(join(workspace, 'out/of/it/plot.png'))).toEqual(PNG);
    file({ type: 'text', uri: 'file:///a.csv', text: 'ä,b\r\n' });
    const reply = await use('copy_from_interpreter', { files: [{ interpreter_path: 'a.csv' }] });
    expect(readFileSync(join(workspace, 'a.csv'), 'utf8')).toBe('ä,b\r\n');
    expect(textOf(reply)).toBe('"a.csv" was copied to "a.csv": 6 bytes.');
    expect(calls.map(({ args }) => args.paths)).toEqual([['plot.png'], ['a.csv']]);
  });

  test('replaces a file as a whole, and leaves no other beside it', async () => {
    writeFileSync(join(workspace, 'a'), 'a longer text than the new one');
    file({ type: 'text', text: 'new' });
    await use('copy_from_interpreter', { files: [{ interpreter_path: 'a' }] });
    expect(readFileSync(join(workspace, 'a'), 'utf8')).toBe('new');
    expect(readdirSync(workspace)).toEqual(['a']);
  });

  test.each(['755', '600', '666'])('keeps the mode of a file that it replaces: %s', async (octal) => {
    const mode = Number.parseInt(octal, 8);
    const path = join(workspace, 'run.sh');
    writeFileSync(path, 'old');
    chmodSync(path, mode);
    file({ type: 'text', text: 'new' });
    await use('copy_from_interpreter', { files: [{ interpreter_path: 'run.sh' }] });
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o7777).toBe(mode);
  });

  test('writes nothing outside of the workspace, nothing protected, and over no folder', async () => {
    file({ type: 'text', text: 'evil' });
    symlinkSync(join(root, 'target'), join(workspace, 'link'));
    symlinkSync(root, join(workspace, 'up'));
    mkdirSync(join(workspace, 'folder'));
    writeFileSync(join(workspace, 'file'), '');
    const paths = [
      '../a',
      '/tmp/a',
      'link',
      'up/a',
      '.git/hooks/pre-commit',
      '.claude/settings.json',
      'folder',
      'file/a',
    ];
    const reply = await use('copy_from_interpreter', {
      files: paths.map((workspace_path) => ({ interpreter_path: 'a', workspace_path })),
    });
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).not.toContain('was copied to');
    expect(readdirSync(workspace).sort()).toEqual(['file', 'folder', 'link', 'up']);
    expect(existsSync(join(root, 'a')) || existsSync(join(root, 'target'))).toBe(false);
  });

  test('says when the interpreter has no such file', async () => {
    const reply = await use('copy_from_interpreter', { files: [{ interpreter_path: 'a' }] });
    expect(textOf(reply)).toBe('"a" was not copied: the interpreter sent no file.');
    expect(readdirSync(workspace)).toEqual([]);
  });

  test('says in its place that the session is new, also of a file that is not there', async () => {
    answer = () => ({
      result: { content: calls.length === 2 ? [] : [{ type: 'resource', resource: { type: 'text', text: 'x' } }] },
      renewed: calls.length === 2,
    });
    const files = ['a', 'b', 'c'].map((interpreter_path) => ({ interpreter_path }));
    expect(textOf(await use('copy_from_interpreter', { files })).split('\n')).toEqual([
      '"a" was copied to "a": 1 bytes.',
      expect.stringMatching(/^Note: the session/),
      '"b" was not copied: the interpreter sent no file.',
      '"c" was copied to "c": 1 bytes.',
    ]);
  });

  test('refuses a file that is too large', async () => {
    file({ type: 'blob', blob: new Uint8Array(MAX_COPY_BYTES + 1) });
    expect(textOf(await use('copy_from_interpreter', { files: [{ interpreter_path: 'a' }] }))).toContain(
      'at most 10485760 are copied',
    );
    expect(readdirSync(workspace)).toEqual([]);
  });
});
