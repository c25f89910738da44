import { aws_cloudwatch as cloudwatch, Duration, Fn, Stack } from 'aws-cdk-lib';
import type { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import type { AgentDashboardProps } from './agent-dashboard-props';
import { conversationRow } from './dashboard-conversation';
import { costRow } from './dashboard-cost';
import { DEFAULT_ENDPOINT, replacedWords } from './dashboard-endpoints';
import { dashboardFindings, PERIODS } from './dashboard-findings';
import { healthRow } from './dashboard-health';
import { identityRow } from './dashboard-identity';
import { logsRow } from './dashboard-logs';
import { modelsRow } from './dashboard-models';
import { keptRows, storageRow } from './dashboard-storage';
import { browserRow, codeInterpreterRow, gatewayRow, memoryRow, toolsRow } from './dashboard-tools';
import type { IObservedAgent } from './observed';

/**
 * A CloudWatch dashboard of agents and of what they use. It asks for documented metrics under their full dimension sets, and
 * for what the agents write themselves; every row says what a red graph means and what to do.
 *
 * The period and the endpoint can be changed by whoever looks at it.
 */
export class AgentDashboard extends Construct {
  /** The L2: the way to what this construct does not offer, for instance widgets of your own. */
  public readonly dashboard: cloudwatch.Dashboard;

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, props: AgentDashboardProps) {
    super(scope, id);
    requireProperties(this, props, { agents: 'the agents' });
    throwFindings(this, dashboardFindings(props));
    const { dashboardName, period = Duration.minutes(5), endpointNames = [] } = props;
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      ...(dashboardName === undefined ? {} : { dashboardName }),
      defaultInterval: Duration.hours(12),
      // Otherwise CloudWatch chooses periods by itself, and the variable has no effect.
      periodOverride: cloudwatch.PeriodOverride.INHERIT,
      variables: [periodVariable(period), ...(endpointNames.length === 0 ? [] : [endpointVariable(endpointNames)])],
      widgets: rows(props, Stack.of(this).account),
    });
    if (endpointNames.length > 0) this.node.addValidation({ validate: () => replacedWords(this.dashboard) });
  }
}

function rows(props: AgentDashboardProps, account: string): cloudwatch.IWidget[][] {
  const { agents, gateways = [], codeInterpreters = [], browsers = [], memories = [] } = props;
  const { workspaces = [], sessionTables = [] } = props;
  return [
    ...agents.flatMap((agent) => agentRows(agent, props)),
    ...keptRows(workspaces, sessionTables),
    ...identityRow(agents),
    ...gateways.flatMap(gatewayRow),
    ...codeInterpreters.flatMap((one) => codeInterpreterRow(one, several(codeInterpreters, one.codeInterpreterId))),
    ...browsers.flatMap((one) => browserRow(one, several(browsers, one.browserId))),
    ...memories.flatMap((one) => memoryRow(one, several(memories, memoryId(one)))),
    ...costRow(agents, codeInterpreters, browsers),
    ...agents.flatMap((agent) => logsRow(agent, account, several(agents, agent.agentName))),
  ];
}

function memoryId({ memoryRef }: agentcore.IMemoryRef): string {
  return Fn.select(1, Fn.split('/', memoryRef.memoryArn));
}

/** What rows are of is said where there are several. */
function several(things: readonly unknown[], name: string): string | undefined {
  return things.length > 1 ? name : undefined;
}

/** Graphs of what an agent does not have would stay empty. */
function agentRows(
  agent: IObservedAgent,
  { agents, gateways = [], workspaces = [] }: AgentDashboardProps,
): cloudwatch.IWidget[][] {
  const of = several(agents, agent.agentName);
  return [
    ...healthRow(agent),
    ...conversationRow(agent, of),
    ...modelsRow(agent, of),
    ...toolsRow(agent, { hasGateway: gateways.length > 0, ...(of === undefined ? {} : { of }) }),
    ...(workspaces.length > 0 ? storageRow(agent, of) : []),
  ];
}

function periodVariable(period: Duration): cloudwatch.IVariable {
  return new cloudwatch.DashboardVariable({
    id: 'period',
    label: 'Period',
    type: cloudwatch.VariableType.PROPERTY,
    value: 'period',
    inputType: cloudwatch.VariableInputType.SELECT,
    values: cloudwatch.Values.fromValues(
      ...PERIODS.map((seconds) => ({ value: String(seconds), label: Duration.seconds(seconds).toHumanString() })),
    ),
    defaultValue: cloudwatch.DefaultValue.value(String(period.toSeconds())),
    visible: true,
  });
}

/** Names of endpoints are in the names of metrics and of log groups, so it replaces text: see {@link replacedWords}. */
function endpointVariable(endpointNames: readonly string[]): cloudwatch.IVariable {
  return new cloudwatch.DashboardVariable({
    id: 'endpoint',
    label: 'Endpoint',
    type: cloudwatch.VariableType.PATTERN,
    value: DEFAULT_ENDPOINT,
    inputType: cloudwatch.VariableInputType.SELECT,
    values: cloudwatch.Values.fromValues(...[DEFAULT_ENDPOINT, ...endpointNames].map((value) => ({ value }))),
    defaultValue: cloudwatch.DefaultValue.value(DEFAULT_ENDPOINT),
    visible: true,
  });
}
