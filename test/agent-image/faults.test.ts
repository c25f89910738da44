import { EventSchema } from '@ag-ui/core/schemas';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AgentCallError } from '../../agent-image/src/client';
import { type AgentEvent, RUN_FAILURES, type RunFailureCode } from '../../agent-image/src/protocol';
import type { ModelScript, ScriptedReply } from '../../bin/local/model/scripted-bedrock';
import {
  AgentFixture,
  gate,
  isRunning,
  type ScriptedModel,
  startScriptedModel,
  waitUntil,
} from './support/agent-fixture';

const remembering: ModelScript = ({ userTexts }) => ({ kind: 'message', text: `You said: ${userTexts.join(' | ')}` });

let model: ScriptedModel;
let agent: AgentFixture;

async function start(): Promise<void> {
  model = await startScriptedModel(remembering);
  agent = await AgentFixture.start(model);
}

async function stop(): Promise<void> {
  await agent.dispose();
  await model.close();
  expect(agent.stderr).toBe('');
}

function fault(status: number, type: string, message: string): Extract<ScriptedReply, { kind: 'fault' }> {
  return { kind: 'fault', status, type, message };
}

/** What a reader of the stream is left with: the text of every message that was not retracted. */
function shownText(events: AgentEvent[]): string {
  const texts = new Map<string, string>();
  for (const event of events) {
    if (event.type === 'TEXT_MESSAGE_CONTENT') {
      texts.set(event.messageId, (texts.get(event.messageId) ?? '') + event.delta);
    } else if (event.type === 'CUSTOM' && 'messageId' in event.value) {
      texts.delete(event.value.messageId);
    }
  }
  return [...texts.values()].join('');
}

function expectOneEnd(events: AgentEvent[]): void {
  expect(events.map((event) => EventSchema.parse(event))).toEqual(events);
  const ends = events.filter(({ type }) => type === 'RUN_FINISHED' || type === 'RUN_ERROR');
  expect(ends).toEqual([events.at(-1)]);
}

