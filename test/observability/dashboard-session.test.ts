import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import type { InvocationReply } from '../../agent-image/src/protocol';
import { ClaudeAgentStack } from '../../bin/app/claude-agent-stack';
import type { ModelScript, ScriptedReply, ScriptedToolUse } from '../../bin/local/model/model-script';
import cdkJson from '../../cdk.json';
import { AgentAlarms, AgentRuntime } from '../../lib';
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
import { emfFaults } from '../support/emf';
import { testStack } from '../support/stack';
import { dashboardBodies } from './dashboard-fixture';

const NAMESPACE = 'ClaudeAgents';

const sample = new ClaudeAgentStack(
  new App({ context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } }),
  'ClaudeAgentStack',
);

/** The name under which the agent of the sample writes its metrics. */
const NAME = nameOf(sample);

function nameOf(stack: Stack): string {
  const [runtime] = resolved(stack).resourcesOfType('AWS::BedrockAgentCore::Runtime');
  const { AGENT_NAME } = runtime?.properties.EnvironmentVariables as Readonly<Record<string, string>>;
  if (AGENT_NAME === undefined) throw new Error('the agent of the sample is told no name');
  return AGENT_NAME;
}

/** Alarms that the sample leaves out, of its agent. */
function furtherAlarms(): Stack {
  const stack = testStack();
  const agentRuntimeArn = `arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/${NAME}-0123456789`;
  const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', { agentRuntimeArn });
  new AgentAlarms(stack, 'Alarms', { agent, hourlyCostUsd: 1, hourlyTokens: 1 });
  return stack;
}

interface Asked {
  readonly where: string;
  readonly query: MetricQuery;
}

const isOfAgent = ({ query }: Asked): boolean =>
  'metric' in query ? query.metric.namespace === NAMESPACE : query.expression.includes(NAMESPACE);

/** What the dashboard of the sample asks for that only its agent can answer, by graph and line. */
function askedByGraphs(): Asked[] {
  return dashboardBodies(sample)
    .flatMap(({ widgets }) =>
      widgets.flatMap(({ properties }) =>
        graphQueries(properties).map((query) => ({ where: `${String(properties.title)}, ${query.label}`, query })),
      ),
    )
    .filter(isOfAgent);
}

/** The same of alarms. */
function askedByAlarms(stack: Stack): Asked[] {
  return resolved(stack)
    .resourcesOfType('AWS::CloudWatch::Alarm')
    .flatMap(({ logicalId, properties }) =>
      alarmQueries(properties as unknown as AlarmProperties).map((query) => ({ where: logicalId, query })),
    )
    .filter((asked) => 'metric' in asked.query && isOfAgent(asked));
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

test('every graph and alarm of the sample has data of its agent after one session', async () => {
  const [graphs, alarms] = [askedByGraphs(), askedByAlarms(sample)];
  expect(graphs.length).toBeGreaterThan(25);
  expect(new Set(alarms.map(({ where }) => where)).size).toBeGreaterThanOrEqual(5);
  const asked = [...graphs, ...alarms, ...askedByAlarms(furtherAlarms())];
  const lines = await session();
  const written = lines.filter((line) => line.includes('"_aws"'));
  expect(written.length).toBeGreaterThan(20);
  expect(written.flatMap((line) => emfFaults(line))).toEqual([]);

  const data = new MetricData(samplesOfEmf(lines));
  const empty = asked
    .filter(({ query }) =>
      evaluateMetricQueries([query], data).every((series) => series.every(({ size }) => size === 0)),
    )
    .map(({ where }) => where);
  expect(empty).toEqual([]);

  const sets = data.identities.map(({ dimensions }) => dimensions);
  expect(sets).toEqual(expect.arrayContaining([{ Agent: NAME, Tool: 'Write', Result: 'denied' }]));
  expect(new Set(sets.flatMap((dimensions) => Object.keys(dimensions)))).toEqual(
    new Set(['Agent', 'Model', 'Code', 'Tool', 'Result']),
  );
}, 90_000);
