import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { echoScript } from '../../../../bin/local/model/echo-script';
import {
  createScriptedBedrock,
  MAX_KEPT_REQUESTS,
  type ModelScript,
  type ScriptedBedrock,
  type ScriptedReply,
} from '../../../../bin/local/model/scripted-bedrock';

const MODEL_ID = 'global.anthropic.claude-sonnet-5-5';
const codec = new EventStreamCodec(toUtf8, fromUtf8);

interface Frame {
  readonly headers: Record<string, unknown>;
  readonly body: Record<string, unknown>;
}

let server: Server;
let bedrock: ScriptedBedrock;
let script: ModelScript;
let handled: Promise<void>[];

beforeEach(async () => {
  script = () => ({ kind: 'message', text: 'hello' });
  handled = [];
  bedrock = createScriptedBedrock((request) => script(request));
  server = createServer((req, res) => {
    handled.push(buffer(req).then((body) => bedrock.handle(req, res, body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await Promise.all(handled);
});

function answerWith(reply: ScriptedReply): void {
  script = () => reply;
}

function url(path: string): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}

function call(operation: string, messages: unknown = [{ role: 'user', content: 'hi' }], signal?: AbortSignal) {
  return fetch(url(`/model/${encodeURIComponent(MODEL_ID)}/${operation}`), {
    method: 'POST',
    body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 32_000, messages }),
    ...(signal && { signal }),
  });
}

const stream = (messages?: unknown, signal?: AbortSignal) => call('invoke-with-response-stream', messages, signal);

function decodeFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const length = bytes.readUInt32BE(offset);
    const message = codec.decode(bytes.subarray(offset, offset + length));
    const headers = Object.fromEntries(Object.entries(message.headers).map(([name, { value }]) => [name, value]));
    frames.push({ headers, body: JSON.parse(toUtf8(message.body)) as Record<string, unknown> });
    offset += length;
  }
  return frames;
}

function modelEvent(frame: Frame): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(frame.body.bytes), 'base64').toString('utf8')) as Record<string, unknown>;
}

async function streamedEvents(response: Response): Promise<Record<string, unknown>[]> {
  return decodeFrames(Buffer.from(await response.arrayBuffer())).map(modelEvent);
}

function deltas(events: Record<string, unknown>[]): Record<string, unknown>[] {
  return events
    .filter((event) => event.type === 'content_block_delta')
    .map((event) => event.delta as Record<string, unknown>);
}

describe('a streamed message', () => {
  it('arrives as chunk frames that hold the events of an Anthropic message', async () => {
    answerWith({ kind: 'message', text: ['Grüße, ', 'Welt'] });
    const response = await stream();
    expect(response.headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
    const frames = decodeFrames(Buffer.from(await response.arrayBuffer()));
    expect(frames[0]?.headers).toEqual({
      ':message-type': 'event',
      ':event-type': 'chunk',
      ':content-type': 'application/json',
    });
    const events = frames.map(modelEvent);
    expect(events.map((event) => event.type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(deltas(events).map((delta) => delta.text)).toEqual(['Grüße, ', 'Welt']);
    expect(events[0]).toMatchObject({ message: { model: 'claude-sonnet-5-5', usage: { output_tokens: 1 } } });
    expect(events[5]).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } });
  });

  it('counts more input tokens for a longer conversation', async () => {
    const inputTokens = async (content: string): Promise<number> => {
      const [start] = await streamedEvents(await stream([{ role: 'user', content }]));
      return (start as { message: { usage: { input_tokens: number } } }).message.usage.input_tokens;
    };
    expect(await inputTokens('x'.repeat(4000))).toBeGreaterThan((await inputTokens('x')) + 900);
  });

  it('carries thinking, text and tool calls as blocks of their own, in this order', async () => {
    answerWith({ kind: 'message', thinking: 'hmm', text: 'so', toolUses: [{ name: 'look', input: { at: 'é' } }] });
    const events = await streamedEvents(await stream());
    const starts = events.filter((event) => event.type === 'content_block_start');
    expect(starts.map((event) => (event.content_block as { type: string }).type)).toEqual([
      'thinking',
      'text',
      'tool_use',
    ]);
    const json = deltas(events).map((delta) => (delta.partial_json as string | undefined) ?? '');
    expect(JSON.parse(json.join(''))).toEqual({ at: 'é' });
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('stops for the reason that the script gives', async () => {
    answerWith({ kind: 'message', text: 'no', stopReason: 'refusal' });
    expect((await streamedEvents(await stream())).at(-2)).toMatchObject({ delta: { stop_reason: 'refusal' } });
  });

  it('is held before its last delta until the gate opens', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    answerWith({ kind: 'message', text: ['first', 'last'], gate });
    const response = await stream();
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let received = Buffer.alloc(0);
    const readUntil = async (count: number): Promise<string[]> => {
      for (;;) {
        const texts = deltas(decodeFrames(received).map(modelEvent)).map((delta) => String(delta.text));
        if (texts.length >= count) {
          return texts;
        }
        const { value, done } = await reader.read();
        if (done) {
          throw new Error(`the stream ended after ${texts.length} deltas`);
        }
        received = Buffer.concat([received, value]);
      }
    };
    expect(await readUntil(1)).toEqual(['first']);
    open();
    expect(await readUntil(2)).toEqual(['first', 'last']);
    await reader.cancel();
  });
});

describe('the plain invocation', () => {
  it('answers with the whole message as JSON', async () => {
    answerWith({ kind: 'message', text: ['one ', 'two'], toolUses: [{ name: 'look', input: {} }] });
    const body: unknown = await (await call('invoke')).json();
    expect(body).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'text', text: 'one two' },
        { type: 'tool_use', name: 'look', input: {} },
      ],
      stop_reason: 'tool_use',
    });
  });

  it('tells the script that nothing is streamed', async () => {
    script = ({ streaming }) => ({ kind: 'message', text: streaming ? 'streamed' : 'whole' });
    expect(await (await call('invoke')).json()).toMatchObject({ content: [{ text: 'whole' }] });
  });
});

