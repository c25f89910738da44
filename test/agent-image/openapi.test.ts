import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import {
  type AgentEvent,
  MAX_BODY_BYTES,
  MAX_WAITING_RUNS,
  REFUSALS,
  RUN_FAILURES,
  type RefusalCode,
  SESSION_HEADER,
  USER_HEADER,
} from '../../agent-image/src/protocol';
import type { ModelScript, ScriptedReply } from '../../bin/local/model/scripted-bedrock';
import {
  AgentFixture,
  gate,
  MAIN_MODEL,
  type ScriptedModel,
  startScriptedModel,
  waitUntil,
} from './support/agent-fixture';
import { expectDescribed, findings, openApi, OPENAPI_FILE, schemaFindings } from './support/open-api';

const ROOT = join(__dirname, '..', '..');
const REQUEST = '/paths/~1invocations/post/requestBody/content/application~1json/schema';

const answering: ModelScript = () => ({ kind: 'message', thinking: 'Let me see.', text: ['Hel', 'lo'] });

let directory: string;
let model: ScriptedModel;
let agent: AgentFixture;
/** Codes that were provoked; each answer with one was checked. */
const refused = new Set<RefusalCode>();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'openapi-test-'));
  const reviewer = { description: 'Reviews', prompt: 'You review.', tools: ['Read'] };
  const tools = ['Read', 'Write', 'TaskCreate', 'TaskUpdate'];
  const definition = { agents: { reviewer }, skills: [], mcpServers: {}, tools };
  writeFileSync(join(directory, 'definition.json'), JSON.stringify(definition));
  model = await startScriptedModel(answering);
  agent = await start();
});

beforeEach(() => {
  model.script = answering;
});

afterAll(async () => {
  await agent.dispose();
  await model.close();
  rmSync(directory, { recursive: true, force: true });
  expect(agent.stderr).toBe('');
});

function start(overrides: Record<string, string> = {}): Promise<AgentFixture> {
  const workspace = mkdtempSync(join(directory, 'workspace-'));
  return AgentFixture.start(model, { AGENT_DEFINITION_DIR: directory, AGENT_WORKSPACE_DIR: workspace, ...overrides });
}

/** Sends a body that the document describes. */
async function send(body: object, headers: Record<string, string> = {}, to = agent): Promise<Response> {
  expect({ body, findings: findings(REQUEST, body) }).toEqual({ body, findings: [] });
  return to.post(body, headers);
}

async function ask(body: object, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const answer = await send(body, headers);
  expect(answer.status).toBe(200);
  return (await expectDescribed(answer)) as Record<string, unknown>;
}

async function stream(body: object): Promise<AgentEvent[]> {
  const answer = await send(body, { accept: 'text/event-stream' });
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
  return (await expectDescribed(answer)) as AgentEvent[];
}

async function expectRefusal(code: RefusalCode, answer: Response, path?: string, method?: string): Promise<void> {
  expect({ code, status: answer.status }).toEqual({ code, status: REFUSALS[code].status });
  expect(await expectDescribed(answer, path, method)).toMatchObject({ error: { code } });
  refused.add(code);
}

/** Has the model give these replies, one a call, and then the last one again. */
function replies(...all: ScriptedReply[]): void {
  let calls = 0;
  model.script = () => all[Math.min(calls++, all.length - 1)] as ScriptedReply;
}

const typesOf = (events: readonly AgentEvent[]): Set<string> =>
  new Set(events.map((event) => (event.type === 'CUSTOM' ? event.name : event.type)));

