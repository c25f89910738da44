import { App, aws_sns as sns, Duration, Stack } from 'aws-cdk-lib';
import { AgentEndpoint, AgentRuntime, EndpointVersion } from '../../lib';
import { MetricStanding } from '../../lib/metrics/metric';
import { AgentAlarms } from '../../lib/observability/agent-alarms';
import { alarmQueries } from '../../lib/testing';
import { resolved } from '../gateway/gateway-fixture';
import { testImage, testStack } from '../support/stack';
import { alarmed, EVERY_ALARM } from './alarms-fixture';
import { definitionsOf } from './dashboard-fixture';

const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:runtime/elsewhere-0123456789';
const OPTIONAL = ['HourlyCost', 'HourlyTokens', 'NoTraffic'];
const CRITICAL = ['ErrorRate', 'FailedRuns', 'FlushFailures', 'RestoreFailures', 'NoTraffic'];

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
      ...['ErrorRate', 'FailedRuns', 'Throttles', 'Latency', 'DeniedTools', 'FlushFailures', 'RestoreFailures'],
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
  const alarms = new AgentAlarms(stack, 'Alarms', { agent, endpoint });
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
  [{ noTrafficFor: Duration.days(2) }, 'noTrafficFor is 2 days; give 5 minutes to 24 hours, in steps of 5 minutes'],
])('fails with %j', (props, message) => {
  expect(() => alarmed({ ...EVERY_ALARM, ...props })).toThrow(`Test/Alarms: ${message}`);
});

test('says everything that is wrong at once', () => {
  expect(() => alarmed({ minimumRuns: 0, hourlyCostUsd: -1 })).toThrow(/- minimumRuns is 0[^]*- hourlyCostUsd is -1/);
});
