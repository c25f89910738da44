import { randomBytes } from 'node:crypto';
import type { TemplateOAuthProvider } from '../resources/credential-provider';
import { userKey, type WorkloadUser } from './workload-tokens';

/** What a flow is for. */
export interface LinkRequest {
  readonly identity: string;
  readonly user: WorkloadUser;
  readonly provider: TemplateOAuthProvider;
  readonly scopes: readonly string[];
  /** Where the user's browser is sent in the end. */
  readonly returnUrl: string;
  readonly customState?: string;
}

/** A user on the way to link an account. */
export interface LinkFlow extends LinkRequest {
  readonly sessionUri: string;
  /** Known to the provider and AgentCore alone. */
  readonly state: string;
  readonly expiresAt: number;
  /** The code of the provider, once the user has allowed it. */
  code?: string;
  /** Whether the user, or the provider, has refused. */
  hasFailed: boolean;
}

interface KeptToken {
  readonly token: string;
  readonly scopes: readonly string[];
}

/** How long a user has to come back. Source: "OAuth 2.0 authorization URL session binding", AgentCore: ten minutes. */
const FLOW_LIFETIME_MS = 10 * 60_000;

/** The tokens of users at other services, and the flows by which they come here. */
export class TokenVault {
  private readonly kept = new Map<string, KeptToken>();
  private readonly flows = new Map<string, LinkFlow>();

  constructor(private readonly now: () => number = Date.now) {}

  /** The token of a user at a provider, if it is good for all of `scopes`. */
  public find({ identity, user, provider, scopes }: Omit<LinkRequest, 'returnUrl'>): string | undefined {
    const found = this.kept.get(keyOf(identity, user, provider.name));
    return found !== undefined && scopes.every((scope) => found.scopes.includes(scope)) ? found.token : undefined;
  }

  public begin(request: LinkRequest): LinkFlow {
    for (const [uri, { expiresAt }] of this.flows) if (expiresAt < this.now()) this.flows.delete(uri);
    const flow: LinkFlow = {
      ...request,
      sessionUri: `urn:ietf:params:oauth:request_uri:${randomBytes(32).toString('base64url')}`,
      state: randomBytes(24).toString('base64url'),
      expiresAt: this.now() + FLOW_LIFETIME_MS,
      hasFailed: false,
    };
    this.flows.set(flow.sessionUri, flow);
    return flow;
  }

  /** A flow that is not over. */
  public flow(sessionUri: unknown): LinkFlow | undefined {
    const found = typeof sessionUri === 'string' ? this.flows.get(sessionUri) : undefined;
    return found === undefined || found.expiresAt < this.now() ? undefined : found;
  }

  /** The flow that a provider speaks of. */
  public flowByState(state: string | null): LinkFlow | undefined {
    return this.flow([...this.flows.values()].find((one) => one.state === state)?.sessionUri);
  }

  /** Keeps the token of a flow, which is over then: it cannot be finished again. */
  public complete({ sessionUri, identity, user, provider, scopes }: LinkFlow, token: string): void {
    this.flows.delete(sessionUri);
    this.kept.set(keyOf(identity, user, provider.name), { token, scopes });
  }

  /** Ends a flow that came to nothing. */
  public abandon({ sessionUri }: LinkFlow): void {
    this.flows.delete(sessionUri);
  }
}

function keyOf(identity: string, user: WorkloadUser, provider: string): string {
  return [identity, userKey(user), provider].join('\n');
}
