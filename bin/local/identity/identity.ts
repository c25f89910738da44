import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { readPrivateJson, writePrivateJson } from '../private-file';

const FILE = 'identity.json';
const KEY_BITS = 2048;

/** From when on something is no longer accepted, and until when anybody could still show it; seconds since the epoch. */
type Ending = readonly [from: number, until: number];

interface StoredIdentity {
  readonly key: JsonWebKey;
  /** By the id of a refresh token, or of the sign-in that it came from. */
  readonly endings: Readonly<Record<string, Ending>>;
}

/**
 * What the user pools of a run have to remember: the key that they sign with, and the sign-ins that have ended. It is
 * kept in the run's state, so that a browser stays signed in when the run is started again.
 */
export class Identity {
  public readonly signingKey: KeyObject;
  public readonly verificationKey: KeyObject;
  private readonly file: string;
  private readonly stored: StoredIdentity;
  private readonly endings: Map<string, Ending>;

  /** @param state folder of the run's state */
  constructor(state: string) {
    this.file = join(state, FILE);
    const earlier = readPrivateJson(this.file) as StoredIdentity | null | undefined;
    this.stored = earlier?.key === undefined ? { key: newKey(), endings: {} } : earlier;
    this.signingKey = createPrivateKey({ key: this.stored.key, format: 'jwk' });
    this.verificationKey = createPublicKey(this.signingKey);
    this.endings = new Map(Object.entries(this.stored.endings));
    if (this.stored !== earlier) this.save();
  }

  /** The public key, as a key set shows it. */
  public async publicJwk(): Promise<JWK & { readonly kid: string }> {
    const { kty, n, e } = this.verificationKey.export({ format: 'jwk' });
    const key = { kty: kty ?? 'RSA', n: n ?? '', e: e ?? '' };
    return { ...key, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(key) };
  }

  /** The secret of a confidential client: stable as long as the state is kept, and known to nobody without it. */
  public clientSecret(clientId: string): string {
    return this.derive(`client secret of ${clientId}`).toString('base64url');
  }

  /** The key that refresh tokens are encrypted with, 32 bytes. */
  public refreshTokenKey(): Uint8Array {
    return new Uint8Array(this.derive('refresh tokens'));
  }

  /**
   * Ends a refresh token, or all that came from one sign-in.
   *
   * @param from seconds since the epoch; an earlier ending of the same stays
   * @param until seconds since the epoch; nothing with this id is valid after it anyway
   */
  public end(id: string, from: number, until: number): void {
    const now = Date.now() / 1000;
    for (const [other, [, last]] of this.endings) if (last < now) this.endings.delete(other);
    this.endings.set(id, [Math.min(from, this.endings.get(id)?.[0] ?? from), until]);
    this.save();
  }

  /** Whether a refresh token, or the sign-in that a token came from, has ended. */
  public hasEnded(id: string): boolean {
    const [from] = this.endings.get(id) ?? [Number.POSITIVE_INFINITY];
    return from <= Date.now() / 1000;
  }

  private derive(purpose: string): Buffer {
    return createHmac('sha256', this.stored.key.d ?? '')
      .update(purpose)
      .digest();
  }

  private save(): void {
    writePrivateJson(this.file, { key: this.stored.key, endings: Object.fromEntries(this.endings) });
  }
}

function newKey(): JsonWebKey {
  return generateKeyPairSync('rsa', { modulusLength: KEY_BITS }).privateKey.export({ format: 'jwk' });
}
