/**
 * Tools of the Claude Agent SDK that a definition may permit; files are confined to the workspace by the agent server.
 *
 * Source: `BUILTIN_TOOL_NAMES` of @anthropic-ai/claude-agent-sdk 0.3.329, of which these are offered on Amazon Bedrock,
 * run no command, open no connection and end with the turn that used them.
 */
export const PERMITTED_TOOLS: readonly string[] = [
  ...['Read', 'Glob', 'Grep', 'Write', 'Edit', 'NotebookEdit'],
  ...['TaskCreate', 'TaskGet', 'TaskList', 'TaskUpdate'],
];

/** Why tools that people ask for are not among them. */
const REFUSED_TOOLS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['Bash', 'PowerShell', 'Monitor'].map((tool) => [
      tool,
      'runs commands with the credentials of the agent; leave it out',
    ]),
  ),
  WebFetch: 'reaches every address that the container reaches; leave it out, or offer a fetch tool as an MCP server',
  WebSearch: 'is not offered on Amazon Bedrock; leave it out, or offer a search tool as an MCP server',
  TodoWrite: 'is not offered by this version; use TaskCreate, TaskGet, TaskList and TaskUpdate',
  Agent: 'comes with the first file in "agents"; leave it out',
  Skill: 'comes with the first folder in "skills"; leave it out',
};

/** Names of MCP servers that the constructs of this library give: gateway, code interpreter, browser, GitHub. */
const RESERVED_SERVERS: readonly string[] = ['gw', 'ci', 'br', 'gh'];

/**
 * Longest name of an MCP server, in characters. Amazon Bedrock accepts 64 for a tool (ToolSpecification in its API
 * reference), of which `mcp__` and `__` take 7: this leaves 33 for the tools of the server.
 */
const MAX_SERVER_NAME = 24;

const MAX_TOOL_NAME = 64;

/** Longest description, in characters (Agent Skills specification); every model call carries them all. */
export const MAX_DESCRIPTION = 1024;

/** An MCP server that the agent connects to. */
export interface McpServer {
  readonly type: 'http' | 'sse';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Takes one sentence in lower case: what is wrong, the value, what is allowed, what to do. */
export type Report = (finding: string) => void;

/** The head and the text of a Markdown file. */
export interface FrontMatter {
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Reads front matter of `key: value` lines. That is less than YAML, so that what is checked here and what the agent reads
 * cannot disagree.
 *
 * @param allowed the keys that the file may have; `name` and `description` are required
 */
export function readFrontMatter(text: string, allowed: readonly string[], report: Report): FrontMatter | undefined {
  const [, head, body = ''] = /^---[ \t]*\n([\s\S]*?)(?:^|\n)---[ \t]*(?:\n([\s\S]*))?$/.exec(text) ?? [];
  if (head === undefined) {
    report('has no front matter; begin it with a line "---", then "name: …" and "description: …", then a line "---"');
    return undefined;
  }
  const fields: Record<string, string> = {};
  let complete = true;
  const fault: Report = (finding) => {
    complete = false;
    report(finding);
  };
  head.split('\n').forEach((line, index) => {
    if (/^\s*(#.*)?$/.test(line)) return;
    const [, key, value] = /^([A-Za-z][\w-]*):(?:[ \t]+(.*?))?[ \t]*$/.exec(line) ?? [];
    const where = `line ${index + 2} of the front matter`;
    if (key === undefined || /^[|>[{&*!]/.test(value ?? '')) {
      fault(`${where} is "${shown(line)}"; only lines "key: value" are read (lists are written "a, b")`);
    } else if (!allowed.includes(key)) {
      fault(`${where} has "${shown(key)}"; only ${allowed.join(', ')} are read, so take it out`);
    } else if (Object.hasOwn(fields, key)) {
      fault(`${where} repeats "${key}"; keep one of them`);
    } else {
      fields[key] = (value ?? '').replace(/^(["'])(.*)\1$/, '$2');
    }
  });
  for (const key of ['name', 'description']) {
    if ((fields[key] ?? '') === '') fault(`has no "${key}" in its front matter; add a line "${key}: …"`);
  }
  const length = fields.description?.length ?? 0;
  if (length > MAX_DESCRIPTION) {
    fault(`has a description of ${length} characters; at most ${MAX_DESCRIPTION} are allowed, so move the rest below`);
  }
  return complete ? { fields, body: body.trim() } : undefined;
}

/** Reads `tools.json`: a list of {@link PERMITTED_TOOLS}. */
export function readTools(text: string, report: Report): string[] {
  const value = readJson(text, report);
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    report('is not a list; write the names of the tools as a list, for instance ["Read", "Grep"]');
    return [];
  }
  const tools = value.filter((tool: unknown): tool is string => {
    const finding = toolFinding(tool);
    if (finding !== undefined) report(`names ${finding}`);
    return finding === undefined;
  });
  for (const tool of repeated(tools)) report(`names "${tool}" twice; keep one of them`);
  return tools;
}

function toolFinding(tool: unknown): string | undefined {
  if (typeof tool !== 'string') return `a ${typeof tool}; give names of tools, for instance ["Read", "Grep"]`;
  if (PERMITTED_TOOLS.includes(tool)) return undefined;
  const reason = Object.hasOwn(REFUSED_TOOLS, tool) ? REFUSED_TOOLS[tool] : undefined;
  return `"${shown(tool)}", which ${reason ?? 'is no tool that can be permitted'}; allowed are ${PERMITTED_TOOLS.join(', ')}`;
}

/**
 * Reads the `tools` of a sub-agent: some of what the agent itself has.
 *
 * @param tools of the agent
 * @param servers names of its MCP servers
 */
export function readAgentTools(
  value: string,
  tools: readonly string[],
  servers: readonly string[],
  report: Report,
): string[] {
  const names = value.split(',').map((name) => name.trim());
  for (const name of names) {
    const server = /^mcp__([a-z0-9-]+)(?:__.+)?$/.exec(name)?.[1];
    if (name.length > MAX_TOOL_NAME) {
      report(`has the tool "${shown(name)}" of ${name.length} characters; Amazon Bedrock accepts ${MAX_TOOL_NAME}`);
    } else if (server === undefined ? !tools.includes(name) : !servers.includes(server)) {
      report(
        `has the tool "${shown(name)}", which the agent itself has not; name tools of tools.json, or "mcp__<server>" and "mcp__<server>__<tool>" of servers in mcp.json`,
      );
    }
  }
  for (const name of repeated(names)) report(`has the tool "${name}" twice; keep one of them`);
  return names;
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
    return ['has a credential in its URL, where everyone who can pull the image reads it; take it out'];
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
    if (!CREDENTIAL_HEADER.test(name) && !hasCredential(value)) return [];
    return [`${header} with a credential, which everyone who can pull the image would read; take it out`];
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

/** The parser's own message repeats what it read, which may be secret. */
function readJson(text: string, report: Report): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const place = /\bline \d+ column \d+/.exec(String(error))?.[0];
    report(`is not JSON${place === undefined ? '' : ` (${place})`}; mend it, or take the file out`);
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

/** `text` as it can stand in a message. */
export function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
