import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_FAILURES } from '../../agent-image/src/protocol';
import { AgentFixture, gate, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';

let model: ScriptedModel;

beforeEach(async () => {
  model = await startScriptedModel(() => ({ kind: 'message', text: 'here' }));
});

afterEach(async () => {
  await model.close();
});

describe('credentials that are missing', () => {
  it('fail the run and not the session', async () => {
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    const agent = await AgentFixture.start(model, none);
    for (const prompt of ['hello', 'again']) {
      expect(await agent.ask(prompt)).toMatchObject({
        ...{ status: 'error', response: '' },
        error: { code: 'MODEL_ACCESS_DENIED', message: RUN_FAILURES.MODEL_ACCESS_DENIED },
      });
    }
    expect(model.requests).toEqual([]);
    await agent.dispose();
    expect(agent.stderr).toBe('');
  });
});

describe('a directory that cannot be written', () => {
  it.each(['CLAUDE_CONFIG_DIR', 'AGENT_WORKSPACE_DIR'])('as %s ends the agent at its start', async (variable) => {
    const agent = await AgentFixture.start(model, { [variable]: '/dev/null/directory' });
    expect(await agent.exitCode()).toBe(1);
    expect(agent.logLines).toEqual([
      expect.objectContaining({
        level: 'error',
        message: `The agent cannot write to /dev/null/directory (ENOTDIR): set ${variable} to a directory that this user may write to.`,
      }),
    ]);
    await agent.dispose();
    expect(agent.stderr).toBe('');
  });
});

/** Only who may mount can have a disk that is full; the tests of the image run as such a user. */
const canMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0;

(canMount ? describe : describe.skip)('a disk that is full', () => {
  let root: string;
  let agent: AgentFixture;
  let disk: string;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'agent-disk-'));
    mkdirSync(join(root, 'disk'));
    agent = await AgentFixture.start(model, {
      CLAUDE_CONFIG_DIR: join(root, 'disk', 'config'),
      NODE_OPTIONS: `--import=${join(__dirname, 'support', 'small-disk.mjs')}`,
      SMALL_DISK: join(root, 'disk'),
    });
    disk = join('/proc', readFileSync(join(root, 'disk.pid'), 'utf8'), 'root', root, 'disk');
  });

  afterEach(async () => {
    await agent.dispose();
    rmSync(root, { recursive: true, force: true });
  });

  function fill(): void {
    for (let index = 0; ; index += 1) {
      try {
        writeFileSync(join(disk, `filler-${index}`), 'x'.repeat(4096));
      } catch {
        return;
      }
    }
  }

  function empty(): void {
    for (const name of readdirSync(disk).filter((file) => file.startsWith('filler'))) rmSync(join(disk, name));
  }

  it('before a run is told with its answer, and the next run is kept when there is space again', async () => {
    await agent.ask('hello');
    fill();
    const notKept = { type: 'CUSTOM', name: 'session.not_kept', value: { reason: 'disk_full' } };
    expect(await agent.events('again')).toEqual(
      expect.arrayContaining([notKept, expect.objectContaining({ outcome: { type: 'success' } })]),
    );
    expect(agent.logged('the session cannot be kept')).toMatchObject({ level: 'error', reason: 'disk_full' });
    empty();
    const events = await agent.events('once more');
    expect(events).not.toContainEqual(notKept);
    expect(events.at(-1)).toMatchObject({ outcome: { type: 'success' } });
  });

  it('in the middle of a run does not lose its answer or the session', async () => {
    const held = gate();
    model.script = async () => {
      await held.promise;
      return { kind: 'message', text: 'late' };
    };
    const reply = agent.ask('hello');
    await waitUntil(() => model.requests.length === 1);
    fill();
    held.open();
    expect(await reply).toMatchObject({ response: 'late' });
    empty();
    expect(await agent.ask('again')).toMatchObject({ status: 'success', response: 'late' });
  });
});
