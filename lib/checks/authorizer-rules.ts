import type { CheckedResource } from './checked-app';
import { eachResource, guide, type Rule } from './rule';
import { at, isEmptyList, isUnknown, items, knownPart, text } from './template-value';

const TYPES_WITH_AUTHORIZER = ['Runtime', 'Gateway', 'Harness', 'PaymentManager'];

/** The JWT authorizer of a resource; undefined where callers sign with IAM credentials or nothing is known. */
function jwtAuthorizer({ properties }: CheckedResource): unknown {
  const authorizer = at(properties, 'AuthorizerConfiguration', 'CustomJWTAuthorizer');
  return isUnknown(authorizer) ? undefined : authorizer;
}

/** Whether callers of a resource bring a JWT; undefined where only the deployment decides. */
export function callersHaveJwt({ properties }: CheckedResource): boolean | undefined {
  const authorizer = at(properties, 'AuthorizerConfiguration', 'CustomJWTAuthorizer');
  return isUnknown(authorizer) ? undefined : authorizer !== undefined;
}

export const AUTHORIZER_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-AU1',
    level: 'error',
    title: 'JWT authorizer with neither clients nor audiences',
    why: 'every token that the issuer makes for any application is accepted',
    remedy: 'Name the clients (Cognito access tokens) or the audiences that the tokens must be for.',
    documentation: guide('inbound-jwt-authorizer'),
    property: 'AuthorizerConfiguration',
    check: eachResource(TYPES_WITH_AUTHORIZER, (resource) => {
      const authorizer = jwtAuthorizer(resource);
      if (authorizer === undefined) return [];
      return ['AllowedClients', 'AllowedAudience'].every((property) => isEmptyList(at(authorizer, property)))
        ? [{ problem: 'the JWT authorizer has neither AllowedClients nor AllowedAudience' }]
        : [];
    }),
  },
  {
    id: 'AgentCore-AU2',
    level: 'warning',
    title: 'Audience given for a Cognito user pool',
    why: 'access tokens of Cognito carry no "aud", so every one of them is refused; only ID tokens pass',
    remedy: 'Use AllowedClients, or acknowledge the warning if callers send ID tokens.',
    documentation: guide('inbound-jwt-authorizer'),
    property: 'AuthorizerConfiguration',
    check: eachResource(TYPES_WITH_AUTHORIZER, (resource) => {
      const authorizer = jwtAuthorizer(resource);
      const issuer = knownPart(text(at(authorizer, 'DiscoveryUrl')) ?? '');
      return issuer.startsWith('https://cognito-idp.') && (items(at(authorizer, 'AllowedAudience')) ?? []).length > 0
        ? [{ problem: 'AllowedAudience is given, but the discovery URL is that of a Cognito user pool' }]
        : [];
    }),
  },
];
