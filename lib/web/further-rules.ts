import { tokenRules } from '../auth/token-rules';
import type { TokenRules } from '../handlers/api/token-rules';
import type { AgentApiProps } from './agent-api-props';

/** What the agent demands of tokens besides what the API looks at anyway; undefined where that is nothing. */
export function furtherRules({ agent, users }: Pick<AgentApiProps, 'agent' | 'users'>): TokenRules | undefined {
  const { clients, ...others } = tokenRules(agent.authorizer);
  const fewer = clients !== undefined && !users.userClientIds.every((client) => clients.includes(client));
  const rules: TokenRules = { ...others, ...(fewer && { clients }) };
  return Object.keys(rules).length === 0 ? undefined : rules;
}
