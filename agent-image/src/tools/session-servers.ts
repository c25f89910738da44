import type { McpServerConfig } from '@anthropic-ai/claude-agent-sdk';
import type { AgentConfig } from '../config.ts';
import type { OAuthConnectionConfig } from '../config/connections.ts';
import { readApiKeys } from '../connections/api-keys.ts';
import type { AccountLink } from '../connections/link-required.ts';
import type { TokenVault } from '../connections/token-vault.ts';
import type { Definition } from '../definition.ts';
import type { Log } from '../log.ts';
import type { SessionTokens } from '../user-identity/request-tokens.ts';
import type { GatewayMeter } from './gateway/gateway-meter.ts';
import { GatewayTools } from './gateway/gateway-tools.ts';
import { modelName, SEARCH_TOOL } from './gateway/tool-names.ts';

type ServersConfig = Pick<AgentConfig, 'connections' | 'gateways' | 'region' | 'workspaceDirectory'>;

export interface SessionServersOptions {
  readonly config: ServersConfig;
  readonly tokens: SessionTokens;
  /** Measures calls of gateways. */
  readonly meter: GatewayMeter;
  /** Tells the person that there is an account to link. */
  readonly onLink: (link: AccountLink) => void;
  readonly log: Log;
}

/** What a session has of gateways and connections; each of its agent processes gets servers of its own over them. */
export class SessionServers {
  readonly #options: SessionServersOptions;
  readonly #gateways: readonly GatewayTools[];
  readonly #closing = new AbortController();
  #vault: Promise<TokenVault> | undefined;

  constructor(options: SessionServersOptions) {
    this.#options = options;
    const { config, tokens, meter, log } = options;
    const { region } = config;
    for (const { name, vendor } of config.connections.filter((one) => one.kind === 'oauth2' && !isGitHub(one))) {
      log('warn', 'the agent has no tools for a connection', { connection: name, vendor, code: 'CONNECTION_UNUSED' });
    }
    this.#gateways = config.gateways.map((gateway) => new GatewayTools({ gateway, region, tokens, meter, log }));
  }

  /** Before each turn: has lists of tools read again that are old. Waits for nothing. */
  refresh(): void {
    this.#gateways.forEach((gateway) => gateway.refresh());
  }

  /** The servers of one agent process, by their names. Loaded here, so that no other agent waits for them. */
  async create(): Promise<Record<string, McpServerConfig>> {
    const { config, onLink, log } = this.#options;
    const servers: Record<string, McpServerConfig> = {};
    if (this.#gateways.length > 0) {
      const { gatewayServer } = await import('./gateway/mcp-server.ts');
      for (const gateway of this.#gateways) servers[gateway.name] = gatewayServer(gateway);
    }
    for (const connection of config.connections.filter(isGitHub)) {
      const [{ gitHubServer }, vault] = await Promise.all([import('./github/mcp-server.ts'), this.#opened()]);
      const { workspaceDirectory: workspace } = config;
      servers[connection.name] = gitHubServer({
        connection,
        vault,
        workspace,
        closing: this.#closing.signal,
        onLink,
        log,
      });
    }
    return servers;
  }

  /**
   * The keys that headers of the definition name, anew for each agent process.
   *
   * @throws SecretUnavailable
   */
  apiKeys(definition: Pick<Definition, 'mcpServers'>): Promise<Readonly<Record<string, string>>> {
    return readApiKeys(this.#options.config, definition, () => this.#opened());
  }

  /** Ends what is still being waited for. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#gateways.map((gateway) => gateway.close()));
    (await this.#vault?.catch(() => undefined))?.close();
  }

  #opened(): Promise<TokenVault> {
    const { config, tokens } = this.#options;
    return (this.#vault ??= import('../connections/token-vault.ts').then(
      ({ TokenVault: Vault }) => new Vault(config.region, tokens),
    ));
  }
}

/**
 * Tools of these servers that change nothing and tell nobody anything: they need no permission. No other tool of a gateway
 * is among them, whatever it says of itself.
 */
export function readingTools({ gateways, connections }: Pick<ServersConfig, 'connections' | 'gateways'>): string[] {
  return [
    ...gateways.map(({ name }) => modelName(name, SEARCH_TOOL)),
    ...connections.filter(isGitHub).map(({ name }) => modelName(name, 'list_repositories')),
  ];
}

function isGitHub(connection: AgentConfig['connections'][number]): connection is OAuthConnectionConfig {
  return connection.kind === 'oauth2' && connection.vendor === 'github';
}
