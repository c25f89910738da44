import { aws_cloudwatch as cloudwatch, Duration, Tokenization } from 'aws-cdk-lib';
import { AgentMetrics } from '../metrics/agent-metrics';
import type { IInvocationTarget } from '../runtime/invocation-target';
import type { AlarmThresholds } from './agent-alarms-props';
import { failureRate, rate, sampledLatency, withoutSamples } from './alarm-expressions';
import type { IObservedAgent } from './observed';
import { ownMetric } from './own-metrics';

/** How soon somebody should look. */
export type AlarmSeverity = 'critical' | 'warning';

/** An alarm before it is one. */
export interface AlarmDefinition {
  /** The id of the construct; never changed, because the alarm's history hangs on it. */
  readonly id: string;
  readonly severity: AlarmSeverity;
  /** What it means and what to do, for whoever is woken by it. */
  readonly description: string;
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  /** @default GREATER_THAN_THRESHOLD */
  readonly comparison?: cloudwatch.ComparisonOperator;
  /** `m` breaching periods of the last `n`. */
  readonly datapoints: { readonly m: number; readonly n: number };
  /**
   * What a period without data counts as. Most metrics have no data where nothing happened, and nothing is no failure.
   *
   * @default NOT_BREACHING
   */
  readonly missing?: cloudwatch.TreatMissingData;
}

/** The length of a period, beside those of an hour. Periods slide: each minute they are those that end with that minute. */
export const ALARM_PERIOD = Duration.minutes(5);

const HOUR = Duration.hours(1);
const TWO_OF_THREE = { m: 2, n: 3 };
/** Two bad minutes can be in two periods, and wake nobody. */
const THREE_ON_END = { m: 3, n: 3 };
const AT_ONCE = { m: 1, n: 1 };

/** From how many on it is no accident that all requests of an hour fail: agents that few people use have no more. */
const FEW_REQUESTS = 5;

/** A threshold as it is told; one that is only known at deployment too. */
const told = (threshold: number): string => Tokenization.stringifyNumber(threshold);

/** What an agent is watched for. */
export interface Watched extends AlarmThresholds {
  readonly agent: IObservedAgent;
  /** Whose requests count. */
  readonly endpoint: IInvocationTarget;
  /** Whether the agent writes metrics of its own. */
  readonly agentMetrics: boolean;
}

/** Every alarm of an agent, in the order of the documented table. */
export function alarmDefinitions(watched: Watched): AlarmDefinition[] {
  const ofAgent = (...definitions: AlarmDefinition[]) => (watched.agentMetrics ? definitions : []);
  return [
    errorRate(watched),
    allRequestsFail(watched),
    ...ofAgent(failedRuns(watched)),
    throttles(watched),
    latency(watched),
    ...ofAgent(
      deniedTools(watched),
      flushFailures(watched),
      restoreFailures(watched),
      metricsMissing(watched),
      ...hourlyCost(watched),
      ...hourlyTokens(watched),
    ),
    ...noTraffic(watched),
  ];
}

function errorRate({ endpoint, errorRatePercent = 5, minimumRequests = 20 }: Watched): AlarmDefinition {
  return {
    id: 'ErrorRate',
    severity: 'critical',
    description: `More than ${told(errorRatePercent)} % of requests fail. System errors: see the AWS Health Dashboard. User errors: see the agent's log, and whether callers changed.`,
    // User errors count, because AgentCore has failures of the agent's container among them.
    metric: failureRate(endpoint, minimumRequests),
    threshold: errorRatePercent,
    datapoints: THREE_ON_END,
  };
}

function allRequestsFail({ endpoint }: Watched): AlarmDefinition {
  return {
    id: 'AllRequestsFail',
    severity: 'critical',
    description: `All requests of an hour fail, at least ${FEW_REQUESTS}. Nobody can use the agent, or only one broken caller does. System errors: see the AWS Health Dashboard. User errors: see the agent's log, and whether its image starts.`,
    metric: failureRate(endpoint, FEW_REQUESTS, HOUR),
    threshold: 100,
    comparison: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    datapoints: AT_ONCE,
  };
}

