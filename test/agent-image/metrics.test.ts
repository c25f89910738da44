import { METRICS, type MetricDefinition } from '../../agent-image/src/metric-definitions';
import { Metrics } from '../../agent-image/src/metrics';
import type { RunFigures } from '../../agent-image/src/protocol';
import { ToolCallWatch } from '../../agent-image/src/tool-call-watch';
import type { Spending } from '../../agent-image/src/usage';

interface EmfLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

const FIGURES: RunFigures = {
  model: 'global.anthropic.claude-sonnet-5-5',
  turns: 2,
  duration_ms: 1500,
  usage: { input_tokens: 10, output_tokens: 20, cache_read_tokens: 30, cache_write_tokens: 40 },
  cost_usd: 0.25,
};

const FAST: Spending = {
  usage: { input_tokens: 4, output_tokens: 3, cache_read_tokens: 2, cache_write_tokens: 1 },
  cost_usd: 0.05,
};
const BY_MODEL = new Map([
  [FIGURES.model, { usage: { ...FIGURES.usage, input_tokens: 6, output_tokens: 17 }, cost_usd: 0.2 }],
  ['global.anthropic.claude-haiku-5-5', FAST],
]);

const ALLOWED_SETS = [
  ['Agent'],
  ['Agent', 'Model'],
  ['Agent', 'Result'],
  ['Agent', 'Tool', 'Result'],
  ['Agent', 'Code'],
];

function written(act: (metrics: Metrics) => void): EmfLine[] {
  const lines: string[] = [];
  act(
    new Metrics({
      ...{ namespace: 'ClaudeAgents', agentName: 'pilot' },
      write: (line) => lines.push(line),
      now: () => 1_795_264_000_000,
    }),
  );
  expect(lines.every((line) => !line.includes('\n'))).toBe(true);
  return lines.map((line) => JSON.parse(line) as EmfLine);
}

/** The rules of the embedded metric format specification, as far as CloudWatch drops what breaks them. */
function expectEmf(line: EmfLine): void {
  const { Timestamp, CloudWatchMetrics } = line._aws;
  expect(Number.isInteger(Timestamp) && Timestamp > 1_600_000_000_000).toBe(true);
  expect(CloudWatchMetrics.length).toBeGreaterThan(0);
  for (const { Namespace, Dimensions, Metrics: metrics } of CloudWatchMetrics) {
    expect(Namespace).toMatch(/^[\w./#:-]{1,255}$/);
    expect(Dimensions.length).toBeGreaterThan(0);
    for (const set of Dimensions) {
      expect(ALLOWED_SETS).toContainEqual(set);
      expect(set.length).toBeLessThanOrEqual(30);
      for (const name of set) {
        expect(name).toMatch(/^[\x21-\x7e]{1,250}$/);
        expect(line[name]).toEqual(expect.stringMatching(/^[\x20-\x7e]{1,1024}$/));
      }
    }
    expect(metrics.length).toBeLessThanOrEqual(100);
    for (const { Name, Unit } of metrics) {
      expect(Number.isFinite(line[Name])).toBe(true);
      expect(['Count', 'Milliseconds', 'Seconds', 'Bytes', 'None']).toContain(Unit);
    }
  }
  const names = CloudWatchMetrics.flatMap(({ Metrics: metrics }) => metrics.map(({ Name }) => Name));
  expect(new Set(names).size).toBe(names.length);
}

/** `<set> <metric> = <value>` of everything that CloudWatch makes of a line. */
function measured(line: EmfLine): string[] {
  return line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics: metrics }) =>
    Dimensions.flatMap((set) =>
      metrics.map(({ Name }) => `${set.map((name) => String(line[name])).join('/')} ${Name} = ${String(line[Name])}`),
    ),
  );
}

