import { EventSchema } from '@ag-ui/core/schemas';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentEvent } from '../../agent-image/src/protocol';
import type { ModelScript, ScriptedReply } from '../../bin/local/model/scripted-bedrock';
import {
  AgentFixture,
  environmentOf,
  gate,
  isRunning,
  MAIN_MODEL,
  type ScriptedModel,
  startScriptedModel,
  waitUntil,
} from './support/agent-fixture';

/** Answers with what the person said last. */
const repeating: ModelScript = ({ userTexts }) => ({ kind: 'message', text: ['You said: ', userTexts.at(-1) ?? ''] });

/** Answers with everything that the person has said. */
const remembering: ModelScript = ({ userTexts }) => ({ kind: 'message', text: ['You said: ', userTexts.join(' | ')] });

/** Asks for a tool with the first call, and answers with the second. */
function answerAfter(request: ScriptedReply): ModelScript {
  let calls = 0;
  return () => ((calls += 1) === 1 ? request : { kind: 'message', text: 'It is not there.' });
}

let model: ScriptedModel;
let agent: AgentFixture;

const textOf = (events: AgentEvent[]): string =>
  events.map((event) => (event.type === 'TEXT_MESSAGE_CONTENT' ? event.delta : '')).join('');

describe('a turn', () => {
  beforeAll(async () => {
    model = await startScriptedModel(repeating);
    agent = await AgentFixture.start(model);
  });

  beforeEach(() => {
    model.script = repeating;
  });

  afterAll(async () => {
    await agent.dispose();
    await model.close();
    expect(agent.stderr).toBe('');
  });

  it('streams a turn as numbered AG-UI events', async () => {
    const numbered = [];
    for await (const event of agent.stream('hello')) {
      numbered.push(event);
    }
    const [first] = numbered;
    expect(numbered.map(({ seq }) => seq - (first?.seq ?? 0))).toEqual(numbered.map((_, index) => index));
    const events = numbered.map(({ event }) => event);
    expect(events.map(({ type }) => type)).toEqual([
      'RUN_STARTED',
      'TEXT_MESSAGE_START',
      'TEXT_MESSAGE_CONTENT',
      'TEXT_MESSAGE_CONTENT',
      'TEXT_MESSAGE_END',
      'RUN_FINISHED',
    ]);
    expect(textOf(events)).toBe('You said: hello');
    expect(events.map((event) => EventSchema.parse(event))).toEqual(events);
    expect(events.at(-1)).toMatchObject({
      threadId: agent.sessionId,
      outcome: { type: 'success' },
      result: { model: MAIN_MODEL, turns: 1 },
    });
  });

  it('sends a stream that proxies must not hold back', async () => {
    const response = await agent.post({ prompt: 'hello' }, { accept: 'text/event-stream' });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toMatch(/^id: \d+\ndata: {"type":"RUN_STARTED",.*}\n\nid: \d+\ndata: /);
  });

  it('answers a turn as one JSON object with what it took', async () => {
    const reply = await agent.ask('hello');
    expect(reply).toEqual({
      response: 'You said: hello',
      tool_calls: [],
      metadata: {
        session_id: agent.sessionId,
        run_id: expect.stringMatching(/^run-/),
        model: MAIN_MODEL,
        turns: 1,
        duration_ms: expect.any(Number),
        usage: {
          input_tokens: expect.any(Number),
          output_tokens: 4,
          cache_read_tokens: 0,
          cache_write_tokens: 0,
        },
        cost_usd: expect.any(Number),
      },
      status: 'success',
    });
    expect(reply.metadata.usage.input_tokens).toBeGreaterThan(100);
    expect(reply.metadata.cost_usd).toBeGreaterThan(0);
  });

  it('lets an explicit stream field beat the Accept header', async () => {
    const whole = await agent.post({ prompt: 'hello', stream: false }, { accept: 'text/event-stream' });
    expect(whole.headers.get('content-type')).toBe('application/json');
    await whole.text();
    const streamed = await agent.post({ prompt: 'hello', stream: true }, { accept: 'application/json' });
    expect(streamed.headers.get('content-type')).toMatch(/^text\/event-stream/);
    await streamed.text();
  });

  it('reads a body of any content type as JSON', async () => {
    const response = await agent.post({ prompt: 'hello' }, { 'content-type': 'application/octet-stream' });
    expect(await response.json()).toMatchObject({ response: 'You said: hello' });
  });

  it('shows reasoning and tool calls, and answers the call of an unknown tool with an error', async () => {
    model.script = answerAfter({
      kind: 'message',
      thinking: 'Hmm.',
      text: 'I look.',
      toolUses: [{ name: 'telescope', input: { at: 'moon' } }],
    });
    const events = await agent.events('look');
    expect(events.map((event) => EventSchema.parse(event))).toEqual(events);
    expect(events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1])).toEqual([
      'RUN_STARTED',
      'REASONING_START',
      'REASONING_MESSAGE_START',
      'REASONING_MESSAGE_CONTENT',
      'REASONING_MESSAGE_END',
      'REASONING_END',
      'TEXT_MESSAGE_START',
      'TEXT_MESSAGE_CONTENT',
      'TEXT_MESSAGE_END',
      'TOOL_CALL_START',
      'TOOL_CALL_ARGS',
      'TOOL_CALL_END',
      'TOOL_CALL_RESULT',
      'TEXT_MESSAGE_START',
      'TEXT_MESSAGE_CONTENT',
      'TEXT_MESSAGE_END',
      'RUN_FINISHED',
    ]);
    expect(events.find(({ type }) => type === 'TOOL_CALL_RESULT')).toMatchObject({
      content: 'Error: No such tool available: telescope',
      metadata: { is_error: true },
    });
  });

  it('lists tool calls in the JSON reply and answers with the text after them', async () => {
    model.script = answerAfter({
      kind: 'message',
      text: 'I look.',
      toolUses: [{ name: 'telescope', input: { at: 'moon' } }],
    });
    expect(await agent.ask('look')).toMatchObject({
      response: 'It is not there.',
      tool_calls: [
        {
          name: 'telescope',
          arguments: '{"at":"moon"}',
          result: 'Error: No such tool available: telescope',
          is_error: true,
        },
      ],
      status: 'success',
    });
  });

  it('logs JSON lines that name session and request, without what was said', async () => {
    const headers = { 'x-amzn-bedrock-agentcore-runtime-request-id': 'the-request' };
    await (await agent.post({ prompt: 'a-secret-prompt' }, headers)).text();
    const ended = agent.logLines.findLast(({ message }) => message === 'run ended: success');
    expect(ended).toMatchObject({ level: 'info', session_id: agent.sessionId, request_id: 'the-request' });
    expect(JSON.stringify(agent.logLines)).not.toContain('a-secret-prompt');
  });
});

