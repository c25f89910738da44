import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MAX_ANSWER_BYTES } from '../../agent-image/src/tools/code-interpreter/bounded-answer';
import { InterpreterFault } from '../../agent-image/src/tools/code-interpreter/interpreter-fault';
import { InterpreterSession } from '../../agent-image/src/tools/code-interpreter/interpreter-session';
import { MAX_COPY_BYTES } from '../../agent-image/src/tools/code-interpreter/workspace-files';
import { waitUntil } from './support/agent-fixture';

const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** One event, as it is on the wire. */
function resultFrame(result: object): Uint8Array {
  return codec.encode({
    headers: {
      ':message-type': { type: 'string', value: 'event' },
      ':event-type': { type: 'string', value: 'result' },
      ':content-type': { type: 'string', value: 'application/json' },
    },
    body: fromUtf8(JSON.stringify(result)),
  });
}

/** An event that says of itself that it has 2 GB. */
function beginningOfHugeFrame(): Uint8Array {
  const bytes = Buffer.alloc(65_536, 'x');
  bytes.writeUInt32BE(2_000_000_000, 0);
  return bytes;
}

const SMALL = resultFrame({ content: [{ type: 'text', text: 'y\n'.repeat(8_192) }] });

/** The data plane of an interpreter that answers a call with `first`, and then with `again` as long as somebody reads. */
class EndlessInterpreter {
  first: readonly Uint8Array[] = [];
  again: Uint8Array | undefined;
  /** What was written of all answers. */
  bytes = 0;
  /** How many answers are not at their end. */
  open = 0;
  starts = 0;
  readonly stopped: string[] = [];
  readonly #server = createServer((req, res) => {
    req.resume();
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost');
    if (pathname.endsWith('/tools/invoke')) return void this.#answer(res);
    const isStart = pathname.endsWith('/sessions/start');
    if (isStart) this.starts += 1;
    else this.stopped.push(searchParams.get('sessionId') ?? '');
    const [at, sessionId] = ['2026-11-21T12:00:00Z', `session-${this.starts}`];
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ codeInterpreterIdentifier: 'ci', sessionId, createdAt: at, lastUpdatedAt: at }));
  });

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(res: ServerResponse): Promise<void> {
    this.open += 1;
    const closed = once(res, 'close').then(() => {
      this.open -= 1;
    });
    res.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    const next = [...this.first];
    for (let frame = next.shift() ?? this.again; frame && !res.destroyed; frame = next.shift() ?? this.again) {
      this.bytes += frame.byteLength;
      if (!res.write(frame)) await Promise.race([once(res, 'drain'), closed]);
    }
    res.end();
  }
}

let interpreter: EndlessInterpreter;
let session: InterpreterSession;
let logged: { readonly message: string; readonly [field: string]: unknown }[];
const before = { ...process.env };

beforeEach(async () => {
  interpreter = new EndlessInterpreter();
  logged = [];
  Object.assign(process.env, {
    ...{ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret' },
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: await interpreter.start(),
  });
  session = new InterpreterSession({
    ...{ interpreter: 'analysis-a1B2c3D4e5', region: 'eu-west-1', agentName: 'analyst', sessionId: 'session-of-ada' },
    ...{ owner: undefined, record: undefined, keep: () => () => true },
    log: (_level, message, fields = {}) => void logged.push({ message, ...fields }),
  });
});
afterEach(async () => {
  await session.stop(() => Promise.resolve(false));
  await interpreter.close();
});
afterAll(() => {
  process.env = before;
});

function call(name: 'executeCode' | 'readFiles'): ReturnType<InterpreterSession['call']> {
  return session.call(name, { code: 'while True: print("y")', paths: ['a'] }, AbortSignal.timeout(60_000));
}

async function faultOf(calling: Promise<unknown>): Promise<InterpreterFault> {
  const error: unknown = await calling.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof InterpreterFault)) throw new Error(`this is no InterpreterFault: ${String(error)}`);
  return error;
}

describe('an answer that never ends', () => {
  test.each([
    ['many events', SMALL],
    ['one event', beginningOfHugeFrame()],
  ])('in %s is read up to the bound, and the model is told', async (_how, again) => {
    interpreter.again = again;
    const fault = await faultOf(call('executeCode'));
    expect(fault.code).toBe('INTERPRETER_UNREADABLE');
    expect(fault.message).toMatch(/longer than 32 MB.*Write long output to a file/);
    expect(logged).toContainEqual({
      message: 'a call of the code interpreter failed',
      ...{ operation: 'executeCode', code: 'INTERPRETER_UNREADABLE' },
      detail: `the answer is longer than ${MAX_ANSWER_BYTES} bytes`,
    });
    await waitUntil(() => interpreter.open === 0);
    expect(interpreter.bytes).toBeGreaterThan(MAX_ANSWER_BYTES);
    // Buffers of the connection are filled besides.
    expect(interpreter.bytes).toBeLessThan(2 * MAX_ANSWER_BYTES);
  });

  test('has the session ended when code runs in it, and the next call gets another one', async () => {
    interpreter.again = SMALL;
    await faultOf(call('executeCode'));
    interpreter.again = undefined;
    interpreter.first = [SMALL];
    expect((await call('executeCode')).renewed).toBe(true);
    expect({ starts: interpreter.starts, stopped: interpreter.stopped }).toEqual({ starts: 2, stopped: ['session-1'] });
  });

  test('leaves the session when it only looks', async () => {
    interpreter.again = SMALL;
    expect((await faultOf(call('readFiles'))).code).toBe('INTERPRETER_UNREADABLE');
    interpreter.again = undefined;
    interpreter.first = [SMALL];
    expect((await call('readFiles')).renewed).toBe(false);
    expect(interpreter.stopped).toEqual([]);
  });
});

test('the largest file that is copied comes through', async () => {
  const blob = Buffer.alloc(MAX_COPY_BYTES, 7);
  const resource = { type: 'blob', uri: 'file:///a', blob: blob.toString('base64') };
  interpreter.first = [resultFrame({ content: [{ type: 'resource', resource }] })];
  const { result } = await call('readFiles');
  expect(result.content[0]?.resource?.blob?.byteLength).toBe(MAX_COPY_BYTES);
});

test('output in more results than a call may have arguments is put together', async () => {
  const results = 140_000;
  const frame = resultFrame({ structuredContent: { stdout: 'y' } });
  interpreter.first = [Buffer.concat(Array<Uint8Array>(results).fill(frame))];
  const { result } = await call('executeCode');
  expect(result.structuredContent?.stdout).toHaveLength(results);
});
