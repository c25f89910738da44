import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { CheckResult } from '../../../bin/contract-test/run';
import { runContractTest, Unreachable } from '../../../bin/contract-test/run';
import { Container, type Fault } from './support/container';

const ENTRY = join(__dirname, '..', '..', '..', 'bin', 'contract-test.ts');
const BUSY_PAYLOAD = '{"seconds":true}';

const WS = ['ws-upgrade', 'ws-message', 'ws-frame-size', 'ws-odd-message', 'ws-close', 'ws-client-leaves'];
const AFTERWARDS = ['other-methods', 'client-leaves', 'client-leaves-upload', 'ws-odd-message', 'ws-client-leaves'];
const CHECK_IDS = [
  ...['ping-status', 'ping-json', 'ping-value', 'ping-time', 'ping-busy'],
  ...['invoke-json', 'invoke-stream', 'session-again', 'session-header-case', 'content-type', 'large-body'],
  ...['broken-json', 'no-stack-trace', 'unknown-path', 'other-methods', 'client-leaves', 'client-leaves-upload'],
  ...WS,
];

async function check(fault?: Fault, busyPayload: string | undefined = BUSY_PAYLOAD): Promise<CheckResult[]> {
  const container = await Container.start(fault);
  try {
    return await runContractTest({ url: container.url, timeoutMs: 6_000, ...(busyPayload && { busyPayload }) });
  } finally {
    await container.stop();
  }
}

function idsOf(results: readonly CheckResult[], status: CheckResult['status']): string[] {
  return results.filter((result) => result.status === status).map(({ id }) => id);
}

const FAULTS: [Fault, string[]][] = [
  ['ping-fails', ['ping-status', ...AFTERWARDS]],
  ['ping-is-text', ['ping-json']],
  ['ping-is-lower-case', ['ping-value', 'ping-busy']],
  ['ping-time-moves', ['ping-time']],
  ['ping-time-in-milliseconds', ['ping-time']],
  ['never-busy', ['ping-busy']],
  ['always-busy', ['ping-busy']],
  ['answers-as-text', ['invoke-json', 'session-again', 'session-header-case', 'large-body']],
  ['stream-of-json-lines', ['invoke-stream']],
  ['stream-is-not-ended', ['invoke-stream']],
  ['exact-header-names', ['session-header-case']],
  ['fails-on-content-type', ['content-type']],
  ['small-bodies-only', ['large-body']],
  ['fails-on-broken-json', ['broken-json']],
  ['shows-stack-traces', ['no-stack-trace']],
  ['serves-every-path', ['unknown-path']],
  ['cuts-options', ['other-methods']],
  ['falls-when-readers-leave', ['client-leaves', 'client-leaves-upload', ...WS]],
  ['falls-when-senders-leave', ['client-leaves-upload', ...WS]],
  ['web-socket-fails', WS],
  ['web-socket-is-silent', ['ws-message']],
  ['web-socket-frames-are-large', ['ws-frame-size']],
  ['web-socket-cuts-odd-messages', ['ws-odd-message']],
  ['web-socket-closes-oddly', ['ws-odd-message', 'ws-close']],
  ['falls-when-sockets-leave', ['ws-client-leaves']],
];

describe('runContractTest', () => {
  test.concurrent('passes a container that keeps the contract', async () => {
    const results = await check();
    expect(results.filter(({ status }) => status !== 'PASS')).toEqual([]);
    expect(results.map(({ id }) => id)).toEqual(CHECK_IDS);
  });

  test.concurrent.each(FAULTS)('finds the fault %s, and nothing else', async (fault, ids) => {
    expect(idsOf(await check(fault), 'FAIL')).toEqual(ids);
  });

  test.concurrent('finds a container that answers only the first request', async () => {
    const failed = idsOf(await check('serves-one-request', ''), 'FAIL');
    expect(failed).toContain('session-again');
    expect(failed).not.toContain('invoke-json');
  });

  test.concurrent('skips what the container leaves out and what was not asked for', async () => {
    const results = await check('no-web-socket', '');
    expect(idsOf(results, 'SKIP')).toEqual(['ping-busy', ...WS]);
    expect(idsOf(results, 'FAIL')).toEqual([]);
  });

  test('has a fault in this test for every check', () => {
    const found = new Set([...FAULTS.flatMap(([, ids]) => ids), 'session-again']);
    expect([...found].sort()).toEqual([...CHECK_IDS].sort());
  });

  test('says that nothing answers at an address', async () => {
    const container = await Container.start();
    await container.stop();
    const test = runContractTest({ url: container.url });
    await expect(test).rejects.toThrow(Unreachable);
    await expect(test).rejects.toThrow('start the container and give its address');
  });
});

describe('npm run contract-test', () => {
  interface Ended {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
  }

  function command(...args: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(process.execPath, ['--import', 'tsx', ENTRY, ...args], (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      });
    });
  }

  test.concurrent('tells each result, what to do about failures, and exits with 1', async () => {
    const container = await Container.start('ping-is-text');
    const { code, stdout, stderr } = await command(container.url);
    await container.stop();
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(
      /^PASS {2}ping-status .*\nFAIL {2}ping-json .*\n +found: {2}the Content-Type is "text\/plain"\n/,
    );
    expect(stdout).toContain('remedy: Send {"status":"Healthy"} with Content-Type application/json.');
    expect(stdout).toContain('not checked: give a body that keeps the agent busy');
    expect(stdout).toMatch(/\n21 passed, 1 failed, 1 skipped\n$/);
  });

  test.concurrent('gives the results as JSON and exits with 0 when nothing failed', async () => {
    const container = await Container.start();
    const { code, stdout } = await command(container.url, '--json');
    await container.stop();
    const results = JSON.parse(stdout) as CheckResult[];
    expect({ code, ids: results.map(({ id }) => id) }).toEqual({ code: 0, ids: CHECK_IDS });
    expect(results[0]).toEqual({
      id: 'ping-status',
      status: 'PASS',
      contract: expect.any(String),
      source: expect.any(String),
      remedy: expect.any(String),
    });
  });

  test.concurrent('exits with 2 when nothing answers', async () => {
    const container = await Container.start();
    await container.stop();
    const { code, stdout, stderr } = await command(container.url);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('does not answer');
    expect(stderr).not.toMatch(/\n +at /);
  });

  test.concurrent('exits with 2 and the usage when it is used wrongly', async () => {
    const { code, stderr } = await command('--payload', '{', 'http://127.0.0.1:1');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--payload is no JSON; expected for example/);
    expect(stderr).toContain('usage: npm run contract-test');
  });

  test.concurrent('explains itself', async () => {
    const { code, stdout } = await command('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('exit codes: 0');
  });
});