describe('a line of metrics', () => {
  const everything = written((metrics) => {
    metrics.run({ figures: FIGURES, timeToFirstEventMs: 120, byModel: BY_MODEL }, { session_id: 's', request_id: 'r' });
    metrics.run({ figures: FIGURES, code: 'MODEL_THROTTLED' });
    metrics.toolCall('Read', 'success', 12);
    metrics.toolCall('Read', 'denied');
    metrics.permissionWait(900);
    metrics.sessionOpened();
    metrics.sessionClosed(61_000, 100);
    metrics.gatewayCall('success', 30);
    metrics.restore({ ms: 70, bytes: 7_000, failed: false });
    metrics.flush({ ms: 80, bytes: 8_000, failed: true });
  });

  it('is what CloudWatch takes', () => {
    everything.forEach(expectEmf);
  });

  it('is written for every metric that is defined, under every of its dimension sets', () => {
    const seen = everything.flatMap(({ _aws }) =>
      _aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics: metrics }) =>
        metrics.flatMap(({ Name, Unit }) => Dimensions.map((set) => `${Name} ${Unit} ${set.join()}`)),
      ),
    );
    const defined = Object.entries(METRICS).flatMap(([name, { unit, dimensions }]: [string, MetricDefinition]) =>
      dimensions.map((set) => `${name} ${unit} ${set.join()}`),
    );
    expect([...new Set(seen)].sort()).toEqual(defined.sort());
  });

  it('has ids as fields that are no dimensions', () => {
    const [line] = everything;
    expect(line).toMatchObject({ session_id: 's', request_id: 'r' });
    expect(JSON.stringify(line?._aws)).not.toContain('session_id');
  });

  it('cannot be changed by its fields', () => {
    const [line] = written((metrics) =>
      metrics.flush({ ms: 5, bytes: 0, failed: false }, { FlushTime: 7, Agent: 'another', _aws: 'none' }),
    );
    expect(line).toMatchObject({ FlushTime: 5, Agent: 'pilot', _aws: { Timestamp: 1_795_264_000_000 } });
  });
});

describe('the metrics', () => {
  it('of a run that succeeded are kept by agent and by the model that answered, and count no error', () => {
    const lines = written((metrics) => metrics.run({ figures: FIGURES, turnMs: 1700, timeToFirstEventMs: 120 }));
    const both = Object.entries({ Turns: 2, TurnLatency: 1700, TimeToFirstEvent: 120 }).flatMap(([name, value]) => [
      `pilot ${name} = ${value}`,
      `pilot/${FIGURES.model} ${name} = ${value}`,
    ]);
    const spent = ['InputTokens = 10', 'OutputTokens = 20', 'CacheReadTokens = 30', 'CacheWriteTokens = 40'];
    const once = [...spent, 'Cost = 0.25', 'Errors = 0'].map((value) => `pilot ${value}`);
    expect(lines.flatMap(measured).sort()).toEqual([...both, ...once].sort());
  });

  it('of what was spent are kept by each model that was called, and once by agent', () => {
    const lines = written((metrics) => metrics.run({ figures: FIGURES, byModel: BY_MODEL }, { session_id: 's' }));
    const all = lines.flatMap(measured);
    const costs = ['pilot Cost = 0.25', `pilot/${FIGURES.model} Cost = 0.2`];
    expect(all.filter((value) => value.includes(' Cost'))).toEqual([
      ...costs,
      'pilot/global.anthropic.claude-haiku-5-5 Cost = 0.05',
    ]);
    expect(all.filter((value) => value.includes('haiku'))).toEqual(
      ['InputTokens = 4', 'OutputTokens = 3', 'CacheReadTokens = 2', 'CacheWriteTokens = 1', 'Cost = 0.05'].map(
        (value) => `pilot/global.anthropic.claude-haiku-5-5 ${value}`,
      ),
    );
    expect(all.filter((value) => value.includes('InputTokens'))).toHaveLength(3);
    expect(lines.map(({ session_id }) => session_id)).toEqual(['s', 's', 's']);
    expect(lines.filter((line) => 'Turns' in line)).toHaveLength(1);
  });

  it('of a run that failed count the error by its code', () => {
    const [line] = written((metrics) => metrics.run({ figures: FIGURES, code: 'MODEL_THROTTLED' }));
    const lines = line ? measured(line) : [];
    expect(lines).toEqual(expect.arrayContaining(['pilot Errors = 1', 'pilot/MODEL_THROTTLED Errors = 1']));
    expect(lines.join()).not.toContain('TimeToFirstEvent');
  });

  it('of a call of a tool are kept by tool and result', () => {
    const [line] = written((metrics) => metrics.toolCall('Read', 'error', 12));
    expect(line && measured(line)).toEqual([
      'pilot ToolCalls = 1',
      'pilot ToolLatency = 12',
      'pilot/error ToolCalls = 1',
      'pilot/error ToolLatency = 12',
      'pilot/Read/error ToolCalls = 1',
      'pilot/Read/error ToolLatency = 12',
    ]);
  });

  it('of a session are its seconds and its tokens', () => {
    const [line] = written((metrics) => metrics.sessionClosed(61_500, 1200));
    expect(line && measured(line)).toEqual(['pilot SessionDuration = 61.5', 'pilot SessionTokens = 1200']);
  });
});

