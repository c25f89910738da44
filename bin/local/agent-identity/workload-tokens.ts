import { randomBytes } from 'node:crypto';

/** For whom a workload acts. */
export type WorkloadUser =
  | { readonly kind: 'token'; readonly issuer: string; readonly subject: string }
  | { readonly kind: 'id'; readonly id: string };

/** What a workload access token stands for. */
export interface WorkloadAccess {
  /** Name of the workload identity. */
  readonly identity: string;
  /** Undefined where nobody is named. */
  readonly user?: WorkloadUser;
}

/** How long a token is good; AgentCore gives each request a new one. */
const LIFETIME_MS = 15 * 60_000;

/** The workload access tokens that this run gave out. */
export class WorkloadTokens {
  private readonly given = new Map<string, WorkloadAccess & { readonly expiresAt: number }>();

  public mint(access: WorkloadAccess): string {
    const now = Date.now();
    for (const [token, { expiresAt }] of this.given) if (expiresAt < now) this.given.delete(token);
    const token = randomBytes(48).toString('base64url');
    this.given.set(token, { ...access, expiresAt: now + LIFETIME_MS });
    return token;
  }

  /** What a token stands for; undefined when it was not given out here, or its time is over. */
  public read(token: unknown): WorkloadAccess | undefined {
    const found = typeof token === 'string' ? this.given.get(token) : undefined;
    return found === undefined || found.expiresAt < Date.now() ? undefined : found;
  }
}

/** Whether two descriptions are of one person. */
export function isSameUser(left: WorkloadUser, right: WorkloadUser): boolean {
  return userKey(left) === userKey(right);
}

/** A text that is different for every user. */
export function userKey(user: WorkloadUser): string {
  return user.kind === 'id' ? `id\n${user.id}` : `token\n${user.issuer}\n${user.subject}`;
}