describe('openapi.json', () => {
  it('is a valid document of OpenAPI 3.1', () => {
    const validator = join(ROOT, 'node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js');
    expect(() => execFileSync(process.execPath, [validator, OPENAPI_FILE], { stdio: 'pipe' })).not.toThrow();
  });

  it('has the version of the package that it describes', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'agent-image/package.json'), 'utf8')) as { version: string };
    expect(openApi.info.version).toBe(version);
  });

  it('lists the codes of the agent, no more and no less', () => {
    const { RefusalCode, RunFailureCode } = openApi.components.schemas;
    expect(RefusalCode?.enum).toEqual(Object.keys(REFUSALS));
    expect(RunFailureCode?.enum).toEqual(Object.keys(RUN_FAILURES));
  });

  it('gives every refusal the status that the agent gives it, and says when it happens', () => {
    const described = Object.values(openApi.paths)
      .flatMap((path) => Object.values(path).flatMap(({ responses }) => Object.entries(responses)))
      .filter(([status]) => Number(status) >= 400)
      .flatMap(([status, { $ref = '' }]) => {
        const name = $ref.split('/').at(-1) ?? '';
        const description = openApi.components.responses[name]?.description ?? '';
        const codes = Object.keys(REFUSALS).filter((code) => {
          const body = { error: { code, message: 'Why.' } };
          return findings(`/components/responses/${name}/content/application~1json/schema`, body).length === 0;
        });
        return codes.map((code) => ({ code, status: Number(status), isExplained: description.includes(`${code}: `) }));
      });
    const expected = Object.entries(REFUSALS).map(([code, { status }]) => ({ code, status, isExplained: true }));
    for (const response of described) expect(expected).toContainEqual(response);
    for (const response of expected) expect(described).toContainEqual(response);
  });

  it('has the events of the agent, no more and no less', () => {
    const source = readFileSync(join(ROOT, 'agent-image/src/protocol-events.ts'), 'utf8');
    const named = (text: string): string[] => [...text.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
    const events = [...source.matchAll(/\btype: (('[A-Z_]+'( \| )?)+)|\bname: ('[a-z._]+')/g)].flatMap(
      ([, types, , , name]) => {
        return named(types ?? name ?? '');
      },
    );
    const described = (openApi.components.schemas.AgentEvent?.oneOf ?? []).flatMap(({ $ref }) => {
      const { type, name } = openApi.components.schemas[$ref.split('/').at(-1) ?? '']?.properties ?? {};
      return [...(type?.enum ?? [type?.const]), ...(name?.const === undefined ? [] : [name.const])];
    });
    expect([...new Set(described)].sort()).toEqual([...new Set(events)].sort());
  });

  it('describes every schema', () => {
    const silent = Object.entries(openApi.components.schemas).filter(([, schema]) => !('description' in schema));
    expect(silent.map(([name]) => name)).toEqual([]);
  });
});

