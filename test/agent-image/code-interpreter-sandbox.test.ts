import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_TOOL_RESULT_CHARACTERS } from '../../agent-image/src/protocol';
import type { ContentBlock, ScriptedReply } from '../../bin/local/model/model-script';
import { describeWith } from '../bin/local/support/programs';
import { processesWith } from '../bin/local/support/test-interpreter';
import { AgentFixture, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';
import { LocalInterpreter } from './support/local-interpreter';

// 10 GB take their time on a busy machine.
jest.setTimeout(90_000);

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PLOT = `import base64; open('plot.png', 'wb').write(base64.b64decode('${PNG}'))`;

interface ImageBlock extends ContentBlock {
  readonly source: { readonly data: string };
}

describeWith('bwrap', 'bubblewrap', 'the interpreter of the local run, told what to do by the model', () => {
  let root: string;
  let workspace: string;
  let model: ScriptedModel;
  let interpreter: LocalInterpreter;
  let agent: AgentFixture;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'sandbox-test-'));
    workspace = join(root, 'workspace');
    mkdirSync(workspace);
    interpreter = await LocalInterpreter.start();
    model = await startScriptedModel(() => ({ kind: 'message', text: 'Done.' }));
    agent = await AgentFixture.start(model, {
      AGENT_CODE_INTERPRETER_ID: 'aws.codeinterpreter.v1',
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: interpreter.url,
      // Nobody answers questions here.
      AGENT_PERMISSION_MODES: 'bypass',
      AGENT_WORKSPACE_DIR: workspace,
    });
  });
  afterEach(async () => {
    await agent.dispose();
    await model.close();
    await interpreter.close();
    rmSync(root, { recursive: true, force: true });
  });

  /** Results of these calls, made in one turn, one after the other. */
  async function results(...uses: readonly (readonly [string, object])[]): Promise<string[]> {
    const left = [...uses];
    model.script = (): ScriptedReply => {
      const [name, input] = left.shift() ?? [];
      return name === undefined
        ? { kind: 'message', text: 'Done.' }
        : { kind: 'message', toolUses: [{ name: `mcp__ci__${name}`, input }] };
    };
    const { tool_calls } = await agent.ask('Go on.');
    return tool_calls.map(({ result }) => result ?? '');
  }

  /** Images among the results that the model was sent, in base64. */
  function imagesForModel(): string[] {
    const messages = model.requests.at(-1)?.body.messages ?? [];
    const inside = (content: ContentBlock['content']): readonly ContentBlock[] =>
      typeof content === 'string' ? [] : (content ?? []);
    return messages
      .flatMap(({ content }) => inside(content))
      .flatMap(({ content }) => inside(content))
      .filter((block): block is ImageBlock => block.type === 'image')
      .map(({ source }) => source.data);
  }

  test('runs Python and a command, and brings a CSV file and an image back', async () => {
    writeFileSync(join(workspace, 'in.csv'), 'a,b\n1,2\n3,4\n');
    const [copied, summed, listed, read, plotted, seen, back] = await results(
      ['copy_to_interpreter', { files: [{ workspace_path: 'in.csv' }] }],
      [
        'execute_code',
        {
          code: "import csv\nrows = list(csv.DictReader(open('in.csv')))\ntotal = sum(int(row['b']) for row in rows)\nopen('out.csv', 'w').write(f'total\\n{total}\\n')\nprint(total)",
        },
      ],
      ['list_files', {}],
      ['execute_command', { command: 'tail -n 1 out.csv' }],
      ['execute_code', { code: PLOT }],
      ['read_files', { paths: ['plot.png'] }],
      ['copy_from_interpreter', { files: [{ interpreter_path: 'out.csv', workspace_path: 'results/out.csv' }] }],
    );
    expect(copied).toBe('"in.csv" was copied to "in.csv": 12 bytes.');
    expect(summed).toMatch(/^6\b/);
    expect(listed).toContain('File in.csv (12 bytes)\nFile out.csv (8 bytes)');
    expect(read?.trim()).toBe('6');
    expect(plotted).not.toContain('Error');
    expect(seen).toBe('[image]');
    expect(imagesForModel()).toEqual([PNG]);
    expect(back).toBe('"out.csv" was copied to "results/out.csv": 8 bytes.');
    expect(readFileSync(join(workspace, 'results', 'out.csv'), 'utf8')).toBe('total\n6\n');
    await agent.stop();
    expect(interpreter.sessions).toEqual(['TERMINATED']);
  });

  test('goes on with a command in the background until it is stopped', async () => {
    const [started = ''] = await results(['start_command', { command: 'echo begun; sleep 100' }]);
    const [, task_id] = /^task_id: (.+)$/m.exec(started) ?? [];
    await waitUntil(async () =>
      /begun[\s\S]*status: working/.test((await results(['get_task', { task_id }]))[0] ?? ''),
    );
    await results(['stop_task', { task_id }]);
    await waitUntil(async () => /status: canceled/.test((await results(['get_task', { task_id }]))[0] ?? ''));
  });

  test('may end between calls and in the middle of one: the agent carries on with another one', async () => {
    await results(['execute_code', { code: 'x = 41' }]);
    await interpreter.endSessions();
    const [renewed] = await results(['execute_code', { code: "print('x' in globals(), 6 * 7)" }]);
    expect(renewed).toMatch(/^Note: the session .* has ended[\s\S]*\nFalse 42/);

    const dying = results(['execute_command', { command: 'sleep 100' }], ['execute_code', { code: 'print(6 * 7)' }]);
    const calls = interpreter.invocations;
    await waitUntil(() => interpreter.invocations > calls);
    await interpreter.endSessions();
    const [lost, after] = await dying;
    expect(lost).toMatch(/^The session of the code interpreter ended while this ran/);
    expect(after).toMatch(/^Note: the session .* has ended[\s\S]*\n42/);
    expect(interpreter.sessions).toEqual(['TERMINATED', 'TERMINATED', 'READY']);
  });

  test('is free for the next call when a turn was cancelled while code ran', async () => {
    const mark = randomUUID();
    const code = `import subprocess; subprocess.run(['bash', '-c', 'exec -a ${mark} sleep 1000'])`;
    const running = results(['execute_code', { code }]);
    await waitUntil(() => processesWith(mark) > 0);
    await agent.post({ action: 'cancel' });
    await running;
    await waitUntil(() => processesWith(mark) === 0);

    const [after] = await results(['execute_code', { code: 'print(6 * 7)' }]);
    expect(after).toMatch(/^Note: the session .* has ended[\s\S]*\n42/);
    expect(interpreter.sessions).toEqual(['TERMINATED', 'READY']);
    expect(agent.logged('the code interpreter session is gone')).toMatchObject({ code: 'INTERPRETER_CANCELLED' });
  });

  describe('attacked by its code, leaves the machine as it was and goes on:', () => {
    /** What still has to be so after every attack. */
    async function isWell(): Promise<void> {
      const [answer] = await results(['execute_command', { command: 'echo alive' }]);
      expect(answer).toContain('alive');
      expect(await agent.ping()).toMatchObject({ status: 'Healthy' });
      expect(agent.stderr).toBe('');
    }

    test('rm -rf /', async () => {
      writeFileSync(join(workspace, 'kept.txt'), 'of the person');
      const entries = readdirSync('/');
      const [removed] = await results(['execute_command', { command: 'rm -rf --no-preserve-root / 2>&1 | tail -n 1' }]);
      expect(removed).toMatch(/cannot remove|Read-only|Permission denied|busy/);
      expect(readFileSync(join(workspace, 'kept.txt'), 'utf8')).toBe('of the person');
      expect(readdirSync('/')).toEqual(entries);
      await isWell();
    });

    test('a fork bomb', async () => {
      const mark = randomUUID();
      const bomb = `exec -a ${mark} bash -c 'bomb() { bomb | bomb & }; bomb; for ((i = 0; i < 500000; i++)); do :; done'`;
      const [exploded] = await results(['execute_command', { command: bomb }]);
      expect(exploded).toMatch(/Resource temporarily unavailable/);
      await results(['execute_command', { command: 'kill -9 -1' }]);
      await isWell();
      await interpreter.endSessions();
      await waitUntil(() => processesWith(mark) === 0);
    });

    test('10 GB of output', async () => {
      const [flood = ''] = await results([
        'execute_command',
        { command: `exec python3 -c 'import os; [os.write(1, b"x" * 1_000_000) for _ in range(10_000)]'` },
      ]);
      expect(flood.length).toBeLessThan(MAX_TOOL_RESULT_CHARACTERS);
      expect(flood).toContain('characters are left out here');
      expect(flood).toContain('the output was longer; only its beginning is kept');
      await isWell();
    });

    test('reading /etc/passwd', async () => {
      const lines = readFileSync('/etc/passwd', 'utf8').split('\n').filter(Boolean);
      const told = await results(
        ['execute_command', { command: 'cat /etc/passwd /work/../etc/passwd /proc/1/root/etc/passwd' }],
        ['execute_code', { code: "print(open('/etc/passwd').read())" }],
        ['execute_command', { command: 'ln -s /etc/passwd link; ln -s / root' }],
        ['read_files', { paths: ['/etc/passwd', 'link', 'root/etc/passwd', '../etc/passwd'] }],
        ['copy_from_interpreter', { files: [{ interpreter_path: 'link', workspace_path: 'stolen' }] }],
      );
      expect(told).toHaveLength(5);
      expect(told[0]).toMatch(/\/etc\/passwd: No such file/);
      expect(lines.filter((line) => told.join('\n').includes(line))).toEqual([]);
      expect(existsSync(join(workspace, 'stolen'))).toBe(false);
      await isWell();
    });

    test('a connection to loopback', async () => {
      let connections = 0;
      const listener = createServer((socket) => {
        connections += 1;
        socket.end('reached');
      });
      listener.listen(0, '127.0.0.1');
      await once(listener, 'listening');
      const ports = [(listener.address() as AddressInfo).port, ...[model.url, interpreter.url, agent.url].map(portOf)];
      const code = `
import socket
for port in ${JSON.stringify(ports)}:
    try:
        socket.create_connection(('127.0.0.1', port), 2); print('reached')
    except OSError as error:
        print(error.strerror)`;
      const [python, bash] = await results(
        ['execute_code', { code }],
        ['execute_command', { command: `: < /dev/tcp/127.0.0.1/${String(ports[0])}` }],
      );
      expect(python?.match(/Connection refused/g)).toHaveLength(ports.length);
      expect(python).not.toContain('reached');
      expect(bash).toContain('Connection refused');
      expect(connections).toBe(0);
      listener.close();
      await isWell();
    });
  });
});

function portOf(url: string): number {
  return Number(new URL(url).port);
}
