/** Paths of AgentCore, whose callers sign or bring a token, and of Amazon Bedrock, whose callers sign. */
export const AGENTCORE_PATH = /^\/runtimes(\/|\?|$)/;
export const BEDROCK_PATH = /^\/(model|inference-profiles)(\/|\?|$)/;

/** Paths of gateways, whose callers sign, bring a token, or neither, and of HTTP APIs. */
export const GATEWAY_PATH = /^\/gateways\//;
export const HTTP_API_PATH = /^\/apis\//;

/** Paths of AgentCore Identity: of its callers, who sign, and below oauth2 of the browsers of users. */
export const IDENTITY_PATH = /^\/identities\//;
/** Paths of the numbers of the agents, for a person. */
export const METRICS_PATH = /^\/metrics(\.json)?(\?|$)/;
/** Paths of what stands for GitHub. */
export const GITHUB_PATH = /^\/github\//;
/** The list of all addresses. */
export const INDEX_PATH = /^\/(\?|$)/;
