import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InvocationReply } from '../../agent-image/src/protocol';
import type { ModelScript, ScriptedReply } from '../../bin/local/model/model-script';
import { AgentFixture, MAIN_MODEL, type ScriptedModel, startScriptedModel } from './support/agent-fixture';
import { ScriptedGateway } from './support/scripted-gateway';
import { type SessionBucket, startSessionBucket } from './support/session-bucket';

const FAST_MODEL = 'global.anthropic.claude-haiku-5-5';
const ORDER = { name: 'mcp__gw__orders___get', input: { id: '7' } };
const DONE: ScriptedReply = { kind: 'message', text: 'Done.' };

let model: ScriptedModel;
let gateway: ScriptedGateway;
let bucket: SessionBucket;
let definition: string;
const agents: AgentFixture[] = [];

beforeEach(async () => {
  definition = mkdtempSync(join(tmpdir(), 'metrics-server-'));
  const pilot = { description: 'a pilot', prompt: 'You are a pilot', tools: ['Read'] };
  const tools = { agents: { pilot }, skills: [], mcpServers: {}, tools: ['Read'] };
  writeFileSync(join(definition, 'definition.json'), JSON.stringify(tools));
  model = await startScriptedModel(() => DONE);
  gateway = await ScriptedGateway.start();
  bucket = await startSessionBucket();
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.dispose();
  await bucket.close();
  await gateway.close();
  await model.close();
  rmSync(definition, { recursive: true });
});

async function start(overrides: Record<string, string> = {}, sessionId?: string): Promise<AgentFixture> {
  const environment = {
    AGENT_NAME: 'support',
    AGENT_DEFINITION_DIR: definition,
    AGENT_GATEWAY_GW: JSON.stringify({ url: gateway.url, auth: 'iam' }),
    ...overrides,
  };
  const agent = await AgentFixture.start(model, environment, sessionId);
  agents.push(agent);
  return agent;
}

const inOrder = (...replies: ScriptedReply[]): ModelScript => {
  return () => replies.shift() ?? DONE;
};

async function send(agent: AgentFixture, body: object): Promise<InvocationReply> {
  return (await (await agent.post(body)).json()) as InvocationReply;
}

/** Answers every question of a reply. */
function answer(agent: AgentFixture, { interrupts = [] }: InvocationReply): Promise<InvocationReply> {
  expect(interrupts).toHaveLength(1);
  const resume = interrupts.map(({ id }) => ({ interruptId: id, status: 'resolved', payload: { approved: true } }));
  return send(agent, { resume });
}

/** The lines that have a metric. */
const withMetric = (agent: AgentFixture, name: string) =>
  agent.logLines.filter((line) => '_aws' in line && name in line);

const tokensIn = ({ metadata: { usage } }: InvocationReply): number =>
  Object.values(usage).reduce((sum, tokens) => sum + tokens, 0);

test('each request to a session whose storage is away is a failed restore, and the first that opens it is none', async () => {
  const first = await start(bucket.environment);
  await first.ask('Hello');
  await first.stop();
  const second = await start(bucket.environment, first.sessionId);
  bucket.before = () => {
    throw new Error('storage is away');
  };
  for (let request = 0; request < 2; request += 1) {
    expect((await second.post({ prompt: 'Hello' })).status).toBe(503);
  }
  expect(withMetric(second, 'RestoreFailures')).toMatchObject([
    { RestoreFailures: 1, RestoreBytes: 0, session_id: first.sessionId },
    { RestoreFailures: 1 },
  ]);
  expect(withMetric(second, 'Sessions')).toEqual([]);

  bucket.before = () => undefined;
  expect(await second.ask('Hello')).toMatchObject({ status: 'success' });
  expect(withMetric(second, 'RestoreFailures').map(({ RestoreFailures }) => RestoreFailures)).toEqual([1, 1, 0]);
  expect(withMetric(second, 'Sessions')).toHaveLength(1);
});

test('an agent that keeps its sessions nowhere writes nothing of storage', async () => {
  const [kept, unkept] = [await start(bucket.environment), await start()];
  for (const agent of [kept, unkept]) {
    await agent.ask('Hello');
    await agent.stop();
  }
  const storage = (agent: AgentFixture) =>
    agent.logLines.flatMap((line) => Object.keys(line)).filter((name) => /^(Restore|Flush)/.test(name));
  expect(new Set(storage(kept)).size).toBe(6);
  expect(storage(unkept)).toEqual([]);
});