function failedRuns({ agent, failedRunsPercent = 10, minimumRuns = 10 }: Watched): AlarmDefinition {
  return {
    id: 'FailedRuns',
    severity: 'critical',
    description: `More than ${told(failedRunsPercent)} % of runs end with an error, which callers see in the answer. Look at "Errors by code" of the dashboard: each code is in docs/agent-errors.md.`,
    metric: rate({
      part: agent.metricFailedRuns(),
      whole: agent.metricRuns(),
      minimum: minimumRuns,
      label: 'Failed runs in percent',
    }),
    threshold: failedRunsPercent,
    datapoints: THREE_ON_END,
  };
}

function throttles({ endpoint, throttledRequests = 5 }: Watched): AlarmDefinition {
  return {
    id: 'Throttles',
    severity: 'warning',
    description: `More than ${told(throttledRequests)} requests in 5 minutes are refused because of a quota. Ask for a higher quota of AgentCore Runtime, or slow the callers down.`,
    metric: endpoint.metricThrottles({ period: ALARM_PERIOD }),
    threshold: throttledRequests,
    datapoints: TWO_OF_THREE,
  };
}

function latency({ endpoint, latency: limit = Duration.minutes(5), minimumRequests = 20 }: Watched): AlarmDefinition {
  return {
    id: 'Latency',
    severity: 'warning',
    description: `5 of 100 requests take longer than ${limit.toHumanString()}. Compare "Turn latency", "Model latency" and "Tool latency" of the dashboard; the slowest turns are listed there.`,
    metric: sampledLatency(endpoint, minimumRequests),
    threshold: limit.toMilliseconds(),
    // Long turns are normal; a quarter of an hour of them is not.
    datapoints: THREE_ON_END,
  };
}

function deniedTools({ agent, deniedToolsPercent = 25, minimumToolCalls = 20 }: Watched): AlarmDefinition {
  return {
    id: 'DeniedTools',
    severity: 'warning',
    description: `More than ${told(deniedToolsPercent)} % of tool calls are denied by people, rules or the permission mode. The agent is asked for what it may not do, or a prompt tries to make it; look at "Top tools" of the dashboard.`,
    metric: rate({
      part: ownMetric(agent, AgentMetrics.TOOL_CALLS, { dimensions: { Result: 'denied' } }),
      whole: ownMetric(agent, AgentMetrics.TOOL_CALLS),
      minimum: minimumToolCalls,
      label: 'Denied tool calls in percent',
    }),
    threshold: deniedToolsPercent,
    datapoints: TWO_OF_THREE,
  };
}

function flushFailures({ agent }: Watched): AlarmDefinition {
  return storageFailures({
    id: 'FlushFailures',
    description:
      'Sessions cannot be kept, in 2 of 3 periods: what they did since they were last kept is lost when their microVM ends.',
    metric: ownMetric(agent, AgentMetrics.FLUSH_FAILURES, { period: ALARM_PERIOD }),
  });
}

function restoreFailures({ agent }: Watched): AlarmDefinition {
  return storageFailures({
    id: 'RestoreFailures',
    description: 'Sessions cannot be brought back, in 2 of 3 periods, so their users cannot go on with them.',
    metric: ownMetric(agent, AgentMetrics.RESTORE_FAILURES, { period: ALARM_PERIOD }),
  });
}

function storageFailures({
  description,
  ...failures
}: Pick<AlarmDefinition, 'id' | 'description' | 'metric'>): AlarmDefinition {
  return {
    ...failures,
    severity: 'critical',
    description: `${description} Look whether the bucket, its key or the user-scoped role changed; the agent's log has the reason.`,
    threshold: 0,
    // What failed once is tried again, with the next flush or the next request.
    datapoints: TWO_OF_THREE,
  };
}

