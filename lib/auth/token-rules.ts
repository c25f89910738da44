import type { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
import type { IAgent } from '../agent/agent';
import type { ClaimRule, TokenRules } from '../handlers/api/token-rules';

/** What an authorizer demands of tokens, as a function can look at it; nothing where callers bring none. */
export function tokenRules(authorizer: IAgent['authorizer']): TokenRules {
  const { allowedClients, allowedAudiences, allowedScopes, customClaims } = authorizer?.accepted ?? {};
  return {
    ...(allowedClients !== undefined && { clients: allowedClients }),
    ...(allowedAudiences !== undefined && { audiences: allowedAudiences }),
    ...(allowedScopes !== undefined && { scopes: allowedScopes }),
    ...(customClaims !== undefined && customClaims.length > 0 && { claims: customClaims.map(claimRule) }),
  };
}

/** What the L2 renders; it has no other way to be asked. */
interface RenderedClaim {
  readonly inboundTokenClaimName: string;
  readonly authorizingClaimMatchValue: {
    readonly claimMatchOperator: ClaimRule['operator'];
    readonly claimMatchValue: { readonly matchValueString?: string; readonly matchValueStringList?: string[] };
  };
}

function claimRule(claim: agentcore.RuntimeCustomClaim): ClaimRule {
  const { inboundTokenClaimName: name, authorizingClaimMatchValue } = claim._render() as RenderedClaim;
  const { claimMatchOperator: operator, claimMatchValue } = authorizingClaimMatchValue;
  const { matchValueString, matchValueStringList = [] } = claimMatchValue;
  return { name, operator, values: matchValueString === undefined ? matchValueStringList : [matchValueString] };
}
