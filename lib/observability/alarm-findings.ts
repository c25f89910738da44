import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { differences, knownEnvironment } from '../private/arn-environment';
import type { AgentAlarmsProps } from './agent-alarms-props';
import { ALARM_PERIOD } from './alarm-definitions';
import { placeOf } from './place';
import { isOtherRuntime } from './same-runtime';

const PERCENTAGES = ['errorRatePercent', 'failedRunsPercent', 'deniedToolsPercent'] as const;
const COUNTS = ['minimumRequests', 'minimumRuns', 'minimumToolCalls', 'throttledRequests', 'hourlyTokens'] as const;

/** What is part of an expression, or of how many periods an alarm has. A threshold alone can be a parameter of the stack. */
const KNOWN_AT_SYNTHESIS = ['minimumRequests', 'minimumRuns', 'minimumToolCalls', 'latency', 'noTrafficFor'] as const;

/** What rests on the metrics that the agent writes, where it is given. */
const OF_AGENT_METRICS = ['hourlyCostUsd', 'hourlyTokens'] as const;

/** What speaks against these alarms in the stack of `scope`. */
export function alarmFindings(scope: IConstruct, props: AgentAlarmsProps, agentMetrics: boolean): string[] {
  const unknown = KNOWN_AT_SYNTHESIS.filter((name) => isToken(props[name]));
  return [
    ...unknown.map((name) => `${name} is only known at deployment; give a value that is known at synthesis`),
    ...numberFindings(props),
    ...(unknown.includes('latency') ? [] : latencyFindings(props)),
    ...(unknown.includes('noTrafficFor') ? [] : noTrafficFindings(props)),
    ...endpointFindings(props),
    ...placeFindings(scope, props),
    ...(agentMetrics ? [] : unwrittenFindings(props)),
  ];
}

function unwrittenFindings(props: AgentAlarmsProps): string[] {
  return OF_AGENT_METRICS.filter((name) => props[name] !== undefined).map((name) =>
    props.agentMetrics === false
      ? `${name} is about metrics that the agent writes itself, and agentMetrics: false says that it writes none; leave ${name} out, or give agentMetrics: true where it does`
      : `${name} is about metrics that the agent writes itself, and its image is not known to; give agentMetrics: true where it does, or leave ${name} out`,
  );
}

function numberFindings(props: AgentAlarmsProps): string[] {
  const { hourlyCostUsd } = props;
  return [
    ...PERCENTAGES.filter((name) => !(isIn(props[name], 0, 100) && props[name] !== 100)).map(
      (name) => `${name} is ${String(props[name])}; give a share of at least 0 and less than 100 percent`,
    ),
    ...COUNTS.filter((name) => !isIn(props[name], 1, Number.MAX_SAFE_INTEGER) || !isWhole(props[name])).map(
      (name) => `${name} is ${String(props[name])}; give a whole number of at least 1`,
    ),
    ...(isIn(hourlyCostUsd, Number.MIN_VALUE, Number.MAX_VALUE)
      ? []
      : [`hourlyCostUsd is ${String(hourlyCostUsd)}; give an amount of US dollars above 0, or leave it out`]),
  ];
}

function latencyFindings({ latency }: AgentAlarmsProps): string[] {
  return latency === undefined || latency.toMilliseconds({ integral: false }) > 0
    ? []
    : [`latency is ${latency.toHumanString()}, and every answer takes longer; give a time above 0, or leave it out`];
}

function noTrafficFindings({ noTrafficFor }: AgentAlarmsProps): string[] {
  if (noTrafficFor === undefined) return [];
  const steps = noTrafficFor.toSeconds({ integral: false }) / ALARM_PERIOD.toSeconds();
  // CloudWatch looks back a day at the most.
  return isWhole(steps) && isIn(steps, 1, 288)
    ? []
    : [`noTrafficFor is ${noTrafficFor.toHumanString()}; give 5 minutes to 24 hours, in steps of 5 minutes`];
}

function endpointFindings({ agent, endpoint = agent }: AgentAlarmsProps): string[] {
  return isOtherRuntime(agent, endpoint)
    ? [
        `endpoint ${endpoint.node.path} leads to another agent than ${agent.agentName}; give an endpoint of that agent, or leave it out`,
      ]
    : [];
}

/** Metrics of another account can be watched with cross-account observability, those of another Region not at all. */
function placeFindings(scope: IConstruct, { agent }: AgentAlarmsProps): string[] {
  return differences(placeOf(agent), knownEnvironment(Stack.of(scope)))
    .filter(({ what }) => what === 'Region')
    .map(
      ({ there, here }) =>
        `the agent is in the Region ${there} and this stack in ${here}, and an alarm watches metrics of its own Region; define the alarms in a stack of the Region ${there}`,
    );
}

function isToken(value: AgentAlarmsProps[(typeof KNOWN_AT_SYNTHESIS)[number]]): boolean {
  return typeof value === 'object' ? value.isUnresolved() : Token.isUnresolved(value);
}

function isIn(value: number | undefined, from: number, to: number): boolean {
  return value === undefined || Token.isUnresolved(value) || (value >= from && value <= to);
}

function isWhole(value: number | undefined): boolean {
  return value === undefined || Token.isUnresolved(value) || Number.isInteger(value);
}
