export type { IAgent, IAgentCapability } from './agent/agent';
export { AgentDefinition } from './agent/agent-definition';
export { AgentAuthorizer, type OidcAuthorizerOptions } from './auth/agent-authorizer';
export { AgentCoreChecks } from './checks/agent-core-checks';
export { ClaudeModel } from './model/claude-model';
export { ClaudeModels, type ClaudeModelRoles } from './model/claude-models';
export { Geography } from './model/geography';
export { ModelAccess, ModelRoute } from './model/model-access';
export type { ModelAvailability } from './model/model-availability';
export { AgentEndpoint, EndpointVersion, type AgentEndpointProps } from './runtime/agent-endpoint';
export { AgentFileSystem } from './runtime/agent-file-system';
export { AgentImage, type ClaudeAgentImageOptions, type DirectoryImageOptions } from './runtime/agent-image';
export { AgentNetwork, type VpcNetworkOptions } from './runtime/agent-network';
export { AgentRuntime, type AgentMetricOptions } from './runtime/agent-runtime';
export type { AgentRuntimeProps } from './runtime/agent-runtime-props';
export { AgentVpcEndpoints, type AgentVpcEndpointsProps } from './runtime/agent-vpc-endpoints';
export {
  ImageBuilder,
  type BoundAgentImage,
  type CodeBuildImageBuilderOptions,
  type ImageSource,
} from './runtime/image-builder';
