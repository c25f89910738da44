import {
  App,
  aws_bedrockagentcore as agentcore,
  aws_dynamodb as dynamodb,
  aws_s3 as s3,
  Stack,
  type StackProps,
} from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AgentGateway, AgentRuntime, CodeInterpreterTool, GatewayPolicy, LogDelivery, LogSource } from '../../lib';
import { AgentAlarms } from '../../lib/observability/agent-alarms';
import { AgentDashboard } from '../../lib/observability/agent-dashboard';
import { type DashboardBody, ResolvedTemplate, type TemplateJson, type TemplateResource } from '../../lib/testing';
import { orderTool } from '../gateway/gateway-fixture';
import { testImage } from '../support/stack';

const HOME = { account: '111122223333', region: 'eu-west-1' };
const ELSEWHERE = { account: '444455556666', region: 'us-east-1' };
const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/elsewhere-0123456789';

/** Everything that a dashboard shows, in one stack, and another stack to look at it from. */
function deployedAt(home: StackProps['env'], watching: StackProps['env']) {
  const app = new App();
  const stackIn = (id: string, env: StackProps['env']) =>
    new Stack(app, id, { ...(env === undefined ? {} : { env }), crossRegionReferences: env !== undefined });
  const stack = stackIn('Agents', home);
  const gateway = new AgentGateway(stack, 'Gateway', {
    tools: [orderTool(stack)],
    policies: [GatewayPolicy.permit({ name: 'everything' })],
  });
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'support' });
  const things = {
    gateways: [gateway],
    codeInterpreters: [new CodeInterpreterTool(stack, 'Python')],
    browsers: [new agentcore.BrowserCustom(stack, 'Browser', { browserCustomName: 'pages' })],
    memories: [new agentcore.Memory(stack, 'Memory', { memoryName: 'notes' })],
    // Only what has a name of its own can be named in another account.
    workspaces: [{ bucket: new s3.Bucket(stack, 'Workspaces', { bucketName: 'some-workspaces' }) }],
    sessionTables: [
      {
        table: new dynamodb.TableV2(stack, 'Sessions', {
          tableName: 'sessions',
          partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
        }),
      },
    ],
  };
  return { stack, agent, gateway, things, watching: watching === home ? stack : stackIn('Watching', watching) };
}

