import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApp, type FakeRuntime } from './support/fake-app';
import { LocalCommand } from './support/local-command';
import { send } from './support/signed-fetch';
import { isRunning, waitUntil } from './support/wait-until';

/** Synthesizing and starting takes long on a machine that does other things. */
jest.setTimeout(150_000);

let state: string;
let app: FakeApp;
let commands: LocalCommand[];

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'local-command-'));
  commands = [];
});

afterEach(async () => {
  for (const { child } of commands) child.kill('SIGTERM');
  await Promise.all(commands.map(({ ended }) => ended));
  app.remove();
  rmSync(state, { recursive: true, force: true });
});

function start(args: readonly string[] = [], runtimes?: FakeRuntime[]): LocalCommand {
  app = new FakeApp(runtimes);
  const command = new LocalCommand({ directory: app.directory, args: ['--state', state, ...args] });
  commands.push(command);
  return command;
}

interface Family {
  readonly runner: number;
  /** The agent and a child of it. */
  readonly agents: readonly number[];
}

/** Starts a run with one session whose agent has a child, which is what the Claude process is to a real agent. */
async function startFamily(environment: Record<string, string> = {}): Promise<[LocalCommand, Family]> {
  const command = start([], [{ properties: { EnvironmentVariables: environment } }]);
  const { pid, url } = await command.ready(state);
  const reply = await send(`${url}/invocations`, {
    headers: { 'x-amzn-bedrock-agentcore-runtime-session-id': 'session-of-the-local-command-tests-01' },
    body: '{"do":"child"}',
  });
  const agent = JSON.parse(reply.text) as { pid: number; child: number };
  return [command, { runner: pid, agents: [agent.pid, agent.child] }];
}

const allGone = (pids: readonly number[]): Promise<void> => waitUntil(() => !pids.some(isRunning));

describe('npm start', () => {
  it('prints the address, how to call the agent, and which model answers', async () => {
    const command = start();
    const { url } = await command.ready(state);
    await waitUntil(() => command.text.includes('stop with Ctrl-C'));

    expect(command.text).toContain('model: scripted, not Claude, because');
    expect(command.text).toMatch(/^ready http:\/\/localhost:\d+$/m);
    expect(url.split(':').at(-1)).toBe(/^ready http:\/\/localhost:(\d+)$/m.exec(command.text)?.[1]);
    expect(command.text).toMatch(/X-Amzn-Bedrock-AgentCore-Runtime-Session-Id: [0-9a-f-]{36}'/);
    expect(command.text).toMatch(/^metrics of the agents: http:\/\/localhost:\d+\/metrics$/m);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops its agents in order at %s and exits with 0',
    async (signal) => {
      const [command, { runner, agents }] = await startFamily();
      process.kill(runner, signal);

      expect(await command.ended).toBe(0);
      await allGone([runner, ...agents]);
      expect(existsSync(join(state, 'up.json'))).toBe(false);
      expect(command.text).toContain('but not used in this run: bedrock:InvokeModel');
    },
  );

  it('leaves nothing behind when it is killed', async () => {
    const [command, { runner, agents }] = await startFamily({ FAKE_SIGTERM: 'ignore' });
    process.kill(runner, 'SIGKILL');
    await command.ended;

    await allGone([runner, ...agents]);
  });

  it('stops when the process that started it is killed', async () => {
    const [command, { runner, agents }] = await startFamily();
    command.child.kill('SIGKILL');

    await allGone([runner, ...agents]);
    expect(existsSync(join(state, 'up.json'))).toBe(false);
  });

  it('does not wait for stubborn agents after a second signal', async () => {
    const [command, { runner, agents }] = await startFamily({ FAKE_SIGTERM: 'ignore' });
    process.kill(runner, 'SIGINT');
    await waitUntil(() => command.text.includes('stopping'));
    // The terminal and npm deliver the first signal twice, at once; the second of a person comes later.
    process.kill(runner, 'SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(agents.map(isRunning)).toEqual([true, true]);
    process.kill(runner, 'SIGINT');

    expect(await command.ended).toBe(130);
    await allGone(agents);
  });

  it('exits with 2 and its usage at a mistake in the command', async () => {
    const command = start(['--fast']);

    expect(await command.ended).toBe(2);
    expect(command.text).toContain("Unknown option '--fast'");
    expect(command.text).toContain('usage: npm start');
  });

  it('exits with 1 and one sentence when the app cannot be run', async () => {
    const command = start([], [{ properties: { ProtocolConfiguration: 'MCP' } }]);

    expect(await command.ended).toBe(1);
    expect(command.text).toContain('its protocol is MCP; HTTP and AGUI are run locally');
    expect(command.text).not.toMatch(/^\s+at /m);
  });
});
