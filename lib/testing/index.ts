export {
  alarmQueries,
  alarmStates,
  type AlarmDimension,
  type AlarmMetricQuery,
  type AlarmProperties,
  type AlarmState,
} from './alarm-behaviour';
export {
  authorizeToolCall,
  listableTools,
  type GatewayToolCall,
  type PolicedGateway,
  type ToolCaller,
  type ToolCallVerdict,
} from './authorize-tool-call';
export type { RequestContext } from './condition';
export {
  graphQueries,
  type DashboardBody,
  type DashboardWidget,
  type DashboardWidgetProperties,
  type GraphQuery,
} from './dashboard-body';
export { samplesOfEmf } from './emf-samples';
export {
  evaluate,
  evaluateTrust,
  type AccessRequest,
  type IdentityPolicies,
  type TrustedCaller,
  type Verdict,
} from './evaluate';
export {
  MetricData,
  readSearch,
  statisticOf,
  type MetricAggregation,
  type MetricIdentity,
  type MetricSample,
  type MetricSearch,
} from './metric-data';
export { evaluateMetricExpression, type MetricMathScope, type MetricSeries, type MetricValue } from './metric-math';
export { evaluateMetricQueries, type MetricQuery } from './metric-queries';
export type { TemplateResource } from './physical-values';
export type { PolicyDocumentJson, PolicyStatementJson } from './policy';
export { ResolvedTemplate, type ResolveOptions, type TemplateJson } from './resolved-template';
export { rolePolicies, type RolePolicies } from './role-policies';
