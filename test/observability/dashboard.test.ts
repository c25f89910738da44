import {
  aws_bedrockagentcore as agentcore,
  Duration,
  SecretValue,
  aws_secretsmanager as secrets,
  Stack,
} from 'aws-cdk-lib';
import { AgentRuntime, ModelProvider } from '../../lib';
import { MetricStanding } from '../../lib/metrics/metric';
import { AgentDashboard } from '../../lib/observability/agent-dashboard';
import type { DashboardBody } from '../../lib/testing';
import { nagFindings } from '../support/nag';
import { testImage, testStack } from '../support/stack';
import { askedFor, dashboardBodies, definitionsOf, observed } from './dashboard-fixture';

const titles = (body: DashboardBody): string[] =>
  body.widgets.flatMap(({ type, properties }) => (type === 'text' ? [] : [properties.title ?? '']));
const headings = (body: DashboardBody): string[] =>
  body.widgets.flatMap(({ properties }) => /^## (.*)/.exec(properties.markdown ?? '')?.[1] ?? []);

function bodyOf(stack: Stack): DashboardBody {
  const [body, ...others] = dashboardBodies(stack);
  if (body === undefined || others.length > 0) throw new Error('the stack has no dashboard, or several');
  return body;
}

function everything(): DashboardBody {
  const { stack, agent, things } = observed(testStack(), { runtimeName: 'support' });
  const memory = new agentcore.Memory(stack, 'Memory', { memoryName: 'memory' });
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], ...things, memories: [memory] });
  return bodyOf(stack);
}

