import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentProcess } from '../../../bin/local/agent-process';
import { startReaper, type Reaper } from '../../../bin/local/reaper';
import { SessionSupervisor, type SessionAgent, type SessionLimits } from '../../../bin/local/supervisor';
import { isRunning, waitUntil } from './support/wait-until';

const SESSION = 'session-of-the-supervisor-tests-000001';
const LONG = { idleMs: 3_600_000, maxLifetimeMs: 3_600_000 };

let directory: string;
let reaper: Reaper;
let supervisors: SessionSupervisor[];
let starts: number;
let ends: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'local-supervisor-'));
  reaper = startReaper();
  supervisors = [];
  starts = 0;
  ends = [];
});

afterEach(async () => {
  await Promise.all(supervisors.map((supervisor) => supervisor.stopAll()));
  reaper.close();
  rmSync(directory, { recursive: true, force: true });
});

function supervisor(limits: Partial<SessionLimits> = {}, env: Record<string, string> = {}): SessionSupervisor {
  const made = new SessionSupervisor({
    limits: { ...LONG, ...limits },
    graceMs: 300,
    onEnd: (_, reason) => ends.push(reason),
    start: (_, signal) => {
      starts++;
      const command = {
        argv: [process.execPath, 'agent.mjs'] as const,
        cwd: join(__dirname, 'support', 'fake-agent'),
        env: { HOST: '127.0.0.1', ...env },
        logFile: join(directory, 'agent.log'),
      };
      return AgentProcess.start(command, reaper, signal);
    },
  });
  supervisors.push(made);
  return made;
}

async function ask(agent: SessionAgent, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`http://127.0.0.1:${String(agent.port)}/invocations`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
}

async function pidOf(sessions: SessionSupervisor): Promise<number> {
  return sessions.use(SESSION, async (agent) => Number((await ask(agent, { do: 'report' })).pid));
}