describe('a call of a tool', () => {
  type SdkMessage = Parameters<ToolCallWatch['observe']>[0];
  const message = (fields: object): SdkMessage => fields as SdkMessage;
  const init = message({ type: 'system', subtype: 'init', tools: ['Read', 'Task'] });
  const used = (id: string, name: string): SdkMessage =>
    message({ type: 'assistant', message: { content: [{ type: 'tool_use', id, name, input: {} }] } });
  const result = (id: string, fields: object = {}, note?: object): SdkMessage =>
    message({
      type: 'user',
      message: { content: [{ type: 'tool_result', tool_use_id: id, ...fields }] },
      ...(note && { tool_result_meta: [{ id, ...note }] }),
    });
  const FAILED = { is_error: true };

  function watched(...messages: SdkMessage[]): [string, string, number][] {
    const calls: [string, string, number][] = [];
    let time = 0;
    const watch = new ToolCallWatch(
      ({ tool, result: outcome, ms }) => calls.push([tool, outcome, ms]),
      () => (time += 10),
    );
    messages.forEach((one) => watch.observe(one));
    return calls;
  }

  it.each([
    ['that worked', {}, undefined, 'success'],
    ['that failed', FAILED, { permission_decision: { decision: 'accept' } }, 'error'],
    ['that a hook refused', FAILED, { permission_decision: { decision: 'reject' } }, 'denied'],
    ['that a rule refused', FAILED, { non_execution_kind: 'permission-rule' }, 'denied'],
    ['that a person refused', FAILED, { non_execution_kind: 'user-rejected' }, 'denied'],
    ['that was cut short', FAILED, { non_execution_kind: 'cancelled' }, 'error'],
    ['that nothing is noted of', FAILED, undefined, 'error'],
  ])('%s is told with its result and its time', (_what, fields, note, outcome) => {
    expect(watched(init, used('a', 'Read'), result('a', fields, note))).toEqual([['Read', outcome, 10]]);
  });

  it('that was denied behind its tool is denied, and no other call', () => {
    const outcomes: string[] = [];
    const watch = new ToolCallWatch(({ result: outcome }) => outcomes.push(outcome));
    [init, used('a', 'Read'), used('b', 'Read')].forEach((one) => watch.observe(one));
    watch.denied('a');
    [result('a', FAILED), result('b', FAILED)].forEach((one) => watch.observe(one));
    expect(outcomes).toEqual(['denied', 'error']);
  });

  it('of a name that the model invented is unknown', () => {
    expect(watched(init, used('a', 'levitate'), result('a', FAILED))).toEqual([['unknown', 'error', 10]]);
  });

  it('of a tool that was not listed, but answers, has its name from then on', () => {
    const calls = watched(init, used('a', 'mcp__t__late'), result('a'), used('b', 'mcp__t__late'), result('b', FAILED));
    expect(calls.map(([name]) => name)).toEqual(['mcp__t__late', 'mcp__t__late']);
  });

  it('of a sub-agent is known under the name that the model uses', () => {
    expect(watched(init, used('a', 'Agent'), result('a', FAILED))).toEqual([['Agent', 'error', 10]]);
  });

  it('is told once, and not after its turn', () => {
    const end = message({ type: 'result' });
    const calls = watched(init, used('a', 'Read'), result('a'), result('a'), used('b', 'Read'), end, result('b'));
    expect(calls).toHaveLength(1);
  });

  it('is not mistaken in other messages', () => {
    const texts = message({ type: 'user', message: { content: 'text' } });
    expect(watched(init, texts, result('never-called'), message({ type: 'system', subtype: 'status' }))).toEqual([]);
  });
});
