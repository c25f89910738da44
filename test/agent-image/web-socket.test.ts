import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type AgentEvent, SESSION_HEADER, type SocketFrame } from '../../agent-image/src/protocol';
import type { ModelScript } from '../../bin/local/model/scripted-bedrock';
import { AgentFixture, gate, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';

const repeating: ModelScript = ({ userTexts }) => ({ kind: 'message', text: ['You said: ', userTexts.at(-1) ?? ''] });

let model: ScriptedModel;
let agent: AgentFixture;
const open: Client[] = [];

/** A connection whose frames are collected. */
class Client {
  readonly frames: SocketFrame[] = [];
  readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString('utf8')) as SocketFrame));
  }

  static async connect(sessionId = agent.sessionId): Promise<Client> {
    const socket = new WebSocket(`${agent.url.replace('http', 'ws')}/ws`, { headers: { [SESSION_HEADER]: sessionId } });
    const client = new Client(socket);
    open.push(client);
    await once(socket, 'open');
    return client;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  get events(): AgentEvent[] {
    return this.frames.flatMap((frame) => ('event' in frame ? [frame.event] : []));
  }

  text(): string {
    return this.events.map((event) => (event.type === 'TEXT_MESSAGE_CONTENT' ? event.delta : '')).join('');
  }

  ends(runs = 1): Promise<void> {
    return waitUntil(() => this.events.filter(({ type }) => type === 'RUN_FINISHED').length === runs);
  }
}

beforeAll(async () => {
  model = await startScriptedModel(repeating);
  agent = await AgentFixture.start(model);
});

beforeEach(() => {
  model.script = repeating;
});

afterEach(() => {
  for (const { socket } of open.splice(0)) socket.terminate();
});

afterAll(async () => {
  await agent.dispose();
  await model.close();
  expect(agent.stderr).toBe('');
});

it('answers prompts one after the other with numbered events', async () => {
  const client = await Client.connect();
  client.send({ prompt: 'one' });
  client.send({ prompt: 'two' });
  await client.ends(2);

  expect(client.text()).toBe('You said: oneYou said: two');
  const numbers = client.frames.map((frame) => ('seq' in frame ? frame.seq : 0));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
});

it('speaks AG-UI as well', async () => {
  const client = await Client.connect();
  const messages = [{ id: '1', role: 'user', content: 'hello' }];
  client.send({ threadId: agent.sessionId, runId: 'mine', messages, state: {}, tools: [], context: [] });
  await client.ends();

  expect(client.events[0]).toMatchObject({ type: 'RUN_STARTED', runId: 'mine' });
});

it('shows a connection that attached what another one does', async () => {
  const { promise, open: release } = gate();
  const [one, other] = [await Client.connect(), await Client.connect()];
  model.script = () => ({ kind: 'message', text: ['first ', 'last'], gate: promise });
  one.send({ prompt: 'hello' });
  await waitUntil(() => one.text() === 'first ');
  const started = one.frames.find((frame) => 'event' in frame && frame.event.type === 'RUN_STARTED');
  other.send({ action: 'attach', after: started && 'seq' in started ? started.seq - 1 : 0 });
  await waitUntil(() => other.text() === 'first ');
  release();
  await other.ends();

  expect(other.text()).toBe('first last');
});

it('goes on with a run whose connection was lost', async () => {
  const { promise, open: release } = gate();
  const lost = await Client.connect();
  model.script = () => ({ kind: 'message', text: ['first ', 'last'], gate: promise });
  lost.send({ prompt: 'hello' });
  await waitUntil(() => lost.text() === 'first ');
  const last = lost.frames.at(-1);
  lost.socket.terminate();
  const back = await Client.connect();
  back.send({ action: 'attach', after: last && 'seq' in last ? last.seq : 0 });
  release();
  await back.ends();

  expect(back.text()).toBe('last');
});

it('cancels in mid-run', async () => {
  const { promise, open: release } = gate();
  model.script = () => ({ kind: 'message', text: ['first ', 'last'], gate: promise });
  const client = await Client.connect();
  client.send({ prompt: 'hello' });
  await waitUntil(() => client.text() === 'first ');
  client.send({ action: 'cancel' });
  await client.ends();
  release();

  expect(client.events.at(-1)).toMatchObject({ outcome: { type: 'cancelled' } });
  expect(client.frames).toContainEqual({ reply: { cancelled: expect.stringMatching(/^run-/) } });
});

it('tells a message that is not valid why, and takes the next one', async () => {
  const client = await Client.connect();
  client.send('{"prompt":');
  client.send({ prompt: 7 });
  client.send({ action: 'flush' });
  await waitUntil(() => client.frames.length === 3);

  expect(client.frames).toEqual([
    { error: { code: 'INVALID_REQUEST', message: expect.stringContaining('not JSON') } },
    { error: { code: 'INVALID_REQUEST', message: expect.stringContaining('"prompt" must be a text') } },
    { reply: { flushed: true } },
  ]);
});

it('sends a long result in frames that AgentCore lets through', async () => {
  let calls = 0;
  const long = 'x'.repeat(300_000);
  model.script = () => ((calls += 1) === 1 ? { kind: 'message', text: [long] } : { kind: 'message', text: 'done' });
  const client = await Client.connect();
  let longest = 0;
  client.socket.on('message', (data: Buffer) => (longest = Math.max(longest, data.length)));
  client.send({ prompt: 'write much' });
  await client.ends();

  expect(longest).toBeLessThan(65_536);
  const parts = client.frames.flatMap((frame) => ('part' in frame ? [frame.json] : [])).join('');
  expect(JSON.parse(parts)).toMatchObject({ type: 'TEXT_MESSAGE_CONTENT', delta: long });
});

it.each([
  ['no session', '/ws', {}, 400, 'SESSION_ID_INVALID'],
  ['another path', '/elsewhere', { [SESSION_HEADER]: 's'.repeat(40) }, 404, 'NOT_FOUND'],
])('refuses to open for %s', async (_what, path, headers, status, code) => {
  const socket = new WebSocket(`${agent.url.replace('http', 'ws')}${path}`, { headers });
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    NodeJS.ReadableStream & { statusCode: number },
  ];
  const body: Buffer[] = [];
  for await (const chunk of response) body.push(chunk as Buffer);

  expect(response.statusCode).toBe(status);
  expect(JSON.parse(Buffer.concat(body).toString('utf8'))).toMatchObject({ error: { code } });
});

it('takes the session id of a presigned address', async () => {
  const socket = new WebSocket(
    `${agent.url.replace('http', 'ws')}/ws?X-Amzn-Bedrock-AgentCore-Runtime-Session-Id=${agent.sessionId}`,
  );
  await once(socket, 'open');
  socket.terminate();
});

it('refuses what another session sends', async () => {
  const client = await Client.connect('another-session-id-of-enough-characters');
  client.send({ prompt: 'hello' });
  await waitUntil(() => client.frames.length === 1);

  expect(client.frames).toEqual([{ error: { code: 'SESSION_MISMATCH', message: expect.any(String) } }]);
});
