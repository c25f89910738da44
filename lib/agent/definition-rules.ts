import { repeated } from '../private/repeated';

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

/** Longest name of a tool, in characters (ToolSpecification in the API reference of Amazon Bedrock). */
export const MAX_TOOL_NAME = 64;

/** Longest description, in characters (Agent Skills specification); every model call carries them all. */
export const MAX_DESCRIPTION = 1024;

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

/** The parser's own message repeats what it read, which may be secret. */
export function readJson(text: string, report: Report): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const place = /\bline \d+ column \d+/.exec(String(error))?.[0];
    report(`is not JSON${place === undefined ? '' : ` (${place})`}; mend it, or take the file out`);
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `text` as it can stand in a message. */
export function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
