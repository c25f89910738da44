import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { familyOf, type MetricDefinition, type MetricFamily, metricOf, MetricStanding } from './metric';

const { COUNT, MILLISECONDS, SECONDS, BYTES, NONE } = cloudwatch.Unit;
const { SUM, AVERAGE } = cloudwatch.Stats;
const P95 = cloudwatch.Stats.p(95);

/** The namespace of agents that are told no other. */
export const DEFAULT_AGENT_NAMESPACE = 'ClaudeAgents';

const FAMILY: MetricFamily = {
  namespace: DEFAULT_AGENT_NAMESPACE,
  dimensionSets: [['Agent']],
  standing: MetricStanding.DOCUMENTED,
  source: 'The agent',
};

const agentMetric = familyOf(FAMILY);
const byModel = familyOf({ ...FAMILY, dimensionSets: [['Agent'], ['Agent', 'Model']] });
const byCode = familyOf({ ...FAMILY, dimensionSets: [['Agent'], ['Agent', 'Code']] });
const byTool = familyOf({ ...FAMILY, dimensionSets: [['Agent'], ['Agent', 'Result'], ['Agent', 'Tool', 'Result']] });
const byResult = familyOf({ ...FAMILY, dimensionSets: [['Agent'], ['Agent', 'Result']] });

/**
 * What the agent itself writes into its log, in the embedded metric format. `Agent` is the name of the runtime, so it is the
 * same for all its endpoints. Another namespace is that of the agent's property `metricsNamespace`.
 */
export const AgentMetrics = {
  TURNS: byModel('Turns', COUNT, SUM),
  TIME_TO_FIRST_EVENT: byModel('TimeToFirstEvent', MILLISECONDS, P95),
  TURN_LATENCY: byModel('TurnLatency', MILLISECONDS, P95),
  INPUT_TOKENS: byModel('InputTokens', COUNT, SUM),
  OUTPUT_TOKENS: byModel('OutputTokens', COUNT, SUM),
  CACHE_READ_TOKENS: byModel('CacheReadTokens', COUNT, SUM),
  CACHE_WRITE_TOKENS: byModel('CacheWriteTokens', COUNT, SUM),
  COST: byModel('Cost', NONE, SUM),
  /** 1 for a run that failed and 0 for every other, so its number of samples is that of runs. */
  ERRORS: byCode('Errors', COUNT, SUM),
  TOOL_CALLS: byTool('ToolCalls', COUNT, SUM),
  TOOL_LATENCY: byTool('ToolLatency', MILLISECONDS, P95),
  GATEWAY_CALLS: byResult('GatewayCalls', COUNT, SUM),
  GATEWAY_LATENCY: byResult('GatewayLatency', MILLISECONDS, P95),
  PERMISSION_WAIT: agentMetric('PermissionWait', MILLISECONDS, AVERAGE),
  SESSIONS: agentMetric('Sessions', COUNT, SUM),
  SESSION_DURATION: agentMetric('SessionDuration', SECONDS, AVERAGE),
  SESSION_TOKENS: agentMetric('SessionTokens', COUNT, AVERAGE),
  RESTORE_TIME: agentMetric('RestoreTime', MILLISECONDS, P95),
  RESTORE_BYTES: agentMetric('RestoreBytes', BYTES, SUM),
  RESTORE_FAILURES: agentMetric('RestoreFailures', COUNT, SUM),
  FLUSH_TIME: agentMetric('FlushTime', MILLISECONDS, P95),
  FLUSH_BYTES: agentMetric('FlushBytes', BYTES, SUM),
  FLUSH_FAILURES: agentMetric('FlushFailures', COUNT, SUM),
} as const;

/** Who writes the metrics: an agent of this app, or one that is imported. */
export interface MetricWriter {
  readonly agentName: string;
  readonly metricsNamespace: string;
}

/** A metric of {@link AgentMetrics} as this agent writes it, under `[Agent]` and the dimensions of `options.dimensionsMap`. */
export function agentMetricOf(
  { agentName, metricsNamespace: namespace }: MetricWriter,
  definition: MetricDefinition,
  options?: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  return metricOf({ ...definition, namespace }, { Agent: agentName }, options);
}
