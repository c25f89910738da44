import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import {
  AgentGateway,
  AgentRuntime,
  CodeInterpreterTool,
  GatewayPolicy,
  SessionTable,
  WorkspaceBucket,
  type AgentRuntimeProps,
} from '../../lib';
import { type DashboardBody, graphQueries, type MetricQuery, readSearch } from '../../lib/testing';
import { METRIC_VOCABULARY } from '../../lib/metrics/vocabulary';
import type { MetricDefinition } from '../../lib/metrics/metric';
import { orderTool, resolved } from '../gateway/gateway-fixture';
import { testImage, testStack } from '../support/stack';

/** The sample's kind of agent, with everything that a dashboard shows. */
export function observed(stack: Stack = testStack(), props: Partial<AgentRuntimeProps> = {}) {
  const gateway = new AgentGateway(stack, 'Gateway', {
    tools: [orderTool(stack)],
    policies: [GatewayPolicy.permit({ name: 'everything' })],
  });
  const codeInterpreter = new CodeInterpreterTool(stack, 'CodeInterpreter');
  const workspace = new WorkspaceBucket(stack, 'Workspace');
  const sessions = new SessionTable(stack, 'Sessions');
  const agent = new AgentRuntime(stack, 'Agent', {
    image: testImage(),
    capabilities: [gateway, codeInterpreter, workspace, sessions],
    ...props,
  });
  return {
    stack,
    agent,
    /** What a dashboard takes beside the agents. */
    things: {
      gateways: [gateway],
      codeInterpreters: [codeInterpreter],
      workspaces: [workspace],
      sessionTables: [sessions],
    },
  };
}

/** The bodies of the dashboards of a stack. */
export function dashboardBodies(stack: Stack): DashboardBody[] {
  return resolved(stack)
    .resourcesOfType('AWS::CloudWatch::Dashboard')
    .map(({ properties }) => JSON.parse(String(properties.DashboardBody)) as DashboardBody);
}

/** Everything that the graphs of a dashboard ask for, with the title of the widget. */
export function askedFor(body: DashboardBody): { readonly title: string; readonly query: MetricQuery }[] {
  return body.widgets.flatMap(({ properties }) =>
    graphQueries(properties).map((query) => ({ title: properties.title ?? '', query })),
  );
}

/**
 * What the vocabulary has for a query, of the service that it asks and with the statistic that it asks for: for a search, every
 * metric of that name that can have the dimensions.
 */
export function definitionsOf(query: MetricQuery, ownNamespace: string): readonly MetricDefinition[] {
  if ('metric' in query) {
    const { namespace, metricName, dimensions, statistic } = query.metric;
    const names = Object.keys(dimensions);
    return ofService(serviceOf(dimensions), ownNamespace).filter(
      (one) =>
        one.namespace === namespace &&
        one.metricName === metricName &&
        statisticsOf(one).includes(statistic) &&
        one.dimensionSets.some((set) => sameWords(set, names)),
    );
  }
  const [, searched, statistic = ''] = /^SEARCH\('([^']*)', '(\w+)'\)$/.exec(query.expression) ?? [];
  if (searched === undefined) return [];
  const { schema, terms } = readSearch(searched);
  const { Namespace, MetricName, ...dimensions } = Object.fromEntries(
    terms.map(({ name, any }) => [name, any.join(' ')]),
  );
  const names = Object.keys(dimensions);
  return ofService(serviceOf({ ...dimensions, MetricName: MetricName ?? '' }), ownNamespace).filter(
    (one) =>
      one.namespace === (schema?.[0] ?? Namespace) &&
      one.metricName === MetricName &&
      statisticsOf(one).includes(statistic) &&
      one.dimensionSets.some(
        (set) => names.every((name) => set.includes(name)) && (schema === undefined || sameWords(set, schema.slice(1))),
      ),
  );
}

function ofService(service: string, ownNamespace: string): readonly MetricDefinition[] {
  const definitions = METRIC_VOCABULARY[service] ?? [];
  return service === 'agent' ? definitions.map((one) => ({ ...one, namespace: ownNamespace })) : definitions;
}

/** Dimensions and names that only one service has, by their values where several have them. */
const SERVICES: readonly (readonly [service: string, dimension: string, value: RegExp])[] = [
  ['agent', 'Agent', /./],
  ['model', 'ModelId', /./],
  ['identity', 'MetricName', /Fetch(Success|Failures|Throttles)$/],
  ['policy', 'TargetResource', /./],
  ['storage', 'BucketName', /./],
  ['storage', 'TableName', /./],
  ['usage', 'Service', /^AgentCore\./],
  ['runtime', 'Operation', /^InvokeAgentRuntime$/],
  ['gateway', 'Resource', /:gateway\//],
  ['built-in tools', 'Resource', /:(code-interpreter|browser)(-custom)?\//],
  ['memory', 'Resource', /:memory\//],
];

/** Whom a query with these dimensions asks; services have metrics of one name, and may have them in one namespace. */
function serviceOf(dimensions: Readonly<Record<string, string>>): string {
  const found = SERVICES.find(([, name, value]) => value.test(dimensions[name] ?? ''));
  if (found === undefined) throw new Error(`no service has metrics with ${JSON.stringify(dimensions)}`);
  return found[0];
}

/** Those that make sense beside a metric's own: more percentiles of a time, and the number of what is written one by one. */
function statisticsOf({ statistic, unit, metricName, namespace }: MetricDefinition): readonly string[] {
  const isOwn = !namespace.startsWith('AWS/');
  return [
    statistic,
    ...(unit === cloudwatch.Unit.MILLISECONDS ? ['p50', 'p95', 'p99'] : []),
    ...(isOwn && ['Errors', 'Sessions', 'PermissionWait', 'FlushTime'].includes(metricName) ? ['SampleCount'] : []),
  ];
}

function sameWords(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((word) => others.includes(word));
}