describe('a session', () => {
  beforeEach(async () => {
    model = await startScriptedModel(remembering);
    agent = await AgentFixture.start(model);
  });

  afterEach(async () => {
    await agent.dispose();
    await model.close();
    expect(agent.stderr).toBe('');
  });

  it('remembers the conversation, answers with the same process and counts each turn for itself', async () => {
    const first = await agent.ask('I am Ada');
    const processes = agent.claudePids();
    expect(processes).toHaveLength(1);
    const second = await agent.ask('who am I?');
    expect(second.response).toBe('You said: I am Ada | who am I?');
    expect(agent.claudePids()).toEqual(processes);
    expect(second.metadata.usage.output_tokens).toBe(Math.ceil('You said: I am Ada | who am I?'.length / 4));
    expect(first.metadata.usage.output_tokens).toBe(Math.ceil('You said: I am Ada'.length / 4));
    expect(second.metadata.run_id).not.toBe(first.metadata.run_id);
  });

  it('starts its process with the first prompt, not before', async () => {
    expect(agent.claudePids()).toEqual([]);
    expect(model.calls).toEqual([]);
    await agent.ask('hello');
    expect(agent.claudePids()).toHaveLength(1);
  });

  it('takes a RunAgentInput, keeps its run id and streams unless only JSON is accepted', async () => {
    const input = {
      threadId: agent.sessionId,
      runId: 'run-of-the-client',
      messages: [
        { id: 'm1', role: 'user', content: 'an earlier prompt of the client’s copy' },
        { id: 'm2', role: 'assistant', content: 'an answer' },
        {
          id: 'm3',
          role: 'user',
          content: [
            { type: 'text', text: 'now' },
            { type: 'text', text: 'this' },
          ],
        },
      ],
      tools: [],
      context: [],
      state: {},
      forwardedProps: {},
    };
    const streamed = await (await agent.post(input)).text();
    expect(streamed).toContain('"runId":"run-of-the-client"');
    expect(streamed).toContain('You said: ');
    const reply: unknown = await (await agent.post(input, { accept: 'application/json' })).json();
    expect(reply).toMatchObject({
      response: 'You said: now\nthis | now\nthis',
      metadata: { run_id: 'run-of-the-client' },
    });
  });

  it('hands a prompt on as it is: no command of the process, no file of the container', async () => {
    const prompt = '/clear @/etc/hostname';
    await agent.ask('first');
    expect((await agent.ask(prompt)).response).toBe(`You said: first | ${prompt}`);
  });

  it('is busy while a run is active and moves the time of its health only then', async () => {
    const held = gate();
    model.script = () => ({ kind: 'message', text: ['first', 'last'], gate: held.promise });
    const idle = await agent.ping();
    expect(idle.status).toBe('Healthy');
    const reply = agent.ask('hello');
    await waitUntil(() => model.requests.length === 1);
    const busy = await agent.ping();
    expect(busy.status).toBe('HealthyBusy');
    expect(await agent.ping()).toEqual(busy);
    held.open();
    await reply;
    const after = await agent.ping();
    expect(after.status).toBe('Healthy');
    expect(after.time_of_last_update).toBeGreaterThanOrEqual(busy.time_of_last_update);
  });

  it('goes on with a run whose client has left', async () => {
    const held = gate();
    model.script = () => ({ kind: 'message', text: ['first', 'last'], gate: held.promise });
    const client = new AbortController();
    const response = await agent.post({ prompt: 'hello', stream: true }, {}, client.signal);
    await waitUntil(() => model.requests.length === 1);
    client.abort();
    await expect(response.text()).rejects.toThrow('abort');
    model.script = remembering;
    expect((await agent.ping()).status).toBe('HealthyBusy');
    held.open();
    expect((await agent.ask('still there?')).response).toBe('You said: hello | still there?');
    const followUp = model.requests.at(-1);
    expect(JSON.stringify(followUp?.body.messages)).toContain('firstlast');
  });

  it('answers the prompts of a session one after the other, and refuses more than may wait', async () => {
    const held = gate();
    model.script = async (request) => {
      await held.promise;
      return remembering(request);
    };
    const active = agent.ask('0');
    await waitUntil(() => model.requests.length === 1);
    const waiting: Promise<unknown>[] = [];
    for (let prompt = 1; prompt <= 8; prompt += 1) {
      const response = await agent.post({ prompt: String(prompt), stream: true });
      waiting.push(response.text());
    }
    const refused = await agent.post({ prompt: '9' });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { code: 'QUEUE_FULL' } });
    expect(model.requests).toHaveLength(1);
    held.open();
    await Promise.all([active, ...waiting]);
    expect(model.requests.at(-1)?.userTexts).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
  });
});

