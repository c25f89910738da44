import { join } from 'node:path';
import { App, aws_sns as sns, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentDefinition, AgentEndpoint, AgentImage, AgentRuntime, EndpointVersion } from '../../lib';
import { MetricStanding } from '../../lib/metrics/metric';
import { AgentAlarms } from '../../lib/observability/agent-alarms';
import type { AgentAlarmsProps } from '../../lib/observability/agent-alarms-props';
import { alarmQueries } from '../../lib/testing';
import { resolved } from '../gateway/gateway-fixture';
import { testImage, testStack } from '../support/stack';
import { alarmed, EVERY_ALARM } from './alarms-fixture';
import { definitionsOf } from './dashboard-fixture';

const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:runtime/elsewhere-0123456789';
const OPTIONAL = ['HourlyCost', 'HourlyTokens', 'NoTraffic'];
const CRITICAL = ['ErrorRate', 'AllRequestsFail', 'FailedRuns', 'FlushFailures', 'RestoreFailures', 'NoTraffic'];

describe('every alarm', () => {
  const { byId } = alarmed();

  test.each([...byId])('%s watches metrics that are documented, under a full dimension set', (_id, alarm) => {
    const metrics = alarmQueries(alarm).filter((query) => 'metric' in query);
    expect(metrics.length).toBeGreaterThan(0);
    for (const query of metrics) {
      const standings = definitionsOf(query, 'ClaudeAgents').map(({ standing }) => standing);
      expect({ query, standings }).toEqual({ query, standings: expect.arrayContaining([MetricStanding.DOCUMENTED]) });
    }
  });

  test.each([...byId])('%s says whom it is of, how bad it is, and what to do', (id, { AlarmDescription }) => {
    const severity = CRITICAL.includes(id) ? 'critical' : 'warning';
    expect(AlarmDescription.startsWith(`support: ${severity}. `)).toBe(true);
    expect(AlarmDescription).toMatch(/\b(see|look|ask|lower|compare)\b/i);
    // Source of the limit: AlarmDescription in the API reference of CloudWatch.
    expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
  });

  test.each([...byId])('%s takes no data for no failure, unless it looks for traffic', (id, { TreatMissingData }) => {
    expect(TreatMissingData).toBe(id === 'NoTraffic' ? 'breaching' : 'notBreaching');
  });

  test('has an id that never changes', () => {
    expect([...byId.keys()]).toEqual([
      ...[
        'ErrorRate',
        'AllRequestsFail',
        'FailedRuns',
        'Throttles',
        'Latency',
        'DeniedTools',
        'FlushFailures',
        'RestoreFailures',
      ],
      ...['MetricsMissing', ...OPTIONAL],
    ]);
  });
});

test('budgets and traffic are watched only where they are asked for', () => {
  const { byId } = alarmed({ hourlyCostUsd: undefined, hourlyTokens: undefined, noTrafficFor: undefined } as object);
  expect([...byId.keys()].filter((id) => OPTIONAL.includes(id))).toEqual([]);
});

describe('who is told', () => {
  const told = (props: (topics: { warnings: sns.Topic; critical: sns.Topic }) => object) => {
    const stack = testStack();
    const topics = { warnings: new sns.Topic(stack, 'Warnings'), critical: new sns.Topic(stack, 'Critical') };
    const { byId } = alarmed(props(topics), stack);
    const [composite] = resolved(stack).resourcesOfType('AWS::CloudWatch::CompositeAlarm');
    const name = (actions: unknown) =>
      ((actions ?? []) as string[]).map((arn) => /Test-(Warnings|Critical)/.exec(arn)?.[1]);
    return {
      warnings: [...byId].filter(([, { AlarmActions }]) => name(AlarmActions).includes('Warnings')).map(([id]) => id),
      warningsOver: [...byId].flatMap(([, { OKActions }]) => OKActions ?? []),
      others: [...byId].flatMap(([, { AlarmActions }]) => name(AlarmActions)).filter((one) => one !== 'Warnings'),
      unhealthy: name(composite?.properties.AlarmActions),
      over: name(composite?.properties.OKActions),
    };
  };
  const WARNINGS = ['Throttles', 'Latency', 'DeniedTools', 'MetricsMissing', 'HourlyCost', 'HourlyTokens'];

  test('warnings tell their topic when they begin; what is critical tells its own, once, and when it is over', () => {
    expect(told(({ warnings, critical }) => ({ warningTopic: warnings, criticalTopic: critical }))).toEqual({
      warnings: WARNINGS,
      warningsOver: [],
      others: [],
      unhealthy: ['Critical'],
      over: ['Critical'],
    });
  });

  test('one topic is told of both', () => {
    expect(told(({ warnings }) => ({ warningTopic: warnings }))).toMatchObject({
      warnings: WARNINGS,
      unhealthy: ['Warnings'],
    });
  });

  test('nobody is told without a topic', () => {
    expect(told(() => ({}))).toEqual({ warnings: [], warningsOver: [], others: [], unhealthy: [], over: [] });
  });
});

