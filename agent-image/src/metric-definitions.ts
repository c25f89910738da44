/** A dimension of the agent's own metrics. */
export type MetricDimension = 'Agent' | 'Model' | 'Tool' | 'Result' | 'Code';

/** Unit by CloudWatch's names. */
export type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds' | 'Bytes' | 'None';

export interface MetricDefinition {
  readonly unit: MetricUnit;
  /** Every set of dimensions under which the metric is kept; it is kept under no other. */
  readonly dimensions: readonly (readonly MetricDimension[])[];
  readonly description: string;
}

const AGENT = [['Agent']] as const;
const AGENT_AND_MODEL = [['Agent'], ['Agent', 'Model']] as const;
const AGENT_AND_RESULT = [['Agent'], ['Agent', 'Result']] as const;
const AGENT_AND_TOOL = [['Agent'], ['Agent', 'Result'], ['Agent', 'Tool', 'Result']] as const;
const AGENT_AND_CODE = [['Agent'], ['Agent', 'Code']] as const;

/**
 * All metrics that the agent writes, by name. Dashboards and alarms ask for exactly these, so a change here is a change
 * of what deployments can see.
 */
export const METRICS = {
  Turns: { unit: 'Count', dimensions: AGENT_AND_MODEL, description: 'Round trips between model and tools.' },
  TimeToFirstEvent: {
    unit: 'Milliseconds',
    dimensions: AGENT_AND_MODEL,
    description: 'From the acceptance of a prompt to the first part of its answer; turns without an answer have none.',
  },
  TurnLatency: {
    unit: 'Milliseconds',
    dimensions: AGENT_AND_MODEL,
    description: 'What the runs of a turn took together, without the waits for a person between them.',
  },
  InputTokens: { unit: 'Count', dimensions: AGENT_AND_MODEL, description: 'Tokens read, those of the cache excluded.' },
  OutputTokens: { unit: 'Count', dimensions: AGENT_AND_MODEL, description: 'Tokens written.' },
  CacheReadTokens: { unit: 'Count', dimensions: AGENT_AND_MODEL, description: 'Tokens read from the prompt cache.' },
  CacheWriteTokens: { unit: 'Count', dimensions: AGENT_AND_MODEL, description: 'Tokens written to the prompt cache.' },
  Cost: { unit: 'None', dimensions: AGENT_AND_MODEL, description: 'US dollars, an estimate from list prices.' },
  Errors: { unit: 'Count', dimensions: AGENT_AND_CODE, description: '1 for a run that failed, 0 for every other.' },
  ToolCalls: { unit: 'Count', dimensions: AGENT_AND_TOOL, description: 'Calls of tools that have their result.' },
  ToolLatency: {
    unit: 'Milliseconds',
    dimensions: AGENT_AND_TOOL,
    description: 'From the call of a tool to its result, the wait for a permission included.',
  },
  GatewayCalls: {
    unit: 'Count',
    dimensions: AGENT_AND_RESULT,
    description: 'Calls of tools behind gateways, and searches for them, that have their result.',
  },
  GatewayLatency: {
    unit: 'Milliseconds',
    dimensions: AGENT_AND_RESULT,
    description: 'From the call of a gateway to its result, repetitions included and no wait for a permission.',
  },
  PermissionWait: {
    unit: 'Milliseconds',
    dimensions: AGENT,
    description: 'How long a question to a person was open.',
  },
  Sessions: {
    unit: 'Count',
    dimensions: AGENT,
    description: '1 for a session that was opened in a container, new or brought back.',
  },
  SessionDuration: { unit: 'Seconds', dimensions: AGENT, description: 'From the first request to the end.' },
  SessionTokens: {
    unit: 'Count',
    dimensions: AGENT,
    description: 'Tokens of all kinds and models of a session in a container, at its end.',
  },
  RestoreTime: { unit: 'Milliseconds', dimensions: AGENT, description: 'Time to bring the workspace back.' },
  RestoreBytes: { unit: 'Bytes', dimensions: AGENT, description: 'Stored bytes that were read for it.' },
  RestoreFailures: { unit: 'Count', dimensions: AGENT, description: '1 for a restore that failed, 0 for every other.' },
  FlushTime: { unit: 'Milliseconds', dimensions: AGENT, description: 'Time to save the workspace.' },
  FlushBytes: { unit: 'Bytes', dimensions: AGENT, description: 'Bytes that were stored for it.' },
  FlushFailures: { unit: 'Count', dimensions: AGENT, description: '1 for a flush that failed, 0 for every other.' },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** Value of `Tool` for a name that the model invented. */
export const UNKNOWN_TOOL = 'unknown';

/** Values of `Result`. */
export type ToolOutcome = 'success' | 'error' | 'denied';
