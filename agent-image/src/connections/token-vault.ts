import {
  BedrockAgentCoreClient,
  GetResourceApiKeyCommand,
  GetResourceOauth2TokenCommand,
  type GetResourceOauth2TokenResponse,
} from '@aws-sdk/client-bedrock-agentcore';
import type { ApiKeyConnectionConfig, OAuthConnectionConfig } from '../config/connections.ts';
import type { SessionTokens } from '../user-identity/request-tokens.ts';
import { ConnectionFault, faultOf } from './connection-fault.ts';
import { LinkRequired } from './link-required.ts';
import { quickService } from '../quick-service.ts';

/**
 * What AgentCore Identity keeps for the user of the session. Asked for each use, and kept nowhere here: the vault renews
 * what has ended, and knows when the user has taken it back.
 */
export class TokenVault {
  readonly #client: BedrockAgentCoreClient;
  readonly #tokens: SessionTokens;
  /** The flow that a person has begun and may have finished by now, by the names of connections. */
  readonly #flows = new Map<string, string>();

  constructor(region: string, tokens: SessionTokens) {
    this.#tokens = tokens;
    this.#client = new BedrockAgentCoreClient({
      region,
      ...quickService(10_000),
    });
  }

  /**
   * The user's token at the vendor.
   *
   * @param isRefused whether the vendor did not accept the token that is there: the person has to link again
   * @throws LinkRequired when the user has to link the account first; ConnectionFault
   */
  async oauthToken(connection: OAuthConnectionConfig, signal: AbortSignal, isRefused = false): Promise<string> {
    const flow = isRefused ? undefined : this.#flows.get(connection.name);
    let answer = await this.#askOauth(connection, signal, { sessionUri: flow, forceAuthentication: isRefused });
    // A flow that the person denied or let expire: another one is begun.
    if (flow !== undefined && isOver(answer)) answer = await this.#askOauth(connection, signal, {});
    const { accessToken, authorizationUrl, sessionUri } = answer;
    if (accessToken !== undefined && accessToken !== '') {
      this.#flows.delete(connection.name);
      return accessToken;
    }
    if (!isLink(authorizationUrl)) throw new ConnectionFault('CONNECTION_UNREADABLE', 'neither a token nor a link');
    if (sessionUri !== undefined) this.#flows.set(connection.name, sessionUri);
    const { name, vendor } = connection;
    const link = { connection: name, url: authorizationUrl, ...(sessionUri !== undefined && { sessionUri }) };
    throw new LinkRequired(link, vendor);
  }

  /**
   * The deployment's key.
   *
   * @throws ConnectionFault
   */
  async apiKey({ provider }: ApiKeyConnectionConfig, signal: AbortSignal): Promise<string> {
    const command = new GetResourceApiKeyCommand({
      workloadIdentityToken: this.#workloadToken(),
      resourceCredentialProviderName: provider,
    });
    try {
      const { apiKey } = await this.#client.send(command, { abortSignal: signal });
      if (apiKey === undefined || apiKey === '') throw new ConnectionFault('CONNECTION_UNREADABLE', 'an empty key');
      return apiKey;
    } catch (error) {
      throw faultOf(error, signal);
    }
  }

  /** Closes the connections. */
  close(): void {
    this.#client.destroy();
  }

  async #askOauth(
    { name, provider, scopes, returnUrl }: OAuthConnectionConfig,
    signal: AbortSignal,
    { sessionUri, forceAuthentication }: { sessionUri?: string | undefined; forceAuthentication?: boolean },
  ): Promise<GetResourceOauth2TokenResponse> {
    const command = new GetResourceOauth2TokenCommand({
      workloadIdentityToken: this.#workloadToken(),
      resourceCredentialProviderName: provider,
      scopes: [...scopes],
      oauth2Flow: 'USER_FEDERATION',
      resourceOauth2ReturnUrl: returnUrl,
      ...(sessionUri !== undefined && { sessionUri }),
      ...(forceAuthentication && { forceAuthentication }),
    });
    try {
      return await this.#client.send(command, { abortSignal: signal });
    } catch (error) {
      const fault = faultOf(error, signal);
      // A flow that Identity has forgotten is refused as invalid or not found.
      if (sessionUri === undefined || !['CONNECTION_REFUSED', 'CONNECTION_NOT_FOUND'].includes(fault.code)) throw fault;
      this.#flows.delete(name);
      return { sessionStatus: 'FAILED' };
    }
  }

  #workloadToken(): string {
    const { workloadToken } = this.#tokens.newest;
    if (workloadToken === undefined) {
      throw new ConnectionFault('CONNECTION_SIGN_IN_NEEDED', 'the newest request brought no workload access token');
    }
    return workloadToken;
  }
}

function isOver({ accessToken, authorizationUrl, sessionStatus }: GetResourceOauth2TokenResponse): boolean {
  return sessionStatus === 'FAILED' || (accessToken === undefined && authorizationUrl === undefined);
}

/** A person is asked to open it: nothing but a page. */
function isLink(url: string | undefined): url is string {
  if (url === undefined || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}
