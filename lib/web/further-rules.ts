import { tokenRules } from '../auth/token-rules';
import type { TokenRules } from '../handlers/api/token-rules';
import type { AgentApiProps } from './agent-api-props';

/** What the agent demands of tokens besides what the API looks at anyway; undefined where that is nothing. */
export function furtherRules({ agent, users }: Pick<AgentApiProps, 'agent' | 'users'>): TokenRules | undefined {
  const { clients, audiences, ...others } = tokenRules(agent.authorizer);
  const rules: TokenRules = {
    ...others,
    ...(isFewer(clients, users.userClientIds) && { clients }),
    ...(isFewer(audiences, users.audiences) && { audiences }),
  };
  return Object.keys(rules).length === 0 ? undefined : rules;
}

/** Whether the API lets in somebody whom a list of the agent does not. */
function isFewer(ofAgent: readonly string[] | undefined, ofApi: readonly string[] = []): boolean {
  return ofAgent !== undefined && (ofApi.length === 0 || !ofApi.every((one) => ofAgent.includes(one)));
}
