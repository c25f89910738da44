import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventLog } from '../../agent-image/src/event-log';
import { METRICS } from '../../agent-image/src/metric-definitions';
import { Metrics } from '../../agent-image/src/metrics';
import { RUN_FAILURES, type RunFailureCode, type RunFigures } from '../../agent-image/src/protocol';
import { Run } from '../../agent-image/src/run';
import { SessionMeters } from '../../agent-image/src/session-meters';
import { textReply } from '../../agent-image/src/tools/bounded-call';
import { GatewayFault } from '../../agent-image/src/tools/gateway/gateway-fault';
import { dimensionSetsOf, emfFaults } from '../support/emf';
import type { RecordedTurn, SdkMessage } from './support/golden-turn';

const SESSIONS = 1_000;
const MODELS = ['global.anthropic.claude-sonnet-5-5', 'global.anthropic.claude-opus-5-5'];
const CODES = Object.keys(RUN_FAILURES) as RunFailureCode[];
const GOLDEN = join(__dirname, 'golden');

/** Recorded turns, which call tools that are there, that are refused, and that the model invented. */
const turns = readdirSync(GOLDEN).map((file) =>
  (JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as RecordedTurn).runs.flat(),
);

/** The names of tools that the recorded sessions have. */
const tools = new Set(
  turns.flatMap((messages) =>
    messages.flatMap((message) => (message.type === 'system' && message.subtype === 'init' ? message.tools : [])),
  ),
);

/** What a model makes up: another name in each session. */
function withInventedName(message: SdkMessage, name: string): SdkMessage {
  if (message.type !== 'assistant') return message;
  const content = message.message.content.map((block) =>
    block.type === 'tool_use' && !tools.has(block.name) && block.name !== 'Agent' ? { ...block, name } : block,
  );
  return { ...message, message: { ...message.message, content } };
}

async function session(index: number, metrics: Metrics): Promise<void> {
  const id = `session-${index}-of-a-person-${index * 7}`;
  const meters = new SessionMeters(metrics, id);
  const run = new Run({ runId: `run-${id}`, threadId: id, number: 1, requestId: `request-${id}` }, new EventLog());
  await meters.opening(() => Promise.resolve());
  meters.runBegins(run);
  await meters.restoring(() => Promise.resolve({ bytes: index }));
  for (const message of turns[index % turns.length] ?? [])
    meters.message(withInventedName(message, `made-up-${index}`));
  const call = { server: 'gw', tool: `orders___${index}`, callId: undefined };
  await meters.gatewayCall(call, () => Promise.resolve(textReply('yes', index % 5 === 0)));
  await meters
    .gatewayCall(call, () => Promise.reject(new GatewayFault('GATEWAY_POLICY_DENIED', id)))
    .catch(() => 'denied');
  meters.audited({ event: 'question', question_id: id });
  meters.audited({ event: 'answer', question_id: id, decision: 'allowed' });
  const figures: RunFigures = {
    ...{ model: MODELS[index % MODELS.length] ?? '', turns: 2, duration_ms: index, cost_usd: index / 1e6 },
    usage: { input_tokens: index, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 },
  };
  const code = CODES[index % (CODES.length + 1)];
  const turn = { turnMs: index, timeToFirstEventMs: 1, byModel: new Map(MODELS.map((model) => [model, figures])) };
  if (code === undefined) meters.runEnded(run, { status: 'success', figures, turn });
  else meters.runEnded(run, { status: 'error', figures, turn, ending: { status: 'error', code, detail: id } });
  await meters.flushing(() => Promise.reject(new Error(id))).catch(() => 'failed');
  meters.closed();
}

test('1,000 sessions are kept under no more sets of dimensions than one agent has', async () => {
  const lines: string[] = [];
  const metrics = new Metrics({ namespace: 'ClaudeAgents', agentName: 'pilot', write: (line) => lines.push(line) });
  for (let index = 0; index < SESSIONS; index += 1) await session(index, metrics);

  expect(lines.length).toBeGreaterThan(8 * SESSIONS);
  expect(lines.flatMap((line) => emfFaults(line))).toEqual([]);
  const sets = new Set(lines.flatMap(dimensionSetsOf));
  const results = 3;
  // `Agent`; each model; each code; each result; each result of each tool, and of what the model made up.
  const most = 1 + MODELS.length + CODES.length + results + results * (tools.size + 1);
  expect(sets.size).toBeLessThanOrEqual(most);
  expect([...sets].filter((set) => /session-|made-up|orders___/.test(set))).toEqual([]);
  expect(sets).toContain('Agent=pilot,Tool=unknown,Result=error');
  expect(sets).toContain('Agent=pilot,Result=denied');

  const documented = readFileSync(join(__dirname, '../../docs/agent-metrics.md'), 'utf8');
  expect(documented).toContain(`${1 + CODES.length + results + results} + models + 3 × tools`);
  expect(Object.keys(METRICS).filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
  const written = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line) as object)));
  expect(Object.keys(METRICS).filter((name) => !written.has(name))).toEqual([]);
});

test.each([
  ['a set without values', { Agent: undefined }],
  ['a text for a number', { Turns: 'two' }],
  ['a time that is no number', { _aws: { Timestamp: 'now', CloudWatchMetrics: [] } }],
  ['a unit that there is not', { _aws: directive({ Metrics: [{ Name: 'Turns', Unit: 'Tokens' }] }) }],
  ['a metric under no set', { _aws: directive({ Dimensions: [] }) }],
])('the check of lines finds %s', (_, change) => {
  const line = { _aws: directive({}), Agent: 'pilot', Turns: 2 };
  expect(emfFaults(JSON.stringify(line))).toEqual([]);
  expect(emfFaults(JSON.stringify({ ...line, ...change }))).not.toEqual([]);
});

function directive(change: object): object {
  const one = { Namespace: 'ClaudeAgents', Dimensions: [['Agent']], Metrics: [{ Name: 'Turns', Unit: 'Count' }] };
  return { Timestamp: 1_795_264_000_000, CloudWatchMetrics: [{ ...one, ...change }] };
}
