export type { IAgent, IAgentCapability } from './agent/agent';
export { AgentDefinition } from './agent/agent-definition';
export type { SecretReference } from './agent/secret-reference';
export { UserRole } from './agent/user-role';
export { AgentAuthorizer, type OidcAuthorizerOptions } from './auth/agent-authorizer';
export { AgentCoreChecks } from './checks/agent-core-checks';
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
export { AgentEndpoint, type AgentEndpointProps, type IAgentEndpoint } from './runtime/agent-endpoint';
export { AgentFileSystem } from './runtime/agent-file-system';
export { AgentImage, type ClaudeAgentImageOptions, type DirectoryImageOptions } from './runtime/agent-image';
export { AgentNetwork, type VpcNetworkOptions } from './runtime/agent-network';
export { AgentRuntime } from './runtime/agent-runtime';
export type { IAgentRuntime } from './runtime/agent-runtime-base';
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
export type { IInvocationTarget } from './runtime/invocation-target';
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
