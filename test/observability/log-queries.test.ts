import { App, Stack } from 'aws-cdk-lib';
import { createLog, type Log } from '../../agent-image/src/log';
import { Metrics } from '../../agent-image/src/metrics';
import { auditLog } from '../../agent-image/src/permissions/audit';
import type { RunFigures } from '../../agent-image/src/protocol';
import { runLogQuery } from '../../bin/dashboard-preview/logs-insights';
import { AgentEndpoint, AgentRuntime, EndpointVersion } from '../../lib';
import { LOG_QUERIES, type LogQuery } from '../../lib/observability/log-queries';
import { AgentLogQueries } from '../../lib/observability/agent-log-queries';
import { resolvedTemplate, testImage, testStack } from '../support/stack';

const TYPE = 'AWS::Logs::QueryDefinition';

const figures = (ms: number, dollars: number): RunFigures => ({
  model: 'global.anthropic.claude-sonnet-5-5',
  turns: 1,
  duration_ms: ms,
  usage: { input_tokens: 10, output_tokens: 20, cache_read_tokens: 30, cache_write_tokens: 40 },
  cost_usd: dollars,
});

/** What an agent writes on standard output. */
function logged(write: (metrics: Metrics, logOf: (session: string) => Log) => void): string[] {
  const lines: string[] = [];
  const output = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    lines.push(String(chunk).trimEnd());
    return true;
  });
  try {
    let now = Date.UTC(2026, 10, 21);
    const metrics = new Metrics({ namespace: 'ClaudeAgents', agentName: 'pilot', now: () => (now += 1000) });
    write(metrics, (session_id) => createLog({ session_id }));
  } finally {
    output.mockRestore();
  }
  return lines;
}

const LINES = logged((metrics, logOf) => {
  const [a, b] = [
    { session_id: 'a', run_id: 'a1' },
    { session_id: 'b', run_id: 'b1' },
  ];
  logOf('a')('info', 'run started', { run_id: 'a1' });
  const byModel = new Map([
    ['global.anthropic.claude-sonnet-5-5', figures(900, 0.15)],
    ['global.anthropic.claude-haiku-5-5', figures(900, 0.05)],
  ]);
  metrics.run({ figures: figures(900, 0.2), timeToFirstEventMs: 80, byModel }, a);
  metrics.run({ figures: figures(5000, 0.5), code: 'MODEL_THROTTLED' }, b);
  metrics.run({ figures: figures(100, 0.6), code: 'MODEL_THROTTLED' }, a);
  metrics.run({ figures: figures(200, 0), code: 'MODEL_ACCESS_DENIED' }, a);
  for (const ms of [10, 20, 30]) metrics.toolCall('mcp__gw__orders___find_order', 'success', ms, a);
  metrics.toolCall('Bash', 'denied', 5, a);
  metrics.toolCall('Bash', 'denied', 5, b);
  metrics.toolCall('Write', 'denied', 5, b);
  metrics.flush({ ms: 5, bytes: 10, failed: false }, a);
  auditLog(logOf('b'))({ event: 'question', question_id: 'q', tool_name: 'Bash' });
  auditLog(logOf('b'))({ event: 'answer', question_id: 'q', tool_name: 'Bash', decision: 'denied', by: 'ada' });
  logOf('b')('warn', 'request refused', { status: 400, code: 'INVALID_REQUEST', detail: 'no prompt' });
  logOf('b')('warn', 'request refused', { status: 400, code: 'INVALID_REQUEST', detail: 'no prompt' });
  logOf('b')('error', 'run failed', { run_id: 'b1', code: 'MODEL_THROTTLED', detail: '429' });
});

const answer = ({ commands }: LogQuery, values: Readonly<Record<string, string>> = {}) =>
  runLogQuery(
    commands.map((command) => command.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]))),
    LINES,
  );

