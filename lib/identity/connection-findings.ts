import { Token } from 'aws-cdk-lib';
import type { IAgent } from '../agent/agent';
import { isConnection, type IConnection } from '../agent/agent-connections';
import { serverOf } from '../agent/definition-findings';

/** Names by which an agent knows its connections: they end the names of environment variables. */
const NAME = /^[A-Z][A-Z0-9]{0,15}$/;

/** Names of servers that the agent has of its own: the code interpreter and the browser. */
const NAMES_OF_THE_AGENT = new Set(['CI', 'BR']);

/** Return addresses: UpdateWorkloadIdentity in the AgentCore control plane API reference. */
const MAX_URL_CHARACTERS = 2048;

/** What speaks against the name of a connection. */
export function connectionNameFindings(name: string): string[] {
  if (!NAME.test(name)) {
    return [
      `connectionName "${name}" is not allowed: a capital letter, then up to 15 capital letters and digits, for instance "GH"`,
    ];
  }
  return NAMES_OF_THE_AGENT.has(name)
    ? [`connectionName "${name}" is the name of a tool of the agent's own, and it would not start; give another`]
    : [];
}

/** What speaks against a connection beside what else `agent` has: it would not start with one name twice. */
export function takenNameFindings(connection: IConnection, { agentName, capabilities }: IAgent): string[] {
  const { connectionName: name } = connection;
  const first = capabilities.filter(isConnection).find(({ connectionName }) => connectionName === name);
  const gateways = capabilities.filter((capability) => !isConnection(capability));
  return [
    ...(first === undefined || first === connection
      ? []
      : [
          `connectionName "${name}" is that of another connection of the agent ${agentName} too; give one of them another`,
        ]),
    ...(gateways.some((gateway) => serverOf(gateway) === name.toLowerCase())
      ? [
          `connectionName "${name}" is the name of a gateway of the agent ${agentName} too; give the connection another, or the gateway another serverName`,
        ]
      : []),
  ];
}

/** What speaks against the key of a secret's JSON that has the value. */
export function fieldFindings(prop: string, field: string): string[] {
  return field === '' || /\s/.test(field)
    ? [`${prop} "${field}" is not the name of a field: give the one under which the JSON of the secret has the value`]
    : [];
}

/** What speaks against the page that users come back to; one that only the deployment knows is not looked at. */
export function returnUrlFindings(url: string): string[] {
  const legal =
    url.length <= MAX_URL_CHARACTERS && /^(https:\/\/[^/\s?#@]+|http:\/\/localhost(:\d+)?)(\/[^\s?#]*)?$/.test(url);
  return Token.isUnresolved(url) || legal
    ? []
    : [
        `returnUrl "${url}" is not a page that users can come back to: give an https address of your site (http for localhost only), without "?" and "#" and of at most ${MAX_URL_CHARACTERS} characters, for instance "https://agent.example.com/oauth/return"`,
      ];
}

/** What speaks against the address of somebody else's server. */
export function serverUrlFindings(prop: string, url: string): string[] {
  return Token.isUnresolved(url) || /^https:\/\/[^/\s?#@]+(\/[^\s?#]*)?$/.test(url)
    ? []
    : [`${prop} "${url}" is not the address of a server: it must be https, without user, "?" and "#"`];
}

/** What speaks against the scopes that are asked for. */
export function scopeFindings(scopes: readonly string[]): string[] {
  return scopes
    .filter((scope) => !Token.isUnresolved(scope) && !/^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope))
    .map((scope) => `scopes has "${scope}", which is no scope of OAuth: give each one apart and without spaces`);
}
