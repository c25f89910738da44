import { aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions, Names } from 'aws-cdk-lib';
import type { aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { throwFindings } from '../private/validation';
import type { AgentAlarmsProps } from './agent-alarms-props';
import { ALARM_PERIOD, type AlarmDefinition, alarmDefinitions } from './alarm-definitions';

/**
 * The alarms of an agent. Critical ones are joined by a composite alarm, which tells once that the agent is unhealthy;
 * warnings speak for themselves. Rates count from a minimum of traffic on. Alarms rest on documented metrics of AgentCore and
 * on what the agent writes itself; should that not arrive, `MetricsMissing` says so.
 */
export class AgentAlarms extends Construct {
  /** In alarm while one of the critical alarms is. */
  public readonly unhealthy: cloudwatch.CompositeAlarm;

  private readonly byId: ReadonlyMap<string, cloudwatch.Alarm>;

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, props: AgentAlarmsProps) {
    super(scope, id);
    throwFindings(this, alarmFindings(props));
    const { agent, endpoint = agent, warningTopic, criticalTopic = warningTopic } = props;
    const definitions = alarmDefinitions({ ...props, endpoint });
    this.byId = new Map(
      definitions.map((definition) => [definition.id, this.defineAlarm(definition, agent.agentName, warningTopic)]),
    );
    this.unhealthy = new cloudwatch.CompositeAlarm(this, 'Unhealthy', {
      // The L2 makes a name of the ids of constructs, which two stacks of one app can have in common.
      compositeAlarmName: Names.uniqueResourceName(this, { maxLength: 200, separator: '-' }),
      alarmDescription: `${agent.agentName}: ${UNHEALTHY.description}`,
      alarmRule: cloudwatch.AlarmRule.anyOf(
        ...definitions
          .filter(({ severity }) => severity === 'critical')
          .map((definition) => cloudwatch.AlarmRule.fromAlarm(this.alarm(definition.id), cloudwatch.AlarmState.ALARM)),
      ),
    });
    if (criticalTopic !== undefined) {
      this.unhealthy.addAlarmAction(new actions.SnsAction(criticalTopic));
      this.unhealthy.addOkAction(new actions.SnsAction(criticalTopic));
    }
  }

  /**
   * One of the alarms, for instance to give it another action.
   *
   * @param id as in the table of docs/observability.md, for instance `ErrorRate`
   * @throws Error when there is no such alarm, or it is off
   */
  public alarm(id: string): cloudwatch.Alarm {
    const alarm = this.byId.get(id);
    if (alarm !== undefined) return alarm;
    throw new Error(
      `${this.node.path}: there is no alarm "${id}"; there are ${[...this.byId.keys()].join(', ')}, and the others need their property`,
    );
  }

  private defineAlarm(definition: AlarmDefinition, agentName: string, topic?: sns.ITopic): cloudwatch.Alarm {
    const { severity, description, metric, threshold, datapoints, comparison, missing } = definition;
    const alarm = new cloudwatch.Alarm(this, definition.id, {
      alarmDescription: `${agentName}: ${severity}. ${description}`,
      metric,
      threshold,
      comparisonOperator: comparison ?? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: datapoints.n,
      datapointsToAlarm: datapoints.m,
      treatMissingData: missing ?? cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    // Critical ones speak through the composite alarm. That a warning is over is not told: each would also tell it when it is new.
    if (severity === 'warning' && topic !== undefined) alarm.addAlarmAction(new actions.SnsAction(topic));
    return alarm;
  }
}

/** Of the composite alarm, for whoever is woken by it. */
const UNHEALTHY = {
  description:
    'critical. The agent fails its users or loses their work; the alarms that are in this one say what and what to do.',
};

const PERCENTAGES = ['errorRatePercent', 'failedRunsPercent', 'deniedToolsPercent'] as const;
const COUNTS = ['minimumRequests', 'minimumRuns', 'minimumToolCalls', 'throttledRequests', 'hourlyTokens'] as const;

function alarmFindings(props: AgentAlarmsProps): string[] {
  const { hourlyCostUsd, noTrafficFor } = props;
  const steps = noTrafficFor === undefined ? 1 : noTrafficFor.toSeconds() / ALARM_PERIOD.toSeconds();
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
    // CloudWatch looks back a day at the most.
    ...(isWhole(steps) && isIn(steps, 1, 288)
      ? []
      : [
          `noTrafficFor is ${String(noTrafficFor?.toHumanString())}; give 5 minutes to 24 hours, in steps of 5 minutes`,
        ]),
  ];
}

function isIn(value: number | undefined, from: number, to: number): boolean {
  return value === undefined || (value >= from && value <= to);
}

function isWhole(value: number | undefined): boolean {
  return value === undefined || Number.isInteger(value);
}
