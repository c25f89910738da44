import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  type RefusalBody,
  type RefusalCode,
  REFUSALS,
  SESSION_HEADER,
  type SocketFrame,
} from '../../agent-image/src/protocol';
import { FrameReader, maskedFrame, OPCODES } from '../../bin/contract-test/web-socket-frames';
import { AgentFixture, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';
import { fuzzedBytes, fuzzedFrame } from './support/fuzz-bytes';
import { type FuzzedRequest, fuzzedRequest, PLANTED_TOKEN } from './support/fuzz-requests';

/** Of this test alone, so that a failure can be had again; fast-check prints it. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121);

/** 5,000 requests in all: batches that are sent at once, then bytes, then frames. */
const BATCHES = { runs: 400, size: 10 };
const BYTES = { runs: 30, size: 10 };
const SOCKETS = { runs: 70, frames: 10 };

const PLANTED_SECRET = 'planted-secret-9b2e60';
const SECRETS = [PLANTED_TOKEN, PLANTED_SECRET];
const ROOT = join(__dirname, '..', '..');

/** Stack frames as they are, and within JSON. */
const STACK_FRAME = /(\n|\\n)\s+at \S/;

/** A server that says nothing gets so long before its client goes away, in milliseconds. */
const PATIENCE_MS = 100;
/** More memory than this much more than at the start is a leak, in MiB; the largest body has half a MiB. */
const MEMORY_MIB = 256;

const HANDSHAKE = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];

jest.setTimeout(120_000);

let model: ScriptedModel;
let agent: AgentFixture;
let before: Resources;
const connections = new Agent({ keepAlive: true, maxSockets: BATCHES.size });

beforeAll(async () => {
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Yes.' }));
  agent = await AgentFixture.start(model, { AWS_SECRET_ACCESS_KEY: PLANTED_SECRET });
  await agent.ask('hello');
  before = resourcesOf(serverPid());
});

afterAll(async () => {
  connections.destroy();
  await agent.dispose();
  await model.close();
});

interface Resources {
  readonly handles: number;
  readonly memoryMib: number;
}

