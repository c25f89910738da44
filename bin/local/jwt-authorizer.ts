import type { JWTPayload } from 'jose';
import type { ClaimRule } from '../../lib/handlers/api/token-rules';
import { isTrustedAddress, TokenVerifier, unauthorized } from './token-verifier';

/** `CustomJWTAuthorizer` of a runtime: which tokens it accepts. A list that is not given is not checked. */
export interface JwtAuthorizerSettings {
  readonly discoveryUrl: string;
  readonly allowedAudience?: readonly string[];
  readonly allowedClients?: readonly string[];
  /** A token needs one of them. */
  readonly allowedScopes?: readonly string[];
  /** All must hold. */
  readonly customClaims?: readonly ClaimRule[];
}

/** AgentCore refuses a token that ends within a minute: the call might outlive it. */
const MIN_REMAINING_SECONDS = 60;
const DISCOVERY_PATH = /\/\.well-known\/openid-configuration$/;

/** @throws Error when tokens cannot be trusted on the word of this discovery document */
export function requireDiscoveryUrl(discoveryUrl: string): void {
  if (isTrustedAddress(discoveryUrl) && DISCOVERY_PATH.test(discoveryUrl)) return;
  throw new Error(
    `the DiscoveryUrl of its CustomJWTAuthorizer is "${discoveryUrl}"; expected an https address that ends in /.well-known/openid-configuration`,
  );
}

/** Verifies bearer tokens as the inbound authorizer of AgentCore does. */
export class JwtAuthorizer {
  private readonly verifier: TokenVerifier;

  constructor(public readonly settings: JwtAuthorizerSettings) {
    this.verifier = new TokenVerifier(settings.discoveryUrl);
  }

  /** The address that the discovery document belongs to. */
  public get authorizationServer(): string {
    return this.settings.discoveryUrl.replace(DISCOVERY_PATH, '');
  }

  /**
   * The claims of a token that this runtime accepts.
   *
   * @throws RequestFault 401 saying what is wrong with the token, 500 when its issuer cannot be asked for its keys
   */
  public async verify(token: string): Promise<JWTPayload> {
    const claims = await this.verifier.verify(token);
    const refusal = this.refusal(claims);
    if (refusal !== undefined) throw unauthorized(refusal);
    return claims;
  }

  private refusal(claims: JWTPayload): string | undefined {
    const { allowedAudience, allowedClients, allowedScopes, customClaims = [] } = this.settings;
    if ((claims.exp ?? 0) - Date.now() / 1000 < MIN_REMAINING_SECONDS) {
      return 'the token expires within the next minute; get a new one';
    }
    if (allowedAudience !== undefined && !meet(allowedAudience, texts(claims.aud))) {
      return `the token's aud ${shown(claims.aud)} is not an allowed audience`;
    }
    if (allowedClients !== undefined && !meet(allowedClients, texts(claims.client_id))) {
      return `the token's client_id ${shown(claims.client_id)} is not an allowed client`;
    }
    if (allowedScopes !== undefined && !meet(allowedScopes, String(claims.scope ?? '').split(' '))) {
      return `the token's scope ${shown(claims.scope)} has none of the allowed scopes ${allowedScopes.join(', ')}`;
    }
    const broken = customClaims.find((rule) => !holds(rule, claims[rule.name]));
    return broken === undefined
      ? undefined
      : `the token's ${broken.name} ${shown(claims[broken.name])} does not fulfil ${broken.operator} ${broken.values.join(', ')}`;
  }
}

function holds({ operator, values }: ClaimRule, claim: unknown): boolean {
  switch (operator) {
    case 'EQUALS':
      return typeof claim === 'string' && values.includes(claim);
    case 'CONTAINS':
      return Array.isArray(claim) && values.every((value) => claim.includes(value));
    case 'CONTAINS_ANY':
      return Array.isArray(claim) && values.some((value) => claim.includes(value));
  }
}

function texts(claim: unknown): readonly string[] {
  return [claim].flat().filter((item): item is string => typeof item === 'string');
}

function meet(allowed: readonly string[], found: readonly string[]): boolean {
  return found.some((item) => allowed.includes(item));
}

/** Claims name people and clients; they are no secrets. */
function shown(claim: unknown): string {
  return claim === undefined ? '(missing)' : JSON.stringify(claim);
}