describe('SessionSupervisor', () => {
  it('starts one process for parallel first requests and keeps it for later ones', async () => {
    const sessions = supervisor();
    const pids = await Promise.all([pidOf(sessions), pidOf(sessions), pidOf(sessions)]);

    expect(new Set([...pids, await pidOf(sessions)]).size).toBe(1);
    expect(starts).toBe(1);
  });

  it('gives each session a process of its own', async () => {
    const sessions = supervisor();
    const other = await sessions.use(`${SESSION}-other`, async (agent) => (await ask(agent, {})).pid);

    expect(await pidOf(sessions)).not.toBe(other);
  });

  it('stops an idle session and starts a new process afterwards', async () => {
    const sessions = supervisor({ idleMs: 100 });
    const first = await pidOf(sessions);
    await waitUntil(() => !isRunning(first));

    expect(ends).toEqual(['it was idle']);
    expect(await pidOf(sessions)).not.toBe(first);
  });

  it('keeps a session that was used while it was asked whether it is idle', async () => {
    const sessions = supervisor({ idleMs: 60 });
    let asked = 0;
    const pid = await sessions.use(SESSION, async (agent) => {
      const ping = agent.ping.bind(agent);
      agent.ping = async () => {
        asked += 1;
        // A whole request comes and goes meanwhile.
        if (asked === 1) await sessions.use(SESSION, (used) => ask(used, {}));
        return ping();
      };
      return Number((await ask(agent, {})).pid);
    });
    await waitUntil(() => asked >= 2 || !isRunning(pid));
    expect(asked).toBeGreaterThanOrEqual(2);
  });

  it('lets a session that says HealthyBusy live until it is Healthy again', async () => {
    const sessions = supervisor({ idleMs: 60 });
    const pings: unknown[] = [];
    const pid = await sessions.use(SESSION, async (agent) => {
      const ping = agent.ping.bind(agent);
      agent.ping = async () => {
        const health = await ping();
        pings.push(health);
        return health;
      };
      await ask(agent, { do: 'health', status: 'HealthyBusy' });
      return Number((await ask(agent, {})).pid);
    });
    await waitUntil(() => pings.length >= 3);
    expect(isRunning(pid)).toBe(true);
    expect(await sessions.isBusy()).toBe(true);

    await sessions.use(SESSION, (agent) => ask(agent, { do: 'health', status: 'Healthy' }));
    await waitUntil(() => !isRunning(pid));
    expect(ends).toEqual(['it was idle']);
  });

  it('does not count a session as idle while a request is served', async () => {
    const sessions = supervisor({ idleMs: 150 });
    await pidOf(sessions);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let pid = 0;
    const request = sessions.use(SESSION, async (agent) => {
      pid = Number((await ask(agent, {})).pid);
      await held;
      return (await ask(agent, {})).pid;
    });
    await waitUntil(() => pid !== 0);
    const timer = await new Promise<string>((resolve) => setTimeout(() => resolve('three idle times later'), 450));

    expect([timer, isRunning(pid), await sessions.isBusy()]).toEqual(['three idle times later', true, true]);
    release();
    expect(await request).toBe(pid);
  });

  it('ends a session at its maximum lifetime', async () => {
    const sessions = supervisor({ maxLifetimeMs: 200 });
    const pid = await pidOf(sessions);
    await waitUntil(() => !isRunning(pid));

    expect(ends).toEqual(['its maximum lifetime is over']);
  });

  it('waits for a stop in progress before it starts the session again', async () => {
    const sessions = supervisor({}, { FAKE_SIGTERM: 'ignore' });
    const first = await pidOf(sessions);
    const stopping = sessions.stop(SESSION);
    const firstWasGone = sessions.use(SESSION, async (agent) => {
      const gone = !isRunning(first);
      return { gone, pid: (await ask(agent, {})).pid };
    });

    expect(await stopping).toBe(true);
    expect(await firstWasGone).toMatchObject({ gone: true });
    expect((await firstWasGone).pid).not.toBe(first);
    expect(starts).toBe(2);
  });

  it('ends an agent that is still starting when its session is stopped', async () => {
    const sessions = supervisor({}, { FAKE_START: 'silent' });
    const request = expect(pidOf(sessions)).rejects.toThrow('the agent was stopped while it started');

    expect(await sessions.stop(SESSION)).toBe(true);
    await request;
  });

  it('answers false when it is asked to stop a session that it does not know', async () => {
    await expect(supervisor().stop(SESSION)).resolves.toBe(false);
  });

  it('starts anew after the agent died, and ends what the agent left behind', async () => {
    const sessions = supervisor();
    const family = await sessions.use(SESSION, (agent) => ask(agent, { do: 'child' }));
    await expect(sessions.use(SESSION, (agent) => ask(agent, { do: 'die' }))).rejects.toThrow('fetch failed');
    await waitUntil(() => !isRunning(Number(family.child)));

    expect(ends).toEqual(['the agent ended with exit code 7']);
    expect(await pidOf(sessions)).not.toBe(family.pid);
  });

  it('shows the last output of an agent that does not start, and tries again with the next request', async () => {
    const sessions = supervisor({}, { FAKE_START: 'fail' });

    for (const attempt of [1, 2]) {
      await expect(pidOf(sessions)).rejects.toThrow(
        /ended with exit code 3 before it answered GET \/ping[\s\S]*the fake agent lacks what it needs/,
      );
      expect(starts).toBe(attempt);
    }
    expect(readFileSync(join(directory, 'agent.log'), 'utf8')).toContain('lacks what it needs');
  });

  it('names a program that does not exist', async () => {
    const command = { argv: ['no-such-program'], cwd: directory, env: {}, logFile: join(directory, 'x.log') } as const;

    await expect(AgentProcess.start(command, reaper)).rejects.toThrow('no-such-program ENOENT');
  });

  it('stops everything, also agents that ignore SIGTERM, and takes no more requests', async () => {
    const sessions = supervisor({}, { FAKE_SIGTERM: 'ignore' });
    const family = await sessions.use(SESSION, (agent) => ask(agent, { do: 'child' }));
    await sessions.stopAll();

    expect(isRunning(Number(family.pid))).toBe(false);
    await waitUntil(() => !isRunning(Number(family.child)));
    await expect(pidOf(sessions)).rejects.toMatchObject({ status: 503, code: 'STOPPING' });
  });
});
