import { randomBytes } from 'node:crypto';

/** Who can be chosen at the provider of the local run, whatever vendor it stands for. */
export const ACCOUNTS = ['octo-alice', 'octo-bob'] as const;

export type Account = (typeof ACCOUNTS)[number];

/** What a token of the provider is good for. */
export interface ProviderGrant {
  readonly account: Account;
  readonly provider: string;
  readonly scopes: readonly string[];
}

interface Code extends ProviderGrant {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly expiresAt: number;
}

/** Source: "Authorizing OAuth apps", GitHub: a code is good for ten minutes. */
const CODE_LIFETIME_MS = 10 * 60_000;

/** An OAuth provider that knows two accounts and remembers what they have allowed. It stands for GitHub and the others. */
export class OAuthStandIn {
  private readonly codes = new Map<string, Code>();
  private readonly tokens = new Map<string, ProviderGrant>();

  /** A code for what an account has allowed. */
  public allow(grant: Omit<Code, 'expiresAt'>): string {
    const code = randomBytes(20).toString('hex');
    this.codes.set(code, { ...grant, expiresAt: Date.now() + CODE_LIFETIME_MS });
    return code;
  }

  /** The token for a code, once; undefined when the code is not good, or not of this client. */
  public redeem(code: string, { clientId, redirectUri }: Pick<Code, 'clientId' | 'redirectUri'>): string | undefined {
    const found = this.codes.get(code);
    // Gone at the first attempt, right or wrong.
    this.codes.delete(code);
    if (found === undefined || found.expiresAt < Date.now()) return undefined;
    return found.clientId === clientId && found.redirectUri === redirectUri ? this.issue(found) : undefined;
  }

  /** What a token is good for; undefined when it is none of this provider. */
  public read(token: string): ProviderGrant | undefined {
    return this.tokens.get(token);
  }

  private issue({ account, provider, scopes }: ProviderGrant): string {
    // In the form of GitHub's, so that what looks for tokens finds it.
    const token = `gho_${randomBytes(27).toString('base64').replace(/[+/]/g, '0')}`;
    this.tokens.set(token, { account, provider, scopes });
    return token;
  }
}