/** The process that started the agent process. */
function serverPid(): number {
  const [claude] = agent.claudePids();
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${String(claude)}/status`, 'utf8'))?.[1]);
}

function resourcesOf(pid: number): Resources {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { handles: readdirSync(`/proc/${pid}/fd`).length, memoryMib: Number(kib) / 1024 };
}

function assertTellsNothing(text: string): void {
  for (const inside of [...SECRETS, agent.home, ROOT, 'node_modules']) {
    if (text.includes(inside)) throw new Error(`the answer tells ${inside}: ${text.slice(0, 500)}`);
  }
  if (STACK_FRAME.test(text)) throw new Error(`the answer has a stack trace: ${text.slice(0, 500)}`);
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`the body of an answer with status ${status} is no JSON: ${JSON.stringify(text.slice(0, 500))}`);
  }
}

function assertRefusal(body: RefusalBody, status?: number): void {
  const { code, message } = body.error;
  const known = REFUSALS[code as RefusalCode] as { readonly status: number } | undefined;
  const isDocumented = known !== undefined && (status ?? known.status) === known.status && known.status < 500;
  if (!isDocumented || typeof message !== 'string' || message === '') {
    throw new Error(`no documented refusal: ${String(status)} ${JSON.stringify(body).slice(0, 500)}`);
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

function send({ method, path, headers: fuzzed, body }: FuzzedRequest): Promise<Answer> {
  // Node gives no length to the body of a GET: it would be read as another request.
  const headers = { ...fuzzed, 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const { port } = new URL(agent.url);
    const req = request({ host: '127.0.0.1', port, method, path, headers, agent: connections }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, type: res.headers['content-type'] ?? '', text }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(body);
  });
}

function assertAnswer({ method }: FuzzedRequest, { status, type, text }: Answer): void {
  assertTellsNothing(text);
  if (method === 'HEAD') {
    expect(status).toBeLessThan(500);
  } else if (status !== 200) {
    assertRefusal(parse(text, status) as RefusalBody, status);
  } else if (type === 'application/json') {
    parse(text, status);
  } else {
    expect(type).toMatch(/^text\/event-stream/);
  }
}

/** Writes bytes to a connection of its own, and gives what came back when the server, or after a while we, ended it. */
function exchange(...chunks: Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(agent.url).port), '127.0.0.1');
    const received: Buffer[] = [];
    const patience = setTimeout(() => socket.end(), PATIENCE_MS);
    const stuck = setTimeout(
      () => socket.destroy(new Error('the server keeps a connection that its client ended')),
      10_000,
    );
    // A server may cut the connection of a client that makes no sense.
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === undefined ? reject(error) : undefined));
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('close', () => {
      clearTimeout(patience);
      clearTimeout(stuck);
      resolve(Buffer.concat(received));
    });
    for (const chunk of chunks) socket.write(chunk);
  });
}

/** What Node's parser refuses never comes to the agent, and is answered by Node without a body. */
function assertRawAnswer(text: string): void {
  assertTellsNothing(text);
  const [, status, head, body] = /^HTTP\/1\.1 (\d{3}) ([^]*?)\r\n\r\n([^]*)$/.exec(text) ?? [];
  expect(Number(status ?? 0)).toBeLessThan(500);
  if (Number(status) >= 400 && head?.toLowerCase().includes('application/json') === true) {
    assertRefusal(parse(body?.split('HTTP/1.1')[0] ?? '', Number(status)) as RefusalBody, Number(status));
  }
}

function assertFrames(received: Buffer): void {
  const end = received.indexOf('\r\n\r\n');
  expect(received.subarray(0, end).toString()).toMatch(/^HTTP\/1\.1 101 /);
  for (const { opcode, payload } of new FrameReader().read(received.subarray(end + 4))) {
    expect(payload.length).toBeLessThan(64 * 1024);
    if (opcode === OPCODES.text) {
      const text = payload.toString('utf8');
      assertTellsNothing(text);
      const frame = JSON.parse(text) as SocketFrame;
      if ('error' in frame) assertRefusal(frame);
    } else if (opcode === OPCODES.close) {
      expect([1000, 1002, 1003, 1007, 1009]).toContain(payload.length === 0 ? 1000 : payload.readUInt16BE(0));
    }
  }
}

const parameters = { seed: SEED, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true };

it('answers whatever is requested as documented', async () => {
  const batch = fc.array(fuzzedRequest(agent.sessionId), { minLength: BATCHES.size, maxLength: BATCHES.size });
  const property = fc.asyncProperty(batch, async (requests) => {
    await Promise.all(requests.map(async (one) => assertAnswer(one, await send(one))));
  });
  await fc.assert(property, { ...parameters, numRuns: BATCHES.runs });
});

it('answers bytes that are no request, or goes away, as documented', async () => {
  const batch = fc.array(fuzzedBytes(agent.sessionId), { minLength: BYTES.size, maxLength: BYTES.size });
  const property = fc.asyncProperty(batch, async (all) => {
    await Promise.all(all.map(async (bytes) => assertRawAnswer((await exchange(bytes)).toString('latin1'))));
  });
  await fc.assert(property, { ...parameters, numRuns: BYTES.runs });
});

it('answers whatever is sent over a WebSocket as documented', async () => {
  const frames = fc.array(fuzzedFrame(agent.sessionId), { minLength: SOCKETS.frames, maxLength: SOCKETS.frames });
  const key = `Sec-WebSocket-Key: ${Buffer.alloc(16, 'a').toString('base64')}`;
  const head = ['GET /ws HTTP/1.1', ...HANDSHAKE, key, `${SESSION_HEADER}: ${agent.sessionId}`, '', ''].join('\r\n');
  const close = maskedFrame(OPCODES.close, Buffer.from([3, 232]));
  const property = fc.asyncProperty(frames, async (all) => {
    assertFrames(await exchange(Buffer.from(head), ...all, close));
  });
  await fc.assert(property, { ...parameters, numRuns: SOCKETS.runs });
});

it('works afterwards as before, has told no secret, and holds no more than before', async () => {
  connections.destroy();
  await agent.post({ action: 'cancel' });
  await waitUntil(async () => (await agent.ping()).status === 'Healthy');
  expect(await agent.ask('hello')).toMatchObject({ status: 'success', response: 'Yes.' });
  expect(agent.claudePids()).toHaveLength(1);
  const pid = serverPid();
  // Connections of `fetch` are kept for some seconds.
  await waitUntil(() => resourcesOf(pid).handles <= before.handles + 10);
  expect(resourcesOf(pid).memoryMib).toBeLessThan(before.memoryMib + MEMORY_MIB);

  expect(agent.stderr).toBe('');
  const log = JSON.stringify(agent.logLines);
  for (const secret of SECRETS) expect(log).not.toContain(secret);
  expect(agent.logLines.filter(({ level }) => level === 'error')).toEqual([]);
});
