import type { aws_sns as sns, Duration } from 'aws-cdk-lib';
import type { IInvocationTarget } from '../runtime/invocation-target';
import type { IObservedAgent } from './observed';

/** Where alarms speak up, from what on, and for how long. Times are whole periods of 5 minutes. */
export interface AlarmThresholds {
  /**
   * The share of requests that may fail, on either side, in percent. Fires above it, in three periods on end.
   *
   * @default 5
   */
  readonly errorRatePercent?: number;

  /**
   * How many requests a period must have for rates and latency to count, and an hour for its metrics to be missed. Lower it
   * for an agent that few people use.
   *
   * @default 20
   */
  readonly minimumRequests?: number;

  /**
   * The share of runs that may fail, in percent. Fires above it, in three periods on end.
   *
   * @default 10
   */
  readonly failedRunsPercent?: number;

  /**
   * How many runs a period must have for their rate to count.
   *
   * @default 10
   */
  readonly minimumRuns?: number;

  /**
   * How many requests of a period may be throttled. Fires above it, in two of three periods.
   *
   * @default 5
   */
  readonly throttledRequests?: number;

  /**
   * How long an answer may take for 95 of 100 requests. Fires above it, in three periods on end.
   *
   * @default Duration.minutes(5)
   */
  readonly latency?: Duration;

  /**
   * The share of tool calls that may be denied, in percent. Fires above it, in two of three periods.
   *
   * @default 25
   */
  readonly deniedToolsPercent?: number;

  /**
   * How many tool calls a period must have for that share to count.
   *
   * @default 20
   */
  readonly minimumToolCalls?: number;

  /**
   * What the model calls of one hour may cost, in US dollars by list prices.
   *
   * @default - no alarm
   */
  readonly hourlyCostUsd?: number;

  /**
   * How many tokens one hour may take: read and written, those of the cache included.
   *
   * @default - no alarm
   */
  readonly hourlyTokens?: number;

  /**
   * How long there may be no request at all: 5 minutes to 24 hours, in steps of 5 minutes. Fires after at least that long. For
   * agents that are used around the clock.
   *
   * @default - no alarm
   */
  readonly noTrafficFor?: Duration;
}

/** Properties of AgentAlarms. */
export interface AgentAlarmsProps extends AlarmThresholds {
  /** The agent to watch. */
  readonly agent: IObservedAgent;

  /**
   * The endpoint of the agent whose requests are watched. What the agent writes itself is always of all its endpoints.
   *
   * @default - the default endpoint
   */
  readonly endpoint?: IInvocationTarget;

  /**
   * Whether there are alarms on the metrics that the agent writes itself: `FailedRuns`, `DeniedTools`, `FlushFailures`,
   * `RestoreFailures`, `HourlyCost`, `HourlyTokens`, and `MetricsMissing`, which would warn for ever of an agent that writes
   * none.
   *
   * @default - true for `AgentImage.claudeAgent()` and for an agent that is imported, false for other images
   */
  readonly agentMetrics?: boolean;

  /**
   * Who is told of warnings: what somebody should look at the next day. CloudWatch is allowed to publish and to use the key of
   * the topic; the policy of a topic or key that is imported must let it.
   *
   * @default - nobody; the alarms are in the console
   */
  readonly warningTopic?: sns.ITopic;

  /**
   * Who is told when the agent is unhealthy: what somebody should look at now. Told once, however many critical alarms there
   * are at the same time.
   *
   * @default - the topic of warnings
   */
  readonly criticalTopic?: sns.ITopic;
}
