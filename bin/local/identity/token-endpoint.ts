import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { PoolClient } from '../resources/user-pool-client';
import type { Authorization } from './authorization';
import type { TokenIssuer } from './token-issuer';

/** A refused request, in the form of OAuth 2.0 (RFC 6749, 5.2). */
export class TokenError extends Error {
  constructor(
    public readonly status: number,
    public readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The answer of the token endpoint (RFC 6749, 5.1). */
export interface TokenReply {
  readonly access_token: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
}

/** The token and the revocation endpoint of a user pool. */
export class TokenEndpoint {
  constructor(
    private readonly issuer: TokenIssuer,
    private readonly authorization: Authorization,
  ) {}

  /**
   * Gives tokens for a code, for a refresh token, or to a confidential client itself.
   *
   * @throws TokenError with the codes of OAuth 2.0
   */
  public async grant(headers: IncomingHttpHeaders, form: URLSearchParams): Promise<TokenReply> {
    const client = this.authenticate(headers, form);
    const type = form.get('grant_type') ?? '';
    switch (type) {
      case 'authorization_code':
        return this.forCode(client, form);
      case 'refresh_token':
        return this.forRefreshToken(client, form);
      case 'client_credentials':
        return this.forClient(client, form);
      default:
        throw new TokenError(
          400,
          'unsupported_grant_type',
          `grant_type is "${type}"; expected authorization_code, refresh_token or client_credentials`,
        );
    }
  }

  /**
   * Ends the sign-in of a refresh token. A token that is not known, or has ended, is no error.
   *
   * @throws TokenError when the client is not the one it says it is
   */
  public async revoke(headers: IncomingHttpHeaders, form: URLSearchParams): Promise<void> {
    const client = this.authenticate(headers, form);
    const refresh = await this.issuer.readRefreshToken(form.get('token') ?? '', client);
    if (refresh !== undefined) this.issuer.endSignIn(refresh);
  }

  private async forCode(client: PoolClient, form: URLSearchParams): Promise<TokenReply> {
    const verifier = form.get('code_verifier') ?? undefined;
    const signIn = this.authorization.redeem(client, {
      code: form.get('code') ?? '',
      redirectUri: form.get('redirect_uri') ?? '',
      ...(verifier === undefined ? {} : { verifier }),
    });
    if (signIn === undefined) {
      throw new TokenError(
        400,
        'invalid_grant',
        'the code is unknown, older than five minutes or used before, or redirect_uri or code_verifier is not the one of the sign-in',
      );
    }
    const accessToken = await this.issuer.accessToken(signIn);
    return {
      access_token: accessToken,
      ...(signIn.scopes.includes('openid') ? { id_token: await this.issuer.idToken(signIn, accessToken) } : {}),
      refresh_token: await this.issuer.refreshToken(signIn),
      ...bearer(client),
    };
  }

  private async forRefreshToken(client: PoolClient, form: URLSearchParams): Promise<TokenReply> {
    const refresh = await this.issuer.readRefreshToken(form.get('refresh_token') ?? '', client);
    if (refresh === undefined) {
      throw new TokenError(400, 'invalid_grant', 'the refresh token is unknown, expired, revoked or replaced; sign in');
    }
    const accessToken = await this.issuer.accessToken(refresh);
    const isReplaced = client.rotationGraceSeconds !== undefined;
    const next = isReplaced ? await this.issuer.refreshToken(refresh, refresh.expiresAt) : undefined;
    if (isReplaced) this.issuer.endRefreshToken(refresh, client.rotationGraceSeconds);
    return {
      access_token: accessToken,
      ...(refresh.scopes.includes('openid') ? { id_token: await this.issuer.idToken(refresh, accessToken) } : {}),
      ...(next === undefined ? {} : { refresh_token: next }),
      ...bearer(client),
    };
  }

  private async forClient(client: PoolClient, form: URLSearchParams): Promise<TokenReply> {
    if (client.secret === undefined || !client.flows.includes('client_credentials')) {
      throw new TokenError(
        400,
        'unauthorized_client',
        `the client ${client.name} may not use client_credentials; that takes a secret and the flow in AllowedOAuthFlows`,
      );
    }
    const asked = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
    const refused = asked.find((scope) => !client.scopes.includes(scope));
    if (refused !== undefined) {
      throw new TokenError(
        400,
        'invalid_scope',
        `the client ${client.name} may not ask for ${refused}; its AllowedOAuthScopes are ${client.scopes.join(', ')}`,
      );
    }
    const scopes = asked.length === 0 ? client.scopes : asked;
    return { access_token: await this.issuer.machineToken(client, scopes), ...bearer(client) };
  }

  /** The client of a request, by HTTP Basic or by the form. */
  private authenticate({ authorization }: IncomingHttpHeaders, form: URLSearchParams): PoolClient {
    const [id, secret] = readBasic(authorization) ?? [form.get('client_id') ?? '', form.get('client_secret') ?? ''];
    const client = this.issuer.pool.clients.find((one) => one.id === id);
    if (client === undefined || !equal(secret, client.secret ?? '')) {
      throw new TokenError(
        authorization === undefined ? 400 : 401,
        'invalid_client',
        `the user pool ${this.issuer.pool.id} has no client "${id}" with this secret`,
      );
    }
    return client;
  }
}

function bearer({ accessTokenSeconds }: PoolClient): Pick<TokenReply, 'token_type' | 'expires_in'> {
  return { token_type: 'Bearer', expires_in: accessTokenSeconds };
}

function readBasic(header: string | undefined): [string, string] | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString().split(/:(.*)/s);
  return [id, secret];
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
