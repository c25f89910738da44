import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aws_bedrockagentcore as agentcore, Duration } from 'aws-cdk-lib';
import { AgentEndpoint, AgentRuntime, EndpointVersion } from '../../lib';
import { AgentDashboard } from '../../lib/observability/agent-dashboard';
import type { AgentDashboardProps } from '../../lib/observability/agent-dashboard-props';
import { AgentLogQueries } from '../../lib/observability/agent-log-queries';
import { testImage, testStack } from '../support/stack';
import { askedFor, dashboardBodies, definitionsOf, observed } from './dashboard-fixture';

const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:runtime/elsewhere-0123456789';

describe('a browser', () => {
  const { stack, agent, things } = observed();
  const browser = agentcore.BrowserCustom.fromBrowserCustomAttributes(stack, 'Browser', {
    browserArn: 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:browser-custom/pages-0123456789',
    roleArn: 'arn:aws:iam::444455556666:role/pages',
  });
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], ...things, browsers: [browser] });
  const [body] = dashboardBodies(stack);
  if (body === undefined) throw new Error('the stack has no dashboard');
  const asked = askedFor(body);

  test('has a row whose graphs ask for what browsers report', () => {
    const ofBrowser = asked.filter(({ title }) => title.startsWith('Browser '));
    expect(ofBrowser.map(({ title }) => title)).toEqual(
      expect.arrayContaining(['Browser calls', 'Browser errors', 'Browser latency', 'Browser sessions']),
    );
    for (const { query } of ofBrowser) expect(definitionsOf(query, 'ClaudeAgents')).not.toEqual([]);
  });

  test('is among what drives cost, under the service of browsers', () => {
    for (const title of ['vCPU hours', 'GB hours']) {
      const services = asked.flatMap(({ title: of, query }) =>
        of === title && 'metric' in query ? [query.metric.dimensions.Service] : [],
      );
      expect(services).toEqual(['AgentCore.Runtime', 'AgentCore.CodeInterpreter', 'AgentCore.Browser']);
    }
  });
});

describe('the row of identity', () => {
  test('asks for every workload identity, once for each place where agents are', () => {
    const stack = testStack();
    const imported = (id: string, region: string) =>
      AgentRuntime.fromAgentRuntimeAttributes(stack, id, {
        agentRuntimeArn: RUNTIME_ARN.replace('eu-west-1', region).replace('elsewhere', id),
      });
    const agents = [imported('one', 'eu-west-1'), imported('two', 'eu-west-1'), imported('three', 'us-east-1')];
    new AgentDashboard(stack, 'Dashboard', { agents });
    const [body] = dashboardBodies(stack);
    const widgets = (body?.widgets ?? []).filter(({ properties }) => properties.title === 'Workload tokens');
    expect(widgets).toHaveLength(1);
    const metrics = (widgets[0]?.properties.metrics ?? []).map(
      (metric) => metric.at(-1) as { expression: string; region: string },
    );
    expect(metrics).toHaveLength(6);
    expect(new Set(metrics.map(({ region }) => region))).toEqual(new Set(['eu-west-1', 'us-east-1']));
    // The name of an identity ends with an id that no attribute of the resource tells.
    for (const { expression } of metrics) expect(expression).not.toContain('WorkloadIdentity=');
  });
});

describe('what stands beside graphs', () => {
  const { stack, agent, things } = observed();
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], ...things });
  const [body] = dashboardBodies(stack);
  const texts = (body?.widgets ?? []).flatMap(({ properties: { markdown } }) => markdown ?? []);

  test('names codes of the agent only', () => {
    const directory = join(__dirname, '../../agent-image/src');
    const protocol = readdirSync(directory)
      .filter((name) => /^protocol.*\.ts$/.test(name))
      .map((name) => readFileSync(join(directory, name), 'utf8'))
      .join('\n');
    const codes = texts.flatMap((text) => [...text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code = '']) => code));
    expect(codes).toContain('WORKSPACE_UNAVAILABLE');
    expect(codes.filter((code) => !new RegExp(`^  ${code}:`, 'm').test(protocol))).toEqual([]);
  });

  test('names tables of the log that are there', () => {
    const tables = (body?.widgets ?? []).flatMap(({ type, properties }) => (type === 'log' ? [properties.title] : []));
    expect(texts.join('\n')).toContain('"Warnings and errors"');
    expect(tables).toContainEqual(expect.stringMatching(/^Warnings and errors/));
  });
});

describe('a dashboard is refused with', () => {
  const dashboard = (props: (agent: AgentRuntime) => Partial<AgentDashboardProps>) => () => {
    const stack = testStack();
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'support' });
    new AgentDashboard(stack, 'Dashboard', { agents: [agent], ...props(agent) });
  };

  test.each<[string, (agent: AgentRuntime) => Partial<AgentDashboardProps>, string]>([
    [
      'a name that no endpoint can have',
      () => ({ endpointNames: ['not a name"'] }),
      'endpointNames "not a name"" is not a valid name',
    ],
    [
      'an endpoint twice',
      () => ({ endpointNames: ['prod', 'prod'] }),
      'Test/Dashboard: endpointNames has "prod" twice; give it once',
    ],
    [
      'the default endpoint',
      () => ({ endpointNames: ['DEFAULT'] }),
      'endpointNames has "DEFAULT", which is there anyway; leave it out',
    ],
    ['an agent twice', (agent) => ({ agents: [agent, agent] }), 'agents has "support" twice; give it once'],
    [
      'an agent under two names',
      (agent) => ({
        agents: [agent, AgentRuntime.fromRuntime(agent, 'Again', agent.runtime, { agentName: 'support' })],
      }),
      'agents has "support" twice; give it once',
    ],
    [
      'a period of less than a second',
      () => ({ period: Duration.millis(500) }),
      'period is 0.5 seconds; give one of 60, 300, 900, 3600 seconds',
    ],
  ])('%s', (_, props, message) => {
    expect(dashboard(props)).toThrow(message);
  });
});

test.each(['it\'s "mine"', 'AWS/Mine', 'a b', '', 'x'.repeat(256)])(
  'an agent is not imported with the namespace %p, in which it cannot write',
  (metricsNamespace) => {
    const attributes = { agentRuntimeArn: RUNTIME_ARN, metricsNamespace };
    expect(() => AgentRuntime.fromAgentRuntimeAttributes(testStack(), 'Agent', attributes)).toThrow(
      `Test/Agent: metricsNamespace "${metricsNamespace}" is not one of a custom metric`,
    );
  },
);

test('saved queries are refused for an endpoint of another agent', () => {
  const stack = testStack();
  const [one, other] = ['One', 'Other'].map(
    (id) => new AgentRuntime(stack, id, { image: testImage(), runtimeName: id }),
  );
  if (one === undefined || other === undefined) throw new Error('two agents were made');
  const [ofOne, ofOther] = [one, other].map(
    (agent) => new AgentEndpoint(agent, 'Prod', { agent, endpointName: 'prod', version: EndpointVersion.pinned(1) }),
  );
  if (ofOne === undefined || ofOther === undefined) throw new Error('two endpoints were made');
  expect(() => new AgentLogQueries(stack, 'Queries', { agent: one, endpoints: [ofOne, ofOther] })).toThrow(
    'Test/Queries: endpoints has Test/Other/Prod, which leads to another agent than One; give endpoints of that agent',
  );
});
