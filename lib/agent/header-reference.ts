/** Names under which an agent knows its secrets; they end the names of environment variables. */
export const SECRET_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Where a header of an MCP server asks for a value that the definition does not hold. */
export interface HeaderReference {
  /** The MCP server of `mcp.json`. */
  readonly server: string;
  readonly header: string;
  /** What the agent must know the value by. */
  readonly name: string;
}

/** Where such a value comes from: a secret of the agent, or the key of one of its connections. */
export type ReferenceSource = 'secret' | 'connection';

/** `${secret:NAME}` or `${connection:NAME}`, with the scheme of HTTP that may stand before it. */
const REFERENCE =
  /(?:\b(?:[Bb]earer|[Bb]asic|[Tt]oken)\s+)?\$\{(?:(secret):([A-Z][A-Z0-9_]{0,63})|(connection):([A-Z][A-Z0-9]{0,15}))\}/g;

/** The names of the secrets, or of the connections, that a header value asks for. */
export function referencedNames(value: string, wanted: ReferenceSource): string[] {
  return [...value.matchAll(REFERENCE)].flatMap(([, secret, secretName, connection, connectionName]) =>
    (secret ?? connection) === wanted ? (secretName ?? connectionName ?? []) : [],
  );
}

/** What a header value has besides its references. */
export function withoutReferences(value: string): string {
  return value.replace(REFERENCE, '');
}
