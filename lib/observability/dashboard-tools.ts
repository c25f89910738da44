import { Fn, type aws_bedrockagentcore as agentcore, type aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AgentMetrics } from '../metrics/agent-metrics';
import { GatewayMetrics } from '../metrics/gateway-metrics';
import { MemoryMetrics } from '../metrics/memory-metrics';
import { type MetricDefinition, type SearchedDimensions, searchOf } from '../metrics/metric';
import { PolicyMetrics } from '../metrics/policy-metrics';
import { ToolMetrics } from '../metrics/tool-metrics';
import { environmentOf } from '../private/arn-environment';
import { type Graph, graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent, IObservedBrowser, IObservedCodeInterpreter, IObservedGateway } from './observed';
import { ownMetric, ownSearch } from './own-metrics';
import { type Place, searchIn } from './place';

const TOOLS: RowText = {
  title: 'Tools',
  description:
    'Calls of tools as the agent saw them, by tool and result. **error**: the tool answered with an error; its own log has it. **denied**: a person, a rule of the definition or the permission mode said no; many of them mean that the agent is asked for what it may not do, or that a prompt tries to make it. **Latency** has the wait for a permission in it.',
};

const GATEWAY: RowText = {
  title: 'Gateway',
  description:
    "What AgentCore reports of the gateway; a line for each dimension set that it keeps. **User errors**: a tool was called that does not exist, or with wrong input. **Target time** close to **latency**: the function behind the tool is slow, not the gateway. **Denied**: a Cedar policy said no; the gateway's log names the policy. **Policy errors**: calls are denied because they could not be decided.",
};

const INTERPRETER: RowText = {
  title: 'Code interpreter',
  description:
    'Calls of the interpreter and its sessions. **Throttles**: ask for a higher quota of sessions. **User errors**: mostly sessions that ended while they were still used; compare the timeout of sessions.',
};

const BROWSER: RowText = {
  title: 'Browser',
  description:
    'Calls of the browser and its sessions. **Throttles**: ask for a higher quota of sessions. **User errors**: mostly sessions that ended while they were still used; compare the timeout of sessions. **Latency** rising alone: a page is slow, not the browser.',
};

const MEMORY: RowText = {
  title: 'Memory',
  description:
    'Calls of the memory by operation. **Errors**: the agent goes on without what it would have remembered. **Throttles**: ask for a higher quota of AgentCore Memory.',
};

/** What the agent calls, as it saw it. */
export function toolsRow(
  agent: IObservedAgent,
  { hasGateway, of }: { readonly hasGateway: boolean; readonly of?: string },
): cloudwatch.IWidget[][] {
  const graphs = [toolCalls(agent), toolResults(agent), toolLatency(agent)];
  return [[headingWidget(TOOLS, of)], graphRow([...graphs, ...(hasGateway ? [gatewayCalls(agent)] : [])])];
}

/** A gateway, as AgentCore saw it. */
export function gatewayRow({ gatewayArn, serverName, policies }: IObservedGateway): cloudwatch.IWidget[][] {
  const searched = searches(environmentOf(gatewayArn), { Resource: gatewayArn });
  return [
    [headingWidget({ ...GATEWAY, title: `${GATEWAY.title} ${serverName}` })],
    graphRow([
      searched('Gateway calls', 'calls', [GatewayMetrics.INVOCATIONS]),
      searched('Gateway errors', 'calls', [
        GatewayMetrics.SYSTEM_ERRORS,
        GatewayMetrics.USER_ERRORS,
        GatewayMetrics.THROTTLES,
      ]),
      searched('Gateway latency', 'ms', [GatewayMetrics.LATENCY, GatewayMetrics.TARGET_EXECUTION_TIME]),
      ...(policies === undefined ? [] : [policyDecisions(gatewayArn)]),
    ]),
  ];
}

