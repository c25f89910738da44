import { randomBytes } from 'node:crypto';
import type { IdentityPolicies } from '../../lib/testing';
import { RequestFault } from './http-messages';
import { isPresigned, verifyPresigned } from './presigned';
import { verifySignature, type AwsCredentials, type SignatureClaim, type WireRequest } from './sigv4';

/** How long whoever comes with expired credentials is told so, and not that they are unknown. */
const REMEMBER_EXPIRED_MS = 3_600_000;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Who makes a request, and what decides what it may do. */
export interface Principal {
  /** The ARN that AWS would show in messages. */
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  readonly policies: IdentityPolicies;
  /** The role, for a session of one. */
  readonly role?: { readonly arn: string };
  /** Tags of the session and, below them, of the role. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Keys of the session's tags that go on to the roles it assumes. */
  readonly transitiveTags?: readonly string[];
}

export type MintedCredentials = Required<AwsCredentials>;

interface Entry {
  readonly credentials: MintedCredentials;
  readonly principal: Principal;
  readonly expiresAt: number;
}

/** The temporary credentials that this run gave out. They are worth nothing outside of it. */
export class CredentialStore {
  private readonly entries = new Map<string, Entry>();

  /**
   * Makes credentials for `principal`.
   *
   * @param expiresAt milliseconds since the epoch; by default they are good for the whole run
   */
  public mint(principal: Principal, expiresAt = Number.POSITIVE_INFINITY): MintedCredentials {
    const forgotten = Date.now() - REMEMBER_EXPIRED_MS;
    for (const [key, entry] of this.entries) if (entry.expiresAt < forgotten) this.entries.delete(key);
    const credentials = {
      accessKeyId: `ASIA${Array.from(randomBytes(16), (byte) => BASE32[byte % 32]).join('')}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(96).toString('base64'),
    };
    this.entries.set(credentials.accessKeyId, { credentials, principal, expiresAt });
    return credentials;
  }

  public revoke(accessKeyId: string): void {
    this.entries.delete(accessKeyId);
  }

  /** The secret key of credentials that were given out. */
  public secretOf(accessKeyId: string): string | undefined {
    return this.entries.get(accessKeyId)?.credentials.secretAccessKey;
  }

  /**
   * The principal that signed `request`.
   *
   * @throws RequestFault 403 for unknown or expired credentials and for a wrong signature
   */
  public async authenticate(request: WireRequest, claim: SignatureClaim, now: Date = new Date()): Promise<Principal> {
    const entry = this.entries.get(claim.accessKeyId);
    if (entry === undefined) {
      throw new RequestFault(
        403,
        'UnrecognizedClientException',
        `the access key ${claim.accessKeyId} was not given out by this local run; callers find theirs in up.json`,
      );
    }
    const verify = isPresigned(request.url) ? verifyPresigned : verifySignature;
    await verify(request, claim, entry.credentials, now);
    if (now.getTime() >= entry.expiresAt) {
      throw new RequestFault(403, 'ExpiredTokenException', 'the security token included in the request is expired');
    }
    return entry.principal;
  }
}
