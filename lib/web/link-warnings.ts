import { Annotations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ConnectionKind, isConnection, type IConnection } from '../agent/agent-connections';
import type { AgentApiProps, ILinkedAccount } from './agent-api-props';

/** Tells where users of an agent begin to link an account and the API cannot end it, or the reverse. */
export function warnOfLinks(api: IConstruct, { agent, linkedAccounts = [] }: AgentApiProps): void {
  const accounts = agent.capabilities
    .filter(isConnection)
    .filter(({ connectionKind }) => connectionKind === ConnectionKind.OAUTH2);
  for (const account of accounts.filter((one) => !linkedAccounts.some((linked) => isSame(linked, one)))) {
    Annotations.of(api).addWarningV2(
      'cdk-agentcore-constructs:linkNeverEnds',
      `users of the agent ${agent.agentName} link accounts for the connection ${account.connectionName}, and the API does not end that: it is not among linkedAccounts, so no account is ever linked through it; add it there, or acknowledge it where something else serves the return page`,
    );
  }
  for (const linked of linkedAccounts.filter(isConnectionOfAgents)) {
    if (accounts.some((account) => isSame(linked, account))) continue;
    Annotations.of(api).addWarningV2(
      'cdk-agentcore-constructs:linkNeverBegins',
      `linkedAccounts of the API has the connection ${linked.connectionName}, which the agent ${agent.agentName} does not have, so nobody begins to link an account for it there; add it to "capabilities" of the agent, leave it out, or acknowledge it where the API ends links of another agent`,
    );
  }
}

function isConnectionOfAgents(linked: ILinkedAccount): linked is ILinkedAccount & IConnection {
  return 'connectionKind' in linked;
}

/** One construct is both. */
function isSame(linked: object, account: object): boolean {
  return linked === account;
}
