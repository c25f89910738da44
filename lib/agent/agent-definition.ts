import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { throwFindings } from '../private/validation';
import { ENTRIES, sourceFiles, type DefinitionFile, type Files } from './definition-files';
import { readAgentTools, readFrontMatter, readTools, shown, type Report } from './definition-rules';
import type { HeaderReference } from './header-reference';
import { headerReferences, readMcpServers, type McpServer } from './mcp-server-rules';

/** Largest prompt, in bytes: every model call carries it, and this is some 16,000 tokens already. */
const MAX_PROMPT_BYTES = 64 * 1024;

const MODEL_ALIASES = ['main', 'fast', 'subagent'];

/** Sub-agents that the SDK has by itself. */
const RESERVED_AGENTS = ['claude', 'explore', 'fork', 'general-purpose', 'plan', 'statusline-setup'];

/** The pattern of the Agent Skills specification; Claude's sub-agents follow the same one. */
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const MAX_NAME = 64;

/** Name of the plugin as which the SDK takes the skills; the agent server knows it too. */
const PLUGIN = 'agent';

interface SubAgent {
  readonly description: string;
  readonly prompt: string;
  readonly tools?: readonly string[];
  readonly model?: string;
}

/** The contract with `agent-image/src/definition.ts`, which reads it as `definition.json`. */
interface Content {
  readonly systemPrompt?: string;
  readonly agents: Readonly<Record<string, SubAgent>>;
  readonly skills: readonly string[];
  readonly mcpServers: Readonly<Record<string, McpServer>>;
  readonly tools: readonly string[];
}

/**
 * What makes an agent this agent: its system prompt, sub-agents, skills, MCP servers and tools. Baked into the image of
 * {@link AgentImage.claudeAgent}, outside of the workspace.
 */
export class AgentDefinition {
  /**
   * Reads a definition from a directory, in which everything is optional:
   *
   * - `system-prompt.md` replaces the prompt of the agent server
   * - `agents/*.md`, sub-agents: front matter with `name`, `description`, and optionally `tools` (a comma-separated part
   *   of the agent's own; default: all) and `model` (`main`, `fast` or `subagent`; default: `subagent`), then the prompt
   * - `skills/<name>/SKILL.md` with `name` and `description`, and files beside it
   * - `mcp.json`, `{"mcpServers": {"<name>": {"type": "http" | "sse", "url", "headers"?}}}`; a header value may have
   *   `${secret:NAME}`, for which the agent puts in the secret that it has been given under that name, and
   *   `${connection:NAME}` for the key of an `ApiKeyConnection` of that name
   * - `tools.json`, a list of built-in tools (default: none)
   *
   * A `README.md` at the top, and whatever has a name that begins with a dot, is no part of the definition.
   *
   * @param directory a relative path is taken from the working directory of the CDK app
   * @throws Error with everything that is wrong
   */
  public static fromDirectory(directory: string): AgentDefinition {
    const path = resolve(directory);
    const findings: string[] = [];
    const sources = sourceFiles(path, findings);
    throwFindings('AgentDefinition.fromDirectory', findings);
    const { files, mcpServers } = compile(sources, findings);
    throwFindings('AgentDefinition.fromDirectory', findings);
    return new AgentDefinition(
      files,
      headerReferences(mcpServers, 'secret'),
      headerReferences(mcpServers, 'connection'),
      Object.keys(mcpServers),
    );
  }

  /** Changes with the content, and only with it. */
  public readonly hash: string;

  private constructor(
    private readonly files: Files,
    /** The secrets that the definition asks for; the agent must have each of them. */
    public readonly secretReferences: readonly HeaderReference[],
    /** The keys of connections that it asks for; the agent must have a connection with a key for each of them. */
    public readonly connectionReferences: readonly HeaderReference[],
    /** The names of its MCP servers. */
    public readonly mcpServerNames: readonly string[],
  ) {
    const hash = createHash('sha256');
    for (const [path, { bytes, executable }] of files) {
      hash.update(JSON.stringify([path, bytes.length, executable])).update(bytes);
    }
    this.hash = hash.digest('hex').slice(0, 32);
  }

  /** Writes the definition into a new directory, in the form that the agent server reads. */
  public writeTo(directory: string): void {
    for (const [path, { bytes, executable }] of this.files) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes, { mode: executable ? 0o755 : 0o644 });
    }
  }
}

interface CompiledDefinition {
  readonly files: Files;
  readonly mcpServers: Content['mcpServers'];
}

