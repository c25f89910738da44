import { request } from 'node:http';
import { MAX_BODY_BYTES, type RefusalBody, SESSION_HEADER } from '../../agent-image/src/protocol';
import { AgentFixture, type ScriptedModel, startScriptedModel } from './support/agent-fixture';

let model: ScriptedModel;
let agent: AgentFixture;

beforeAll(async () => {
  model = await startScriptedModel(({ userTexts }) => ({
    kind: 'message',
    text: `You said: ${userTexts.join(' | ')}`,
  }));
  agent = await AgentFixture.start(model);
});

afterAll(async () => {
  await agent.dispose();
  await model.close();
  expect(agent.stderr).toBe('');
});

/** Every refusal leaves an agent that serves the next request. */
afterEach(async () => {
  expect(await agent.ask('hello')).toMatchObject({ status: 'success' });
});

async function expectRefusal(response: Response, status: number, code: string, message: string): Promise<void> {
  expect({ status: response.status, body: (await response.json()) as RefusalBody }).toEqual({
    status,
    body: { error: { code, message: expect.stringContaining(message) } },
  });
}

function runAgentInput(fields: object): object {
  return {
    threadId: agent.sessionId,
    runId: 'run-1',
    messages: [{ id: 'm1', role: 'user', content: 'hello' }],
    tools: [],
    context: [],
    ...fields,
  };
}

describe('a body', () => {
  it.each<[string, string, string]>([
    ['that is empty', '', 'the body is empty, a JSON object is needed'],
    ['that is not JSON', '{"prompt":', 'the body is not JSON in UTF-8'],
    ['that is a list', '[]', 'the body must be a JSON object, not a list'],
    ['that is null', 'null', 'the body must be a JSON object, not null'],
    [
      'of neither form',
      '{"question":"hello"}',
      'none of "prompt", "resume" and "action" (the short form), nor "messages"',
    ],
    ['with a prompt that is no text', '{"prompt":["hello"]}', '"prompt" must be a text, not a list'],
    ['with an empty prompt', '{"prompt":" \\n"}', '"prompt" is empty'],
    ['with a stream field that is no boolean', '{"prompt":"a","stream":"yes"}', '"stream" must be true or false'],
    ['with an unknown field', '{"prompt":"a","temperature":1}', '"temperature" is no field of the short form'],
    ['with a model that is no text', '{"prompt":"a","model":7}', '"model" must be a text'],
    ['with tools that are no list', '{"prompt":"a","tools":"Read"}', '"tools" must be a list'],
    ['with an unknown mode', '{"prompt":"a","permissionMode":"yolo"}', '"permissionMode" must be one of ask, '],
    ['with history of another role', '{"prompt":"a","history":[{"role":"system","content":"b"}]}', 'not "system"'],
    ['with a prompt and answers', '{"prompt":"a","resume":[]}', '"resume" is no field of the short form'],
    ['with no answers', '{"resume":[]}', '"resume" has no answers'],
    ['with an answer that decides nothing', '{"resume":[{"interruptId":"i","status":"resolved"}]}', 'with "approved"'],
    [
      'with arguments that are nested too deep',
      `{"resume":[{"interruptId":"i","status":"resolved","payload":{"approved":true,"editedArgs":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}}]}`,
      'nested deeper than 64 levels',
    ],
    [
      'with the id of no question',
      `{"resume":[{"interruptId":"${'i'.repeat(300)}","status":"cancelled"}]}`,
      'no question has one of more than 256',
    ],
    ['with an unknown action', '{"action":"dance"}', '"action" must be one of health, attach, cancel, flush'],
    ['with an event number below 0', '{"action":"attach","after":-1}', '"after" must be the number of an event'],
    ['with an event number for no attach', '{"action":"cancel","after":1}', '"after" belongs to "attach" alone'],
  ])('%s is refused', async (_what, body, message) => {
    await expectRefusal(await agent.post(body), 400, 'INVALID_REQUEST', message);
  });

  it('that is not UTF-8 is refused', async () => {
    const body = Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    await expectRefusal(await agent.post(body), 400, 'INVALID_REQUEST', 'not JSON in UTF-8');
  });

  it.each<[string, object, string]>([
    ['of another thread', { threadId: 'another-thread' }, '"threadId" must be the session id of the request header'],
    ['without a run id', { runId: undefined }, '"runId" must be a text'],
    ['of a protocol version that is nested', { protocolVersion: [[['1.0']]] }, '"protocolVersion" must be "1.0"'],
    ['of another protocol version', { protocolVersion: '2.0' }, '"protocolVersion" must be "1.0" or a later 1.x'],
    ['with tools', { tools: [{ name: 'clock', description: 'tells the time' }] }, '"tools" is not supported'],
    ['with context', { context: [{ description: 'a', value: 'b' }] }, '"context" is not supported'],
    ['with unknown properties', { forwardedProps: { x: 1 } }, '"x" is no field of "forwardedProps"'],
    ['with an unknown operation', { forwardedProps: { op: 'dance' } }, '"forwardedProps.op" must be one of health'],
    ['with half an answer', { resume: [{ interruptId: 'i' }] }, 'a status in "resume" must be "resolved"'],
    ['with an unknown field', { extra: 1 }, '"extra" is no field of RunAgentInput'],
    ['without messages', { messages: undefined }, '"messages" must be a list, not missing'],
    ['with no user message', { messages: [{ id: 'm', role: 'assistant', content: 'a' }] }, 'no message of role "user"'],
    [
      'that ends with an answer',
      {
        messages: [
          { id: 'm1', role: 'user', content: 'a' },
          { id: 'm2', role: 'assistant', content: 'b' },
        ],
      },
      'must not end with a message of role "assistant"',
    ],
    [
      'with an image',
      { messages: [{ id: 'm', role: 'user', content: [{ type: 'image', source: {} }] }] },
      'parts of type "text" only, not "image"',
    ],
    ['with an empty message', { messages: [{ id: 'm', role: 'user', content: [] }] }, 'the last user message is empty'],
    ['with a message of null', { messages: [{ id: 'm', role: 'user', content: null }] }, 'must be a text, not null'],
  ])('of AG-UI %s is refused', async (_what, fields, message) => {
    await expectRefusal(await agent.post(runAgentInput(fields)), 400, 'INVALID_REQUEST', message);
  });

  it('larger than the limit is refused, and the connection goes on', async () => {
    const tooLarge = Buffer.alloc(MAX_BODY_BYTES + 1, ' ');
    await expectRefusal(
      await agent.post(tooLarge),
      413,
      'PAYLOAD_TOO_LARGE',
      `${MAX_BODY_BYTES + 1} bytes: at most ${MAX_BODY_BYTES}`,
    );
  });

  it('of exactly the limit is read', async () => {
    const json = Buffer.from('{"prompt":"large"}');
    const body = Buffer.concat([json, Buffer.alloc(MAX_BODY_BYTES - json.length, ' ')]);
    const response = await agent.post(body);
    expect(response.status).toBe(200);
    await response.json();
  });

  it('that breaks off is dropped', async () => {
    const sent = request(`${agent.url}/invocations`, {
      method: 'POST',
      headers: { [SESSION_HEADER]: agent.sessionId, 'content-length': 1000 },
    });
    sent.on('error', () => undefined);
    await new Promise<void>((resolve) => sent.write('{"prompt":"half', () => resolve()));
    sent.destroy();
  });
});

