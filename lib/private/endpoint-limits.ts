/** Endpoints that a runtime can have (quotas of Amazon Bedrock AgentCore). */
export const MAX_ENDPOINTS = 10;

/** The highest version that AgentRuntimeVersion in AWS::BedrockAgentCore::RuntimeEndpoint can name. */
export const MAX_RUNTIME_VERSION = 99_999;