function policyDecisions(gatewayArn: string): Graph {
  // The guide has no example of a value; accounts show the id.
  const target = { TargetResource: [Fn.select(1, Fn.split('/', gatewayArn)), gatewayArn] };
  const decisions = (definition: MetricDefinition, label: string): cloudwatch.SearchExpression =>
    searchIn(environmentOf(gatewayArn), searchOf(definition, target, { label }));
  return {
    title: 'Policy decisions',
    unit: 'calls',
    metrics: [
      decisions(PolicyMetrics.ALLOW_DECISIONS, 'Allowed'),
      decisions(PolicyMetrics.DENY_DECISIONS, 'Denied'),
      decisions(PolicyMetrics.SYSTEM_ERRORS, 'Policy errors'),
    ],
  };
}

/** A code interpreter, as AgentCore saw it. */
export function codeInterpreterRow(
  { codeInterpreterArn, codeInterpreterId }: IObservedCodeInterpreter,
  of?: string,
): cloudwatch.IWidget[][] {
  return [
    [headingWidget(INTERPRETER, of)],
    builtInToolGraphs('Interpreter', { arn: codeInterpreterArn, id: codeInterpreterId }),
  ];
}

/** A browser, as AgentCore saw it. */
export function browserRow({ browserArn, browserId }: IObservedBrowser, of?: string): cloudwatch.IWidget[][] {
  return [[headingWidget(BROWSER, of)], builtInToolGraphs('Browser', { arn: browserArn, id: browserId })];
}

function builtInToolGraphs(
  what: string,
  { arn, id }: { readonly arn: string; readonly id: string },
): cloudwatch.IWidget[] {
  // The guide says `Resource`, and shows the id for usage and the ARN elsewhere.
  const searched = searches(environmentOf(arn), { Resource: [id, arn] });
  const { INVOCATIONS, SYSTEM_ERRORS, USER_ERRORS, THROTTLES, LATENCY, DURATION } = ToolMetrics;
  return graphRow([
    searched(`${what} calls`, 'calls', [INVOCATIONS]),
    searched(`${what} errors`, 'calls', [SYSTEM_ERRORS, USER_ERRORS, THROTTLES]),
    searched(`${what} latency`, 'ms', [LATENCY]),
    searched(`${what} sessions`, 'ms', [DURATION]),
  ]);
}

/** A memory, as AgentCore saw it. */
export function memoryRow({ memoryRef: { memoryArn } }: agentcore.IMemoryRef, of?: string): cloudwatch.IWidget[][] {
  const searched = searches(environmentOf(memoryArn), { Resource: memoryArn });
  return [
    [headingWidget(MEMORY, of)],
    graphRow([
      searched('Memory calls', 'calls', [MemoryMetrics.INVOCATIONS]),
      searched('Memory errors', 'calls', [MemoryMetrics.ERRORS, MemoryMetrics.THROTTLES]),
      searched('Memory latency', 'ms', [MemoryMetrics.LATENCY]),
    ]),
  ];
}

function toolCalls(agent: IObservedAgent): Graph {
  return {
    title: 'Tool calls',
    unit: 'calls',
    metrics: [ownSearch(agent, AgentMetrics.TOOL_CALLS, ['Tool', 'Result'])],
    stacked: true,
  };
}

function toolResults(agent: IObservedAgent): Graph {
  return {
    title: 'Results of tools',
    unit: 'calls',
    metrics: [ownSearch(agent, AgentMetrics.TOOL_CALLS, ['Result'])],
    stacked: true,
  };
}

function toolLatency(agent: IObservedAgent): Graph {
  return {
    title: 'Tool latency',
    unit: 'ms',
    metrics: [ownSearch(agent, AgentMetrics.TOOL_LATENCY, ['Tool', 'Result'])],
  };
}

function gatewayCalls(agent: IObservedAgent): Graph {
  return {
    title: 'Calls of gateways',
    unit: 'calls',
    metrics: [ownSearch(agent, AgentMetrics.GATEWAY_CALLS, ['Result'])],
    right: { unit: 'ms', metrics: [ownMetric(agent, AgentMetrics.GATEWAY_LATENCY, { label: 'p95' })] },
  };
}

/** Makes graphs of searches there, with these dimensions. */
function searches(place: Place, dimensions: SearchedDimensions) {
  return (title: string, unit: string, definitions: readonly MetricDefinition[]): Graph => ({
    title,
    unit,
    metrics: definitions.map((definition) =>
      searchIn(place, searchOf(definition, dimensions, { label: definition.metricName })),
    ),
  });
}
