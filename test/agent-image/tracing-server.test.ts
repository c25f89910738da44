import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { type InvocationReply, SESSION_HEADER } from '../../agent-image/src/protocol';
import { readSignature, verifySignature } from '../../bin/local/sigv4';
import type { ModelScript, ScriptedReply } from '../../bin/local/model/model-script';
import {
  AgentFixture,
  environmentOf,
  MAIN_MODEL,
  type ScriptedModel,
  startScriptedModel,
  waitUntil,
} from './support/agent-fixture';
import { CREDENTIALS, ScriptedGateway } from './support/scripted-gateway';
import { type SessionBucket, startSessionBucket } from './support/session-bucket';
import { ScriptedInterpreter, textResult } from './support/scripted-interpreter';
import { type SentSpan, SpanCollector } from './support/span-collector';

const TRACE = '6720f5e1000000000000000000000abc';
const CALLER = '00000000000000aa';
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;
/** After the run, and at the stop. */
const KEPT = ['  workspace.flush', '  workspace.flush'];
const RESTORED = ['  workspace.restore'];
const SECRETS = /MY PROMPT|MY ANSWER|my-order-7|on its way|MY TASK/;

let model: ScriptedModel;
let gateway: ScriptedGateway;
let collector: SpanCollector;
let bucket: SessionBucket | undefined;
let definition: string;
const agents: AgentFixture[] = [];

beforeEach(async () => {
  definition = mkdtempSync(join(tmpdir(), 'tracing-'));
  const pilot = { description: 'a pilot', prompt: 'You are a pilot', tools: ['Read'] };
  const tools = { agents: { pilot }, skills: [], mcpServers: {}, tools: ['Read'] };
  writeFileSync(join(definition, 'definition.json'), JSON.stringify(tools));
  model = await startScriptedModel(() => ({ kind: 'message', text: 'MY ANSWER' }));
  gateway = await ScriptedGateway.start();
  collector = await SpanCollector.start();
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.dispose();
  await bucket?.close();
  bucket = undefined;
  await collector.close();
  await gateway.close();
  await model.close();
  rmSync(definition, { recursive: true });
});

async function start(overrides: Record<string, string> = {}, sessionId?: string): Promise<AgentFixture> {
  const environment = {
    AGENT_NAME: 'support',
    AGENT_DEFINITION_DIR: definition,
    AGENT_GATEWAY_GW: JSON.stringify({ url: gateway.url, auth: 'iam' }),
    AGENT_PERMISSION_MODES: 'bypass,ask',
    AGENT_TRACING: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    ...overrides,
  };
  const agent = await AgentFixture.start(model, environment, sessionId);
  agents.push(agent);
  return agent;
}

async function ask(agent: AgentFixture, body: object, headers: Record<string, string> = {}): Promise<InvocationReply> {
  return (await (await agent.post({ prompt: 'MY PROMPT', ...body }, headers)).json()) as InvocationReply;
}

const inOrder = (...replies: ScriptedReply[]): ModelScript => {
  return () => replies.shift() ?? { kind: 'message', text: 'MY ANSWER' };
};

const named = (name: string): SentSpan[] => collector.spans.filter((span) => span.name === name);
const ORDER = { name: 'mcp__gw__orders___get', input: { id: 'my-order-7' } };

test('a run is one trace with its answers, tools and calls of a gateway, under the span of the caller', async () => {
  model.script = inOrder(
    { kind: 'message', toolUses: [ORDER, { name: 'Invented', input: {} }] },
    { kind: 'message', text: 'MY ANSWER' },
  );
  const agent = await start();
  const { status, metadata } = await ask(agent, {}, { traceparent: TRACEPARENT, tracestate: 'a=b' });
  expect(status).toBe('success');
  await agent.stop();

  const chatted = `  chat ${MAIN_MODEL}`;
  expect(collector.tree()).toEqual([
    'invoke_agent support',
    ...RESTORED,
    chatted,
    '  execute_tool mcp__gw__orders___get',
    '    tools/call orders___get',
    '  execute_tool unknown',
    chatted,
    ...KEPT,
  ]);
  const [run] = named('invoke_agent support');
  expect(run).toMatchObject({
    ...{ traceId: TRACE, parentSpanId: CALLER },
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.conversation.id': agent.sessionId,
      'session.id': agent.sessionId,
      'gen_ai.request.model': MAIN_MODEL,
      'claude_agent.run.status': 'success',
      'claude_agent.run.turns': metadata.turns,
    },
  });
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  const [chat] = named(`chat ${MAIN_MODEL}`);
  expect(chat?.attributes).toMatchObject({
    'gen_ai.response.finish_reasons': ['tool_use'],
    'gen_ai.usage.input_tokens': expect.any(Number),
    'gen_ai.usage.output_tokens': expect.any(Number),
  });
  expect(named('execute_tool unknown')).toMatchObject([{ status: { code: 2 }, attributes: { 'error.type': 'error' } }]);
  expect(collector.resource).toMatchObject({ 'service.name': 'support', 'cloud.region': 'eu-west-1' });

  const [call] = named('tools/call orders___get');
  const sent = gateway.headers[gateway.methods.indexOf('tools/call')];
  expect(sent).toMatchObject({
    traceparent: `00-${TRACE}-${String(call?.spanId)}-01`,
    tracestate: 'a=b',
    'x-amzn-trace-id': `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)};Parent=${String(call?.spanId)};Sampled=1`,
  });
  expect(collector.bodies.join()).not.toMatch(SECRETS);
  expect(agent.stderr).toBe('');
});

