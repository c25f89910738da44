import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interpreters } from '../../../../bin/local/interpreter/interpreters';
import { readToolInput } from '../../../../bin/local/interpreter/tool-input';
import { describeWith } from '../support/programs';
import { TestInterpreter, WatchedGroups } from '../support/test-interpreter';
import { waitUntil } from '../support/wait-until';

const PNG = 'iVBORw0KGgo=';

describeWith('bwrap', 'bubblewrap', 'a session', () => {
  let session: TestInterpreter;

  beforeEach(async () => {
    session = await new TestInterpreter().start();
  });

  afterEach(() => session.stop());

  describe('with Python', () => {
    it('keeps variables, shows the last value, and tells output from errors', async () => {
      await session.python('import sys\nx = 20');
      expect(await session.python('print("out")\nprint("err", file=sys.stderr)\nx + 1')).toEqual({
        stdout: 'out\n21\n',
        stderr: 'err',
        exitCode: 0,
        isError: false,
        images: [],
      });
    });

    it('tells what went wrong where, without frames of its own', async () => {
      const failed = await session.python('def f():\n    return 1 / 0\nf()');

      expect(failed).toMatchObject({ exitCode: 1, isError: true });
      expect(failed.stderr).toBe(
        'Traceback (most recent call last):\n  File "<code>", line 3, in <module>\n  File "<code>", line 2, in f\n' +
          'ZeroDivisionError: division by zero',
      );
      expect((await session.python('x =')).stderr).toContain('SyntaxError');
      expect(await session.python('import sys; sys.exit(3)')).toMatchObject({ exitCode: 3, isError: true });
    });

    it('waits at the top, runs programs and hears what they say', async () => {
      const { stdout } = await session.python(
        'import asyncio, subprocess\nawait asyncio.sleep(0)\nsubprocess.run(["echo", "from below"])\nawait asyncio.sleep(0, "later")',
      );

      expect(stdout).toContain('from below\n');
      expect(stdout).toContain("'later'\n");
    });

    it('works in several processes, and talks between them', async () => {
      const { stdout, stderr } = await session.python(`
import asyncio, multiprocessing, socket, threading
pool = multiprocessing.get_context('fork').Pool(2)
print(pool.map(abs, [-1, -2]))
pool.terminate()
async def answer(reader, writer):
    writer.write(await reader.readline())
    writer.close()
server = await asyncio.start_server(answer, '127.0.0.1', 0)
for _ in range(50):
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b'heard\\n')
    line = await reader.read()
    writer.close()
print(line)`);

      expect({ stdout, stderr }).toEqual({ stdout: "[1, 2]\nb'heard\\n'\n", stderr: '' });
    });

    it('begins anew when asked to', async () => {
      await session.python('x = 1');

      expect((await session.python('x', { clearContext: true })).stderr).toContain(
        "NameError: name 'x' is not defined",
      );
    });

    it('gives open figures back as images, and closes them', async () => {
      // Stands for the library: what is asked of it is all that the session knows of it.
      await session.command('mkdir matplotlib && touch matplotlib/__init__.py');
      await session.invoke('writeFiles', {
        content: [
          {
            path: 'matplotlib/pyplot.py',
            text: `
import base64
open_figures = [1, 2]
class Figure:
    def savefig(self, file, format):
        assert format == 'png'
        file.write(base64.b64decode('${PNG}'))
def get_fignums(): return list(open_figures)
def figure(number): return Figure()
def close(which): open_figures.clear()
`,
          },
        ],
      });

      expect((await session.python('import matplotlib.pyplot')).images).toEqual([PNG, PNG]);
      expect((await session.python('1')).images).toEqual([]);
    });

    it('is not confused by a copy that the code makes of it', async () => {
      await session.python('import os\npid = os.fork()');

      expect((await session.python('os.waitpid(pid, 0)[1]')).stdout).toBe('0\n');
      expect((await session.python('"once"')).stdout).toBe("'once'\n");
    });

    it('runs one piece at a time', async () => {
      const [first, second] = await Promise.all([
        session.python('import time; time.sleep(0.3); "first"'),
        session.python('"second"'),
      ]);

      expect(first.stdout).toBe("'first'\n");
      expect(second).toMatchObject({ isError: true, stderr: expect.stringContaining('still running') as string });
    });
  });

  describe('with JavaScript', () => {
    it('keeps names, lets them be declared again, waits at the top, and shows the last value', async () => {
      await session.javascript('const x = 1; let y = { a: [1] }; console.error("careful")');
      await session.javascript('const x = await Promise.resolve(2);');

      expect(await session.javascript('console.log("out"); ({ x, y })')).toMatchObject({
        stdout: 'out\n{ x: 2, y: { a: [ 1 ] } }\n',
        exitCode: 0,
      });
      expect((await session.javascript('require("node:path").join("a", "b")')).stdout).toBe("'a/b'\n");
      expect((await session.javascript('10n ** 20n')).stdout).toBe('100000000000000000000n\n');
    });

    it('understands TypeScript', async () => {
      expect((await session.javascript('const add = (a: number): number => a + 1; add(1)', 'typescript')).stdout).toBe(
        '2\n',
      );
    });

    it('tells what went wrong and goes on', async () => {
      expect(await session.javascript('null.x')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('TypeError') as string,
      });
      expect((await session.javascript('throw 5')).stderr).toContain('5');
      expect((await session.javascript('let = ;')).stderr).toContain('SyntaxError');
      await session.javascript('setTimeout(() => { throw new Error("later") }, 0)');
      expect((await session.javascript('"alive"')).stdout).toContain("'alive'\n");
    });
  });

  it('runs commands in its directory, each in a shell of its own', async () => {
    expect(await session.command('cd /tmp; x=1; pwd; exit 4')).toMatchObject({ stdout: '/tmp\n', exitCode: 4 });
    expect((await session.command('pwd; echo "[$x]"')).stdout).toBe('/work\n[]\n');
    expect((await session.command('sleep 1000 & echo started')).stdout).toBe('started\n');
  });

  it('shares one directory of files between code, commands and the caller', async () => {
    const blob = Buffer.from([0, 1, 2, 255]).toString('base64');
    const wrote = await session.invoke('writeFiles', {
      content: [
        { path: 'deep/table.csv', text: 'a,b\n1,ü\n' },
        { path: 'raw', blob },
      ],
    });
    expect(wrote).toEqual({ content: [{ type: 'text', text: 'wrote 2 files' }], isError: false });
    expect((await session.command('cat deep/table.csv | tail -1')).stdout).toBe('1,ü\n');
    await session.python('open("image.png", "wb").write(bytes([137, 80, 78, 71, 0]))');

    const read = await session.invoke('readFiles', { paths: ['deep/table.csv', 'raw', 'image.png'] });
    expect(read.content).toEqual([
      {
        type: 'resource',
        resource: { type: 'text', uri: 'file:///deep/table.csv', mimeType: 'text/csv', text: 'a,b\n1,ü\n' },
      },
      { type: 'resource', resource: { type: 'blob', uri: 'file:///raw', mimeType: 'application/octet-stream', blob } },
      {
        type: 'resource',
        resource: { type: 'blob', uri: 'file:///image.png', mimeType: 'image/png', blob: 'iVBORwA=' },
      },
    ]);
    expect((await session.invoke('listFiles', {})).content).toEqual([
      { type: 'resource_link', name: 'deep', uri: 'file:///deep', description: 'Directory' },
      { type: 'resource_link', name: 'image.png', uri: 'file:///image.png', description: 'File', size: 5 },
      { type: 'resource_link', name: 'raw', uri: 'file:///raw', description: 'File', size: 4 },
    ]);
    expect((await session.invoke('listFiles', { directoryPath: 'deep' })).content).toHaveLength(1);

    expect(await session.invoke('removeFiles', { paths: ['deep', 'raw', 'none'] })).toEqual({
      content: [
        { type: 'text', text: 'removed 2 files' },
        { type: 'text', text: "'none': No such file or directory" },
      ],
      isError: true,
    });
    expect((await session.command('ls')).stdout).toBe('image.png\n');
  });

  it('carries files of many megabytes', async () => {
    const text = 'x'.repeat(20_000_000);
    await session.invoke('writeFiles', { content: [{ path: 'large', text }] });
    const { content } = await session.invoke('readFiles', { paths: ['large'] });

    expect((content[0]?.resource as { text: string }).text === text).toBe(true);
  });

  it('runs commands in the background, tells how far they are, and stops them', async () => {
    const begin = async (command: string): Promise<string> =>
      (await session.invoke('startCommandExecution', { command })).structuredContent?.taskId ?? '';
    const state = async (taskId: string): Promise<object | undefined> =>
      (await session.invoke('getTask', { taskId })).structuredContent;
    const [quick, failing, endless] = [
      await begin('echo done'),
      await begin('echo bad >&2; exit 3'),
      await begin('echo begun; sleep 1000'),
    ];

    await waitUntil(async () => JSON.stringify(await state(quick)).includes('completed'));
    expect(await state(quick)).toMatchObject({ taskStatus: 'completed', stdout: 'done\n', exitCode: 0 });
    await waitUntil(async () => JSON.stringify(await state(failing)).includes('failed'));
    expect(await state(failing)).toMatchObject({ taskStatus: 'failed', stderr: 'bad', exitCode: 3 });
    await waitUntil(async () => JSON.stringify(await state(endless)).includes('begun'));
    expect(await state(endless)).toMatchObject({ taskStatus: 'working', stdout: 'begun\n' });

    expect((await session.invoke('stopTask', { taskId: endless })).structuredContent).toMatchObject({
      taskStatus: 'canceled',
      stdout: 'begun\n',
    });
    expect(await state(endless)).toMatchObject({ taskStatus: 'canceled' });
    await expect(state('other')).rejects.toMatchObject({ status: 404, code: 'ResourceNotFoundException' });
  });

  it('tells of a sandbox that goes away in the middle, and is over then', async () => {
    const call = session.command('sleep 1000');
    await session.command('true');
    for (const group of session.reaper.groups) process.kill(-group, 'SIGKILL');

    await expect(call).rejects.toThrow();
    await waitUntil(() => session.status() === 'TERMINATED');
    await expect(session.command('true')).rejects.toMatchObject({ status: 404, code: 'ResourceNotFoundException' });
  });

  it('is over when its time is', async () => {
    const short = await new TestInterpreter().start(1);
    await waitUntil(() => short.status() === 'TERMINATED');

    expect(short.reaper.groups.size).toBe(0);
  });

  it('is one of eight at most', async () => {
    for (let count = 1; count < 8; count++) await session.interpreters.start('other', 900);

    await expect(session.interpreters.start('other', 900)).rejects.toMatchObject({
      status: 402,
      code: 'ServiceQuotaExceededException',
    });
    await session.stop();
    expect(session.reaper.groups.size).toBe(0);
  });

  it('leaves nothing running, however often one is started and stopped at once', async () => {
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        const { id } = await session.interpreters.start('other', 900);
        await session.interpreters.stop('other', id);
      }),
    );

    expect(session.reaper.groups.size).toBe(1);
  });
});