/** Checks the sources and puts them into the form that the agent server reads; `findings` takes what is wrong. */
function compile(sources: Files, findings: string[]): CompiledDefinition {
  const reportOn =
    (path: string): Report =>
    (finding) =>
      findings.push(`${path} ${finding}`);
  const textOf = (path: string): string | undefined => {
    const source = sources.get(path);
    return source && text(source.bytes, reportOn(path));
  };
  for (const path of sources.keys()) {
    if (!/^(system-prompt\.md|mcp\.json|tools\.json|agents\/[^/]+\.md|skills\/[^/]+\/.+)$/.test(path)) {
      reportOn(path)(`is no part of a definition, which has ${ENTRIES.join(', ')}; take it out`);
    }
  }

  const systemPrompt = textOf('system-prompt.md')?.trim();
  if (systemPrompt !== undefined) promptFindings(systemPrompt, reportOn('system-prompt.md'));
  const toolsJson = textOf('tools.json');
  const tools = toolsJson === undefined ? [] : readTools(toolsJson, reportOn('tools.json'));
  const mcpJson = textOf('mcp.json');
  const mcpServers = mcpJson === undefined ? {} : readMcpServers(mcpJson, reportOn('mcp.json'));

  const agents: Record<string, SubAgent> = {};
  for (const path of [...sources.keys()].filter((key) => /^agents\/[^/]+\.md$/.test(key))) {
    const report = reportOn(path);
    const { fields, body } =
      readFrontMatter(textOf(path) ?? '', ['name', 'description', 'tools', 'model'], report) ?? {};
    if (fields === undefined || body === undefined) continue;
    const { name = '', description = '', model } = fields;
    nameFindings(name, report);
    promptFindings(body, report);
    if (RESERVED_AGENTS.includes(name)) report(`has the name "${name}", which the SDK has itself; give another`);
    if (Object.hasOwn(agents, name)) report(`has the name "${shown(name)}", which another sub-agent has; give another`);
    if (model !== undefined && !MODEL_ALIASES.includes(model)) {
      report(`has the model "${shown(model)}"; give ${MODEL_ALIASES.join(', ')}, or leave it out for subagent`);
    }
    agents[name] = {
      description,
      prompt: body,
      ...(fields.tools && { tools: readAgentTools(fields.tools, tools, Object.keys(mcpServers), report) }),
      ...(model && { model }),
    };
  }

  const files = new Map<string, DefinitionFile>();
  const skills = new Set([...sources.keys()].flatMap((path) => /^skills\/([^/]+)\/./.exec(path)?.[1] ?? []));
  for (const skill of skills) {
    const path = `skills/${skill}/SKILL.md`;
    const source = textOf(path);
    if (source === undefined) {
      if (!sources.has(path)) findings.push(`skills/${skill} has no SKILL.md; add it, or take the folder out`);
      continue;
    }
    const report = reportOn(path);
    const { fields, body } = readFrontMatter(source, ['name', 'description', 'license'], report) ?? {};
    if (fields === undefined || body === undefined) continue;
    const { name = '', description = '' } = fields;
    nameFindings(name, report);
    promptFindings(body, report);
    if (name !== skill) report(`has the name "${shown(name)}"; give the name of its folder, "${shown(skill)}"`);
    // A JSON string is a YAML string, whatever it holds.
    const head = Object.entries({ name, description }).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    files.set(`plugin/${path}`, plain(['---', ...head, '---', body, ''].join('\n')));
  }
  for (const [path, file] of sources) {
    if (/^skills\/[^/]+\/./.test(path) && !files.has(`plugin/${path}`)) files.set(`plugin/${path}`, file);
  }
  if (skills.size > 0) files.set('plugin/.claude-plugin/plugin.json', plain(JSON.stringify({ name: PLUGIN })));
  const content: Content = { ...(systemPrompt && { systemPrompt }), agents, skills: [...skills], mcpServers, tools };
  files.set('definition.json', plain(JSON.stringify(content, undefined, 2)));
  return { files, mcpServers };
}

function plain(content: string): DefinitionFile {
  return { bytes: Buffer.from(content), executable: false };
}

function text(bytes: Buffer, report: Report): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r\n/g, '\n');
  } catch {
    report('is not UTF-8 text; save it as UTF-8');
    return undefined;
  }
}

function nameFindings(name: string, report: Report): void {
  if (NAME.test(name) && name.length <= MAX_NAME) return;
  report(
    `has the name "${shown(name)}"; give 1 to ${MAX_NAME} lower-case letters, digits and single hyphens, for instance "code-reviewer"`,
  );
}

function promptFindings(prompt: string, report: Report): void {
  const bytes = Buffer.byteLength(prompt);
  if (bytes === 0) report('has no text; write what the model is to know and do, or take it out');
  if (bytes > MAX_PROMPT_BYTES) {
    report(`has ${bytes} bytes of text; at most ${MAX_PROMPT_BYTES} are allowed, so move parts of it into skills`);
  }
}
