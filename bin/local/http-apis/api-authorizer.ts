import type { JWTPayload } from 'jose';
import { RequestFault } from '../http-messages';
import type { ApiAuthorizer } from '../resources/http-api';
import { TokenVerifier } from '../token-verifier';

/** What a function is told of a verified token. */
export interface VerifiedToken {
  readonly claims: Readonly<Record<string, string>>;
  /** The scopes of the token, where the route asks for any. */
  readonly scopes: readonly string[] | null;
}

/** The JWT authorizer of an HTTP API. Source: "Control access to HTTP APIs with JWT authorizers", API Gateway. */
export class HttpApiAuthorizer {
  private readonly verifier: TokenVerifier;

  constructor(private readonly settings: ApiAuthorizer) {
    this.verifier = new TokenVerifier(`${settings.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  }

  /**
   * Verifies the token of a request.
   *
   * @param authorization the header, with or without `Bearer`
   * @param scopes of which the token needs one; none means any token will do
   * @throws RequestFault 401 or 403, which say as little in their bodies as API Gateway does
   */
  public async verify(authorization: string | undefined, scopes: readonly string[]): Promise<VerifiedToken> {
    const token = authorization?.replace(/^Bearer +/i, '').trim() ?? '';
    if (token === '') throw new RequestFault(401, 'Unauthorized', 'Unauthorized', { 'www-authenticate': 'Bearer' });
    let claims: JWTPayload;
    try {
      claims = await this.verifier.verify(token);
    } catch (error) {
      if (!(error instanceof RequestFault) || error.status !== 401) throw error;
      throw refused(error.message);
    }
    const audience = [claims.aud ?? claims.client_id].flat();
    if (!audience.some((one) => this.settings.audience.includes(String(one)))) {
      throw refused('the token has no valid audience');
    }
    const now = Date.now() / 1000;
    if (typeof claims.iat === 'number' && claims.iat > now) throw refused('the token is issued in the future');
    const given = String(claims.scope ?? claims.scp ?? '').split(' ');
    if (scopes.length > 0 && !scopes.some((scope) => given.includes(scope))) {
      throw new RequestFault(403, 'Forbidden', 'Forbidden', {
        'www-authenticate': `Bearer scope="${scopes.join(' ')}" error="insufficient_scope"`,
      });
    }
    return {
      claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)])),
      scopes: scopes.length === 0 ? null : given,
    };
  }
}

function refused(reason: string): RequestFault {
  return new RequestFault(401, 'Unauthorized', 'Unauthorized', {
    'www-authenticate': `Bearer scope="" error="invalid_token" error_description="${reason.replaceAll('"', "'")}"`,
  });
}

/** Claims reach the function as text; lists in the form that API Gateway gives them. */
function claimText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(' ')}]`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
