import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { PoolClient } from '../resources/user-pool-client';
import { isRegisteredAddress } from './redirect-address';
import { sendRefusalPage, sendSignInPage } from './sign-in-page';
import { testUsers, type TestUser } from './test-users';
import type { SignIn, TokenIssuer } from './token-issuer';

/** How long a code may be redeemed, as in Cognito. */
const CODE_LIFETIME_MS = 5 * 60_000;
/** Source: RFC 7636. */
const CODE_CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

interface Code extends SignIn {
  readonly redirectUri: string;
  readonly challenge?: string;
  readonly expiresAt: number;
}

/** What a client sends to redeem a code. */
export interface Redemption {
  readonly code: string;
  readonly redirectUri: string;
  readonly verifier?: string;
}

/** A mistake of the client that its own address is told of. */
class ReportedError extends Error {
  constructor(
    public readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The authorization endpoint of a user pool: the code flow, with a page in place of Cognito's managed login. */
export class Authorization {
  private readonly codes = new Map<string, Code>();

  constructor(private readonly issuer: TokenIssuer) {}

  /**
   * Answers a request to sign in: with the page, or, once a user is chosen, with a code for the client.
   *
   * @param username the chosen user; undefined when the page has not been shown yet
   */
  public answer(query: URLSearchParams, username: string | undefined, res: ServerResponse): void {
    const { pool } = this.issuer;
    const client = pool.clients.find(({ id }) => id === query.get('client_id'));
    const redirectUri = query.get('redirect_uri') ?? '';
    // Nobody is sent to an address that is not known to belong to the client.
    if (client === undefined) {
      sendRefusalPage(res, `The user pool ${pool.id} has no client "${query.get('client_id') ?? ''}".`);
      return;
    }
    if (!isRegisteredAddress(redirectUri, client.callbackUrls)) {
      sendRefusalPage(
        res,
        `The client ${client.name} has no callback URL "${redirectUri}". It has ${list(client.callbackUrls)}; the same paths on localhost are accepted too.`,
      );
      return;
    }
    try {
      const scopes = readScopes(client, query);
      const challenge = readChallenge(client, query);
      if (query.get('prompt') === 'none') {
        throw new ReportedError('login_required', 'the local run keeps nobody signed in; a user has to be chosen');
      }
      const users = testUsers(pool);
      const user = users.find((one) => one.username === username);
      if (user === undefined) {
        sendSignInPage(res, client.name, users);
        return;
      }
      const nonce = query.get('nonce') ?? undefined;
      const code = this.issueCode({ client, user, scopes, redirectUri, challenge, nonce });
      redirect(res, redirectUri, { code, state: query.get('state') });
    } catch (error) {
      if (!(error instanceof ReportedError)) throw error;
      redirect(res, redirectUri, {
        error: error.code,
        error_description: error.message,
        state: query.get('state'),
      });
    }
  }

  /** The sign-in that a code stands for, once; undefined when the code, its address or its verifier is not right. */
  public redeem(client: PoolClient, { code, redirectUri, verifier }: Redemption): SignIn | undefined {
    const found = this.codes.get(code);
    // Gone at the first attempt, right or wrong.
    this.codes.delete(code);
    if (found === undefined || found.client.id !== client.id || found.expiresAt < Date.now()) return undefined;
    if (found.redirectUri !== redirectUri) return undefined;
    const challenge = verifier === undefined ? undefined : createHash('sha256').update(verifier).digest('base64url');
    return found.challenge === challenge ? found : undefined;
  }

  private issueCode(request: {
    readonly client: PoolClient;
    readonly user: TestUser;
    readonly scopes: readonly string[];
    readonly redirectUri: string;
    readonly challenge: string | undefined;
    readonly nonce: string | undefined;
  }): string {
    const { challenge, nonce, ...rest } = request;
    for (const [old, { expiresAt }] of this.codes) if (expiresAt < Date.now()) this.codes.delete(old);
    const code = randomBytes(32).toString('base64url');
    this.codes.set(code, {
      ...rest,
      ...(challenge === undefined ? {} : { challenge }),
      ...(nonce === undefined ? {} : { nonce }),
      authTime: Math.floor(Date.now() / 1000),
      originId: randomUUID(),
      expiresAt: Date.now() + CODE_LIFETIME_MS,
    });
    return code;
  }
}

function readScopes(client: PoolClient, query: URLSearchParams): readonly string[] {
  const type = query.get('response_type') ?? '';
  if (type !== 'code') {
    throw new ReportedError('unsupported_response_type', `response_type is "${type}"; the local run knows "code"`);
  }
  if (!client.flows.includes('code')) {
    throw new ReportedError(
      'unauthorized_client',
      `the client ${client.name} may not use the code flow; its AllowedOAuthFlows are ${list(client.flows)}`,
    );
  }
  const asked = (query.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  const refused = asked.filter((scope) => !client.scopes.includes(scope));
  if (refused.length > 0) {
    throw new ReportedError(
      'invalid_scope',
      `the client ${client.name} may not ask for ${list(refused)}; its AllowedOAuthScopes are ${list(client.scopes)}`,
    );
  }
  return asked.length === 0 ? client.scopes : asked;
}

function readChallenge(client: PoolClient, query: URLSearchParams): string | undefined {
  const challenge = query.get('code_challenge') ?? undefined;
  const method = query.get('code_challenge_method') ?? undefined;
  if (challenge === undefined && client.secret !== undefined) return undefined;
  if (challenge === undefined || method !== 'S256' || !CODE_CHALLENGE.test(challenge)) {
    throw new ReportedError(
      'invalid_request',
      'the code flow needs PKCE here: code_challenge_method=S256 and the code_challenge, 43 characters of base64url',
    );
  }
  return challenge;
}

function redirect(res: ServerResponse, address: string, parameters: Readonly<Record<string, string | null>>): void {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.append(name, value);
  res.writeHead(302, { location: url.href, 'cache-control': 'no-store', 'content-length': 0 });
  res.end();
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
