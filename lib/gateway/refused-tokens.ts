import type { AcceptedTokens } from '../agent/agent';
import { tokenRules } from '../auth/token-rules';

/** By what a gateway refuses tokens that an agent accepts, in the words of the options of authorizers. */
export function refusedBy(gateway: AcceptedTokens, agent: AcceptedTokens): string[] {
  const demanded = tokenRules({ accepted: gateway });
  const brought = tokenRules({ accepted: agent });
  const claims = (demanded.claims ?? []).filter(
    ({ name, operator, values }) =>
      !(brought.claims ?? []).some(
        (claim) =>
          claim.name === name &&
          // One value that is there is one of several.
          (claim.operator === operator || (claim.operator === 'CONTAINS' && operator === 'CONTAINS_ANY')) &&
          isWithin(claim.values, values),
      ),
  );
  return [
    ...(isWithin(brought.clients, demanded.clients) ? [] : ['allowedClients']),
    ...(isWithin(brought.audiences, demanded.audiences) ? [] : ['allowedAudiences']),
    ...(isWithin(brought.scopes, demanded.scopes) ? [] : ['allowedScopes']),
    ...claims.map(({ name }) => `the claim ${name}`),
  ];
}

/** Whether all that comes is taken; a list that is missing is not looked at. */
function isWithin(brought: readonly string[] | undefined, taken: readonly string[] | undefined): boolean {
  return taken === undefined || brought?.every((value) => taken.includes(value)) === true;
}