describe('over what an agent really writes', () => {
  test('the slowest turns come slowest first, with their session', () => {
    expect(answer(LOG_QUERIES.SLOWEST_TURNS).map(({ TurnLatency, session_id }) => [TurnLatency, session_id])).toEqual([
      [5000, 'b'],
      [900, 'a'],
      [200, 'a'],
      [100, 'a'],
    ]);
    expect(answer(LOG_QUERIES.SLOWEST_TURNS)[1]).toMatchObject({ TimeToFirstEvent: 80, Turns: 1, run_id: 'a1' });
  });

  test('errors are counted by code, the most frequent first', () => {
    expect(answer(LOG_QUERIES.ERRORS_BY_CODE).map(({ Code, failed }) => [Code, failed])).toEqual([
      ['MODEL_THROTTLED', 2],
      ['MODEL_ACCESS_DENIED', 1],
    ]);
  });

  test('warnings and errors are counted by what they say', () => {
    expect(answer(LOG_QUERIES.WARNINGS_AND_ERRORS)).toEqual([
      expect.objectContaining({ level: 'warn', message: 'request refused', code: 'INVALID_REQUEST', times: 2 }),
      expect.objectContaining({ level: 'error', message: 'run failed', code: 'MODEL_THROTTLED', times: 1 }),
    ]);
  });

  test('tools are counted by result, with how long they took', () => {
    expect(answer(LOG_QUERIES.TOP_TOOLS)).toEqual([
      { Tool: 'mcp__gw__orders___find_order', Result: 'success', calls: 3, p95_ms: 30 },
      { Tool: 'Bash', Result: 'denied', calls: 2, p95_ms: 5 },
      { Tool: 'Write', Result: 'denied', calls: 1, p95_ms: 5 },
    ]);
  });

  test('denied tools are counted with the sessions that wanted them', () => {
    expect(answer(LOG_QUERIES.DENIED_TOOLS).map(({ Tool, denials, sessions }) => [Tool, denials, sessions])).toEqual([
      ['Bash', 2, 2],
      ['Write', 1, 1],
    ]);
  });

  test('decisions name who decided', () => {
    expect(answer(LOG_QUERIES.DECISIONS)).toEqual([
      expect.objectContaining({ tool_name: 'Bash', decision: 'denied', by: 'ada', session_id: 'b' }),
    ]);
  });

  test('the dearest session comes first, with its tokens by kind, those of its models counted once', () => {
    const of = (turns: number) => ({
      ...{ turns, tokens_read: 10 * turns, tokens_written: 20 * turns },
      ...{ tokens_from_cache: 30 * turns, tokens_to_cache: 40 * turns },
    });
    expect(answer(LOG_QUERIES.DEAREST_SESSIONS)).toEqual([
      { session_id: 'a', dollars: 0.8, ...of(3) },
      { session_id: 'b', dollars: 0.5, ...of(1) },
    ]);
  });

  test('the story of a session has its lines and no other, in order', () => {
    const story = answer(LOG_QUERIES.ONE_SESSION, { sessionId: 'b' });
    expect(story).toHaveLength(LINES.filter((line) => line.includes('"session_id":"b"')).length);
    const times = story.map((row) => Number(row['@timestamp']));
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(story).toContainEqual(expect.objectContaining({ message: 'run failed', detail: '429' }));
  });

  test.each(Object.values<LogQuery>(LOG_QUERIES))(
    '"$title" names no field that no line has',
    ({ commands, parameters }) => {
      const known = new Set(LINES.flatMap((line) => Object.keys(JSON.parse(line) as object)));
      // Fields that only some answers of people have.
      for (const name of ['scope', 'edited']) known.add(name);
      const aliases = commands.flatMap((command) => [...command.matchAll(/ as (\w+)/g)].map(([, alias]) => alias));
      const named = commands
        .map((command) => command.replace(/"[^"]*"/g, ''))
        .flatMap((command) => [...command.matchAll(/(?<![@\w])([A-Za-z_]\w*)(?!\w*\()/g)].map(([, name = '']) => name))
        .filter((name) => !/^(fields|filter|stats|sort|limit|and|as|by|in|asc|desc)$/.test(name));
      expect(named.filter((name) => !known.has(name) && !aliases.includes(name))).toEqual([]);
      const placeholders = commands.flatMap((command) =>
        [...command.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name),
      );
      expect(placeholders).toEqual((parameters ?? []).map(({ name }) => name));
    },
  );
});

describe('saved queries of an agent', () => {
  test('are in a folder with its name, and ask its log groups alone', () => {
    const stack = testStack();
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'pilot' });
    const prod = new AgentEndpoint(stack, 'Prod', { agent, endpointName: 'prod', version: EndpointVersion.pinned(1) });
    new AgentLogQueries(stack, 'Queries', { agent, endpoints: [prod] });
    const definitions = resolvedTemplate(stack, { attribute: () => 'pilot-0123456789' }).resourcesOfType(TYPE);
    expect(definitions.map(({ properties }) => properties.Name)).toEqual(
      Object.values<LogQuery>(LOG_QUERIES).map(({ title }) => `pilot/${title}`),
    );
    for (const { properties } of definitions) {
      expect(properties.LogGroupNames).toEqual([
        '/aws/bedrock-agentcore/runtimes/pilot-0123456789-DEFAULT',
        '/aws/bedrock-agentcore/runtimes/pilot-0123456789-prod',
      ]);
      expect(String(properties.QueryString).length).toBeLessThanOrEqual(10_000);
    }
    const [story] = definitions.filter(({ properties }) => String(properties.QueryString).includes('{{sessionId}}'));
    expect(story?.properties.Parameters).toEqual([expect.objectContaining({ Name: 'sessionId' })]);
  });

  test('are the log group that the agent has', () => {
    const stack = testStack();
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage() });
    new AgentLogQueries(stack, 'Queries', { agent });
    const template = resolvedTemplate(stack, { attribute: () => 'pilot-0123456789' });
    const [group] = template.resourcesOfType('AWS::Logs::LogGroup');
    expect(template.resourcesOfType(TYPE)[0]?.properties.LogGroupNames).toEqual([group?.properties.LogGroupName]);
  });

  test('have other names for other agents of one account', () => {
    const names = ['Dev', 'Prod'].flatMap((name) => {
      const stack = new Stack(new App(), name);
      for (const id of ['One', 'Two']) {
        const agent = new AgentRuntime(stack, id, { image: testImage() });
        new AgentLogQueries(stack, `Queries${id}`, { agent });
      }
      return resolvedTemplate(stack, { attribute: () => 'id' })
        .resourcesOfType(TYPE)
        .map(({ properties }) => properties.Name);
    });
    expect(new Set(names).size).toBe(4 * Object.keys(LOG_QUERIES).length);
  });
});
