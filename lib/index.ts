export type { AcceptedTokens, IAgent, IAgentCapability } from './agent/agent';
export { ConnectionKind, type IConnection } from './agent/agent-connections';
export { AgentDefinition } from './agent/agent-definition';
export type { HeaderReference } from './agent/header-reference';
export { UserRole, type IUserCredentials } from './agent/user-role';
export { AgentAuthorizer, type OidcAuthorizerOptions } from './auth/agent-authorizer';
export { AgentUserPool, type BroughtUserPool } from './auth/agent-user-pool';
export { AgentUserPoolBase, type UserPoolAuthorizerOptions } from './auth/agent-user-pool-base';
export type {
  AgentUserPoolProps,
  CommandLineClientOptions,
  MachineClientOptions,
  SignUpOptions,
} from './auth/agent-user-pool-props';
export { AgentCoreChecks } from './checks/agent-core-checks';
export { AgentGateway } from './gateway/agent-gateway';
export { AgentGatewayBase } from './gateway/agent-gateway-base';
export { WebAclFailureMode, type AgentGatewayProps } from './gateway/agent-gateway-props';
export { ApiDocument, type BoundApiDocument } from './gateway/api-document';
export type { ApiGatewayTargetOptions, ApiOperations } from './gateway/api-gateway-target';
export type { GatewayCallers } from './gateway/cedar-schema';
export type { CedarStatement, EntityReference } from './gateway/cedar-statement';
export type { ApiTargetOptions, SmithyTargetOptions } from './gateway/document-targets';
export type { FunctionToolOptions } from './gateway/function-tool';
export { GatewayPolicies, type GatewayPoliciesProps } from './gateway/gateway-policies';
export { GatewayPolicy, type CedarPolicyOptions } from './gateway/gateway-policy';
export { GatewayRateLimit, type RateLimitScope, type RequestRate } from './gateway/gateway-rate-limit';
export type {
  BoundGatewayTarget,
  GatewayTargetBindOptions,
  IGatewayTarget,
  ToolDefinition,
} from './gateway/gateway-target';
export { GatewayTool } from './gateway/gateway-tool';
export { qualifiedToolName, type GatewayToolSpec, type OpenTarget } from './gateway/gateway-tool-spec';
export type { AgentGatewayAttributes } from './gateway/imported-agent-gateway';
export type { McpServerTargetOptions } from './gateway/mcp-server-target';
export type { RuntimeEndpointOwner, RuntimeOwner, RuntimeTargetOptions } from './gateway/runtime-target';
export {
  OutboundCredential,
  type CredentialKind,
  type CredentialNeeds,
  type GatewayRoleOptions,
  type IOutboundApiKeyProvider,
  type IOutboundOAuthProvider,
  type IOutboundProvider,
  type OutboundApiKeyOptions,
  type OutboundOAuthOptions,
} from './gateway/outbound-credential';
export type { TargetKind } from './gateway/outbound-rules';
export { GatewayCondition, GatewayInputField } from './gateway/policy-condition';
export type { InputFields } from './gateway/policy-fields';
export { GatewayPrincipal } from './gateway/policy-principal';
export type { GatewayPolicyOptions, PolicyScope, WrittenPolicy } from './gateway/policy-source';
export type { GatewayStatement } from './gateway/policy-statement';
export type { PolicyText } from './gateway/policy-text';
export type { StandardIssue, StandardResult, StandardSchema } from './gateway/standard-schema';
export type { ToolInput } from './gateway/tool-input';
export type { ObjectToolSchema, ToolSchema, ToolSchemaType } from './gateway/tool-schema';
export type { AcknowledgedPolicyProps } from './iam/acknowledged-policy';
export type { RuntimeAccessTarget } from './iam/runtime-access';
export type { BaselineStatement } from './iam/runtime-baseline';
export type { VaultProviderAccess, Workload } from './iam/token-vault-access';
export { ApiKeyConnection, type ApiKeyConnectionProps } from './identity/api-key-connection';
export { ConnectionBase } from './identity/connection-base';
export { GitHubConnection, type GitHubConnectionProps } from './identity/github-connection';
export { OAuthConnection, type OAuthApplicationProps, type OAuthConnectionProps } from './identity/oauth-connection';
export {
  OAuthVendor,
  type CustomOAuthOptions,
  type OAuthClient,
  type OAuthTenantOptions,
} from './identity/oauth-vendor';
export { UserIdentityPool, type UserIdentityPoolProps } from './identity/user-identity-pool';
export { LogDelivery, type LogDeliveryProps } from './logs/log-delivery';
export { DeliveredLog, LogSource } from './logs/log-source';
export { AgentMetrics } from './metrics/agent-metrics';
export { MetricStanding, type MetricDefinition } from './metrics/metric';
export type { IAgentModels } from './model/agent-models';
export { ClaudeModel } from './model/claude-model';
export { ClaudeModels, type ClaudeModelRoles } from './model/claude-models';
export { Geography } from './model/geography';
export { ModelAccess, ModelRoute } from './model/model-access';
export type { ModelAvailability } from './model/model-availability';
export { ModelGuardrail } from './model/model-guardrail';
export {
  EndpointKeyHeader,
  ModelProvider,
  type AnthropicApiOptions,
  type CompatibleEndpointOptions,
  type ModelNames,
} from './model/model-provider';
export { AgentAlarms } from './observability/agent-alarms';
export type { AgentAlarmsProps, AlarmThresholds } from './observability/agent-alarms-props';
export { AgentBudget, type AgentBudgetProps } from './observability/agent-budget';
export { AgentDashboard } from './observability/agent-dashboard';
export type { AgentDashboardProps } from './observability/agent-dashboard-props';
export { AgentLogQueries, type AgentLogQueriesProps } from './observability/agent-log-queries';
export { BudgetCosts } from './observability/budget-costs';
export { LOG_QUERIES, type LogQuery, type LogQueryParameter } from './observability/log-queries';
export type {
  IObservedAgent,
  IObservedBrowser,
  IObservedCodeInterpreter,
  IObservedGateway,
  IObservedSessionTable,
  IObservedWorkspace,
} from './observability/observed';
export { TransactionSearch, type TransactionSearchProps } from './observability/transaction-search';
export { AgentEndpoint, type AgentEndpointProps, type IAgentEndpoint } from './runtime/agent-endpoint';
export { AgentFileSystem } from './runtime/agent-file-system';
export { AgentImage, type ClaudeAgentImageOptions, type DirectoryImageOptions } from './runtime/agent-image';
export { AgentNetwork, type VpcNetworkOptions } from './runtime/agent-network';
export { AgentRuntime } from './runtime/agent-runtime';
export { AgentRuntimeBase, type IAgentRuntime } from './runtime/agent-runtime-base';
export type { AgentRuntimeProps } from './runtime/agent-runtime-props';
export { CallerOverride, PermissionMode, type AgentSettings, type SessionLimits } from './runtime/agent-settings';
export { AgentVpcEndpoints, type AgentVpcEndpointsProps } from './runtime/agent-vpc-endpoints';
export { EndpointVersion } from './runtime/endpoint-version';
export {
  ImageBuilder,
  type BoundAgentImage,
  type CodeBuildImageBuilderOptions,
  type ImageSource,
} from './runtime/image-builder';
export type { AgentRuntimeAttributes, RuntimeDescription } from './runtime/imported-agent-runtime';
export { InvocationTarget, type IInvocationTarget, type RuntimeTarget } from './runtime/invocation-target';
export type { ReachingAgent } from './runtime/subnet-reach';
export { SessionTable, type SessionTableProps } from './storage/session-table';
export { type SessionRetentionOptions, SessionTableBase } from './storage/session-table-base';
export { WorkspaceBucket, type WorkspaceBucketProps } from './storage/workspace-bucket';
export { WorkspaceBucketBase } from './storage/workspace-bucket-base';
export { BucketAccess } from './tools/bucket-access';
export {
  CodeInterpreterNetwork,
  type BoundCodeInterpreterNetwork,
  type CodeInterpreterVpcOptions,
} from './tools/code-interpreter-network';
export { CodeInterpreterTool, type CodeInterpreterToolProps } from './tools/code-interpreter-tool';
export { CodeInterpreterToolBase } from './tools/code-interpreter-tool-base';
export { AgentApi } from './web/agent-api';
export type { AgentApiProps, ApiThrottle, IApiUsers, ILinkedAccount } from './web/agent-api-props';