test('what the code interpreter does for a call of a tool belongs to that call', async () => {
  const interpreter = await ScriptedInterpreter.start(() => textResult('42'));
  try {
    const code = { name: 'mcp__ci__execute_code', input: { code: '6 * 7' } };
    model.script = inOrder({ kind: 'message', toolUses: [code] }, { kind: 'message', toolUses: [code] });
    const agent = await start({
      AGENT_CODE_INTERPRETER_ID: 'analysis-a1B2c3D4e5',
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: interpreter.url,
    });
    expect(await ask(agent, {}, { traceparent: TRACEPARENT })).toMatchObject({ status: 'success' });
    await agent.stop();

    const calls = named('execute_tool mcp__ci__execute_code').map(({ spanId }) => spanId);
    expect(calls).toHaveLength(2);
    const parents = (operation: string) =>
      interpreter.headers
        .filter((request) => request.operation === operation)
        .map(({ headers }) => [headers.traceparent, headers['x-amzn-trace-id']]);
    const sent = (span: string | undefined) => [
      `00-${TRACE}-${String(span)}-01`,
      `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)};Parent=${String(span)};Sampled=1`,
    ];
    expect(parents('invoke')).toEqual(calls.map(sent));
    expect(parents('start')).toEqual([sent(calls[0])]);
    // The end of the session is no tool's.
    expect(parents('stop')).toEqual([[undefined, undefined]]);
  } finally {
    await interpreter.close();
  }
});

test('runs over a WebSocket belong to the trace of the request that opened it', async () => {
  const agent = await start();
  const headers = { [SESSION_HEADER]: agent.sessionId, traceparent: TRACEPARENT };
  const socket = new WebSocket(`${agent.url.replace('http', 'ws')}/ws`, { headers });
  const frames: string[] = [];
  socket.on('message', (data: Buffer) => frames.push(data.toString()));
  await once(socket, 'open');
  socket.send(JSON.stringify({ prompt: 'MY PROMPT' }));
  await waitUntil(() => frames.some((frame) => frame.includes('RUN_FINISHED')));
  socket.terminate();
  await agent.stop();
  expect(named('invoke_agent support')).toMatchObject([{ traceId: TRACE, parentSpanId: CALLER }]);
});

test('what a sub-agent does is below the call that started it', async () => {
  const task = { name: 'Agent', input: { description: 'MY TASK', prompt: 'MY TASK', subagent_type: 'pilot' } };
  model.script = ({ body }) => {
    if (JSON.stringify(body.system).includes('You are a pilot')) return { kind: 'message', text: 'MY ANSWER' };
    const hasResult = JSON.stringify(body.messages.at(-1)).includes('tool_result');
    return hasResult ? { kind: 'message', text: 'MY ANSWER' } : { kind: 'message', toolUses: [task] };
  };
  const agent = await start();
  expect(await ask(agent, {})).toMatchObject({ status: 'success' });
  await agent.stop();
  const chatted = `  chat ${MAIN_MODEL}`;
  const pilot = ['  execute_tool Agent', '    chat claude-sonnet-5-5'];
  expect(collector.tree()).toEqual(['invoke_agent support', ...RESTORED, chatted, ...pilot, chatted, ...KEPT]);
  expect(collector.bodies.join()).not.toMatch(SECRETS);
});

