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
import { type DashboardBody, graphQueries, type MetricIdentity, type MetricQuery, readSearch } from '../../lib/testing';
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

/** What the vocabulary has for a query: for a search, every metric of that name that can have the dimensions. */
export function definitionsOf(query: MetricQuery, ownNamespace: string): readonly MetricDefinition[] {
  const all = Object.entries(METRIC_VOCABULARY).flatMap(([of, definitions]) =>
    definitions.map((definition) => (of === 'agent' ? { ...definition, namespace: ownNamespace } : definition)),
  );
  const named = ({ namespace, metricName }: Pick<MetricIdentity, 'namespace' | 'metricName'>) =>
    all.filter((one) => one.namespace === namespace && one.metricName === metricName);
  if ('metric' in query) {
    const names = Object.keys(query.metric.dimensions);
    return named(query.metric).filter(({ dimensionSets }) => dimensionSets.some((set) => sameWords(set, names)));
  }
  const searched = /^SEARCH\('([^']*)', '(\w+)'\)$/.exec(query.expression)?.[1];
  if (searched === undefined) return [];
  const { schema, terms } = readSearch(searched);
  const termOf = (name: string) => terms.find((term) => term.name === name)?.any[0] ?? '';
  const dimensions = terms.map(({ name }) => name).filter((name) => name !== 'Namespace' && name !== 'MetricName');
  return named({ namespace: schema?.[0] ?? termOf('Namespace'), metricName: termOf('MetricName') }).filter(
    ({ dimensionSets }) =>
      dimensionSets.some((set) =>
        schema === undefined
          ? dimensions.every((name) => set.includes(name))
          : sameWords(set, schema.slice(1)) && dimensions.every((name) => set.includes(name)),
      ),
  );
}

function sameWords(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((word) => others.includes(word));
}
