import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScriptedReply } from '../../bin/local/model/model-script';
import { describeWith } from '../bin/local/support/programs';
import { AgentFixture, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';
import { LocalInterpreter } from './support/local-interpreter';

const PLOT = `
import base64
png = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')
open('plot.png', 'wb').write(png)
`;

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
});
