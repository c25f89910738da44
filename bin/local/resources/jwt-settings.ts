import type { ClaimRule } from '../../../lib/handlers/api/token-rules';
import type { JwtAuthorizerSettings } from '../jwt-authorizer';

/** `CustomJWTAuthorizer`, as runtimes and gateways have it. */
export interface CustomJwtAuthorizer {
  readonly DiscoveryUrl: string;
  readonly AllowedAudience?: readonly string[];
  readonly AllowedClients?: readonly string[];
  readonly AllowedScopes?: readonly string[];
  readonly CustomClaims?: readonly CustomClaim[];
}

interface CustomClaim {
  readonly InboundTokenClaimName: string;
  readonly AuthorizingClaimMatchValue: {
    readonly ClaimMatchOperator: ClaimRule['operator'];
    readonly ClaimMatchValue: { readonly MatchValueString?: string; readonly MatchValueStringList?: readonly string[] };
  };
}

/** Which tokens an authorizer of a template accepts. */
export function jwtSettings(authorizer: CustomJwtAuthorizer): JwtAuthorizerSettings {
  const { DiscoveryUrl, AllowedAudience, AllowedClients, AllowedScopes, CustomClaims = [] } = authorizer;
  return {
    discoveryUrl: DiscoveryUrl,
    ...(AllowedAudience === undefined ? {} : { allowedAudience: AllowedAudience }),
    ...(AllowedClients === undefined ? {} : { allowedClients: AllowedClients }),
    ...(AllowedScopes === undefined ? {} : { allowedScopes: AllowedScopes }),
    customClaims: CustomClaims.map(({ InboundTokenClaimName: name, AuthorizingClaimMatchValue: match }) => {
      const { MatchValueString: text, MatchValueStringList: texts = [] } = match.ClaimMatchValue;
      return { name, operator: match.ClaimMatchOperator, values: text === undefined ? texts : [text] };
    }),
  };
}
