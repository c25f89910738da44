import type { AgentConfig } from '../config.ts';
import type { Definition } from '../definition.ts';
import { placeholderNames, SecretUnavailable } from '../secret-values.ts';
import { ConnectionFault } from './connection-fault.ts';
import type { TokenVault } from './token-vault.ts';

/** How long one key may take, in milliseconds. */
const KEY_MS = 20_000;

/**
 * The keys that headers of the definition name as `${connection:NAME}`.
 *
 * @returns by NAME
 * @throws SecretUnavailable for the first that cannot be had
 */
export async function readApiKeys(
  { connections }: Pick<AgentConfig, 'connections'>,
  { mcpServers }: Pick<Definition, 'mcpServers'>,
  vault: () => Promise<Pick<TokenVault, 'apiKey'>>,
): Promise<Readonly<Record<string, string>>> {
  const texts = Object.values(mcpServers).flatMap(({ headers = {} }) => Object.values(headers));
  const wanted = new Set(texts.flatMap((text) => placeholderNames(text, 'connection')));
  const keys = connections.map(async (connection): Promise<[string, string][]> => {
    const name = connection.name.toUpperCase();
    if (connection.kind !== 'apiKey' || !wanted.has(name)) return [];
    try {
      return [[name, await (await vault()).apiKey(connection, AbortSignal.timeout(KEY_MS))]];
    } catch (error) {
      if (!(error instanceof ConnectionFault)) throw error;
      throw new SecretUnavailable(`AGENT_CONNECTION_${name}`, `${error.code} (${error.detail})`);
    }
  });
  return Object.fromEntries((await Promise.all(keys)).flat());
}
