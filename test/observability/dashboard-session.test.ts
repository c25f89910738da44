import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InvocationReply } from '../../agent-image/src/protocol';
import type { ModelScript, ScriptedReply, ScriptedToolUse } from '../../bin/local/model/model-script';
import { AgentDashboard } from '../../lib/observability/agent-dashboard';
import { AgentAlarms } from '../../lib/observability/agent-alarms';
import {
  alarmQueries,
  type AlarmProperties,
  evaluateMetricQueries,
  graphQueries,
  MetricData,
  type MetricQuery,
  samplesOfEmf,
} from '../../lib/testing';
import { AgentFixture, type ScriptedModel, startScriptedModel } from '../agent-image/support/agent-fixture';
import { ScriptedGateway } from '../agent-image/support/scripted-gateway';
import { type SessionBucket, startSessionBucket } from '../agent-image/support/session-bucket';
import { resolved } from '../gateway/gateway-fixture';
import { testStack } from '../support/stack';
import { dashboardBodies, observed } from './dashboard-fixture';

const NAMESPACE = 'Shop.Agents';
const NAME = 'support';

/** What a dashboard and alarms of ours ask for that only the agent can answer, by where it is asked. */
function askedOfTheAgent(): { readonly where: string; readonly queries: readonly MetricQuery[] }[] {
  const { stack, agent, things } = observed(testStack(), { runtimeName: NAME, metricsNamespace: NAMESPACE });
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], ...things });
  new AgentAlarms(stack, 'Alarms', { agent, hourlyCostUsd: 1, hourlyTokens: 1 });
  const ofAgent = (query: MetricQuery) =>
    'metric' in query ? query.metric.namespace === NAMESPACE : query.expression.includes(NAMESPACE);
  const graphs = dashboardBodies(stack).flatMap(({ widgets }) =>
    widgets.flatMap(({ properties }) =>
      graphQueries(properties).map((query) => ({
        where: `${String(properties.title)}, ${query.label}`,
        queries: [query],
      })),
    ),
  );
  const alarms = resolved(stack)
    .resourcesOfType('AWS::CloudWatch::Alarm')
    .flatMap(({ logicalId, properties }) =>
      alarmQueries(properties as unknown as AlarmProperties)
        .filter((query) => 'metric' in query)
        .map((query) => ({ where: logicalId, queries: [query] })),
    );
  return [...graphs, ...alarms].filter(({ queries }) => queries.some(ofAgent));
}

const read = (file_path: string): ScriptedToolUse => ({ name: 'Read', input: { file_path } });
const write: ScriptedToolUse = { name: 'Write', input: { file_path: 'note.txt', content: 'a note' } };
const order: ScriptedToolUse = { name: 'mcp__gw__orders___get', input: { id: '7' } };

/** Has the model call a tool, then say that it is done. */
function calling(use: ScriptedToolUse): ModelScript {
  const replies: ScriptedReply[] = [{ kind: 'message', toolUses: [use] }];
  return () => replies.shift() ?? { kind: 'message', text: 'Done.' };
}

let model: ScriptedModel;
let gateway: ScriptedGateway;
let bucket: SessionBucket;
let definition: string;
const agents: AgentFixture[] = [];

beforeAll(async () => {
  definition = mkdtempSync(join(tmpdir(), 'dashboard-session-'));
  const tools = { agents: {}, skills: [], mcpServers: {}, tools: ['Read', 'Write'] };
  writeFileSync(join(definition, 'definition.json'), JSON.stringify(tools));
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Hello.' }));
  gateway = await ScriptedGateway.start();
  bucket = await startSessionBucket();
});

afterAll(async () => {
  for (const agent of agents) await agent.dispose();
  await bucket.close();
  await gateway.close();
  await model.close();
  rmSync(definition, { recursive: true });
});

async function container(sessionId?: string): Promise<AgentFixture> {
  const environment = {
    ...bucket.environment,
    AGENT_DEFINITION_DIR: definition,
    AGENT_NAME: NAME,
    AGENT_METRICS_NAMESPACE: NAMESPACE,
    AGENT_GATEWAY_GW: JSON.stringify({ url: gateway.url, auth: 'iam' }),
  };
  const agent = await AgentFixture.start(model, environment, sessionId);
  agents.push(agent);
  return agent;
}

async function send(agent: AgentFixture, body: object): Promise<InvocationReply> {
  return (await (await agent.post(body)).json()) as InvocationReply;
}

/** Has a tool called, about which a person is asked, who answers. */
async function answered(agent: AgentFixture, use: ScriptedToolUse, approved: boolean): Promise<InvocationReply> {
  model.script = calling(use);
  const { status, interrupts = [] } = await send(agent, { prompt: 'Go' });
  expect([status, interrupts.length]).toEqual(['interrupted', 1]);
  const resume = interrupts.map(({ id }) => ({ interruptId: id, status: 'resolved', payload: { approved } }));
  return send(agent, { resume });
}

/** A session with text, tools, a denial and an error, in two containers; what both wrote to their output. */
async function session(): Promise<string[]> {
  const first = await container();
  expect(await first.ask('Hello')).toMatchObject({ status: 'success' });
  expect(await answered(first, write, true)).toMatchObject({ status: 'success' });
  expect(await answered(first, { ...write, input: { file_path: 'no.txt', content: 'no' } }, false)).toMatchObject({
    status: 'success',
  });
  expect(await answered(first, order, true)).toMatchObject({ status: 'success' });
  for (const file of ['note.txt', 'there-is-none.txt']) {
    model.script = calling(read(file));
    expect(await first.ask('Read')).toMatchObject({ status: 'success' });
  }
  model.script = () => ({ kind: 'fault', status: 403, type: 'AccessDeniedException', message: 'not granted' });
  expect(await send(first, { prompt: 'Fail' })).toMatchObject({ status: 'error' });
  await first.stop();

  model.script = () => ({ kind: 'message', text: 'Hello again.' });
  const second = await container(first.sessionId);
  expect(await second.ask('Hello')).toMatchObject({ status: 'success' });
  await second.stop();
  expect([first.stderr, second.stderr]).toEqual(['', '']);
  return [...first.logLines, ...second.logLines].map((line) => JSON.stringify(line));
}

test('every graph and alarm of the agent has data after one session', async () => {
  const asked = askedOfTheAgent();
  expect(asked.length).toBeGreaterThan(30);
  const data = new MetricData(samplesOfEmf(await session()));

  const empty = asked
    .filter(({ queries }) =>
      evaluateMetricQueries(queries, data).every((series) => series.every(({ size }) => size === 0)),
    )
    .map(({ where }) => where);
  expect(empty).toEqual([]);

  const written = data.identities.map(({ dimensions }) => dimensions);
  expect(written).toEqual(expect.arrayContaining([{ Agent: NAME, Tool: 'Write', Result: 'denied' }]));
  expect(new Set(written.flatMap((dimensions) => Object.keys(dimensions)))).toEqual(
    new Set(['Agent', 'Model', 'Code', 'Tool', 'Result']),
  );
}, 90_000);
