import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Commands } from '../../../bin/image-check/commands';
import { CheckFailed } from '../../../bin/image-check/failure';

describe('Commands', () => {
  let directory: string;
  let interruption: AbortController;
  let commands: Commands;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'image-check-commands-'));
    interruption = new AbortController();
    commands = new Commands(directory, interruption.signal);
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const node = (script: string, options = {}): Promise<string> =>
    commands.run(process.execPath, ['-e', script], options);

  it('returns what was written to standard output and keeps both outputs in the log', async () => {
    const output = await node('console.log("out"); console.error("err")', { log: 'step.log' });

    expect(output).toBe('out');
    expect(readFileSync(join(directory, 'step.log'), 'utf8').split('\n').sort()).toEqual(['', 'err', 'out']);
  });

  it('gives arguments to the program as they are, past any shell', async () => {
    const argument = '$(id); "quoted" > file';

    expect(await commands.run(process.execPath, ['-p', 'process.argv[1]', argument])).toBe(argument);
  });

  it('tells the exit code, the last lines and the log of a failure', async () => {
    const failure = node('console.error("no space left"); process.exitCode = 7', { name: 'debootstrap', log: 'a.log' });

    await expect(failure).rejects.toThrow(CheckFailed);
    await expect(failure).rejects.toThrow(/^debootstrap ended with exit code 7; it said last:\n {2}no space left/);
    await expect(failure).rejects.toThrow(join(directory, 'a.log'));
  });

  it('tells which program could not be started', async () => {
    await expect(commands.run('no-such-program', [])).rejects.toThrow(
      /^no-such-program could not be started: .*ENOENT/,
    );
  });

  it('ends a program with everything it has started when it is interrupted', async () => {
    const parent = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      child.once('spawn', () => require('node:fs').writeFileSync(${JSON.stringify(join(directory, 'ready'))}, ''));
    `;
    const running = node(parent);
    await appearance(join(directory, 'ready'));

    interruption.abort(new Error('interrupted by SIGINT'));

    // It settles only when the child, which holds the output open, has ended too.
    await expect(running).rejects.toThrow('interrupted by SIGINT');
  });

  it('starts nothing more after an interruption but what cleans up', async () => {
    interruption.abort(new Error('interrupted by SIGTERM'));

    await expect(node('')).rejects.toThrow('interrupted by SIGTERM');
    await expect(commands.forCleanup().run(process.execPath, ['-p', '1 + 1'])).resolves.toBe('2');
  });
});

async function appearance(file: string): Promise<void> {
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
}
