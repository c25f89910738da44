import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RequestFault, sendJson } from '../http-messages';
import { Authorization } from '../identity/authorization';
import type { Identity } from '../identity/identity';
import { isRegisteredAddress } from '../identity/redirect-address';
import { sendRefusalPage } from '../identity/sign-in-page';
import { testUsers } from '../identity/test-users';
import { TokenEndpoint, TokenError } from '../identity/token-endpoint';
import { TokenIssuer } from '../identity/token-issuer';
import type { UserPool } from '../resources/user-pool';
import type { PoolClient } from '../resources/user-pool-client';
import type { TestTokens } from '../runtime-access';

interface Route {
  readonly methods: readonly string[];
  /** Whether it exists only with a domain, as the addresses of Cognito's managed login do. */
  readonly needsDomain: boolean;
  answer(
    req: IncomingMessage,
    res: ServerResponse,
    query: URLSearchParams,
    form: URLSearchParams,
  ): Promise<void> | void;
}

/** A user pool as an OpenID Connect provider, below `/{user pool id}`. */
export class OidcProvider {
  public readonly issuer: TokenIssuer;
  private readonly authorization: Authorization;
  private readonly tokens: TokenEndpoint;

  private readonly routes: Readonly<Record<string, Route>> = {
    '/.well-known/openid-configuration': {
      methods: ['GET'],
      needsDomain: false,
      answer: (_req, res) => {
        sendJson(res, 200, this.discovery());
      },
    },
    '/.well-known/jwks.json': {
      methods: ['GET'],
      needsDomain: false,
      answer: async (_req, res) => {
        sendJson(res, 200, await this.issuer.keys());
      },
    },
    '/oauth2/authorize': {
      methods: ['GET', 'POST'],
      needsDomain: true,
      answer: (req, res, query, form) => {
        const username = req.method === 'POST' ? (form.get('username') ?? undefined) : undefined;
        this.authorization.answer(query, username, res);
      },
    },
    '/oauth2/token': {
      methods: ['POST'],
      needsDomain: true,
      answer: async ({ headers }, res, _query, form) => {
        sendJson(res, 200, await this.tokens.grant(headers, form), { 'cache-control': 'no-store' });
      },
    },
    '/oauth2/revoke': {
      methods: ['POST'],
      needsDomain: true,
      answer: async ({ headers }, res, _query, form) => {
        await this.tokens.revoke(headers, form);
        res.writeHead(200, { 'content-length': 0 }).end();
      },
    },
    '/oauth2/userInfo': {
      methods: ['GET', 'POST'],
      needsDomain: true,
      answer: (req, res) => this.userInfo(req, res),
    },
    '/logout': {
      methods: ['GET'],
      needsDomain: true,
      answer: (_req, res, query) => {
        this.logout(query, res);
      },
    },
  };

  constructor(
    public readonly pool: UserPool,
    identity: Identity,
  ) {
    this.issuer = new TokenIssuer(pool, identity);
    this.authorization = new Authorization(this.issuer);
    this.tokens = new TokenEndpoint(this.issuer, this.authorization);
  }

  /** The tokens of the test user alice for `client`, with all scopes of the client. */
  public async testTokens(client: PoolClient): Promise<TestTokens> {
    const [user] = testUsers(this.pool);
    const authTime = Math.floor(Date.now() / 1000);
    const signIn = { client, user, scopes: client.scopes, authTime, originId: randomUUID() };
    const accessToken = await this.issuer.accessToken(signIn);
    return { accessToken, idToken: await this.issuer.idToken(signIn, accessToken) };
  }

  /**
   * Answers one request below the pool's address.
   *
   * @param path what follows the id of the pool
   * @throws RequestFault for an address that the pool does not have
   */
  public async serve(path: string, req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void> {
    const route = this.routes[path];
    if (route === undefined || (route.needsDomain && !this.pool.hasDomain)) {
      throw new RequestFault(
        404,
        'NOT_FOUND',
        route === undefined
          ? `the user pool ${this.pool.id} has no ${path}; it has ${Object.keys(this.routes).join(', ')}`
          : `the user pool ${this.pool.id} has no domain, so nobody can sign in; add one to the app (UserPool.addDomain)`,
      );
    }
    if (!route.methods.includes(req.method ?? '')) {
      throw new RequestFault(405, 'METHOD_NOT_ALLOWED', `${path} takes ${route.methods.join(' or ')}`);
    }
    const query = new URLSearchParams((req.url ?? '').split(/\?(.*)/s)[1] ?? '');
    try {
      await route.answer(req, res, query, new URLSearchParams(body.toString()));
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      sendJson(
        res,
        error.status,
        { error: error.code, error_description: error.message },
        { 'cache-control': 'no-store', ...(error.status === 401 ? { 'www-authenticate': 'Basic' } : {}) },
      );
    }
  }

  private discovery(): object {
    const { issuer, hasDomain } = this.pool;
    return {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      ...(hasDomain
        ? {
            authorization_endpoint: `${issuer}/oauth2/authorize`,
            token_endpoint: `${issuer}/oauth2/token`,
            userinfo_endpoint: `${issuer}/oauth2/userInfo`,
            revocation_endpoint: `${issuer}/oauth2/revoke`,
            end_session_endpoint: `${issuer}/logout`,
          }
        : {}),
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      code_challenge_methods_supported: ['S256'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      scopes_supported: [...new Set(this.pool.clients.flatMap(({ scopes }) => scopes))],
    };
  }

  private async userInfo({ headers }: IncomingMessage, res: ServerResponse): Promise<void> {
    const [, token] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? [];
    const found = token === undefined ? undefined : await this.issuer.userOf(token);
    if (found?.scopes.includes('openid') !== true) {
      const description = 'an access token of a signed-in user with the scope openid is needed';
      const challenge = `Bearer error="invalid_token", error_description="${description}"`;
      sendJson(res, 401, { error: 'invalid_token', error_description: description }, { 'www-authenticate': challenge });
      return;
    }
    const { sub, username, email } = found.user;
    sendJson(res, 200, { sub, username, email, email_verified: 'true' });
  }

  /** Cognito's own sign-out: by client and address, and not by a hint of the token. */
  private logout(query: URLSearchParams, res: ServerResponse): void {
    const client = this.pool.clients.find(({ id }) => id === query.get('client_id'));
    const address = query.get('logout_uri') ?? '';
    if (client === undefined || !isRegisteredAddress(address, client.logoutUrls)) {
      sendRefusalPage(
        res,
        `Signing out needs client_id and logout_uri, one of the client's logout URLs; "${query.get('client_id') ?? ''}" and "${address}" are not.`,
      );
      return;
    }
    res.writeHead(302, { location: address, 'cache-control': 'no-store', 'content-length': 0 }).end();
  }
}