test('a call that the policy of a gateway denies is a denied call of its tool', async () => {
  model.script = inOrder({ kind: 'message', toolUses: [ORDER] }, { kind: 'message', toolUses: [ORDER] });
  const body = '{"message":"Tool Execution Denied: denied due to policy enforcement"}';
  gateway.troubles.push({ method: 'tools/call', trouble: { status: 403, body } });
  gateway.troubles.push({ method: 'tools/call', trouble: { status: 403, body: '{"message":"Forbidden"}' } });
  const agent = await start({ AGENT_PERMISSION_MODES: 'bypass' });
  expect(await agent.ask('Go')).toMatchObject({ status: 'success' });
  expect(withMetric(agent, 'ToolCalls').map(({ Tool, Result }) => [Tool, Result])).toEqual([
    [ORDER.name, 'denied'],
    [ORDER.name, 'error'],
  ]);
  expect(withMetric(agent, 'GatewayCalls').map(({ Result }) => Result)).toEqual(['denied', 'error']);
});

test('a turn with a question took what its runs took, from the first of them on', async () => {
  const thinking = 300;
  const replies = [{ kind: 'message', text: 'I look.', toolUses: [ORDER] }] satisfies ScriptedReply[];
  model.script = async () => {
    const asked = replies.shift();
    if (asked) await new Promise((resolve) => setTimeout(resolve, thinking));
    return asked ?? DONE;
  };
  const agent = await start();
  const asked = await send(agent, { prompt: 'Go' });
  const answered = await answer(agent, asked);
  expect([asked.status, answered.status]).toEqual(['interrupted', 'success']);

  const [turn, ...others] = withMetric(agent, 'TurnLatency');
  expect(others).toEqual([]);
  expect(turn).toMatchObject({
    run_id: answered.metadata.run_id,
    TurnLatency: asked.metadata.duration_ms + answered.metadata.duration_ms,
  });
  // Timers may fire a little early.
  expect(turn?.TimeToFirstEvent).toBeGreaterThan(thinking - 10);
});

test('a question that is never answered adds nothing to the time of its turn', async () => {
  model.script = inOrder({ kind: 'message', toolUses: [ORDER] });
  const agent = await start();
  const asked = await send(agent, { prompt: 'Go' });
  expect(asked.status).toBe('interrupted');
  await new Promise((resolve) => setTimeout(resolve, 100));
  await agent.stop();
  const turns = withMetric(agent, 'TurnLatency');
  expect(turns.map(({ TurnLatency }) => TurnLatency)).toEqual([asked.metadata.duration_ms]);
});

test('tokens and cost are kept by each model that was called, and once for the turn', async () => {
  const task = { name: 'Agent', input: { description: 'fly', prompt: 'fly', subagent_type: 'pilot' } };
  model.script = ({ body }) => {
    if (JSON.stringify(body.system).includes('You are a pilot')) return DONE;
    const hasResult = JSON.stringify(body.messages.at(-1)).includes('tool_result');
    return hasResult ? DONE : { kind: 'message', toolUses: [task] };
  };
  const agent = await start({ AGENT_MODEL_SUBAGENT: FAST_MODEL, AGENT_PERMISSION_MODES: 'bypass' });
  const { status, metadata } = await agent.ask('Go');
  expect(status).toBe('success');

  const setsOf = (line: (typeof agent.logLines)[number]) =>
    (
      line._aws as { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] }
    ).CloudWatchMetrics.filter(({ Metrics }) => Metrics.some(({ Name }) => Name === 'Cost')).flatMap(({ Dimensions }) =>
      Dimensions.map((set) => set.join()),
    );
  const [turn, ...models] = withMetric(agent, 'Cost');
  expect(turn).toMatchObject({ Model: MAIN_MODEL, Turns: metadata.turns, Cost: metadata.cost_usd });
  expect([turn, ...models].map((line) => line && setsOf(line))).toEqual([['Agent'], ['Agent,Model'], ['Agent,Model']]);
  expect(models.map(({ Model }) => Model).sort()).toEqual([FAST_MODEL, MAIN_MODEL]);
  for (const { Cost } of models) expect(Cost).toBeGreaterThan(0);
  for (const [name, whole] of [
    ['InputTokens', metadata.usage.input_tokens],
    ['OutputTokens', metadata.usage.output_tokens],
    ['Cost', metadata.cost_usd],
  ] as const) {
    const sum = models.map((line) => Number(line[name])).reduce((one, other) => one + other, 0);
    expect(sum).toBeCloseTo(whole, 9);
  }
});

test('a session tells at its end how many tokens it had', async () => {
  const agent = await start();
  const replies = [await agent.ask('Hello'), await agent.ask('Hello again')];
  expect(withMetric(agent, 'SessionTokens')).toEqual([]);
  await agent.stop();
  const [first = 0, second = 0] = replies.map(tokensIn);
  expect(first).toBeGreaterThan(0);
  expect(withMetric(agent, 'SessionTokens').map(({ SessionTokens }) => SessionTokens)).toEqual([first + second]);
});
