import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { decodeJwt, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { Identity } from '../../../../bin/local/identity/identity';

/** Tokens that are good but for one thing. */
export class ForgedTokens {
  private readonly identity: Identity;

  /**
   * @param state folder of the run's state, which has the key of its user pools
   * @param good a token of a user of the run
   */
  constructor(
    state: string,
    private readonly good: string,
  ) {
    this.identity = new Identity(state);
  }

  /** Signed by the pool, with other claims. */
  public async with(claims: JWTPayload): Promise<string> {
    const { kid } = await this.identity.publicJwk();
    return new SignJWT(this.payload(claims)).setProtectedHeader({ alg: 'RS256', kid }).sign(this.identity.signingKey);
  }

  /** Not signed. */
  public unsigned(): string {
    return new UnsecuredJWT(this.payload()).encode();
  }

  /** Signed with the public key, as if it were a shared secret. */
  public async byPublicKey(): Promise<string> {
    const { kid } = await this.identity.publicJwk();
    const secret = Buffer.from(this.identity.verificationKey.export({ type: 'spki', format: 'pem' }));
    return new SignJWT(this.payload()).setProtectedHeader({ alg: 'HS256', kid }).sign(new Uint8Array(secret));
  }

  /** Signed by a key that the pool does not have, under an id that it has or has not. */
  public async byStranger(kid?: string): Promise<string> {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const named = kid ?? (await this.identity.publicJwk()).kid;
    return new SignJWT(this.payload()).setProtectedHeader({ alg: 'RS256', kid: named }).sign(privateKey);
  }

  private payload(claims: JWTPayload = {}): JWTPayload {
    return { ...decodeJwt(this.good), jti: randomUUID(), ...claims };
  }
}