describe('without bubblewrap', () => {
  const start = async (options: { allowUnsandboxed: boolean; bwrap: string | undefined }): Promise<unknown> =>
    new Interpreters({ ...options, reaper: new WatchedGroups() }).start('i', 900);

  it('no code runs, and one sentence says what to do', async () => {
    await expect(start({ allowUnsandboxed: false, bwrap: undefined })).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(
        /^bubblewrap, .* is not installed .*apt-get install bubblewrap\); .*--unsandboxed-code/,
      ) as string,
    });
  });

  it('that works, no code runs either, and what it says is passed on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-bwrap-'));
    const program = join(folder, 'bwrap');
    writeFileSync(program, '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2; exit 1\n', {
      mode: 0o755,
    });
    try {
      // Whom the sandbox would belong to has to be able to start it.
      chmodSync(folder, 0o755);
      await expect(start({ allowUnsandboxed: true, bwrap: program })).rejects.toMatchObject({
        status: 500,
        message: 'the sandbox for code cannot be made: bwrap: No permissions to create new namespace',
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describeWith('python3', 'python3', 'and with --unsandboxed-code', () => {
    it('code runs, and its files go with it', async () => {
      const session = await new TestInterpreter({ callSeconds: 2 }, { unsandboxed: true }).start();
      const directory = (await session.command('pwd')).stdout.trim();
      await session.python('x = 1');

      expect((await session.python('x + 1')).stdout).toBe('2\n');
      expect((await session.javascript('1 + 1')).stdout).toBe('2\n');
      expect((await session.command('sleep 1000')).exitCode).toBe(137);
      await session.invoke('writeFiles', { content: [{ path: 'a/b', text: 'c' }] });
      expect(readdirSync(directory)).toEqual(['a']);
      expect((await session.invoke('readFiles', { paths: ['../x', '/etc/passwd'] })).content).toMatchObject([
        { type: 'text' },
        { type: 'text' },
      ]);
      await session.stop();
      await waitUntil(() => !existsSync(directory));
    });
  });
});

describe('the arguments of a tool', () => {
  it.each<[string, unknown, unknown]>([
    ['name is "format"', 'format', {}],
    ['executeCode needs the argument code', 'executeCode', { language: 'python' }],
    ['language is "ruby"', 'executeCode', { code: 'x', language: 'ruby' }],
    ['runtime is "deno"', 'executeCode', { code: 'x', language: 'javascript', runtime: 'deno' }],
    ['executeCommand needs the argument command', 'executeCommand', { command: '' }],
    ['readFiles needs the argument paths, a list that is not empty', 'readFiles', { paths: [] }],
    ['a path is 5', 'removeFiles', { paths: [5] }],
    ['writeFiles needs the argument content', 'writeFiles', {}],
    ['each content needs a text or a blob', 'writeFiles', { content: [{ path: 'a' }] }],
    ['each content needs a text or a blob', 'writeFiles', { content: [{ path: 'a', text: '', blob: '' }] }],
    ['getTask needs the argument taskId', 'getTask', {}],
    ['"x" is not a JSON object', 'getTask', 'x'],
  ])('are refused: %s', (message, name, args) => {
    expect(() => readToolInput(Buffer.from(JSON.stringify({ name, arguments: args })))).toThrow(message);
  });

  it('are refused when they are no JSON', () => {
    expect(() => readToolInput(Buffer.from('{'))).toThrow('the body is not JSON');
  });
});