describe('answers of the running agent', () => {
  it('to a ping are as described', async () => {
    expect(await expectDescribed(await fetch(`${agent.url}/ping`), '/ping', 'get')).toMatchObject({
      status: 'Healthy',
    });
  });

  it('to operations before the first prompt are as described', async () => {
    expect(await ask({ action: 'health' })).toMatchObject({ last_event: 0, models: { main: MAIN_MODEL } });
    expect(await ask({ action: 'cancel' })).toEqual({});
    expect(await ask({ action: 'flush' })).toEqual({ flushed: true });
    expect(await ask({ action: 'attach' })).toEqual({ events: [], last_event: 0 });
  });

  it('to prompts in both forms are as described', async () => {
    expect(await ask({ prompt: 'hello' })).toMatchObject({ status: 'success', response: 'Hello' });
    const input = {
      ...{ threadId: agent.sessionId, runId: 'run-of-mine', protocolVersion: '1.0', state: {}, tools: [], context: [] },
      messages: [{ id: 'm1', role: 'user', content: [{ type: 'text', text: 'hello' }] }],
      forwardedProps: { permissionMode: 'ask', tools: ['Read'] },
    };
    expect(await ask(input, { accept: 'application/json' })).toMatchObject({ metadata: { run_id: 'run-of-mine' } });
  });

  it('to a prompt that fails are as described', async () => {
    replies({ kind: 'fault', status: 400, type: 'ValidationException', message: 'no' });
    expect(await ask({ prompt: 'hello' })).toMatchObject({ status: 'error', error: { code: 'MODEL_REQUEST_INVALID' } });
    expect([...typesOf(await stream({ prompt: 'hello' }))]).toContain('RUN_ERROR');
  });

  it('as a stream are as described, with text, reasoning, tools, a plan, a sub-agent and a second attempt', async () => {
    const reply = (name: string, input: object): ScriptedReply => ({ kind: 'message', toolUses: [{ name, input }] });
    const agentInput = { subagent_type: 'reviewer', description: 'Review', prompt: 'Review it.' };
    replies(
      { kind: 'mid-stream-fault', text: 'Something else', type: 'internalServerException', message: 'no' },
      {
        kind: 'message',
        thinking: 'Let me see.',
        text: 'Hello.',
        toolUses: [{ name: 'Read', input: { file_path: '/none' } }],
      },
      reply('TaskCreate', { subject: 'Review', description: 'Review it' }),
      reply('TaskUpdate', { taskId: '1', status: 'completed' }),
      reply('Agent', agentInput),
      { kind: 'message', thinking: 'Let me see.', text: 'Done.' },
    );
    const types = typesOf(await stream({ prompt: 'hello', stream: true }));
    for (const type of [
      ...['RUN_STARTED', 'TEXT_MESSAGE_START', 'TEXT_MESSAGE_CONTENT', 'TEXT_MESSAGE_END', 'REASONING_START'],
      ...['TOOL_CALL_START', 'TOOL_CALL_ARGS', 'TOOL_CALL_END', 'TOOL_CALL_RESULT', 'STATE_SNAPSHOT', 'STATE_DELTA'],
      ...['SUBAGENT_STARTED', 'SUBAGENT_FINISHED', 'message.retracted', 'RUN_FINISHED'],
    ]) {
      expect([...types]).toContain(type);
    }
    expect([...typesOf(await stream({ action: 'attach', after: 0 }))]).toEqual(expect.arrayContaining([...types]));
    expect(await ask({ action: 'attach' })).toMatchObject({ last_event: expect.any(Number) });
  });

  it('to questions and their answers are as described', async () => {
    const input = { file_path: 'a.txt', content: 'a' };
    replies({ kind: 'message', toolUses: [{ name: 'Write', input }] }, { kind: 'message', text: 'Ok.' });
    const asked = await ask({ prompt: 'write' });
    expect(asked).toMatchObject({
      status: 'interrupted',
      interrupts: [expect.objectContaining({ reason: 'tool_call' })],
    });
    expect(await ask({ action: 'health' })).toMatchObject({ interrupts: asked.interrupts, status: 'HealthyBusy' });

    await expectRefusal('INTERRUPT_PENDING', await send({ prompt: 'hello' }));
    expect(await stream({ prompt: 'hello' })).toEqual([expect.objectContaining({ code: 'INTERRUPT_PENDING' })]);

    const [{ id }] = asked.interrupts as [{ id: string }];
    const resume = [{ interruptId: id, status: 'resolved', payload: { approved: false, message: 'No.' } }];
    expect(await ask({ resume })).toMatchObject({ status: 'success', response: 'Ok.' });
    await expectRefusal('INTERRUPT_NOT_OPEN', await send({ resume }));
    expect(await stream({ resume })).toEqual([expect.objectContaining({ code: 'INTERRUPT_NOT_OPEN' })]);
  });

  it('to runs that are cancelled, and to too many that wait, are as described', async () => {
    const held = gate();
    model.script = () => ({ kind: 'message', text: ['Hel', 'lo'], gate: held.promise });
    const ends: string[] = [];
    const runs = Array.from({ length: 1 + MAX_WAITING_RUNS + 2 }, async () => {
      const answer = await send({ prompt: 'hello' });
      if (answer.status === 200) {
        ends.push(((await expectDescribed(answer)) as { status: string }).status);
      } else {
        await expectRefusal('QUEUE_FULL', answer);
        ends.push('refused');
      }
    });
    await waitUntil(() => ends.length === 2);
    expect(await ask({ action: 'cancel' })).toEqual({ cancelled: expect.any(String) });
    await waitUntil(() => ends.length === 3);
    held.open();
    await Promise.all(runs);
    expect(ends.slice(0, 3)).toEqual(['refused', 'refused', 'cancelled']);
    expect(ends.slice(3)).toEqual(Array<string>(MAX_WAITING_RUNS).fill('success'));
  });

  it('to requests that are refused are as described', async () => {
    await expectRefusal('INVALID_REQUEST', await agent.post('{'));
    await expectRefusal('SESSION_ID_INVALID', await agent.post({ prompt: 'a' }, { [SESSION_HEADER]: 'short' }));
    await expectRefusal('SESSION_MISMATCH', await agent.post({ prompt: 'a' }, { [SESSION_HEADER]: 's'.repeat(33) }));
    await expectRefusal('NOT_SESSION_OWNER', await agent.post({ prompt: 'a' }, { [USER_HEADER]: 'somebody-else' }));
    await expectRefusal('CHOICE_NOT_ALLOWED', await send({ prompt: 'a', model: 'another' }));
    await expectRefusal('PAYLOAD_TOO_LARGE', await agent.post(new Uint8Array(MAX_BODY_BYTES + 1)));
    await expectRefusal('METHOD_NOT_ALLOWED', await fetch(`${agent.url}/invocations`));
    await expectRefusal('METHOD_NOT_ALLOWED', await fetch(`${agent.url}/ping`, { method: 'POST' }), '/ping', 'get');
    await expectRefusal('NOT_FOUND', await fetch(`${agent.url}/pong`), '/{other}', 'get');
    await expectRefusal('INVALID_REQUEST', await fetch(`${agent.url}/ws`), '/ws', 'get');
  });

  it('to callers without the token that the deployment wants are as described', async () => {
    const strict = await start({ AGENT_AUTHORIZER: 'jwt' });
    await expectRefusal('CALLER_UNKNOWN', await send({ prompt: 'hello' }, {}, strict));
    await strict.dispose();
  });

  it('after the container was replaced, and while it stops, are as described', async () => {
    const kept = { CLAUDE_CONFIG_DIR: join(directory, 'config') };
    const before = await start(kept);
    await before.ask('hello');
    await before.dispose();
    const after = await AgentFixture.start(model, kept, before.sessionId);
    await expectRefusal('EVENTS_GONE', await send({ action: 'attach', after: 1 }, {}, after));
    await expectDescribed(await send({ action: 'attach', after: 1, stream: true }, {}, after));

    // The model never ends its answer, so the stop takes as long as the interruption of the run.
    model.script = () => ({ kind: 'hang' });
    const run = after.post({ prompt: 'hello' });
    await waitUntil(async () => (await after.ping()).status === 'HealthyBusy');
    const connection = await keptConnection(after);
    after.signal('SIGTERM');
    await waitUntil(() => after.logged('stopping') !== undefined);
    await expectRefusal('STOPPING', await connection());
    expect(await expectDescribed(await run)).toMatchObject({ status: 'cancelled' });
    await after.dispose();
  });

  it('over /ws are as described', async () => {
    const headers = { [SESSION_HEADER]: agent.sessionId };
    const socket = new WebSocket(`${agent.url.replace('http', 'ws')}/ws`, { headers });
    const frames: unknown[] = [];
    socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString('utf8'))));
    await once(socket, 'open');
    replies({ kind: 'message', text: 'long '.repeat(20_000) });
    for (const message of [{ prompt: 'hello' }, { action: 'health' }, { action: 'no' }])
      socket.send(JSON.stringify(message));
    const has = (key: string): boolean => frames.some((frame) => key in (frame as object));
    await waitUntil(() => ['event', 'reply', 'error'].every(has) && JSON.stringify(frames).includes('RUN_FINISHED'));
    socket.terminate();
    for (const frame of frames)
      expect({ frame, findings: schemaFindings('SocketFrame', frame) }).toEqual({ frame, findings: [] });
  });

  it('have shown every refusal but those that a defect of the agent, of a disk or of a bucket leads to', () => {
    expect(Object.keys(REFUSALS).filter((code) => !refused.has(code as RefusalCode))).toEqual([
      'WORKSPACE_FENCED',
      'INTERNAL_ERROR',
      'SESSION_UNREADABLE',
      'WORKSPACE_UNAVAILABLE',
    ]);
  });
});

