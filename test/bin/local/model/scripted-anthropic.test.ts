import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { ModelScript, ScriptedReply } from '../../../../bin/local/model/model-script';
import { createScriptedAnthropic } from '../../../../bin/local/model/scripted-anthropic';
import type { ScriptedModel } from '../../../../bin/local/model/scripted-model';

let server: Server;
let model: ScriptedModel;
let script: ModelScript;
let handled: Promise<void>[];

beforeEach(async () => {
  script = () => ({ kind: 'message', text: 'hello' });
  handled = [];
  model = createScriptedAnthropic((request) => script(request));
  server = createServer((req, res) => {
    handled.push(buffer(req).then((body) => model.handle(req, res, body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await Promise.all(handled);
});

async function call(body: object | string, path = '/v1/messages?beta=true', method = 'POST'): Promise<Response> {
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}${path}`;
  return fetch(url, {
    method,
    ...(method === 'POST' ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
  });
}

const REQUEST = { model: 'claude-sonnet-5-5', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };

const answerWith = (reply: ScriptedReply): void => {
  script = () => reply;
};

interface SentEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

function readEvents(text: string): SentEvent[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [, event = '', data = ''] = /^event: (\w+)\ndata: (.+)$/.exec(block) ?? [];
      return { event, data: JSON.parse(data) as Record<string, unknown> };
    });
}

describe('the Messages API', () => {
  it('streams a message as server-sent events that are named by their type', async () => {
    answerWith({ kind: 'message', text: ['Grüße, ', 'Welt'], toolUses: [{ name: 'Read', input: { path: 'a' } }] });
    const reply = await call({ ...REQUEST, stream: true });
    const events = readEvents(await reply.text());

    expect(reply.headers.get('content-type')).toContain('text/event-stream');
    expect(events.map(({ event }) => event)).toEqual(events.map(({ data }) => data.type));
    expect(events.map(({ event }) => event).filter((event) => !event.startsWith('content_block'))).toEqual([
      'message_start',
      'message_delta',
      'message_stop',
    ]);
    expect(events[0]?.data).toMatchObject({ message: { model: 'claude-sonnet-5-5', role: 'assistant' } });
    expect(events.at(-2)?.data).toMatchObject({ delta: { stop_reason: 'tool_use' } });
    expect(events.at(-1)?.data).toEqual({ type: 'message_stop' });
    expect(model.requests).toMatchObject([{ modelId: 'claude-sonnet-5-5', streaming: true, userTexts: ['hi'] }]);
  });

  it('answers in one piece without "stream"', async () => {
    const reply = await call(REQUEST);

    expect(await reply.json()).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: 'hello' }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 2 },
    });
    expect(reply.headers.get('request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it.each([
    ['ThrottlingException', 429, 'rate_limit_error'],
    ['ServiceUnavailableException', 529, 'overloaded_error'],
    ['billing_error', 402, 'billing_error'],
  ])('reports the fault %s in its own words', async (type, status, name) => {
    answerWith({ kind: 'fault', status, type, message: 'not now', retryAfterSeconds: 3 });
    const reply = await call({ ...REQUEST, stream: true });

    expect(reply.status).toBe(status);
    expect(reply.headers.get('retry-after')).toBe('3');
    expect(await reply.json()).toEqual({ type: 'error', error: { type: name, message: 'not now' } });
  });

  it('ends a stream that fails with an error event', async () => {
    answerWith({ kind: 'mid-stream-fault', text: 'so far', type: 'InternalServerException', message: 'broke' });
    const events = readEvents(await (await call({ ...REQUEST, stream: true })).text());

    expect(events.at(-2)?.data).toMatchObject({ delta: { text: 'so far' } });
    expect(events.at(-1)).toEqual({
      event: 'error',
      data: { type: 'error', error: { type: 'api_error', message: 'broke' } },
    });
  });

  it('cuts the connection when the script says so', async () => {
    answerWith({ kind: 'cut', text: 'half' });

    await expect(call({ ...REQUEST, stream: true }).then((reply) => reply.text())).rejects.toThrow('terminated');
  });

  it.each<[string, object | string, string]>([
    ['no JSON', 'x', 'the body is not JSON'],
    ['no model', { messages: REQUEST.messages }, 'model: a model name is required'],
    ['no messages', { model: 'm', messages: [] }, 'messages must be a list'],
  ])('refuses a request with %s', async (_, body, message) => {
    const reply = await call(body);

    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining(message) as string },
    });
  });

  it('has nothing else', async () => {
    for (const [path, method] of [
      ['/v1/messages/count_tokens', 'POST'],
      ['/v1/messages', 'GET'],
    ] as const) {
      const reply = await call(REQUEST, path, method);
      expect(reply.status).toBe(404);
      expect(await reply.json()).toMatchObject({ error: { type: 'not_found_error' } });
    }
  });
});
