import { AgentMetrics } from './agent-metrics';
import { GatewayMetrics } from './gateway-metrics';
import { IdentityMetrics, IdentityUsageMetrics } from './identity-metrics';
import { MemoryMetrics } from './memory-metrics';
import type { MetricDefinition } from './metric';
import { ModelMetrics } from './model-metrics';
import { PolicyMetrics } from './policy-metrics';
import { RuntimeMetrics } from './runtime-metrics';
import { StorageMetrics } from './storage-metrics';
import { BrowserMetrics, ToolMetrics } from './tool-metrics';
import { UsageMetrics } from './usage-metrics';

/** Every metric that dashboards, alarms and `metricX` methods can ask for, by what reports it. */
export const METRIC_VOCABULARY: Readonly<Record<string, readonly MetricDefinition[]>> = {
  runtime: Object.values(RuntimeMetrics),
  usage: Object.values(UsageMetrics),
  gateway: Object.values(GatewayMetrics),
  policy: Object.values(PolicyMetrics),
  'built-in tools': [...Object.values(ToolMetrics), ...Object.values(BrowserMetrics)],
  memory: Object.values(MemoryMetrics),
  identity: [...Object.values(IdentityMetrics), ...Object.values(IdentityUsageMetrics)],
  model: Object.values(ModelMetrics),
  storage: Object.values(StorageMetrics),
  agent: Object.values(AgentMetrics),
};