/** A body that the document does not allow is refused by the agent, and the other way round. */
describe('a body', () => {
  it.each<[string, object]>([
    ['of no form', { question: 'hello' }],
    ['with an unknown field', { prompt: 'a', temperature: 1 }],
    ['with an empty prompt', { prompt: ' ' }],
    ['with a prompt that is no text', { prompt: 1 }],
    ['with a stream that is no boolean', { prompt: 'a', stream: 'yes' }],
    ['with an unknown mode', { prompt: 'a', permissionMode: 'all' }],
    ['with tools that are no list', { prompt: 'a', tools: 'Read' }],
    ['with history of another role', { prompt: 'a', history: [{ role: 'system', content: 'a' }] }],
    ['with an unknown action', { action: 'stop' }],
    ['with a negative after', { action: 'attach', after: -1 }],
    ['with after of another action', { action: 'flush', after: 1 }],
    ['without answers', { resume: [] }],
    ['with an answer without a payload', { resume: [{ interruptId: 'a', status: 'resolved' }] }],
    ['with an answer of another status', { resume: [{ interruptId: 'a', status: 'done' }] }],
    [
      'with an answer of another scope',
      { resume: [{ interruptId: 'a', status: 'resolved', payload: { approved: true, scope: 'ever' } }] },
    ],
    ['with tools of the client', { threadId: 's'.repeat(36), runId: 'r', messages: [], tools: [{ name: 'a' }] }],
    ['without a run id', { threadId: 's'.repeat(36), messages: [{ role: 'user', content: 'a' }] }],
    ['of another version', { threadId: 's'.repeat(36), runId: 'r', protocolVersion: '2.0', messages: [] }],
  ])('%s is allowed by neither the document nor the agent', async (_what, body) => {
    expect(findings(REQUEST, body)).not.toEqual([]);
    const answer = await agent.post('threadId' in body ? { ...body, threadId: agent.sessionId } : body);
    await expectRefusal('INVALID_REQUEST', answer);
  });
});

/** A connection that is open before the agent stops listening; gives what sends a prompt over it. */
async function keptConnection(to: AgentFixture): Promise<() => Promise<Response>> {
  await to.ping();
  return () => to.post({ prompt: 'hello' });
}