test('the agent is unhealthy while a critical alarm is in alarm', () => {
  const { stack } = alarmed();
  const [composite] = resolved(stack).resourcesOfType('AWS::CloudWatch::CompositeAlarm');
  const rule = String(composite?.properties.AlarmRule);
  expect([...rule.matchAll(/Test-Alarms([A-Za-z]+)[0-9A-F]{8}-/g)].map(([, id]) => id)).toEqual(CRITICAL);
  expect(rule).not.toMatch(/ AND | NOT /);
});

test('requests of another endpoint are watched under its name', () => {
  const stack = testStack();
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'support' });
  const endpoint = new AgentEndpoint(stack, 'Prod', {
    agent,
    endpointName: 'prod',
    version: EndpointVersion.pinned(1),
  });
  const alarms = new AgentAlarms(stack, 'Alarms', { agent, endpoint, agentMetrics: true });
  const named = (id: string) => JSON.stringify(stack.resolve(alarms.alarm(id).metric.toMetricConfig()));
  expect(named('Throttles')).toContain('support::prod');
  expect(named('FlushFailures')).toContain('ClaudeAgents');
});

test('an alarm can be had for other actions, and fails to be had where there is none', () => {
  const { alarms } = alarmed({ hourlyCostUsd: undefined } as object);
  expect(alarms.alarm('ErrorRate').node.id).toBe('ErrorRate');
  expect(() => alarms.alarm('HourlyCost')).toThrow(
    /^Test\/Alarms: there is no alarm "HourlyCost"; there are ErrorRate, /,
  );
});

test('the same alarms can be in two stacks of an account', () => {
  const names = ['Blue', 'Green'].map((name) => {
    const stack = new Stack(new App(), name);
    const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', { agentRuntimeArn: RUNTIME_ARN });
    new AgentAlarms(stack, 'Alarms', { agent });
    const template = resolved(stack);
    const named = [...template.resourcesOfType('AWS::CloudWatch::Alarm')].filter(
      ({ properties }) => properties.AlarmName,
    );
    expect(named).toEqual([]);
    return template.resourcesOfType('AWS::CloudWatch::CompositeAlarm')[0]?.properties.AlarmName;
  });
  expect(new Set(names).size).toBe(2);
});

test('the same alarms can be in two stacks that have one id and two names', () => {
  const names = ['blue', 'green'].map((stackName) => {
    const stack = new Stack(new App(), 'Agents', { stackName });
    const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', { agentRuntimeArn: RUNTIME_ARN });
    new AgentAlarms(stack, 'Alarms', { agent });
    return resolved(stack).resourcesOfType('AWS::CloudWatch::CompositeAlarm')[0]?.properties.AlarmName;
  });
  expect(names).toEqual([expect.stringMatching(/^blue-/), expect.stringMatching(/^green-/)]);
});

test('the alarms of two agents stand side by side', () => {
  const stack = testStack();
  const [one, other] = ['One', 'Other'].map((id) => new AgentRuntime(stack, id, { image: testImage() }));
  if (one === undefined || other === undefined) throw new Error('two agents were made');
  new AgentAlarms(stack, 'OneAlarms', { agent: one });
  new AgentAlarms(stack, 'OtherAlarms', { agent: other });
  const composites = resolved(stack).resourcesOfType('AWS::CloudWatch::CompositeAlarm');
  expect(new Set(composites.map(({ properties }) => properties.AlarmName)).size).toBe(2);
});

