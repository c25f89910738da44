import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { RequestFault } from './http-messages';

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

/** What one claim has to say. */
export interface ClaimRule {
  readonly name: string;
  readonly operator: 'EQUALS' | 'CONTAINS' | 'CONTAINS_ANY';
  readonly values: readonly string[];
}

interface Provider {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
}

/** AgentCore refuses a token that ends within a minute: the call might outlive it. */
const MIN_REMAINING_SECONDS = 60;
const DISCOVERY_TIMEOUT_MS = 10_000;
const DISCOVERY_PATH = /\/\.well-known\/openid-configuration$/;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\//;

/** @throws Error when tokens cannot be trusted on the word of this discovery document */
export function requireDiscoveryUrl(discoveryUrl: string): void {
  if (isTrustedAddress(discoveryUrl) && DISCOVERY_PATH.test(discoveryUrl)) return;
  throw new Error(
    `the DiscoveryUrl of its CustomJWTAuthorizer is "${discoveryUrl}"; expected an https address that ends in /.well-known/openid-configuration`,
  );
}

/** Verifies bearer tokens as the inbound authorizer of AgentCore does. */
export class JwtAuthorizer {
  private provider: Promise<Provider> | undefined;

  constructor(public readonly settings: JwtAuthorizerSettings) {}

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
    const { issuer, keys } = await this.findProvider();
    let claims: JWTPayload;
    try {
      claims = (await jwtVerify(token, keys, { issuer, algorithms: ['RS256'], requiredClaims: ['exp'] })).payload;
    } catch (error) {
      throw this.fault(error, issuer);
    }
    const refusal = this.refusal(claims);
    if (refusal !== undefined) throw unauthorized(refusal);
    return claims;
  }

  private async findProvider(): Promise<Provider> {
    this.provider ??= discover(this.settings.discoveryUrl);
    try {
      return await this.provider;
    } catch (error) {
      // The next request asks again.
      this.provider = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      throw new RequestFault(
        500,
        'InternalServerException',
        `the discovery document ${this.settings.discoveryUrl} of the token's issuer could not be read: ${reason}`,
      );
    }
  }

  private fault(error: unknown, issuer: string): RequestFault {
    if (error instanceof errors.JWTExpired) return unauthorized('the token has expired');
    if (error instanceof errors.JWTClaimValidationFailed) {
      return unauthorized(
        error.claim === 'iss'
          ? `the token is not issued by ${issuer}`
          : `the claim "${error.claim}" of the token is missing or not valid`,
      );
    }
    if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) {
      return unauthorized('the token is not a JSON web token');
    }
    if (error instanceof errors.JOSEAlgNotAllowed) return unauthorized('the token is not signed with RS256');
    if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
      return unauthorized(`the token's signature is not by a key of ${issuer}`);
    }
    const reason = error instanceof Error ? error.message : String(error);
    return new RequestFault(500, 'InternalServerException', `the keys of ${issuer} could not be read: ${reason}`);
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

async function discover(url: string): Promise<Provider> {
  const reply = await fetch(url, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS), redirect: 'error' });
  if (!reply.ok) throw new Error(`it answers ${String(reply.status)}`);
  const { issuer, jwks_uri: keys } = (await reply.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  if (typeof issuer !== 'string' || typeof keys !== 'string' || !URL.canParse(keys)) {
    throw new Error('it has no issuer or no jwks_uri');
  }
  if (!isTrustedAddress(keys)) throw new Error(`its jwks_uri is ${keys}; expected an https address`);
  return { issuer, keys: createRemoteJWKSet(new URL(keys)) };
}

/** Whoever stands between could give keys of their own, unless nobody can. */
function isTrustedAddress(url: string): boolean {
  return url.startsWith('https://') || LOOPBACK.test(url);
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

function unauthorized(message: string): RequestFault {
  return new RequestFault(401, 'UnauthorizedException', message);
}
