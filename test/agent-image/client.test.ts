import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { AgentCallError, runAgent } from '../../agent-image/src/client';
import type { NumberedEvent } from '../../agent-image/src/protocol';

const SESSION_ID = 's'.repeat(36);
const FINISHED = '{"type":"RUN_FINISHED","threadId":"t","runId":"r"}';

let server: Server;
let url: string;
let answer: (res: ServerResponse, req: IncomingMessage) => void;

beforeEach(async () => {
  server = createServer((req, res) => answer(res, req));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/invocations`;
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

async function readAll(signal?: AbortSignal): Promise<NumberedEvent[]> {
  const events: NumberedEvent[] = [];
  for await (const event of runAgent({ url, sessionId: SESSION_ID, prompt: 'hello', ...(signal && { signal }) })) {
    events.push(event);
  }
  return events;
}

/** Sends every chunk on its own, so that the client meets each boundary. */
function streamChunks(res: ServerResponse, chunks: Uint8Array[]): void {
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const next = (index: number): void => {
    const chunk = chunks[index];
    if (chunk) {
      res.write(chunk, () => setImmediate(next, index + 1));
    } else {
      res.end();
    }
  };
  next(0);
}

const deltaEvent = (delta: string): string => JSON.stringify({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta });

describe('a call', () => {
  it('posts the prompt with session, type and the headers of the caller', async () => {
    let seen: unknown;
    answer = (res, req) => {
      void json(req).then((body) => {
        seen = { method: req.method, headers: req.headers, body };
        streamChunks(res, [Buffer.from(`data: ${FINISHED}\n\n`)]);
      });
    };
    const call = { url, sessionId: SESSION_ID, prompt: 'hello', headers: { authorization: 'Bearer token' } };
    for await (const { event } of runAgent(call)) {
      expect(event.type).toBe('RUN_FINISHED');
    }
    expect(seen).toEqual({
      method: 'POST',
      headers: expect.objectContaining({
        authorization: 'Bearer token',
        accept: 'text/event-stream',
        'content-type': 'application/json',
        'x-amzn-bedrock-agentcore-runtime-session-id': SESSION_ID,
      }),
      body: { prompt: 'hello', stream: true },
    });
  });
});

describe('a stream', () => {
  const half = FINISHED.indexOf(',') + 1;
  const lines = [
    ...['id: 7', `data: ${deltaEvent('Grüße, 🌒')}`, '', ': keep-alive', ''],
    ...['id: 8', `data: ${FINISHED.slice(0, half)}`, `data: ${FINISHED.slice(half)}`, ''],
  ];

  it.each([
    ['LF', '\n'],
    ['CR LF', '\r\n'],
    ['CR', '\r'],
  ])('with lines that end in %s is read at any chunk boundary', async (_name, newline) => {
    const bytes = Buffer.from([...lines, ''].join(newline));
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      answer = (res) => streamChunks(res, chunks);
      expect(await readAll()).toEqual([
        { seq: 7, event: { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'Grüße, 🌒' } },
        { seq: 8, event: { type: 'RUN_FINISHED', threadId: 't', runId: 'r' } },
      ]);
    }
  });

  it('joins several data lines and ignores other fields', async () => {
    const body = `event: x\nretry: 5\ndata:${FINISHED.slice(0, half)}\ndata: ${FINISHED.slice(half)}\nnonsense\n\n`;
    answer = (res) => streamChunks(res, [Buffer.from(body)]);
    expect(await readAll()).toHaveLength(1);
  });

  it('ends with the run, although the connection stays open', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    answer = (res) => {
      closed = once(res, 'close');
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(
        `id: 1\ndata: {"type":"RUN_ERROR","code":"AGENT_FAILED","message":"x"}\n\nid: 2\ndata: ${FINISHED}\n\n`,
      );
    };
    expect(await readAll()).toMatchObject([{ event: { type: 'RUN_ERROR' } }]);
    await closed;
  });

  it('lets the connection go when the reader leaves', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    answer = (res) => {
      closed = once(res, 'close');
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(`id: 1\ndata: ${deltaEvent('a')}\n\n`);
    };
    for await (const { seq } of runAgent({ url, sessionId: SESSION_ID, prompt: 'hello' })) {
      expect(seq).toBe(1);
      break;
    }
    await closed;
  });

  it.each([
    ['ends', (res: ServerResponse) => res.end()],
    ['breaks', (res: ServerResponse) => res.destroy()],
  ])('that %s before the run does is reported as cut, after its events', async (_how, end) => {
    answer = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(`id: 1\ndata: ${deltaEvent('a')}\n\n`, () => setTimeout(end, 10, res));
    };
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { seq } of runAgent({ url, sessionId: SESSION_ID, prompt: 'hello' })) seen.push(seq);
    };
    await expect(read()).rejects.toMatchObject({ name: 'AgentCallError', code: 'STREAM_CUT' });
    expect(seen).toEqual([1]);
  });

  it('that holds something else than events is refused', async () => {
    answer = (res) => streamChunks(res, [Buffer.from('data: [1]\n\n')]);
    await expect(readAll()).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER' });
  });

  it('stops with the error of the signal when the caller aborts', async () => {
    const caller = new AbortController();
    answer = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(': keep-alive\n\n', () => caller.abort());
    };
    await expect(readAll(caller.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a refusal', () => {
  it.each<[string, number, Record<string, string>, string, { code: string; message: string }]>([
    [
      'of the agent keeps code and message',
      409,
      {},
      '{"error":{"code":"SESSION_MISMATCH","message":"This container serves another session."}}',
      { code: 'SESSION_MISMATCH', message: 'This container serves another session.' },
    ],
    [
      'of the agent behind AgentCore says where to look',
      424,
      { 'x-amzn-errortype': 'RuntimeClientError:http://internal.amazon.com/' },
      '{"message":"Received error (409) from runtime."}',
      {
        code: 'RuntimeClientError',
        message:
          "The agent refused the request or failed, and AgentCore does not pass on why: see the agent's log. Received error (409) from runtime.",
      },
    ],
    [
      'of the agent that AgentCore passes on keeps code and message',
      424,
      { 'x-amzn-errortype': 'RuntimeClientError' },
      '{"error":{"code":"QUEUE_FULL","message":"8 runs wait."}}',
      { code: 'QUEUE_FULL', message: '8 runs wait.' },
    ],
    [
      'of AgentCore is known by its error type',
      429,
      { 'x-amzn-errortype': 'ThrottlingException' },
      '{"message":"Rate exceeded"}',
      { code: 'ThrottlingException', message: 'Rate exceeded' },
    ],
    [
      'of something in between is known by its status',
      502,
      {},
      '<html>Bad gateway</html>',
      { code: 'HTTP_502', message: 'The call was refused with HTTP status 502.' },
    ],
  ])('%s', async (_what, status, headers, body, expected) => {
    answer = (res) => res.writeHead(status, headers).end(body);
    await expect(readAll()).rejects.toMatchObject({ name: 'AgentCallError', status, ...expected });
  });

  it('is an answer that is no stream', async () => {
    answer = (res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
    await expect(readAll()).rejects.toMatchObject({
      code: 'UNEXPECTED_ANSWER',
      message: 'The agent answered text/html instead of a stream.',
    });
  });

  it('is an address where nobody answers', async () => {
    answer = (res) => res.destroy();
    const failure: unknown = await readAll().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AgentCallError);
    expect(failure).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining(url), status: undefined });
  });
});
