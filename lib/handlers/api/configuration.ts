import { ApiEnvironment } from './environment';
import type { TokenRules } from './token-rules';

export interface ApiConfiguration {
  readonly region: string;
  /** Of the clients whose tokens are accepted; empty where the audience alone is looked at. */
  readonly clientIds: readonly string[];
  /** What tokens have to be meant for; empty where the client alone is looked at. */
  readonly audiences: readonly string[];
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
  const { [ApiEnvironment.TOKEN_RULES]: tokenRules, [ApiEnvironment.AUDIENCES]: audiences } = env;
  return {
    region: required('AWS_REGION'),
    // Nobody is let in by neither.
    clientIds:
      audiences === undefined
        ? required(ApiEnvironment.CLIENT_IDS).split(',')
        : (env[ApiEnvironment.CLIENT_IDS]?.split(',') ?? []),
    audiences: audiences === undefined ? [] : (JSON.parse(audiences) as string[]),
    ...(tokenRules !== undefined && { tokenRules: JSON.parse(tokenRules) as TokenRules }),
    agentName: required(ApiEnvironment.AGENT_NAME),
    userRoleArn: required(ApiEnvironment.USER_ROLE_ARN),
    sessionTable: required(ApiEnvironment.SESSION_TABLE),
    workspaceBucket: required(ApiEnvironment.WORKSPACE_BUCKET),
    workspacesPrefix: required(ApiEnvironment.WORKSPACES_PREFIX),
    downloadsPrefix: required(ApiEnvironment.DOWNLOADS_PREFIX),
  };
}