describe('a fault of the model', () => {
  beforeAll(start);
  afterAll(stop);

  it.each<[RunFailureCode, string, ScriptedReply]>([
    [
      'MODEL_ACCESS_DENIED',
      'access that is not enabled',
      fault(403, 'AccessDeniedException', "You don't have access to the model with the specified model ID."),
    ],
    [
      'MODEL_ACCESS_DENIED',
      'a missing permission',
      fault(403, 'AccessDeniedException', 'User: x is not authorized to perform: bedrock:InvokeModel on resource: y'),
    ],
    ['MODEL_NOT_FOUND', 'an unknown model', fault(404, 'ResourceNotFoundException', 'Could not resolve the model.')],
    [
      'MODEL_NOT_FOUND',
      'an invalid model id',
      fault(400, 'ValidationException', 'The provided model identifier is invalid.'),
    ],
    ['MODEL_REQUEST_INVALID', 'an invalid request', fault(400, 'ValidationException', 'messages.0: is odd')],
    [
      'CONTEXT_TOO_LONG',
      'a conversation that is too long',
      fault(400, 'ValidationException', 'prompt is too long: 300000 tokens > 200000 maximum'),
    ],
    ['MODEL_THROTTLED', 'throttling', fault(429, 'ThrottlingException', 'Too many requests')],
    [
      'MODEL_THROTTLED',
      'throttling that says when to come again',
      { ...fault(429, 'ThrottlingException', 'Too many tokens'), retryAfterSeconds: 1 },
    ],
    ['MODEL_UNAVAILABLE', 'a service that fails', fault(500, 'InternalServerException', 'failed')],
    ['MODEL_UNAVAILABLE', 'a service that is not there', fault(503, 'ServiceUnavailableException', 'busy')],
    [
      'MODEL_UNAVAILABLE',
      'a stream that breaks again and again',
      { kind: 'mid-stream-fault', text: 'Half of ', type: 'modelStreamErrorException', message: 'broke' },
    ],
    ['MODEL_UNAVAILABLE', 'a connection that is cut again and again', { kind: 'cut' }],
    ['MODEL_REFUSED', 'a refusal', { kind: 'message', text: 'I will', stopReason: 'refusal' }],
    ['ANSWER_TOO_LONG', 'an answer without an end', { kind: 'message', text: 'on and on', stopReason: 'max_tokens' }],
  ])('is reported as %s for %s, and the next turn works', async (code, _what, reply) => {
    model.script = () => reply;
    const events = await agent.events('hello');
    expectOneEnd(events);
    expect(events.at(-1)).toEqual({ type: 'RUN_ERROR', code, message: RUN_FAILURES[code] });
    expect(agent.logLines.findLast(({ message }) => message === 'run failed')).toMatchObject({
      level: 'error',
      code,
      detail: expect.stringMatching(/\w{3}/),
    });
    const measured = agent.logLines.findLast(({ Errors }) => Errors !== undefined);
    expect(measured).toMatchObject({ Errors: 1, Code: code });

    model.script = () => ({ kind: 'message', text: 'better now' });
    expect(await agent.ask('again')).toMatchObject({ response: 'better now', status: 'success' });
  });

  it('is an error status in the JSON reply', async () => {
    model.script = () => fault(404, 'ResourceNotFoundException', 'Could not resolve arn:aws:secret-detail.');
    const reply = await agent.ask('hello');
    expect(reply).toMatchObject({ response: '', status: 'error', error: { code: 'MODEL_NOT_FOUND' } });
    expect(JSON.stringify(reply)).not.toContain('secret-detail');
  });

  it.each<[string, ScriptedReply]>([
    ['breaks', { kind: 'mid-stream-fault', text: 'Half of ', type: 'modelStreamErrorException', message: 'broke' }],
    ['is cut', { kind: 'cut', text: 'Half of ' }],
  ])('that %s in mid-stream shows repeated text once', async (_what, broken) => {
    let calls = 0;
    model.script = () => ((calls += 1) === 1 ? broken : { kind: 'message', text: ['Half of ', 'the answer'] });
    const events = await agent.events('hello');
    expectOneEnd(events);
    const deltas = events.map((event) => (event.type === 'TEXT_MESSAGE_CONTENT' ? event.delta : ''));
    expect(deltas.join('')).toBe('Half of the answer');
    expect(events.filter(({ type }) => type === 'TEXT_MESSAGE_START')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'TEXT_MESSAGE_END')).toHaveLength(1);
  });

  it('in mid-stream retracts what was shown when the new answer is another one', async () => {
    let calls = 0;
    model.script = () =>
      (calls += 1) === 1
        ? { kind: 'mid-stream-fault', text: 'Half of ', type: 'modelStreamErrorException', message: 'broke' }
        : { kind: 'message', text: ['Another ', 'answer'] };
    const events = await agent.events('hello');
    expectOneEnd(events);
    expect(events.filter(({ type }) => type === 'CUSTOM')).toHaveLength(1);
    expect(shownText(events)).toBe('Another answer');
  });

  it('in mid-stream leaves the whole answer in the JSON reply', async () => {
    let calls = 0;
    model.script = () => ((calls += 1) === 1 ? { kind: 'cut', text: 'Half ' } : { kind: 'message', text: 'All of it' });
    expect(await agent.ask('hello')).toMatchObject({ response: 'All of it', status: 'success' });
  });
});

