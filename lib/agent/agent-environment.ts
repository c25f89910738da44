/**
 * Names of the environment variables through which constructs speak to the agent.
 *
 * The reader is `agent-image/src/config.ts`; a test feeds every synthesized environment through it.
 */
export const AgentEnvironment = {
  /** The model or inference profile that answers. */
  MODEL_MAIN: 'AGENT_MODEL_MAIN',
  /** The model or inference profile of small background calls. */
  MODEL_FAST: 'AGENT_MODEL_FAST',
  /** The model or inference profile of sub-agents. */
  MODEL_SUBAGENT: 'AGENT_MODEL_SUBAGENT',
  /** The model behind the alias `opus`. */
  MODEL_OPUS: 'AGENT_MODEL_OPUS',
  /** The model behind the alias `sonnet`. */
  MODEL_SONNET: 'AGENT_MODEL_SONNET',
  /** The model behind the alias `haiku`. */
  MODEL_HAIKU: 'AGENT_MODEL_HAIKU',
  /** Who serves the models, as JSON; not set for Amazon Bedrock. */
  MODEL_PROVIDER: 'AGENT_MODEL_PROVIDER',
  /** The guardrail of every model call, as JSON. */
  GUARDRAIL: 'AGENT_GUARDRAIL',
  /** Begins the names of variables that hold the ARN of a secret. */
  SECRET_PREFIX: 'AGENT_SECRET_',
  /** Begins the names of variables that describe a gateway, as JSON. */
  GATEWAY_PREFIX: 'AGENT_GATEWAY_',
  /** The name of the agent, for its metrics. */
  NAME: 'AGENT_NAME',
  /** Whose word names the user: `jwt` or `iam`. */
  AUTHORIZER: 'AGENT_AUTHORIZER',
  /** What a session may use up, as JSON. */
  LIMITS: 'AGENT_LIMITS',
  /** The permission modes of sessions, with commas; the first is where a session begins. */
  PERMISSION_MODES: 'AGENT_PERMISSION_MODES',
  /** What a request may choose for itself, with commas. */
  CALLER_OVERRIDES: 'AGENT_CALLER_OVERRIDES',
  /** `1` when prompts and answers are logged. */
  LOG_PROMPTS: 'AGENT_LOG_PROMPTS',
  /** `1` when the agent sends its spans to AWS X-Ray. */
  TRACING: 'AGENT_TRACING',
  /** The CloudWatch namespace of the agent's own metrics. */
  METRICS_NAMESPACE: 'AGENT_METRICS_NAMESPACE',
  /** The ARN of the role that reaches the data of one user. */
  USER_ROLE_ARN: 'AGENT_USER_ROLE_ARN',
  /** The name of the bucket that keeps workspaces. */
  WORKSPACE_BUCKET: 'AGENT_WORKSPACE_BUCKET',
  /** The name of the table that lists the sessions of each user. */
  SESSION_TABLE: 'AGENT_SESSION_TABLE',
  /** After how many days without use a session leaves that list. */
  SESSION_RETENTION_DAYS: 'AGENT_SESSION_RETENTION_DAYS',
  /** The id of the code interpreter. */
  CODE_INTERPRETER_ID: 'AGENT_CODE_INTERPRETER_ID',
  /** Begins the names of variables that hold a connection to another service, as JSON. */
  CONNECTION_PREFIX: 'AGENT_CONNECTION_',
  /** Where the credentials of users come from when not from the agent's role, as JSON. */
  USER_IDENTITY: 'AGENT_USER_IDENTITY',
} as const;
