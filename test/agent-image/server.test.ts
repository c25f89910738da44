import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type PingReply, SESSION_HEADER } from '../../agent-image/src/protocol';
import { Run } from '../../agent-image/src/run';
import { AgentServer, type ServedSession } from '../../agent-image/src/server';

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
let run: Run;
let busy: boolean;
let start: ServedSession['start'];
let logged: { level: string; fields: unknown }[];

beforeEach(async () => {
  run = new Run('run-1');
  busy = false;
  start = () => run;
  logged = [];
  server = new AgentServer({
    openSession: () => ({
      get busy() {
        return busy;
      },
      start: (request) => start(request),
      stop: () => Promise.resolve(),
    }),
    log: (level, _message, fields) => logged.push({ level, fields }),
    keepAliveMs: 1,
  });
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
    run.emit(1, { type: 'RUN_STARTED', threadId: 't', runId: 'r', protocolVersion: '1.0' });
    run.settle(SUMMARY);
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += read.value;
    }
    expect(text.replaceAll(': keep-alive\n\n', '')).toBe(
      'id: 1\ndata: {"type":"RUN_STARTED","threadId":"t","runId":"r","protocolVersion":"1.0"}\n\n',
    );
  });

  it('holds an event of several lines in one line', async () => {
    const response = await invoke({ prompt: 'hello', stream: true });
    run.emit(1, { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'one\ntwo\r\u2028three' });
    run.settle(SUMMARY);
    const lines = (await response.text()).split(/\r\n|\r|\n/).filter((line) => line.startsWith('data:'));
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
      run.settle(SUMMARY);
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
    run.settle(SUMMARY);
    expect((await reply).status).toBe(200);
    await stopped;
  });

  it('closes the connection of a stream that was open, and takes no other', async () => {
    const streaming = await invoke({ prompt: 'hello', stream: true });
    const stopped = server.stop();
    run.settle(SUMMARY);
    await streaming.text();
    await stopped;
    await expect(invoke({ prompt: 'hello' })).rejects.toThrow('fetch failed');
  });
});
