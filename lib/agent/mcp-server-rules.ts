import { isRecord, MAX_TOOL_NAME, readJson, shown, type Report } from './definition-rules';
import { referencedNames, withoutReferences, type HeaderReference, type ReferenceSource } from './header-reference';

/** Names of MCP servers that the constructs of this library give: gateway, code interpreter, browser, GitHub. */
const RESERVED_SERVERS: readonly string[] = ['gw', 'ci', 'br', 'gh'];

/** Longest name of an MCP server, in characters: with `mcp__` and `__` it leaves 33 of 64 for the tools of the server. */
const MAX_SERVER_NAME = 24;

/** An MCP server that the agent connects to. */
export interface McpServer {
  readonly type: 'http' | 'sse';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads `mcp.json`. No finding repeats a header or the path of a URL: they may be secret. */
export function readMcpServers(text: string, report: Report): Record<string, McpServer> {
  const value = readJson(text, report);
  if (value === undefined) return {};
  if (!isRecord(value) || !isRecord(value.mcpServers) || Object.keys(value).length > 1) {
    report('must be {"mcpServers": {"<name>": {"type": "http", "url": "https://…"}}} and nothing beside it');
    return {};
  }
  const servers = Object.entries(value.mcpServers);
  for (const [name, server] of servers) serverFindings(name, server).forEach((finding) => report(finding));
  return value.mcpServers as Record<string, McpServer>;
}

/** Where servers ask for secrets, or for keys of connections. */
export function headerReferences(
  servers: Readonly<Record<string, McpServer>>,
  source: ReferenceSource,
): HeaderReference[] {
  return Object.entries(servers).flatMap(([server, { headers = {} }]) =>
    Object.entries(headers).flatMap(([header, value]) =>
      referencedNames(value, source).map((name) => ({ server, header, name })),
    ),
  );
}

function serverFindings(name: string, server: unknown): string[] {
  const where = `server "${shown(name)}"`;
  const findings: string[] = [];
  if (RESERVED_SERVERS.includes(name)) {
    findings.push(`${where} has a name that belongs to this library (${RESERVED_SERVERS.join(', ')}); give another`);
  } else if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > MAX_SERVER_NAME) {
    findings.push(
      `${where} has a name that is not allowed: 1 to ${MAX_SERVER_NAME} lower-case letters, digits and single hyphens, beginning with a letter, because "mcp__<server>__<tool>" may have ${MAX_TOOL_NAME} characters`,
    );
  }
  if (!isRecord(server)) return [...findings, `${where} is not an object; give {"type": "http", "url": "https://…"}`];
  if (server.type === 'stdio' || 'command' in server) {
    findings.push(
      `${where} starts a command, which would run inside the workspace, among files that others wrote, with the credentials of the agent; run it elsewhere and give its URL`,
    );
    return findings;
  }
  if (server.type !== 'http' && server.type !== 'sse') {
    findings.push(`${where} has the type ${shown(JSON.stringify(server.type) ?? 'undefined')}; give "http" or "sse"`);
  }
  const unknown = Object.keys(server).filter((key) => !['type', 'url', 'headers'].includes(key));
  if (unknown.length > 0) {
    findings.push(
      `${where} has ${unknown.map((key) => `"${shown(key)}"`).join(', ')}; only type, url and headers are read`,
    );
  }
  findings.push(...urlFindings(server.url).map((finding) => `${where} ${finding}`));
  findings.push(...headerFindings(server.headers).map((finding) => `${where} ${finding}`));
  return findings;
}

function urlFindings(value: unknown): string[] {
  if (typeof value !== 'string' || !URL.canParse(value))
    return ['has no valid "url"; give one such as "https://…/mcp"'];
  const url = new URL(value);
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    return [`has a URL that begins with "${url.protocol}//"; give one that begins with "https://"`];
  }
  if (url.username !== '' || url.password !== '' || hasCredential(decoded(value))) {
    return [
      'has a credential in its URL, where everyone who can pull the image reads it; take it out, or send it in a header as "${secret:NAME}"',
    ];
  }
  if (value.includes('${')) {
    return ['has "${" in its URL, where nothing is put in; write "${secret:NAME}" in the value of a header only'];
  }
  return [];
}

/** Headers whose whole purpose is a credential. */
const CREDENTIAL_HEADER = /^(proxy-)?authorization$|cookie|token|secret|password|api-?key|credential/i;

/** Shapes of credentials: HTTP schemes, Anthropic, AWS, GitHub, Slack, JSON Web Tokens, and the URL query's own names. */
const CREDENTIAL =
  /\b(bearer|basic)\s+\S|sk-ant-|\b(AKIA|ASIA)[A-Z0-9]{8}|\bgh[opsur]_\w{16}|github_pat_|\bxox[abeprs]-|\beyJ[\w-]{8,}\.|[?&](api_?key|access_?token|token|secret|password|sig|signature|x-amz-signature)=/i;

function headerFindings(headers: unknown): string[] {
  if (headers === undefined) return [];
  if (!isRecord(headers)) return ['has "headers" that are not an object; give {"<name>": "<value>"}'];
  return Object.entries(headers).flatMap(([name, value]) => {
    const header = `has a header "${shown(name)}"`;
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      return [`${header} that is no legal name; give letters, digits and hyphens`];
    if (typeof value !== 'string' || /[\r\n\0]/.test(value)) return [`${header} whose value is not one line of text`];
    const written = withoutReferences(value);
    if (written.includes('${')) {
      return [
        `${header} with "\${" that begins no reference; write "\${secret:NAME}", NAME being a capital letter and then up to 63 capital letters, digits and underscores, or "\${connection:NAME}", NAME being a capital letter and then up to 15 capital letters and digits`,
      ];
    }
    const hasReference = written !== value;
    if (!hasCredential(written) && (hasReference || !CREDENTIAL_HEADER.test(name))) return [];
    return [
      `${header} with a credential, which everyone who can pull the image would read; keep it in a secret, and write "\${secret:NAME}" for it`,
    ];
  });
}

function hasCredential(text: string): boolean {
  return CREDENTIAL.test(text);
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
