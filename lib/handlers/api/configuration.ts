import { ApiEnvironment } from './environment';
import type { TokenRules } from './token-rules';

export interface ApiConfiguration {
  readonly region: string;
  readonly clientIds: readonly string[];
  /** What the agent demands of tokens besides. */
  readonly tokenRules?: TokenRules;
  /** The name of the agent whose sessions these are. */
  readonly agentName: string;
  /** The role that reaches the data of the user whom its session is tagged with. */
  readonly userRoleArn: string;
  readonly sessionTable: string;
  readonly workspaceBucket: string;
  /** Where workspaces lie in it; ends in a slash. */
  readonly workspacesPrefix: string;
  /** Where copies of files lie that are given away for some minutes; ends in a slash. */
  readonly downloadsPrefix: string;
}

/**
 * The environment of the function.
 *
 * @throws Error that names the variable which is missing
 */
export function readConfiguration(env: Readonly<Record<string, string | undefined>>): ApiConfiguration {
  const required = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '') {
      throw new Error(`The environment variable ${name} is missing: deploy the function with AgentApi, which sets it.`);
    }
    return value;
  };
  const tokenRules = env[ApiEnvironment.TOKEN_RULES];
  return {
    region: required('AWS_REGION'),
    clientIds: required(ApiEnvironment.CLIENT_IDS).split(','),
    ...(tokenRules !== undefined && { tokenRules: JSON.parse(tokenRules) as TokenRules }),
    agentName: required(ApiEnvironment.AGENT_NAME),
    userRoleArn: required(ApiEnvironment.USER_ROLE_ARN),
    sessionTable: required(ApiEnvironment.SESSION_TABLE),
    workspaceBucket: required(ApiEnvironment.WORKSPACE_BUCKET),
    workspacesPrefix: required(ApiEnvironment.WORKSPACES_PREFIX),
    downloadsPrefix: required(ApiEnvironment.DOWNLOADS_PREFIX),
  };
}
