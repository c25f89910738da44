import { aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import type { IAgentEndpoint } from '../runtime/agent-endpoint';
import type { IAgentRuntime } from '../runtime/agent-runtime-base';
import { LOG_QUERIES, type LogQuery } from './log-queries';
import { isOtherRuntime } from './same-runtime';

/** Properties of an AgentLogQueries. */
export interface AgentLogQueriesProps {
  /** The agent whose log is asked: one of this app, or one that is imported. */
  readonly agent: IAgentRuntime;

  /**
   * Endpoints of the agent whose logs are asked along with that of the default endpoint.
   *
   * @default - none
   */
  readonly endpoints?: readonly IAgentEndpoint[];
}

/**
 * Saved queries of CloudWatch Logs Insights over the log of one agent, in a folder with its name: slowest turns, errors by
 * code, warnings and errors, top tools, denied tools, who allowed and denied what, dearest sessions, and the story of one
 * session. Running a query costs by the data that it reads; having it saved costs nothing.
 */
export class AgentLogQueries extends Construct {
  /** @throws Error when an endpoint leads to another agent */
  constructor(scope: Construct, id: string, props: AgentLogQueriesProps) {
    super(scope, id);
    requireProperties(this, props, { agent: 'an AgentRuntime' });
    const { agent, endpoints = [] } = props;
    throwFindings(this, endpointFindings({ agent, endpoints }));
    const { agentName, runtimeId } = agent;
    const logGroupNames = ['DEFAULT', ...endpoints.map(({ endpointName }) => endpointName)].map(
      (endpointName) => `/aws/bedrock-agentcore/runtimes/${runtimeId}-${endpointName}`,
    );
    for (const [key, query] of Object.entries<LogQuery>(LOG_QUERIES)) {
      const { title, commands, parameters = [] } = query;
      new logs.CfnQueryDefinition(this, constructId(key), {
        name: `${agentName}/${title}`,
        queryString: commands.join('\n| '),
        logGroupNames,
        ...(parameters.length === 0 ? {} : { parameters: [...parameters] }),
      });
    }
  }
}

function endpointFindings({ agent, endpoints = [] }: AgentLogQueriesProps): string[] {
  return endpoints
    .filter((endpoint) => isOtherRuntime(agent, endpoint))
    .map(
      ({ node }) =>
        `endpoints has ${node.path}, which leads to another agent than ${agent.agentName}; give endpoints of that agent`,
    );
}

/** `TOP_TOOLS` as `TopTools`. */
function constructId(key: string): string {
  return key.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
