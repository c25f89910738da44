import {
  App,
  aws_bedrockagentcore as agentcore,
  aws_cloudwatch as cloudwatch,
  aws_dynamodb as dynamodb,
  aws_s3 as s3,
  Duration,
  SecretValue,
  aws_secretsmanager as secrets,
  Stack,
} from 'aws-cdk-lib';
import { AgentGateway, AgentRuntime, CodeInterpreterTool, ModelProvider } from '../../lib';
import { MetricStanding } from '../../lib/metrics/metric';
import { AgentDashboard } from '../../lib/observability/agent-dashboard';
import type { DashboardBody, MetricQuery } from '../../lib/testing';
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

const arnOf = (resource: string): string => `arn:aws:bedrock-agentcore:eu-west-1:444455556666:${resource}-0123456789`;

function someMemory(stack: Stack, name: string): agentcore.IMemory {
  const roleArn = 'arn:aws:iam::444455556666:role/memory';
  return agentcore.Memory.fromMemoryAttributes(stack, name, { memoryArn: arnOf(`memory/${name}`), roleArn });
}

function everything(): DashboardBody {
  const { stack, agent, things } = observed(testStack(), { runtimeName: 'support' });
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], ...things, memories: [someMemory(stack, 'notes')] });
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
      expect({ title, query, standings }).not.toMatchObject({
        standings: expect.arrayContaining([MetricStanding.NAME_OPEN]),
      });
    }
  });

  test('has the rows that its documentation tells of', () => {
    expect(headings(body)).toEqual([
      'support: Health',
      ...['Conversation', 'Models', 'Tools', 'Storage', 'Identity'],
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
        ...['Slowest turns', 'Top tools', 'Dearest sessions', 'Warnings and errors, refused requests included'],
      ]),
    );
  });

  test('asks the log of the agent, for fields that the agent writes', () => {
    const queries = body.widgets.filter(({ type }) => type === 'log').map(({ properties }) => properties.query ?? '');
    expect(queries).toHaveLength(5);
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

  test('has daily figures over days, and nothing else over a time of its own', () => {
    const daily = asked.filter(({ query }) => 'metric' in query && query.metric.namespace === 'AWS/S3');
    const own = body.widgets.filter(({ properties }) => 'start' in properties);
    expect(own.map(({ properties }) => properties.title)).toEqual(daily.map(({ title }) => title));
    expect(own).toHaveLength(2);
    // Without an end it goes to the present.
    for (const { properties } of own) expect(properties).toMatchObject({ start: '-P14D', period: 86_400 });
  });

  test('has an axis of its own for a time beside a count', () => {
    const { properties } = body.widgets.find(({ properties: { title } }) => title === 'Calls of gateways') ?? {};
    expect(properties?.yAxis).toMatchObject({ left: { label: 'calls' }, right: { label: 'ms' } });
    const onRight = properties?.metrics?.filter((metric) => JSON.stringify(metric).includes('"yAxis":"right"'));
    expect(JSON.stringify(onRight)).toMatch(/^\[\["ClaudeAgents","GatewayLatency"/);
    expect(onRight).toHaveLength(1);
  });

  test('looks for decisions of policies in every set', () => {
    const decisions = asked.filter(({ title }) => title === 'Policy decisions').map(({ query }) => query);
    expect(decisions).toHaveLength(3);
    for (const query of decisions) {
      expect(query).toMatchObject({
        expression: expect.stringMatching(
          / TargetResource=\("\w[\w-]*" OR "arn:aws:bedrock-agentcore:.*"\)', 'Sum'\)$/,
        ),
      });
    }
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

describe('what a test of a dashboard can find', () => {
  const metric = { namespace: 'AWS/Bedrock-AgentCore', periodSeconds: 300, statistic: 'Sum' };
  const standings = (query: MetricQuery) => definitionsOf(query, 'ClaudeAgents').map(({ standing }) => standing);
  const dimensions = { Operation: 'InvokeAgentRuntime', Resource: 'arn', Name: 'support::DEFAULT' };
  const searched = (metricName: string, resource: string, statistic = 'Sum') => ({
    expression: `SEARCH('Namespace="AWS/Bedrock-AgentCore" MetricName="${metricName}" Resource="${resource}"', '${statistic}')`,
    periodSeconds: 300,
  });
  const memory = arnOf('memory/notes');

  test.each<[string, MetricQuery, MetricStanding[]]>([
    ['a metric', { metric: { ...metric, metricName: 'Throttles', dimensions } }, [MetricStanding.DOCUMENTED]],
    ['one of another service', { metric: { ...metric, metricName: 'TargetExecutionTime', dimensions } }, []],
    ['another statistic', { metric: { ...metric, metricName: 'Throttles', dimensions, statistic: 'Average' } }, []],
    ['a search', searched('Errors', memory), [MetricStanding.SETS_OPEN]],
    ['a name that is open in this service alone', searched('SystemErrors', memory), [MetricStanding.NAME_OPEN]],
    ['a search for what another service has', searched('Duration', memory, 'Average'), []],
    ['a search with another statistic', searched('Errors', memory, 'Average'), []],
  ])('%s', (_what, query, expected) => {
    expect(standings(query)).toEqual(expected);
  });
});

const RUNTIME_ARN = arnOf('runtime/elsewhere');

test('an agent that has neither gateway nor workspace has no graphs of them', () => {
  const stack = testStack();
  new AgentDashboard(stack, 'Dashboard', { agents: [new AgentRuntime(stack, 'Agent', { image: testImage() })] });
  expect(titles(bodyOf(stack))).not.toContain('Calls of gateways');
  expect(headings(bodyOf(stack))).not.toContain('Storage');
});

/** A dashboard in one account and Region of things that are all in another one. */
function elsewhere(env: { account: string; region: string }): DashboardBody {
  const stack = new Stack(undefined, 'Test', { env });
  const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', {
    agentRuntimeArn: RUNTIME_ARN,
    metricsNamespace: 'Shop',
  });
  const { models } = new AgentRuntime(new Stack(), 'Models', { image: testImage() });
  const gateway = AgentGateway.fromGatewayAttributes(stack, 'Gateway', { gatewayArn: arnOf('gateway/shop') });
  const interpreter = agentcore.CodeInterpreterCustom.fromCodeInterpreterCustomAttributes(stack, 'Python', {
    codeInterpreterArn: arnOf('code-interpreter-custom/python'),
    roleArn: 'arn:aws:iam::444455556666:role/python',
  });
  const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', {
    bucketName: 'workspaces',
    account: '444455556666',
    region: 'eu-west-1',
  });
  const tableArn = 'arn:aws:dynamodb:eu-west-1:444455556666:table/sessions';
  new AgentDashboard(stack, 'Dashboard', {
    agents: [Object.assign(agent, { models })],
    gateways: [{ gatewayArn: gateway.gatewayArn, serverName: 'gw', policies: gateway }],
    codeInterpreters: [CodeInterpreterTool.fromCodeInterpreter(stack, 'Interpreter', interpreter)],
    memories: [someMemory(stack, 'notes')],
    workspaces: [{ bucket }],
    sessionTables: [{ table: dynamodb.Table.fromTableArn(stack, 'Table', tableArn) }],
  });
  return bodyOf(stack);
}

const ELSEWHERE = { account: '444455556666', region: 'eu-west-1' };

test('what is imported is asked for where it is, in every graph', () => {
  const body = elsewhere({ account: '111122223333', region: 'eu-central-1' });
  const metrics = body.widgets.flatMap(({ properties: { title, metrics: of = [] } }) =>
    of.map((metric) => ({ title, of: metric.at(-1) })),
  );
  expect(new Set(metrics.map(({ title }) => title)).size).toBeGreaterThan(35);
  for (const metric of metrics) {
    expect(metric).toMatchObject({ of: { accountId: ELSEWHERE.account, region: ELSEWHERE.region } });
  }
  expect(JSON.stringify(metrics.map(({ of }) => of))).not.toContain('ClaudeAgents');
});

test('the log of an agent is asked in its Region, and not at all in another account', () => {
  const logs = (env: { account: string; region: string }) =>
    elsewhere(env)
      .widgets.filter(({ type }) => type === 'log')
      .map(({ properties }) => properties);
  expect(logs({ account: '111122223333', region: 'eu-west-1' })).toEqual([]);
  const inAnotherRegion = logs({ account: ELSEWHERE.account, region: 'eu-central-1' });
  expect(inAnotherRegion).toHaveLength(5);
  for (const properties of inAnotherRegion) expect(properties).toMatchObject({ region: ELSEWHERE.region });
});

test('the managed interpreter, whose ARN has no account, is asked for in that of its stack', () => {
  const app = new App({ context: { '@aws-cdk/core:enablePartitionLiterals': true } });
  const stack = new Stack(app, 'Test', { env: { account: '111122223333', region: 'eu-central-1' } });
  const interpreter = CodeInterpreterTool.managed(stack, 'Interpreter');
  expect(interpreter.codeInterpreterArn).toMatch(/^arn:aws:bedrock-agentcore:eu-central-1:aws:/);
  expect(interpreter.metricVcpuHours()).toMatchObject({ account: '111122223333', region: 'eu-central-1' });
});

test('an imported agent has no models of this account', () => {
  const stack = testStack();
  const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', { agentRuntimeArn: RUNTIME_ARN });
  new AgentDashboard(stack, 'Dashboard', { agents: [agent] });
  expect(titles(bodyOf(stack))).not.toContain('Model calls');
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
  const rows = ['Health', 'Conversation', 'Models', 'Tools'];
  expect(both && headings(both)).toEqual([
    ...['One', 'Other'].flatMap((of) => rows.map((row) => `${of}: ${row}`)),
    ...['Identity', 'Cost drivers', 'One: From the log', 'Other: From the log'],
  ]);
  expect(first && headings(first)).toEqual([
    'One: Health',
    ...rows.slice(1),
    'Identity',
    'Cost drivers',
    'From the log',
  ]);
});

test('several interpreters and memories are told apart', () => {
  const { stack, agent } = observed();
  const codeInterpreters = ['Python', 'Node'].map((id) => new CodeInterpreterTool(stack, id));
  const memories = ['notes', 'facts'].map((name) => someMemory(stack, name));
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], codeInterpreters, memories });
  const body = bodyOf(stack);
  const several = headings(body).filter((heading) => /interpreter$|Memory$/.test(heading));
  expect(several).toHaveLength(4);
  expect(new Set(several).size).toBe(4);
  for (const heading of several) expect(heading).toMatch(/^[\w-]+: (Code interpreter|Memory)$/);
  const { properties } = body.widgets.find(({ properties: { title } }) => title === 'vCPU hours') ?? {};
  const labels = properties?.metrics?.map((metric) => (metric.at(-1) as { label: string }).label);
  expect(new Set(labels).size).toBe(3);
});

