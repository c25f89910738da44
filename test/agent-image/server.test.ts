import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { EventLog } from '../../agent-image/src/event-log';
import type { Log } from '../../agent-image/src/log';
import { type PingReply, SESSION_HEADER } from '../../agent-image/src/protocol';
import { Run } from '../../agent-image/src/run';
import { AgentServer } from '../../agent-image/src/server';
import { type ServedSession, SessionHost } from '../../agent-image/src/session-host';
import { SessionTokens } from '../../agent-image/src/user-identity/request-tokens';

const SESSION_ID = 's'.repeat(36);
const SUMMARY = {
  status: 'success' as const,
  figures: {
    model: 'm',
    turns: 1,
    duration_ms: 1,
    usage: { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 },
    cost_usd: 0,
  },
};

let server: AgentServer;
let url: string;
let events: EventLog;
let run: Run;
let busy: boolean;
let start: ServedSession['start'];
let logged: { level: string; fields: unknown }[];

beforeEach(async () => {
  events = new EventLog();
  run = new Run({ runId: 'run-1', threadId: SESSION_ID, number: 1, requestId: 'request-1' }, events);
  busy = false;
  start = () => run;
  logged = [];
  const log: Log = (level, _message, fields) => logged.push({ level, fields });
  const models = { main: 'm', fast: 'm', subagent: 'm' };
  const host = new SessionHost({
    config: { models, permissionModes: ['ask'] },
    tokens: new SessionTokens(),
    openSession: () =>
      Promise.resolve<ServedSession>({
        get busy() {
          return busy;
        },
        events,
        interrupts: [],
        admit: () => undefined,
        start: (request) => start(request),
        resume: () => run,
        cancel: () => undefined,
        attach: (after) => ({ log: events, after, ended: Promise.resolve() }),
        flush: () => Promise.resolve(),
        stop: () => Promise.resolve(),
      }),
  });
  server = new AgentServer({ host, authorizer: 'iam', log, keepAliveMs: 1 });
  server.http.listen(0, '127.0.0.1');
  await once(server.http, 'listening');
  url = `http://127.0.0.1:${(server.http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.http.closeAllConnections();
  await server.stop();
});

function invoke(body: object): Promise<Response> {
  return fetch(`${url}/invocations`, {
    method: 'POST',
    headers: { [SESSION_HEADER]: SESSION_ID },
    body: JSON.stringify(body),
  });
}

describe('a stream', () => {
  it('is kept alive by comments while the run is silent', async () => {
    const response = await invoke({ prompt: 'hello', stream: true });
    const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes(': keep-alive\n\n: keep-alive\n\n')) {
      text += (await reader.read()).value ?? '';
    }
    run.begin();
    run.end(SUMMARY);
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += read.value;
    }
    expect(text.replaceAll(': keep-alive\n\n', '')).toMatch(
      /^id: 1\ndata: {"type":"RUN_STARTED",.*}\n\nid: 2\ndata: {"type":"RUN_FINISHED",.*}\n\n$/,
    );
  });

  it('holds an event of several lines in one line', async () => {
    const response = await invoke({ prompt: 'hello', stream: true });
    run.emit({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'one\ntwo\r\u2028three' });
    run.end(SUMMARY);
    const lines = (await response.text()).split(/\r\n|\r|\n/).filter((line) => line.includes('TEXT_MESSAGE_CONTENT'));
    expect(lines).toHaveLength(1);
  });
});

describe('the health', () => {
  it('has a time that moves only when the status changes', async () => {
    const ping = async (): Promise<PingReply> => (await (await fetch(`${url}/ping`)).json()) as PingReply;
    let now = 2_000_000_000_500;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => (now += 10_000));
    try {
      const first = await ping();
      expect(first).toEqual({ status: 'Healthy', time_of_last_update: expect.any(Number) });
      expect(await ping()).toEqual(first);
      await invoke({ prompt: 'hello', stream: true });
      busy = true;
      const changed = await ping();
      expect(changed.status).toBe('HealthyBusy');
      expect(changed.time_of_last_update).toBeGreaterThan(first.time_of_last_update);
      expect(Number.isInteger(changed.time_of_last_update)).toBe(true);
      expect(await ping()).toEqual(changed);
    } finally {
      clock.mockRestore();
      run.end(SUMMARY);
    }
  });
});

describe('a failure of the server itself', () => {
  it('is an internal error whose cause is in the log only', async () => {
    start = () => {
      throw new Error('a secret cause');
    };
    const response = await invoke({ prompt: 'hello' });
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'INTERNAL_ERROR' } });
    expect(body).not.toContain('secret');
    expect(logged).toEqual([
      { level: 'error', fields: expect.objectContaining({ detail: expect.stringContaining('a secret cause') }) },
    ]);
  });
});

describe('a stop', () => {
  it('lets the answer of a run that has ended out before it closes', async () => {
    const started = new Promise<void>((resolve) => {
      start = () => {
        resolve();
        return run;
      };
    });
    const reply = invoke({ prompt: 'hello' });
    await started;
    const stopped = server.stop();
    run.end(SUMMARY);
    expect((await reply).status).toBe(200);
    await stopped;
  });

  it('closes the connection of a stream that was open, and takes no other', async () => {
    const streaming = await invoke({ prompt: 'hello', stream: true });
    const stopped = server.stop();
    run.end(SUMMARY);
    await streaming.text();
    await stopped;
    await expect(invoke({ prompt: 'hello' })).rejects.toThrow('fetch failed');
  });
});