describe('faults', () => {
  it('are answered with status, error type, message and the time to wait', async () => {
    answerWith({ kind: 'fault', status: 429, type: 'ThrottlingException', message: 'slow down', retryAfterSeconds: 7 });
    const response = await stream();
    expect(response.status).toBe(429);
    expect(response.headers.get('x-amzn-errortype')).toBe('ThrottlingException');
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toEqual({ message: 'slow down' });
  });

  it('in mid-stream are an exception frame after the text', async () => {
    answerWith({ kind: 'mid-stream-fault', text: 'half', type: 'modelStreamErrorException', message: 'broke' });
    const frames = decodeFrames(Buffer.from(await (await stream()).arrayBuffer()));
    expect(deltas(frames.slice(0, -1).map(modelEvent))).toEqual([{ type: 'text_delta', text: 'half' }]);
    expect(frames.at(-1)).toEqual({
      headers: {
        ':message-type': 'exception',
        ':exception-type': 'modelStreamErrorException',
        ':content-type': 'application/json',
      },
      body: { message: 'broke' },
    });
  });

  it('in mid-stream are a server fault for the plain invocation', async () => {
    answerWith({ kind: 'mid-stream-fault', text: 'half', type: 'modelStreamErrorException', message: 'broke' });
    const response = await call('invoke');
    expect(response.status).toBe(500);
    expect(response.headers.get('x-amzn-errortype')).toBe('modelStreamErrorException');
  });

  it('can cut the connection after the text', async () => {
    answerWith({ kind: 'cut', text: 'half' });
    const reader = ((await stream()).body as ReadableStream<Uint8Array>).getReader();
    let received = Buffer.alloc(0);
    const drain = async (): Promise<void> => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) {
          return;
        }
        received = Buffer.concat([received, value]);
      }
    };
    await expect(drain()).rejects.toThrow('terminated');
    expect(deltas(decodeFrames(received).map(modelEvent))).toEqual([{ type: 'text_delta', text: 'half' }]);
  });

  it('can cut the connection before anything is answered', async () => {
    answerWith({ kind: 'cut' });
    await expect(stream()).rejects.toThrow('fetch failed');
  });

  it('can leave the client waiting until it goes away, and end their work then', async () => {
    answerWith({ kind: 'hang' });
    const client = new AbortController();
    const response = stream(undefined, client.signal);
    await waitUntil(() => bedrock.requests.length === 1);
    client.abort();
    await expect(response).rejects.toThrow('abort');
    await Promise.all(handled);
  });
});

