import { Annotations, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions, Names } from 'aws-cdk-lib';
import type { aws_sns as sns } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { grantAlarmNotices } from '../iam/topic-notices';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import type { AgentAlarmsProps } from './agent-alarms-props';
import { type AlarmDefinition, alarmDefinitions } from './alarm-definitions';
import { alarmFindings } from './alarm-findings';

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
    requireProperties(this, props, { agent: 'an agent' });
    const { agent, endpoint = agent, warningTopic, criticalTopic = warningTopic } = props;
    const { agentMetrics = agent.writesMetrics ?? true } = props;
    throwFindings(this, alarmFindings(this, props, agentMetrics));
    if (!agentMetrics && props.agentMetrics === undefined) noteOfForeignImage(this);
    const definitions = alarmDefinitions({ ...props, endpoint, agentMetrics });
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
    for (const topic of new Set([warningTopic, criticalTopic])) {
      if (topic !== undefined) grantAlarmNotices(this, topic);
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

function noteOfForeignImage(scope: IConstruct): void {
  Annotations.of(scope).addInfoV2(
    'cdk-agentcore-constructs:noAgentMetrics',
    'there are no alarms about runs, tools, cost and storage, because the image of the agent is not known to write metrics of its own; give agentMetrics: true where it does, and false where it does not',
  );
}
