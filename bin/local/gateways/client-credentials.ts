import { isRecord } from '../../../lib/testing/policy';
import { gatewayOAuthClient, type GatewayIdentityCall, type OAuthClient } from '../agent-identity/gateway-credentials';
import { NO_CREDENTIAL } from './no-credential';
import { exchange, type OutboundBounds, type OutboundRequest } from './outbound-requests';
import { targetAddress } from './target-address';
import type { TargetCredential, TokenSource } from './target-credential';
import { TargetFault } from './target-fault';

/**
 * Providers answer within a second, and a call of a tool, which has a minute, waits for it. Answers with a token have some
 * thousand bytes, discovery documents a few more.
 */
const TOKEN_BOUNDS: OutboundBounds = { timeoutMs: 10_000, maxBytes: 256 * 1024 };
/** How long before its end a token is no longer used, so that it is still good when it arrives. */
const LEEWAY_MS = 30_000;

interface KeptToken {
  readonly token: string;
  readonly expiresAt: number;
}

/** Tokens for a gateway itself, from an OAuth provider (RFC 6749, section 4.4). One is kept for as long as it is good. */
export class ClientCredentials {
  private kept: KeptToken | undefined;

  constructor(
    private readonly call: GatewayIdentityCall,
    private readonly description: Extract<TargetCredential, { readonly kind: 'oauth' }>,
  ) {}

  /**
   * A token that is good.
   *
   * @throws RequestFault when the role of the gateway may not get one; TargetFault when the provider gives none
   */
  public async token(): Promise<string> {
    const { providerArn, tokens, scopes, parameters } = this.description;
    // The permission is asked for each time, as the service does.
    const client = await gatewayOAuthClient(this.call, providerArn);
    if (this.kept !== undefined && this.kept.expiresAt > Date.now()) return this.kept.token;
    const endpoint = await tokenEndpoint(tokens, providerArn);
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters });
    if (scopes.length > 0) body.set('scope', scopes.join(' '));
    const answer = await ask(endpoint, client, body);
    if (typeof answer.access_token !== 'string' || answer.access_token === '') {
      throw new TargetFault(`the OAuth provider at ${endpoint.origin} answered without an access_token`);
    }
    const seconds = Number(answer.expires_in ?? 0);
    this.kept = { token: answer.access_token, expiresAt: Date.now() + seconds * 1000 - LEEWAY_MS };
    return this.kept.token;
  }
}

async function tokenEndpoint(source: TokenSource, providerArn: string): Promise<URL> {
  if (source === undefined) {
    throw new TargetFault(
      `the template does not say where the OAuth provider ${providerArn} gives tokens; providers with a token endpoint or a discovery document are used locally`,
    );
  }
  if (source.kind === 'endpoint') return providerAddress(source.url);
  const found = (await json(providerAddress(source.url), { method: 'GET', headers: {} })).token_endpoint;
  return providerAddress(typeof found === 'string' ? found : '');
}

function providerAddress(text: string): URL {
  try {
    return targetAddress(text);
  } catch (error) {
    if (!(error instanceof TargetFault)) throw error;
    throw new TargetFault(`the OAuth provider cannot be called: ${error.message}`, { cause: error });
  }
}

function ask(endpoint: URL, { clientId, clientSecret }: OAuthClient, body: URLSearchParams) {
  // Both are form-encoded before they are joined. Source: RFC 6749, section 2.3.1.
  const pair = [clientId, clientSecret].map((part) => new URLSearchParams({ part }).toString().slice('part='.length));
  const authorization = `Basic ${Buffer.from(pair.join(':')).toString('base64')}`;
  return json(endpoint, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: body.toString(),
  });
}

/** What a provider answers. Nothing of a refusal but its code is told: the rest may repeat what was sent. */
async function json(url: URL, request: Omit<OutboundRequest, 'url'>): Promise<Record<string, unknown>> {
  return exchange(url, NO_CREDENTIAL, TOKEN_BOUNDS, async ({ send }) => {
    const answer = await send({ ...request, url });
    const content = parsed(await answer.text());
    if (answer.ok && content !== undefined) return content;
    const code =
      typeof content?.error === 'string' && /^[a-z_]{1,64}$/.test(content.error) ? ` (${content.error})` : '';
    throw new TargetFault(
      `the OAuth provider at ${url.origin} answered ${String(answer.status)}${code}, not with a token`,
    );
  });
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return isRecord(content) ? content : undefined;
  } catch {
    return undefined;
  }
}