describe('a client that goes away', () => {
  it('ends a stream that waits at its gate', async () => {
    answerWith({ kind: 'message', text: 'never', gate: new Promise<void>(() => undefined) });
    const client = new AbortController();
    const response = await stream(undefined, client.signal);
    client.abort();
    await expect(response.text()).rejects.toThrow('abort');
    await Promise.all(handled);
  });
});

describe('requests', () => {
  it('are kept with the decoded model id and the body', async () => {
    const arn = 'arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.anthropic.claude-sonnet-5-5';
    await fetch(url(`/model/${encodeURIComponent(arn)}/invoke`), {
      method: 'POST',
      body: JSON.stringify({ max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }),
    });
    expect(bedrock.requests).toEqual([
      { modelId: arn, streaming: false, body: expect.objectContaining({ max_tokens: 5 }), userTexts: ['hi'] },
    ]);
  });

  it('are let go when there are too many', async () => {
    for (let count = 0; count <= MAX_KEPT_REQUESTS; count += 1) {
      await (await call('invoke', [{ role: 'user', content: `prompt ${count}` }])).arrayBuffer();
    }
    expect(bedrock.requests).toHaveLength(MAX_KEPT_REQUESTS);
    expect(bedrock.requests[0]?.userTexts).toEqual(['prompt 1']);
  });

  it('give the texts of the person without reminders, interruption marks and tool results', async () => {
    await call('invoke', [
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system-reminder>\nthe date\n</system-reminder>\n' },
          { type: 'text', text: 'first' },
        ],
      },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'look', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: 'found' },
          { type: 'text', text: '<total_tokens>12</total_tokens>' },
        ],
      },
      { role: 'system', content: 'a reminder in the course of the conversation' },
      { role: 'user', content: '[Request interrupted by user]' },
      { role: 'user', content: '<system-reminder>x</system-reminder>second' },
    ]);
    expect(bedrock.requests[0]?.userTexts).toEqual(['first', 'second']);
  });

  it.each([
    ['not JSON', '{', 'the body is not JSON'],
    ['without messages', '{}', 'messages must be a list'],
    ['with an empty list of messages', '{"messages":[]}', 'messages must be a list'],
    ['with a message of no role', '{"messages":[{"content":"hi"}]}', 'messages must be a list'],
  ])('%s are refused as Bedrock does', async (_what, body, message) => {
    const response = await fetch(url(`/model/${MODEL_ID}/invoke`), { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('ValidationException');
    expect(await response.json()).toEqual({ message: expect.stringContaining(message) });
    expect(bedrock.requests).toEqual([]);
  });

  it.each([
    ['GET', '/inference-profiles?type=SYSTEM_DEFINED'],
    ['GET', `/model/${MODEL_ID}/invoke`],
    ['POST', `/model/${MODEL_ID}/converse`],
    ['POST', '/model/%zz/invoke'],
    ['GET', '/'],
  ])('%s %s are not found', async (method, path) => {
    const response = await fetch(url(path), { method });
    expect(response.status).toBe(404);
    expect(response.headers.get('x-amzn-errortype')).toBe('ResourceNotFoundException');
    expect(await response.json()).toEqual({ message: expect.stringContaining(path) });
  });
});

describe('the echo script', () => {
  async function echoed(messages: unknown): Promise<string[]> {
    script = echoScript;
    return deltas(await streamedEvents(await stream(messages))).map((delta) => String(delta.text));
  }

  it('says that it is no Claude and repeats the prompt in several deltas', async () => {
    const pieces = await echoed([{ role: 'user', content: 'Where is the moon? 🌒' }]);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toContain('scripted model, not Claude');
    expect(pieces.join('')).toContain('You wrote: “Where is the moon? 🌒”');
  });

  it('shows the number of turns and the first prompt of the conversation', async () => {
    const pieces = await echoed([
      { role: 'user', content: 'I am Ada' },
      { role: 'assistant', content: 'hello' },
      { role: 'user', content: 'who am I?' },
    ]);
    expect(pieces.join('')).toContain('turn 2 of our conversation, which began with: “I am Ada”');
  });

  it('answers a prompt of any length in a bounded number of deltas', async () => {
    const prompt = 'x'.repeat(100_000);
    const pieces = await echoed([{ role: 'user', content: prompt }]);
    expect(pieces.length).toBeLessThanOrEqual(24);
    expect(pieces.join('')).toContain(prompt);
  });
});

async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