test('an endpoint of another agent is refused, whether they are of the app or imported', () => {
  const stack = testStack();
  const [one, other] = ['One', 'Other'].map(
    (id) => new AgentRuntime(stack, id, { image: testImage(), runtimeName: id }),
  );
  if (one === undefined || other === undefined) throw new Error('two agents were made');
  const endpoint = new AgentEndpoint(stack, 'Prod', {
    agent: other,
    endpointName: 'prod',
    version: EndpointVersion.pinned(1),
  });
  const message = /^Test\/\w+: endpoint Test\/\w+ leads to another agent than \w+; give an endpoint of that agent/;
  expect(() => new AgentAlarms(stack, 'A', { agent: one, endpoint })).toThrow(message);
  const imported = (id: string, agentRuntimeArn: string) =>
    AgentRuntime.fromAgentRuntimeAttributes(stack, id, { agentRuntimeArn });
  const elsewhere = imported('Elsewhere', RUNTIME_ARN);
  const another = imported('Another', RUNTIME_ARN.replace('elsewhere', 'another'));
  expect(() => new AgentAlarms(stack, 'B', { agent: elsewhere, endpoint: another })).toThrow(message);
  // The same runtime by another name, and one of which that cannot be known.
  const named = AgentRuntime.fromRuntime(stack, 'Named', other.runtime, { agentName: 'Other' });
  expect(() => new AgentAlarms(stack, 'C', { agent: named, endpoint })).not.toThrow();
  expect(() => new AgentAlarms(stack, 'D', { agent: elsewhere, endpoint })).not.toThrow();
});

describe('metrics of the agent itself', () => {
  const OF_ENDPOINT = ['ErrorRate', 'AllRequestsFail', 'Throttles', 'Latency', 'Unhealthy'];
  const OF_AGENT = ['FailedRuns', 'DeniedTools', 'FlushFailures', 'RestoreFailures', 'MetricsMissing'];
  const alarmsOf = (image: AgentImage, props: Partial<AgentAlarmsProps> = {}) => {
    const stack = testStack();
    const agent = new AgentRuntime(stack, 'Agent', { image });
    const { node } = new AgentAlarms(stack, 'Alarms', { agent, ...props });
    return { stack, ids: node.children.map(({ node: { id } }) => id).sort() };
  };
  const NOTE = Match.stringLikeRegexp('image of the agent is not known to write metrics.*agentMetrics: true');

  test('are watched in the image of this library, with a definition or without', () => {
    const { stack, ids } = alarmsOf(AgentImage.claudeAgent());
    expect(ids).toEqual([...OF_ENDPOINT, ...OF_AGENT].sort());
    Annotations.fromStack(stack).hasNoInfo('/Test/Alarms', NOTE);
    const definition = AgentDefinition.fromDirectory(join(__dirname, '../../bin/app/agent'));
    expect(AgentImage.claudeAgent({ definition }).writesMetrics).toBe(true);
  });

  test('are not watched in another image, and a note says so', () => {
    const { stack, ids } = alarmsOf(testImage());
    expect(ids).toEqual([...OF_ENDPOINT].sort());
    Annotations.fromStack(stack).hasInfo('/Test/Alarms', NOTE);
  });

  test('are watched in another image that is said to write them, or not to, without a note', () => {
    const watched = alarmsOf(testImage(), { agentMetrics: true });
    expect(watched.ids).toEqual([...OF_ENDPOINT, ...OF_AGENT].sort());
    const unwatched = alarmsOf(AgentImage.claudeAgent(), { agentMetrics: false });
    expect(unwatched.ids).toEqual([...OF_ENDPOINT].sort());
    for (const { stack } of [watched, unwatched]) Annotations.fromStack(stack).hasNoInfo('/Test/Alarms', NOTE);
  });

  test('are watched of an agent that is imported', () => {
    const stack = testStack();
    const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', { agentRuntimeArn: RUNTIME_ARN });
    expect(new AgentAlarms(stack, 'Alarms', { agent }).alarm('FailedRuns').node.id).toBe('FailedRuns');
  });

  test('have no limits of cost and tokens where they are not written', () => {
    expect(() => alarmsOf(testImage(), { hourlyCostUsd: 5, hourlyTokens: 5 })).toThrow(
      /- hourlyCostUsd is about metrics that the agent writes itself, and its image is not known to[^]*- hourlyTokens is about metrics/,
    );
  });

  test.each([
    ['this library', () => AgentImage.claudeAgent()],
    ['another origin', testImage],
  ])('have no limit of cost in an image of %s that is said not to write them', (_, image) => {
    expect(() => alarmsOf(image(), { agentMetrics: false, hourlyCostUsd: 5 })).toThrow(
      'Test/Alarms: hourlyCostUsd is about metrics that the agent writes itself, and agentMetrics: false says that it writes none; leave hourlyCostUsd out, or',
    );
  });
});