describe('a session id', () => {
  it.each([
    ['missing', {}, 'The request names no session'],
    ['empty', { [SESSION_HEADER]: '' }, 'The request names no session'],
    ['too short', { [SESSION_HEADER]: 'x'.repeat(32) }, 'has 32 characters'],
    ['too long', { [SESSION_HEADER]: 'x'.repeat(257) }, 'has 257 characters'],
  ])('that is %s is refused', async (_what, headers, message) => {
    const response = await fetch(`${agent.url}/invocations`, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: '{"prompt":"hello"}',
    });
    await expectRefusal(response, 400, 'SESSION_ID_INVALID', message);
  });

  it('of another session is refused', async () => {
    await agent.ask('hello');
    const response = await agent.post({ prompt: 'hello' }, { [SESSION_HEADER]: 'y'.repeat(33) });
    await expectRefusal(response, 409, 'SESSION_MISMATCH', 'This container serves another session');
  });
});

describe('a path', () => {
  it.each(['/', '/invocations/', '/pong', '/../etc/passwd', '//ping'])(
    '%s that is not served is refused',
    async (path) => {
      const response = await fetch(agent.url + path);
      await expectRefusal(response, 404, 'NOT_FOUND', 'use GET /ping, POST /invocations or GET /ws');
    },
  );

  it.each([
    ['/ping', 'POST', 'GET'],
    ['/invocations', 'GET', 'POST'],
    ['/invocations', 'DELETE', 'POST'],
  ])('%s refuses the method %s', async (path, method, allowed) => {
    const response = await fetch(agent.url + path, { method });
    expect(response.headers.get('allow')).toBe(allowed);
    await expectRefusal(response, 405, 'METHOD_NOT_ALLOWED', `takes ${allowed} only, not ${method}`);
  });

  it('is recognized with a query', async () => {
    expect((await fetch(`${agent.url}/ping?qualifier=DEFAULT`)).status).toBe(200);
  });
});
