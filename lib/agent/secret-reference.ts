/** Names under which an agent knows its secrets; they end the names of environment variables. */
export const SECRET_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Where a definition asks for a secret. */
export interface SecretReference {
  /** The MCP server of `mcp.json`. */
  readonly server: string;
  readonly header: string;
  /** What the agent must know the secret by. */
  readonly name: string;
}

/** `${secret:NAME}`, with the scheme of HTTP that may stand before it. */
const REFERENCE = /(?:\b(?:[Bb]earer|[Bb]asic|[Tt]oken)\s+)?\$\{secret:([A-Z][A-Z0-9_]{0,63})\}/g;

/** The names of the secrets that a header value asks for. */
export function referencedSecrets(value: string): string[] {
  return [...value.matchAll(REFERENCE)].flatMap(([, name]) => name ?? []);
}

/** What a header value has besides its references. */
export function withoutReferences(value: string): string {
  return value.replace(REFERENCE, '');
}