test('a run that fails, a refused tool and runs around a question are told as such', async () => {
  model.script = inOrder({ kind: 'message', toolUses: [ORDER] });
  const agent = await start({ AGENT_PERMISSION_MODES: 'ask' });
  const { interrupts = [] } = await ask(agent, {});
  const resume = interrupts.map(({ id }) => ({ interruptId: id, status: 'resolved', payload: { approved: false } }));
  await agent.post({ resume }, { 'x-amzn-trace-id': `Root=1-6720f5e1-0000000000000000000000ff;Parent=${CALLER}` });
  model.script = () => ({ kind: 'fault', status: 403, type: 'AccessDeniedException', message: 'not granted' });
  expect(await ask(agent, {})).toMatchObject({ status: 'error' });
  await agent.stop();

  const runs = named('invoke_agent support');
  expect(runs.map(({ attributes }) => attributes['claude_agent.run.status'])).toEqual([
    'interrupted',
    'success',
    'error',
  ]);
  expect(runs[1]).toMatchObject({ traceId: '6720f5e10000000000000000000000ff', parentSpanId: CALLER });
  expect(runs[2]).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'MODEL_ACCESS_DENIED' } });
  expect(named('execute_tool mcp__gw__orders___get')).toMatchObject([
    { parentSpanId: runs[0]?.spanId, attributes: { 'error.type': 'denied' } },
  ]);
});

test('bringing a session back and keeping it are spans', async () => {
  bucket = await startSessionBucket();
  const first = await start(bucket.environment);
  await ask(first, {});
  await first.stop();
  const second = await start(bucket.environment, first.sessionId);
  await ask(second, {});
  await second.stop();
  const steps = collector.spans.filter(({ name }) => name.startsWith('workspace.'));
  expect(steps.map(({ name }) => `  ${name}`)).toEqual([...RESTORED, ...KEPT, ...RESTORED, ...KEPT]);
  const [one, two] = named('invoke_agent support').map(({ spanId }) => spanId);
  expect(steps.map(({ parentSpanId }) => parentSpanId)).toEqual([one, one, one, two, two, two]);
  const [, , , restored] = steps;
  expect(restored?.attributes['claude_agent.bytes']).toBeGreaterThan(0);
});

test('requests to AWS X-Ray are signed with the agent’s role', async () => {
  const agent = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: '', AWS_ENDPOINT_URL_XRAY: collector.url });
  await ask(agent, {});
  await agent.stop();
  const [{ url, headers } = { url: '', headers: {} }] = collector.requests;
  const claim = readSignature(headers.authorization);
  expect([url, claim?.service, claim?.region]).toEqual(['/v1/traces', 'xray', 'eu-west-1']);
  const body = Buffer.from(collector.bodies[0] ?? '');
  if (claim) await verifySignature({ method: 'POST', url, headers, body }, claim, CREDENTIALS);
});

test('a caller who records nothing is recorded nowhere, and the gateway is told so', async () => {
  model.script = inOrder({ kind: 'message', toolUses: [ORDER] });
  const agent = await start();
  expect(await ask(agent, {}, { traceparent: `00-${TRACE}-${CALLER}-00` })).toMatchObject({ status: 'success' });
  await agent.stop();
  expect(collector.requests).toEqual([]);
  expect(gateway.headers[gateway.methods.indexOf('tools/call')]?.traceparent).toMatch(/-00$/);
});

test.each([
  ['hangs', 'hangs' as const],
  ['refuses', 403],
])('an endpoint that %s disturbs neither runs nor the stop', async (_, answer) => {
  collector.answers.push(...Array.from({ length: 50 }, () => answer));
  const agent = await start();
  expect(await ask(agent, {})).toMatchObject({ status: 'success' });
  await agent.stop();
  expect(await agent.exitCode()).toBe(0);
  expect(agent.logged('stopped')).toBeDefined();
  expect(agent.logged('spans were not sent before the stop')).toMatchObject({ level: 'warn' });
});

test('without tracing nothing is sent, passed on, or given to the agent process', async () => {
  model.script = inOrder({ kind: 'message', toolUses: [ORDER] });
  const agent = await start({ AGENT_TRACING: '' });
  expect(await ask(agent, {}, { traceparent: TRACEPARENT })).toMatchObject({ status: 'success' });
  const names = agent.claudePids().flatMap((pid) => Object.keys(environmentOf(pid)));
  expect(names).toContain('ANTHROPIC_MODEL');
  expect(names.filter((name) => /OTEL|TELEMETRY=1|TRACE/.test(name))).toEqual([]);
  await agent.stop();
  expect(collector.requests).toEqual([]);
  expect(gateway.headers[gateway.methods.indexOf('tools/call')]?.traceparent).toBeUndefined();
});