describe('the death of the agent process', () => {
  beforeEach(start);
  afterEach(stop);

  it('in a turn ends the run, and the next turn remembers the conversation', async () => {
    await agent.ask('I am Ada');
    model.script = () => ({ kind: 'message', text: ['first', 'last'], gate: new Promise<void>(() => undefined) });
    const [pid] = agent.claudePids();
    const failed = agent.events('a prompt that dies');
    await waitUntil(() => model.requests.length === 2);
    process.kill(pid ?? 0, 'SIGKILL');
    const events = await failed;
    expectOneEnd(events);
    expect(events.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'AGENT_PROCESS_ENDED' });

    model.script = remembering;
    const reply = await agent.ask('who am I?');
    expect(reply.status).toBe('success');
    expect(reply.response).toContain('I am Ada');
    expect(reply.response).toMatch(/who am I\?$/);
    expect(agent.claudePids()).not.toContain(pid);
    expect(agent.logLines.filter(({ message }) => message === 'agent process starts')).toEqual([
      expect.objectContaining({ resumes: false }),
      expect.objectContaining({ resumes: true }),
    ]);
  });

  it('in the very first turn leaves a session that works', async () => {
    model.script = () => ({ kind: 'hang' });
    const failed = agent.ask('hello');
    await waitUntil(() => model.requests.length === 1);
    process.kill(agent.claudePids()[0] ?? 0, 'SIGKILL');
    expect(await failed).toMatchObject({ status: 'error', error: { code: 'AGENT_PROCESS_ENDED' } });
    model.script = () => ({ kind: 'message', text: 'here' });
    expect(await agent.ask('again')).toMatchObject({ response: 'here', status: 'success' });
  });

  it('with the loss of its transcript begins a new conversation', async () => {
    await agent.ask('I am Ada');
    rmSync(join(agent.home, '.claude', 'projects'), { recursive: true });
    process.kill(agent.claudePids()[0] ?? 0, 'SIGKILL');
    await waitUntil(() => agent.logged('agent process ended') !== undefined);
    expect(await agent.ask('who am I?')).toMatchObject({ response: 'You said: who am I?', status: 'success' });
  });

  it('between two turns is not seen by the person', async () => {
    await agent.ask('I am Ada');
    const [pid] = agent.claudePids();
    process.kill(pid ?? 0, 'SIGKILL');
    await waitUntil(() => agent.logged('agent process ended') !== undefined);
    const second = await agent.ask('who am I?');
    expect(second.response).toBe('You said: I am Ada | who am I?');
    // The new process counts from zero, so its first run is told whole.
    expect(second.metadata.usage.output_tokens).toBe(Math.ceil(second.response.length / 4));
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  beforeEach(start);
  afterEach(stop);

  it('ends an idle agent with exit code 0', async () => {
    await agent.ask('hello');
    const [pid] = agent.claudePids();
    agent.signal(signal);
    expect(await agent.exitCode()).toBe(0);
    await waitUntil(() => !isRunning(pid ?? 0));
  });

  it('in a turn cancels the run, keeps what was said and exits with 0', async () => {
    model.script = () => ({
      kind: 'message',
      text: ['first', 'last'],
      gate: new Promise<void>(() => undefined),
    });
    const reply = agent.ask('hello');
    const waiting = agent.ask('and then?');
    await waitUntil(async () =>
      (await (await agent.post({ action: 'attach', stream: false })).text()).includes('first'),
    );
    agent.signal(signal);
    const cancelled = await reply;
    expect(cancelled).toMatchObject({ response: 'first', status: 'cancelled' });
    // Figures come with the result of a turn: the process was asked to end it, not killed.
    expect(cancelled.metadata.turns).toBeGreaterThan(0);
    expect(await waiting).toMatchObject({ response: '', status: 'error', error: { code: 'STOPPING' } });
    expect(await agent.exitCode()).toBe(0);
    expect(agent.logLines.at(-1)?.message).toBe('stopped');
  });
});

describe('a stop', () => {
  beforeEach(start);
  afterEach(stop);

  it('refuses new turns while the active one ends', async () => {
    const held = gate();
    model.script = async () => {
      await held.promise;
      return { kind: 'message', text: 'late' };
    };
    const events: AgentEvent[] = [];
    const reading = (async () => {
      for await (const { event } of agent.stream('hello')) events.push(event);
    })();
    await waitUntil(() => model.requests.length === 1);
    const [pid] = agent.claudePids();
    // A stopped process cannot answer the interrupt, so the server waits and can be asked meanwhile.
    process.kill(pid ?? 0, 'SIGSTOP');
    agent.signal('SIGTERM');
    await waitUntil(() => agent.logged('stopping') !== undefined);
    const refused = await agent.post({ prompt: 'one more' });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: 'STOPPING' } });
    process.kill(pid ?? 0, 'SIGCONT');
    await reading;
    expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'cancelled' } });
    expect(await agent.exitCode()).toBe(0);
  });

  it('ends although the agent process answers nothing', async () => {
    model.script = () => ({ kind: 'hang' });
    const reply = agent.ask('hello');
    await waitUntil(() => model.requests.length === 1);
    const [pid] = agent.claudePids();
    process.kill(pid ?? 0, 'SIGSTOP');
    agent.signal('SIGTERM');
    expect(await reply).toMatchObject({ status: 'cancelled' });
    expect(await agent.exitCode()).toBe(0);
    process.kill(pid ?? 0, 'SIGKILL');
  });

  it('is cut short by a second signal', async () => {
    model.script = () => ({ kind: 'hang' });
    const cut = agent.events('hello').catch((error: unknown) => error);
    await waitUntil(() => model.requests.length === 1);
    const [pid] = agent.claudePids();
    process.kill(pid ?? 0, 'SIGSTOP');
    agent.signal('SIGTERM');
    await waitUntil(() => agent.logged('stopping') !== undefined);
    agent.signal('SIGTERM');
    expect(await agent.exitCode()).toBe(128 + 15);
    expect(await cut).toBeInstanceOf(AgentCallError);
    process.kill(pid ?? 0, 'SIGKILL');
  });
});