function metricsMissing({ agent, endpoint, minimumRequests = 20 }: Watched): AlarmDefinition {
  return {
    id: 'MetricsMissing',
    severity: 'warning',
    description: `There were ${minimumRequests} requests in each of two hours and nothing in the metrics that the agent writes into its log, so the alarms about runs, tools, cost and storage are blind. Or the requests are a canary's, which only ask for health. See "Do the agent's metrics arrive?" in docs/observability.md.`,
    metric: withoutSamples(endpoint, signsOfLife(agent), { minimum: minimumRequests, period: HOUR }),
    threshold: 0,
    // A first hour can be over before what happened in it is reported.
    datapoints: { m: 2, n: 2 },
  };
}

/** Whatever is asked of an agent leaves one of these, but for its health and for reading on in a session that is open. */
function signsOfLife(agent: IObservedAgent): Record<string, cloudwatch.IMetric> {
  const samples = { statistic: cloudwatch.Stats.SAMPLE_COUNT };
  return {
    runs: agent.metricRuns(),
    sessions: ownMetric(agent, AgentMetrics.SESSIONS, samples),
    waits: ownMetric(agent, AgentMetrics.PERMISSION_WAIT, samples),
    flushes: ownMetric(agent, AgentMetrics.FLUSH_TIME, samples),
    // While storage is away no session opens; another alarm tells of that.
    restores: ownMetric(agent, AgentMetrics.RESTORE_FAILURES),
  };
}

function hourlyCost({ agent, hourlyCostUsd }: Watched): AlarmDefinition[] {
  if (hourlyCostUsd === undefined) return [];
  return [
    {
      id: 'HourlyCost',
      severity: 'warning',
      description: `Model calls of one hour cost more than ${told(hourlyCostUsd)} US dollars by list prices. See "Dearest sessions" of the dashboard; limits.budgetUsd ends a session that costs too much.`,
      metric: agent.metricCost({ period: HOUR }),
      threshold: hourlyCostUsd,
      datapoints: AT_ONCE,
    },
  ];
}

function hourlyTokens({ agent, hourlyTokens: limit }: Watched): AlarmDefinition[] {
  if (limit === undefined) return [];
  const { INPUT_TOKENS, OUTPUT_TOKENS, CACHE_READ_TOKENS, CACHE_WRITE_TOKENS } = AgentMetrics;
  return [
    {
      id: 'HourlyTokens',
      severity: 'warning',
      description: `The model read and wrote more than ${told(limit)} tokens in one hour. See "Tokens" and "Dearest sessions" of the dashboard; limits.turns ends a session that goes on for too long.`,
      metric: new cloudwatch.MathExpression({
        expression: 'SUM([input, output, cacheRead, cacheWrite])',
        label: 'Tokens',
        period: HOUR,
        usingMetrics: {
          input: ownMetric(agent, INPUT_TOKENS),
          output: ownMetric(agent, OUTPUT_TOKENS),
          cacheRead: ownMetric(agent, CACHE_READ_TOKENS),
          cacheWrite: ownMetric(agent, CACHE_WRITE_TOKENS),
        },
      }),
      threshold: limit,
      datapoints: AT_ONCE,
    },
  ];
}

function noTraffic({ endpoint, noTrafficFor }: Watched): AlarmDefinition[] {
  if (noTrafficFor === undefined) return [];
  const periods = noTrafficFor.toSeconds() / ALARM_PERIOD.toSeconds();
  return [
    {
      id: 'NoTraffic',
      severity: 'critical',
      description: `There was no request for at least ${noTrafficFor.toHumanString()}. Look at what is before the agent: sign-in, the page, the network of callers.`,
      metric: endpoint.metricInvocations({ period: ALARM_PERIOD }),
      threshold: 1,
      comparison: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      datapoints: { m: periods, n: periods },
      // Without requests there is no data, which is what this one looks for.
      missing: cloudwatch.TreatMissingData.BREACHING,
    },
  ];
}
