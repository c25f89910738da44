import { createHash, randomUUID } from 'node:crypto';
import { EncryptJWT, jwtDecrypt, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import type { UserPool } from '../resources/user-pool';
import type { PoolClient } from '../resources/user-pool-client';
import type { Identity } from './identity';
import { testUsers, type TestUser } from './test-users';

/** What a client was given by a sign-in. */
export interface SignIn {
  readonly client: PoolClient;
  readonly user: TestUser;
  readonly scopes: readonly string[];
  /** Seconds since the epoch. */
  readonly authTime: number;
  /** Shared by all tokens that come from this sign-in. */
  readonly originId: string;
  /** Sent back in the first id token. */
  readonly nonce?: string;
}

/** A refresh token that was shown and is good. */
export interface Refresh extends SignIn {
  readonly tokenId: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Makes and reads the tokens of one user pool, with the claims that Cognito gives. */
export class TokenIssuer {
  constructor(
    public readonly pool: UserPool,
    private readonly identity: Identity,
  ) {}

  /** An access token of a signed-in user. It has no `aud`, as in Cognito. */
  public async accessToken({ client, user, scopes, authTime, originId }: SignIn): Promise<string> {
    return this.sign(client.accessTokenSeconds, {
      sub: user.sub,
      ...groupsOf(user),
      client_id: client.id,
      origin_jti: originId,
      token_use: 'access',
      scope: scopes.join(' '),
      auth_time: authTime,
      username: user.username,
    });
  }

  /** An access token of a client that acts for itself. */
  public async machineToken(client: PoolClient, scopes: readonly string[]): Promise<string> {
    return this.sign(client.accessTokenSeconds, {
      sub: client.id,
      client_id: client.id,
      token_use: 'access',
      scope: scopes.join(' '),
      auth_time: now(),
    });
  }

  public async idToken({ client, user, authTime, originId, nonce }: SignIn, accessToken: string): Promise<string> {
    // The left half of the hash, as OpenID Connect defines it.
    const accessTokenHash = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');
    return this.sign(client.idTokenSeconds, {
      sub: user.sub,
      ...groupsOf(user),
      aud: client.id,
      at_hash: accessTokenHash,
      origin_jti: originId,
      token_use: 'id',
      auth_time: authTime,
      'cognito:username': user.username,
      email: user.email,
      email_verified: true,
      ...(nonce === undefined ? {} : { nonce }),
    });
  }

  /**
   * A refresh token. It is encrypted: no other service can take it for a token of a caller.
   *
   * @param expiresAt seconds since the epoch
   */
  public async refreshToken(signIn: SignIn, expiresAt = now() + signIn.client.refreshTokenSeconds): Promise<string> {
    const { client, user, scopes, authTime, originId } = signIn;
    return new EncryptJWT({
      client_id: client.id,
      username: user.username,
      scope: scopes.join(' '),
      auth_time: authTime,
      origin_jti: originId,
    })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setIssuer(this.pool.issuer)
      .setJti(randomUUID())
      .setExpirationTime(expiresAt)
      .encrypt(this.identity.refreshTokenKey());
  }

  /** What a refresh token stands for; undefined when it is not one of this client, or no longer good. */
  public async readRefreshToken(token: string, client: PoolClient): Promise<Refresh | undefined> {
    const read = jwtDecrypt(token, this.identity.refreshTokenKey(), { issuer: this.pool.issuer });
    const payload = await read.then(
      (result) => result.payload,
      () => undefined,
    );
    if (payload?.client_id !== client.id) return undefined;
    const {
      jti: tokenId = '',
      exp: expiresAt = 0,
      origin_jti: originId,
      username,
      scope,
      auth_time: authTime,
    } = payload;
    const user = testUsers(this.pool).find((one) => one.username === username);
    if (user === undefined || this.identity.hasEnded(tokenId) || this.identity.hasEnded(String(originId))) {
      return undefined;
    }
    const scopes = String(scope).split(' ');
    return { client, user, scopes, authTime: Number(authTime), originId: String(originId), tokenId, expiresAt };
  }

  /** Ends a sign-in: no token of it is renewed any more. */
  public endSignIn({ originId, expiresAt }: Refresh): void {
    this.identity.end(originId, now(), expiresAt);
  }

  /** Ends a refresh token that a new one has replaced, `graceSeconds` from now. */
  public endRefreshToken({ tokenId, expiresAt }: Refresh, graceSeconds: number): void {
    this.identity.end(tokenId, now() + graceSeconds, expiresAt);
  }

  /** The user whose access token this is; undefined when it is none of this pool, or its sign-in has ended. */
  public async userOf(accessToken: string): Promise<{ user: TestUser; scopes: readonly string[] } | undefined> {
    const payload = await this.verified(accessToken);
    if (payload?.token_use !== 'access' || this.identity.hasEnded(String(payload.origin_jti))) return undefined;
    const user = testUsers(this.pool).find(({ sub }) => sub === payload.sub);
    return user === undefined ? undefined : { user, scopes: String(payload.scope).split(' ') };
  }

  /** The claims of an id token of this pool; undefined when it is none, or its sign-in has ended. */
  public async idTokenClaims(token: string): Promise<JWTPayload | undefined> {
    const payload = await this.verified(token);
    return payload?.token_use !== 'id' || this.identity.hasEnded(String(payload.origin_jti)) ? undefined : payload;
  }

  /** The key set that verifies the tokens. */
  public async keys(): Promise<{ keys: unknown[] }> {
    return { keys: [await this.identity.publicJwk()] };
  }

  /** The claims of a token that this pool signed and that is valid now. */
  private async verified(token: string): Promise<JWTPayload | undefined> {
    const options = { issuer: this.pool.issuer, algorithms: ['RS256'] };
    const verified = jwtVerify(token, this.identity.verificationKey, options);
    return verified.then(
      (result) => result.payload,
      () => undefined,
    );
  }

  private async sign(seconds: number, claims: JWTPayload): Promise<string> {
    const { kid } = await this.identity.publicJwk();
    const issued = now();
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuer(this.pool.issuer)
      .setJti(randomUUID())
      .setIssuedAt(issued)
      .setExpirationTime(issued + seconds)
      .sign(this.identity.signingKey);
  }
}

function groupsOf({ groups }: TestUser): JWTPayload {
  return groups.length === 0 ? {} : { 'cognito:groups': groups };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