describe('the dashboard', () => {
  const body = everything();
  const asked = askedFor(body);

  test('asks only for what is in the vocabulary, under a full dimension set', () => {
    expect(asked.length).toBeGreaterThan(60);
    for (const { title, query } of asked) {
      expect({ title, query, known: definitionsOf(query, 'ClaudeAgents').length > 0 }).toMatchObject({ known: true });
    }
  });

  test('asks for nothing whose name is open', () => {
    for (const { title, query } of asked) {
      const standings = definitionsOf(query, 'ClaudeAgents').map(({ standing }) => standing);
      expect({ title, query, standings }).not.toEqual({ title, query, standings: [MetricStanding.NAME_OPEN] });
    }
  });

  test('has the rows that its documentation tells of', () => {
    expect(headings(body)).toEqual([
      'support: Health',
      ...['Conversation', 'Models', 'Tools', 'Identity', 'Storage'],
      ...['Gateway gw', 'Code interpreter', 'Memory', 'Cost drivers', 'From the log'],
    ]);
  });

  test('says above each row what it shows, and what to do', () => {
    for (const { properties } of body.widgets.filter(({ type }) => type === 'text')) {
      expect(properties.markdown).toMatch(/^## [^\n]+\n[^\n]{100,}$/);
    }
  });

  test('has every graph under its row, beside and not over another one', () => {
    for (const { x, width } of body.widgets) expect(x + width).toBeLessThanOrEqual(24);
    const cells = body.widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, index) => `${x + (index % width)},${y + Math.floor(index / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test('has the table of contents of its documentation', () => {
    expect(titles(body)).toEqual(
      expect.arrayContaining([
        ...['Requests', 'Request errors', 'Request latency', 'Runs', 'Errors by code', 'First event'],
        ...['Turn latency', 'Tokens', 'Cost', 'Waiting for permission', 'Turns by model', 'Model calls'],
        ...['Tool calls', 'Results of tools', 'Tool latency', 'Calls of gateways', 'Gateway calls', 'Policy decisions'],
        ...['Workload tokens', 'Storage failures', 'Workspace size', 'Session reads', 'vCPU hours', 'GB hours'],
        ...['Slowest turns', 'Top tools', 'Dearest sessions'],
      ]),
    );
  });

  test('asks the log of the agent, for fields that the agent writes', () => {
    const queries = body.widgets.filter(({ type }) => type === 'log').map(({ properties }) => properties.query ?? '');
    expect(queries).toHaveLength(4);
    for (const query of queries) {
      expect(query).toMatch(/^SOURCE '\/aws\/bedrock-agentcore\/runtimes\/support-[0-9a-f]{10}-DEFAULT' \| /);
    }
  });

  test('can be changed in its period: every graph of time has one, and CloudWatch keeps to it', () => {
    const { variables, periodOverride } = body as DashboardBody & { variables: object[]; periodOverride: string };
    expect(periodOverride).toBe('inherit');
    expect(variables).toMatchObject([{ id: 'period', property: 'period', defaultValue: '300' }]);
    const graphs = body.widgets.filter(({ properties }) => properties.view === 'timeSeries');
    expect(graphs.length).toBeGreaterThan(25);
    for (const { properties } of graphs) expect(properties.period).toEqual(expect.any(Number));
  });

  test('breaks no rule of cdk-nag', () => {
    const findings = nagFindings((stack) => {
      new AgentDashboard(stack, 'Dashboard', {
        agents: [AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', { agentRuntimeArn: RUNTIME_ARN })],
      });
    });
    expect(findings).toEqual([]);
  });
});

const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:eu-west-1:444455556666:runtime/elsewhere-0123456789';

test('an agent that has neither gateway nor workspace has no graphs of them', () => {
  const stack = testStack();
  new AgentDashboard(stack, 'Dashboard', { agents: [new AgentRuntime(stack, 'Agent', { image: testImage() })] });
  expect(titles(bodyOf(stack))).not.toContain('Calls of gateways');
  expect(headings(bodyOf(stack))).not.toContain('Storage');
});

test('an imported agent is asked for where it is, and has no models of this account', () => {
  const stack = new Stack(undefined, 'Test', { env: { account: '111122223333', region: 'eu-central-1' } });
  const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', {
    agentRuntimeArn: RUNTIME_ARN,
    metricsNamespace: 'Shop',
  });
  new AgentDashboard(stack, 'Dashboard', { agents: [agent] });
  const body = bodyOf(stack);
  expect(titles(body)).not.toContain('Model calls');
  const own = JSON.stringify(body.widgets.find(({ properties }) => properties.title === 'Runs')?.properties.metrics);
  expect(own).toContain('"Shop"');
  for (const title of ['Requests', 'Runs', 'Cost', 'Turns by model', 'Tool calls']) {
    const widget = body.widgets.find(({ properties }) => properties.title === title);
    expect({ title, metrics: JSON.stringify(widget?.properties.metrics) }).toEqual({
      title,
      metrics: expect.stringMatching(
        /"accountId":"444455556666".*"region":"eu-west-1"|"region":"eu-west-1".*"accountId":"444455556666"/,
      ),
    });
  }
});

test('models that Bedrock does not serve have figures of the agent alone', () => {
  const stack = testStack();
  const secret = new secrets.Secret(stack, 'Key', { secretStringValue: SecretValue.unsafePlainText('an example') });
  const models = ModelProvider.anthropicApi(secret);
  new AgentDashboard(stack, 'Dashboard', {
    agents: [new AgentRuntime(stack, 'Agent', { image: testImage(), models })],
  });
  expect(titles(bodyOf(stack))).toContain('Turns by model');
  expect(titles(bodyOf(stack))).not.toContain('Model calls');
});

test('every granted model is looked for under the id that calls name and under its own', () => {
  const widget = everything().widgets.find(({ properties }) => properties.title === 'Model calls');
  const metrics = JSON.stringify(widget?.properties.metrics);
  for (const id of ['anthropic.claude-sonnet-5-5', 'anthropic.claude-haiku-5-5']) {
    expect(metrics).toContain(`\\"global.${id}\\" OR \\"${id}\\"`);
  }
});

test('endpoints can be switched where they are named', () => {
  const stack = testStack();
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'support' });
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], endpointNames: ['prod'] });
  const body = bodyOf(stack);
  expect(body).toMatchObject({
    variables: [
      { id: 'period' },
      { id: 'endpoint', pattern: 'DEFAULT', values: [{ value: 'DEFAULT' }, { value: 'prod' }] },
    ],
  });
  const switched = JSON.stringify(body.widgets).replaceAll('DEFAULT', 'prod');
  expect(switched).toContain('support::prod');
  expect(switched).toMatch(/runtimes\/support-[0-9a-f]{10}-prod'/);
});

test('two agents have rows of their own, and two dashboards stand side by side', () => {
  const stack = testStack();
  const agents = ['One', 'Other'].map((id) => new AgentRuntime(stack, id, { image: testImage(), runtimeName: id }));
  new AgentDashboard(stack, 'Both', { agents });
  new AgentDashboard(stack, 'First', { agents: agents.slice(0, 1) });
  const [both, first] = dashboardBodies(stack);
  expect(both && headings(both)).toEqual(expect.arrayContaining(['One: Health', 'Other: Health']));
  expect(first && headings(first)).not.toContain('Other: Health');
});

test('the period is as it was given', () => {
  const { stack, agent } = observed();
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], period: Duration.minutes(15), dashboardName: 'support' });
  expect(bodyOf(stack)).toMatchObject({ variables: [{ defaultValue: '900' }] });
});

test('fails with everything that is wrong', () => {
  const stack = testStack();
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'DEFAULT_agent' });
  const dashboard = (id: string, props: Partial<ConstructorParameters<typeof AgentDashboard>[2]>) => () =>
    new AgentDashboard(stack, id, { agents: [agent], ...props });
  expect(dashboard('A', { agents: [] })).toThrow('Test/A: agents is empty, and the dashboard would be too');
  expect(dashboard('B', { period: Duration.minutes(7), dashboardName: 'a b' })).toThrow(
    /period is 420 seconds; give one of 60, 300, 900, 3600 seconds[^]*dashboardName "a b" is not a valid name/,
  );
  expect(dashboard('C', { endpointNames: ['prod'] })).toThrow('the agent DEFAULT_agent has "DEFAULT" in its name');
});
