import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { RequestFault } from './http-messages';

interface Provider {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
}

const DISCOVERY_TIMEOUT_MS = 10_000;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\//;

/** Verifies that tokens are of one issuer, whole, and valid now; what else they have to say is for others to check. */
export class TokenVerifier {
  private provider: Promise<Provider> | undefined;

  /** @param discoveryUrl of the issuer's OpenID configuration */
  constructor(private readonly discoveryUrl: string) {}

  /**
   * The claims of a token.
   *
   * @throws RequestFault 401 saying what is wrong with the token, 500 when its issuer cannot be asked for its keys
   */
  public async verify(token: string): Promise<JWTPayload> {
    const { issuer, keys } = await this.findProvider();
    try {
      return (await jwtVerify(token, keys, { issuer, algorithms: ['RS256'], requiredClaims: ['exp'] })).payload;
    } catch (error) {
      throw fault(error, issuer);
    }
  }

  private async findProvider(): Promise<Provider> {
    this.provider ??= discover(this.discoveryUrl);
    try {
      return await this.provider;
    } catch (error) {
      // The next request asks again.
      this.provider = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      throw new RequestFault(
        500,
        'InternalServerException',
        `the discovery document ${this.discoveryUrl} of the token's issuer could not be read: ${reason}`,
      );
    }
  }
}

function fault(error: unknown, issuer: string): RequestFault {
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
export function isTrustedAddress(url: string): boolean {
  return url.startsWith('https://') || LOOPBACK.test(url);
}

export function unauthorized(message: string): RequestFault {
  return new RequestFault(401, 'UnauthorizedException', message);
}
