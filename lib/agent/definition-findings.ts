import type { IAgentCapability } from './agent';
import { ConnectionKind, isConnection } from './agent-connections';
import type { AgentDefinition } from './agent-definition';

/** What speaks against a definition for an agent with these capabilities; the agent would not start with it. */
export function definitionFindings(
  { connectionReferences, mcpServerNames }: Pick<AgentDefinition, 'connectionReferences' | 'mcpServerNames'>,
  capabilities: readonly IAgentCapability[],
): string[] {
  return [
    ...connectionFindings(connectionReferences, capabilities),
    ...capabilities
      .flatMap((capability) => serverOf(capability) ?? [])
      .filter((server) => mcpServerNames.includes(server))
      .map(
        (server) =>
          `mcp.json of the definition has a server "${server}", and so has the agent, of a gateway or connection in "capabilities"; give one of them another name`,
      ),
  ];
}

/** What speaks against the keys that headers of the definition ask for. */
function connectionFindings(
  references: AgentDefinition['connectionReferences'],
  capabilities: readonly IAgentCapability[],
): string[] {
  const connections = capabilities.filter(isConnection);
  const namesOf = (kind: ConnectionKind): string[] =>
    connections.filter(({ connectionKind }) => connectionKind === kind).map(({ connectionName }) => connectionName);
  const [keys, accounts] = [namesOf(ConnectionKind.API_KEY), namesOf(ConnectionKind.OAUTH2)];
  return references
    .filter(({ name }) => !keys.includes(name))
    .map(({ server, header, name }) =>
      accounts.includes(name)
        ? `mcp.json of the definition asks for the account "${name}" (server "${server}", header "${header}"), which each user has another of, so it cannot be in a header; take it out, or ask for an ApiKeyConnection`
        : `mcp.json of the definition asks for the key of the connection "${name}" (server "${server}", header "${header}"), and the agent has ${keys.length === 0 ? 'none' : keys.join(', ')}; add an ApiKeyConnection to "capabilities" with "${name}" as its connectionName, or name another`,
    );
}

/** The name of the MCP server that a capability gives the agent; a connection with a key gives none. */
export function serverOf(capability: IAgentCapability): string | undefined {
  if (isConnection(capability)) {
    return capability.connectionKind === ConnectionKind.OAUTH2 ? capability.connectionName.toLowerCase() : undefined;
  }
  return 'serverName' in capability && typeof capability.serverName === 'string' ? capability.serverName : undefined;
}