describe('values that are only known at deployment', () => {
  const stack = testStack();
  const { valueAsNumber } = new CfnParameter(stack, 'Limit', { type: 'Number', default: 7 });

  test('can be thresholds, and are told in what the alarm says', () => {
    const limits = { errorRatePercent: valueAsNumber, failedRunsPercent: valueAsNumber, hourlyTokens: valueAsNumber };
    const more = { deniedToolsPercent: valueAsNumber, throttledRequests: valueAsNumber, hourlyCostUsd: valueAsNumber };
    alarmed({ ...limits, ...more }, stack);
    const resources = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
    const parametrized = resources.filter(
      ({ Properties: { Threshold } }) => JSON.stringify(Threshold) === '{"Ref":"Limit"}',
    );
    expect(parametrized).toHaveLength(6);
    for (const { Properties } of parametrized) {
      expect(JSON.stringify(Properties.AlarmDescription)).toContain('{"Ref":"Limit"}');
    }
    expect(JSON.stringify(resources)).not.toMatch(/e\+\d{2}/);
  });

  test.each([
    ['minimumRequests', { minimumRequests: valueAsNumber }],
    ['minimumToolCalls', { minimumToolCalls: valueAsNumber }],
    ['latency', { latency: Duration.minutes(valueAsNumber) }],
    ['noTrafficFor', { noTrafficFor: Duration.minutes(valueAsNumber) }],
  ])('cannot be %s', (name, props) => {
    expect(() => alarmed(props)).toThrow(
      `Test/Alarms: ${name} is only known at deployment; give a value that is known at synthesis`,
    );
  });
});

test.each([
  [{ errorRatePercent: 100 }, 'errorRatePercent is 100; give a share of at least 0 and less than 100 percent'],
  [{ deniedToolsPercent: -1 }, 'deniedToolsPercent is -1; give a share of at least 0 and less than 100 percent'],
  [{ minimumRequests: 0 }, 'minimumRequests is 0; give a whole number of at least 1'],
  [{ hourlyTokens: 1.5 }, 'hourlyTokens is 1.5; give a whole number of at least 1'],
  [{ hourlyCostUsd: 0 }, 'hourlyCostUsd is 0; give an amount of US dollars above 0, or leave it out'],
  [
    { noTrafficFor: Duration.minutes(7) },
    'noTrafficFor is 7 minutes; give 5 minutes to 24 hours, in steps of 5 minutes',
  ],
  [{ noTrafficFor: Duration.millis(500) }, 'noTrafficFor is 500 millis; give 5 minutes to 24 hours'],
  [{ latency: Duration.seconds(0) }, 'latency is 0 seconds, and every answer takes longer; give a time above 0'],
  [{ noTrafficFor: Duration.days(2) }, 'noTrafficFor is 2 days; give 5 minutes to 24 hours, in steps of 5 minutes'],
])('fails with %j', (props, message) => {
  expect(() => alarmed({ ...EVERY_ALARM, ...props })).toThrow(`Test/Alarms: ${message}`);
});

test('says everything that is wrong at once', () => {
  expect(() => alarmed({ minimumRuns: 0, hourlyCostUsd: -1 })).toThrow(/- minimumRuns is 0[^]*- hourlyCostUsd is -1/);
});
