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
} as const;