/** The resources of a type, with stand-ins for what other stacks tell. */
function resourcesOf(stack: Stack, type: string): readonly TemplateResource[] {
  const template: unknown = JSON.parse(JSON.stringify(Template.fromStack(stack).toJSON()), (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'Fn::GetStackOutput' in value ? 'of/another-stack' : value,
  );
  return new ResolvedTemplate(template as TemplateJson, {
    ...HOME,
    stackName: stack.stackName,
    standIn: ({ logicalId }) => `${logicalId}/id`,
  }).resourcesOfType(type);
}

function dashboardBodies(stack: Stack): DashboardBody[] {
  return resourcesOf(stack, 'AWS::CloudWatch::Dashboard').map(
    ({ properties }) => JSON.parse(String(properties.DashboardBody)) as DashboardBody,
  );
}

/** What the graphs of a dashboard say about where they look. */
function placesAsked(body: DashboardBody | undefined): { readonly title: string; readonly place: object }[] {
  return (body?.widgets ?? []).flatMap(({ properties: { title = '', metrics = [] } }) =>
    metrics.map((metric) => {
      const { accountId, region } = metric.at(-1) as { accountId?: unknown; region?: unknown };
      return { title, place: { accountId, region } };
    }),
  );
}

describe('a dashboard asks for what the app deploys', () => {
  const asked = (home: StackProps['env'], from: StackProps['env']) => {
    const { agent, things, watching } = deployedAt(home, from);
    new AgentDashboard(watching, 'Dashboard', { agents: [agent], ...things });
    const places = placesAsked(dashboardBodies(watching)[0]);
    expect(new Set(places.map(({ title }) => title)).size).toBeGreaterThan(40);
    return places;
  };

  test.each([
    ['in another account and Region', ELSEWHERE, { accountId: HOME.account, region: HOME.region }],
    ['in another Region', { ...HOME, region: 'us-east-1' }, { accountId: undefined, region: HOME.region }],
    ['in another account', { ...ELSEWHERE, region: HOME.region }, { accountId: HOME.account, region: undefined }],
    ['in its own place, which it does not say', HOME, { accountId: undefined, region: undefined }],
  ])('%s', (_, from, place) => {
    for (const one of asked(HOME, from)) expect(one).toEqual({ title: one.title, place });
  });

  test('where the stack goes, when nobody says where', () => {
    for (const one of asked(undefined, undefined)) {
      expect(one).toEqual({ title: one.title, place: { accountId: undefined, region: undefined } });
    }
  });

  test('in the stack of the resource, when it is looked at through a name in another one', () => {
    const { agent, watching } = deployedAt(HOME, ELSEWHERE);
    const named = AgentRuntime.fromRuntime(watching, 'Named', agent.runtime, { agentName: 'support' });
    expect(named.metricInvocations()).toMatchObject(HOME);
    expect(named.metricCost()).toMatchObject(HOME);
  });
});

test('policies are asked for where their gateway is', () => {
  const { gateway } = deployedAt(HOME, ELSEWHERE);
  expect(gateway.policies?.metricDenyDecisions()).toMatchObject(HOME);
});

test('the log of an agent of another account is not asked, and that of another Region is', () => {
  const logsFrom = (from: StackProps['env']) => {
    const { agent, watching } = deployedAt(HOME, from);
    new AgentDashboard(watching, 'Dashboard', { agents: [agent] });
    return dashboardBodies(watching)[0]?.widgets.filter(({ type }) => type === 'log') ?? [];
  };
  expect(logsFrom({ ...ELSEWHERE, region: HOME.region })).toEqual([]);
  const inAnotherRegion = logsFrom({ ...HOME, region: 'us-east-1' });
  expect(inAnotherRegion).toHaveLength(5);
  for (const { properties } of inAnotherRegion) expect(properties).toMatchObject({ region: HOME.region });
});

describe('alarms', () => {
  const alarmsFrom = (from: StackProps['env']) => {
    const { agent, watching } = deployedAt(HOME, from);
    new AgentAlarms(watching, 'Alarms', { agent, agentMetrics: true });
    return resourcesOf(watching, 'AWS::CloudWatch::Alarm');
  };

  test('of an agent of another account name it in every metric', () => {
    const alarms = alarmsFrom({ ...ELSEWHERE, region: HOME.region });
    expect(alarms.length).toBeGreaterThan(5);
    for (const { properties } of alarms) {
      const metrics = properties.Metrics as { MetricStat?: object; AccountId?: string }[];
      const accounts = metrics.filter(({ MetricStat }) => MetricStat !== undefined).map(({ AccountId }) => AccountId);
      expect(accounts.length).toBeGreaterThan(0);
      expect(new Set(accounts)).toEqual(new Set([HOME.account]));
    }
  });

  test('of an agent of the same account name none', () => {
    expect(JSON.stringify(alarmsFrom(HOME).map(({ properties }) => properties))).not.toContain('AccountId');
  });

  const refusal =
    'Watching/Alarms: the agent is in the Region eu-west-1 and this stack in us-east-1, and an alarm watches metrics of its own Region; define the alarms in a stack of the Region eu-west-1';

  test('of an agent of another Region are refused', () => {
    expect(() => alarmsFrom({ ...HOME, region: 'us-east-1' })).toThrow(refusal);
  });

  test('of an imported agent of another Region are refused', () => {
    const stack = new Stack(new App(), 'Watching', { env: { ...HOME, region: 'us-east-1' } });
    const agent = AgentRuntime.fromAgentRuntimeAttributes(stack, 'Agent', { agentRuntimeArn: RUNTIME_ARN });
    expect(() => new AgentAlarms(stack, 'Alarms', { agent })).toThrow(refusal);
  });
});

describe('logs are delivered where their resource is', () => {
  const deliver = (from: StackProps['env'], source: (things: ReturnType<typeof deployedAt>) => LogSource) => () => {
    const deployed = deployedAt(HOME, from);
    new LogDelivery(deployed.watching, 'Delivery', { source: source(deployed), applicationLogs: true });
  };
  const imported = ({ watching }: ReturnType<typeof deployedAt>) =>
    LogSource.runtime(AgentRuntime.fromAgentRuntimeAttributes(watching, 'Imported', { agentRuntimeArn: RUNTIME_ARN }));

  test.each([
    ['of the app, in its own place', HOME, ({ agent }: ReturnType<typeof deployedAt>) => LogSource.runtime(agent)],
    ['that is imported, in its own place', HOME, imported],
    ['that is imported, where nobody says where', undefined, imported],
  ])('of a runtime %s', (_, from, source) => {
    expect(deliver(from, source)).not.toThrow();
  });

  test.each<[string, (things: ReturnType<typeof deployedAt>) => LogSource]>([
    ['of the app', ({ agent }) => LogSource.runtime(agent)],
    ['that is imported', imported],
  ])('of a runtime %s, and nowhere else', (_, source) => {
    expect(deliver({ ...HOME, region: 'us-east-1' }, source)).toThrow(
      'Watching/Delivery: the runtime is in the Region eu-west-1 and this stack in us-east-1, and logs are delivered where the runtime is; define the delivery in a stack of the Region eu-west-1',
    );
    expect(deliver({ ...ELSEWHERE, region: HOME.region }, source)).toThrow(/is in the account 111122223333/);
  });
});