describe('the agent process', () => {
  beforeEach(async () => {
    model = await startScriptedModel(remembering);
  });

  afterEach(async () => {
    await agent.dispose();
    await model.close();
  });

  it('calls the granted models only, by their full ids', async () => {
    agent = await AgentFixture.start(model, { AGENT_MODEL_FAST: 'global.anthropic.claude-haiku-5-5' });
    await agent.ask('hello');
    await agent.ask('again');
    const posts = model.calls.filter((call) => !call.startsWith('GET /inference-profiles'));
    expect(posts).toEqual(Array<string>(2).fill(`POST /model/${MAIN_MODEL}/invoke-with-response-stream`));
  });

  it.each([
    ['an Opus profile', 'eu.anthropic.claude-opus-5-5'],
    ['a Haiku profile', 'us.anthropic.claude-haiku-5-5'],
    ['an ARN', 'arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123def456'],
  ])('makes no call beside the turn with %s as the only model', async (_what, id) => {
    agent = await AgentFixture.start(model, { AGENT_MODEL_MAIN: id });
    await agent.ask('hello');
    const posts = model.calls.filter((call) => !call.startsWith('GET /inference-profiles'));
    expect(new Set(posts)).toEqual(new Set([`POST /model/${id}/invoke-with-response-stream`]));
    expect(model.requests).toHaveLength(1);
  });

  it('gets the allowed part of the environment and nothing else', async () => {
    const overrides = {
      AWS_SESSION_TOKEN: 'a-token',
      HTTP_PROXY: '',
      DATABASE_PASSWORD: 'do-not-pass-on',
      NODE_OPTIONS: '--no-warnings',
      LD_PRELOAD_NOT: 'do-not-pass-on',
      ANTHROPIC_API_KEY: 'do-not-pass-on',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/do-not-pass-on',
      CLAUDE_CODE_SHELL: '/do-not-pass-on',
      BASH_ENV: '/do-not-pass-on',
    };
    agent = await AgentFixture.start(model, overrides);
    await agent.ask('hello');
    const [pid] = agent.claudePids();
    const environment = environmentOf(pid ?? 0);
    expect(environment).toMatchObject({
      AWS_SESSION_TOKEN: 'a-token',
      AWS_REGION: 'eu-west-1',
      CLAUDE_CODE_USE_BEDROCK: '1',
      ANTHROPIC_MODEL: MAIN_MODEL,
      CLAUDE_CONFIG_DIR: join(agent.home, '.claude'),
    });
    expect(JSON.stringify(environment)).not.toContain('do-not-pass-on');
    expect(environment).not.toHaveProperty('NODE_OPTIONS');
    expect(environment).not.toHaveProperty('AGENT_MODEL_MAIN');
  });

  it('runs nothing that lies in the workspace', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hostile-workspace-'));
    const [trap, workspace] = [join(directory, 'trap'), join(directory, 'workspace')];
    mkdirSync(join(workspace, '.claude'), { recursive: true });
    const hook = { hooks: [{ type: 'command', command: `touch ${trap}` }] };
    writeFileSync(
      join(workspace, '.claude', 'settings.json'),
      JSON.stringify({ hooks: { SessionStart: [hook], UserPromptSubmit: [hook] } }),
    );
    writeFileSync(
      join(workspace, '.mcp.json'),
      JSON.stringify({ mcpServers: { trap: { command: 'touch', args: [trap] } } }),
    );
    writeFileSync(join(workspace, 'CLAUDE.md'), 'hostile instructions');
    try {
      agent = await AgentFixture.start(model, { AGENT_WORKSPACE_DIR: workspace });
      await agent.ask('hello');
      expect(() => rmSync(trap)).toThrow('ENOENT');
      expect(JSON.stringify(model.requests)).not.toContain('hostile instructions');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is offered no tool', async () => {
    agent = await AgentFixture.start(model);
    await agent.ask('hello');
    expect(model.requests[0]?.body.tools ?? []).toEqual([]);
  });

  it('ends with the server, however that ends', async () => {
    agent = await AgentFixture.start(model);
    await agent.ask('hello');
    const [pid] = agent.claudePids();
    agent.signal('SIGKILL');
    expect(await agent.exitCode()).toBeNull();
    await waitUntil(() => !isRunning(pid ?? 0));
  });
});

describe('a start', () => {
  beforeEach(async () => {
    model = await startScriptedModel(remembering);
  });

  afterEach(async () => {
    await agent.dispose();
    await model.close();
  });

  it.each([
    [{ AGENT_MODEL_MAIN: '' }, 'AGENT_MODEL_MAIN is not set'],
    [{ PORT: 'http' }, 'PORT is "http"'],
    [{ CLAUDE_CONFIG_DIR: '/proc/self' }, 'The agent cannot write to /proc/self'],
  ])('with %j fails with one line that says what is wrong', async (environment, message) => {
    agent = await AgentFixture.start(model, environment);
    expect(await agent.exitCode()).toBe(1);
    expect(agent.logLines).toEqual([
      expect.objectContaining({ level: 'error', message: expect.stringContaining(message) }),
    ]);
    expect(agent.stderr).toBe('');
  });

  it('on a port that is taken fails with a line that names it', async () => {
    const taken = new URL(model.url).port;
    agent = await AgentFixture.start(model, { PORT: taken });
    expect(await agent.exitCode()).toBe(1);
    expect(agent.logLines.at(-1)?.message).toContain(`cannot listen on 127.0.0.1:${taken} (EADDRINUSE)`);
  });
});