test('the period is as it was given', () => {
  const { stack, agent } = observed();
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], period: Duration.minutes(15), dashboardName: 'support' });
  expect(bodyOf(stack)).toMatchObject({ variables: [{ defaultValue: '900' }] });
});

test('fails with everything that is wrong', () => {
  const stack = testStack();
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage() });
  const dashboard = (id: string, props: Partial<ConstructorParameters<typeof AgentDashboard>[2]>) => () =>
    new AgentDashboard(stack, id, { agents: [agent], ...props });
  expect(dashboard('A', { agents: [] })).toThrow('Test/A: agents is empty, and the dashboard would be too');
  expect(dashboard('B', { period: Duration.minutes(7), dashboardName: 'a b' })).toThrow(
    /period is 420 seconds; give one of 60, 300, 900, 3600 seconds[^]*dashboardName "a b" is not a valid name/,
  );
});

test('synthesis fails where switching endpoints would replace something else', () => {
  const stack = testStack();
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'DEFAULT_agent' });
  const { dashboard } = new AgentDashboard(stack, 'Dashboard', {
    agents: [agent],
    endpointNames: ['prod'],
  });
  dashboard.addWidgets(new cloudwatch.TextWidget({ markdown: 'See NO_DEFAULTS, and the endpoint DEFAULT' }));
  const message = String(expectedError(() => bodyOf(stack)));
  expect(message).toContain('"DEFAULT_agent::DEFAULT" is on the dashboard and has "DEFAULT" in it');
  expect(message).toContain('"NO_DEFAULTS" is on the dashboard');
  expect(message).not.toContain('"DEFAULT" is on the dashboard');
});

function expectedError(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing failed');
}
