import { matching } from './variables.ts';

/** The code interpreter of AgentCore that the agent may use. */
export interface CodeInterpreterConfig {
  /** `aws.codeinterpreter.v1`, or the id of a custom one. */
  readonly id: string;
}

/** Source: the API reference of Amazon Bedrock AgentCore, `codeInterpreterIdentifier` of StartCodeInterpreterSession. */
const ID = /^(aws\.codeinterpreter\.v1|[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10})$/;

/**
 * Reads `AGENT_CODE_INTERPRETER_ID`; not set means that the agent has none.
 *
 * @throws ConfigError when it is no id
 */
export function readCodeInterpreter(env: NodeJS.ProcessEnv): CodeInterpreterConfig | undefined {
  const rule = 'give aws.codeinterpreter.v1 or the id of a custom code interpreter such as analysis-a1B2c3D4e5, no ARN';
  const id = matching(env, 'AGENT_CODE_INTERPRETER_ID', ID, rule);
  return id === undefined ? undefined : { id };
}
