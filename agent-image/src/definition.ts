import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentConfig, ConfigError } from './config.ts';
import { placeholderNames, type ValueSource } from './secret-values.ts';

/** What the deployer made of this agent; read once, at start. Nothing else gives the agent prompts, tools or servers. */
export interface Definition {
  /** Takes the place of the server's own. */
  readonly systemPrompt?: string;
  readonly agents: Readonly<Record<string, SubAgent>>;
  /** Names of the folders in `skills` of the plugin. */
  readonly skills: readonly string[];
  readonly mcpServers: Readonly<Record<string, McpServer>>;
  /** Built-in tools of the SDK. */
  readonly tools: readonly string[];
  /** Absolute path of the plugin as which the SDK takes the skills. */
  readonly pluginDirectory: string;
}

export interface SubAgent {
  readonly description: string;
  readonly prompt: string;
  /** All tools of the agent when missing. */
  readonly tools?: readonly string[];
  /** `subagent` when missing. */
  readonly model?: ModelAlias;
}

export type ModelAlias = 'main' | 'fast' | 'subagent';

export interface McpServer {
  readonly type: 'http' | 'sse';
  readonly url: string;
  /** In values, `${secret:NAME}` stands for a secret of the agent and `${connection:NAME}` for the key of a connection. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The agent of an image without a definition. */
export const NO_DEFINITION: Definition = { agents: {}, skills: [], mcpServers: {}, tools: [], pluginDirectory: '' };

/** Tools that this server confines or that need no confinement. */
const TOOLS: readonly string[] = [
  ...['Read', 'Glob', 'Grep', 'Write', 'Edit', 'NotebookEdit'],
  ...['TaskCreate', 'TaskGet', 'TaskList', 'TaskUpdate'],
];

/** Servers of this program: the permissions of their tools must not fall to others. */
const OWN_SERVERS: readonly string[] = ['ci'];

/**
 * Reads `definition.json` of a directory, as the construct library writes it.
 *
 * @param required whether a directory that is not there is an error, because it was asked for
 * @param secrets of the deployment, by the names that headers of MCP servers may use
 * @param own gateways and connections of the deployment, whose names no MCP server may have
 * @throws ConfigError naming the file, what is wrong in it and what is allowed
 */
export function readDefinition(
  directory: string,
  required: boolean,
  secrets: Readonly<Record<string, string>>,
  { gateways, connections }: OwnServers = { gateways: [], connections: [] },
): Definition {
  const file = join(directory, 'definition.json');
  if (!existsSync(file)) {
    if (!required && !existsSync(directory)) return NO_DEFINITION;
    throw new ConfigError(
      `There is no ${file}: set AGENT_DEFINITION_DIR to a directory that AgentDefinition wrote, or leave it out.`,
    );
  }
  const content = parse(file);
  const pluginDirectory = join(directory, 'plugin');
  const finding =
    contentFinding(content) ??
    content.skills
      .filter((name) => !existsSync(join(pluginDirectory, 'skills', name, 'SKILL.md')))
      .map(missingSkill)[0];
  if (finding !== undefined) {
    throw new ConfigError(
      `${file} is not a definition: ${finding}. Build the image again with AgentImage.claudeAgent.`,
    );
  }
  assertNamesFree(
    file,
    content,
    // A connection with a key is no server.
    [...gateways, ...connections.filter(({ kind }) => kind === 'oauth2')].map(({ name }) => name),
  );
  assertValuesKnown(file, content, 'secret', Object.keys(secrets));
  assertValuesKnown(file, content, 'connection', keyNames(connections));
  return { ...content, pluginDirectory };
}

/** The part of the configuration that gives the agent servers of its own. */
type OwnServers = Pick<AgentConfig, 'gateways' | 'connections'>;

/** The tools of the agent's own servers have permissions that must not fall to others. */
function assertNamesFree(file: string, { mcpServers }: Content, taken: readonly string[]): void {
  const name = taken.find((one) => Object.hasOwn(mcpServers, one));
  if (name === undefined) return;
  const remedy = 'give the server another name in mcp.json';
  throw new ConfigError(
    `${file} has an MCP server named ${JSON.stringify(name)}, as a gateway or connection is: ${remedy}.`,
  );
}

/** Accounts of users are in no header: there may be none yet when a server is first called. */
function keyNames(connections: OwnServers['connections']): string[] {
  return connections.filter(({ kind }) => kind === 'apiKey').map(({ name }) => name.toUpperCase());
}

const SOURCES: Readonly<Record<ValueSource, { readonly what: string; readonly remedy: string }>> = {
  secret: { what: 'secret', remedy: 'to the ARN of a secret' },
  connection: { what: 'API key connection', remedy: 'to a connection of kind apiKey' },
};

/** Found out at the start: in a session it would be the first prompt that fails. */
function assertValuesKnown(file: string, { mcpServers }: Content, source: ValueSource, known: readonly string[]): void {
  const { what, remedy } = SOURCES[source];
  for (const [server, { headers = {} }] of Object.entries(mcpServers)) {
    for (const [header, value] of Object.entries(headers)) {
      const unknown = placeholderNames(value, source).find((name) => !known.includes(name));
      if (unknown !== undefined) {
        const has = known.length === 0 ? `the agent has no ${what}s` : `the agent has ${known.join(', ')}`;
        throw new ConfigError(
          `${file} needs the ${what} ${JSON.stringify(unknown)} for the header ${JSON.stringify(header)} of the MCP server ${JSON.stringify(server)}, and ${has}: set AGENT_${source.toUpperCase()}_${unknown} ${remedy}, or correct the name in mcp.json.`,
        );
      }
    }
  }
}

type Content = Omit<Definition, 'pluginDirectory'>;

function parse(file: string): Content {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content;
  } catch (error) {
    // The parser's message repeats what it read.
    const reason =
      error instanceof SyntaxError ? 'it is not JSON' : ((error as NodeJS.ErrnoException).code ?? 'unknown');
    throw new ConfigError(`${file} cannot be read (${reason}): build the image again with AgentImage.claudeAgent.`);
  }
}

/** The first thing that is not as {@link Content} says; the type of `content` is what this finds out. */
function contentFinding(content: Content): string | undefined {
  if (!isRecord(content)) return 'it is no object';
  const { systemPrompt, agents, skills, mcpServers, tools } = content;
  if (systemPrompt !== undefined && !isText(systemPrompt)) return 'systemPrompt is not text';
  if (!isRecord(agents)) return 'agents is not an object';
  if (!isRecord(mcpServers)) return 'mcpServers is not an object';
  if (!isTexts(skills)) return 'skills is not a list of names';
  if (!isTexts(tools)) return 'tools is not a list of names';
  const tool = tools.find((name) => !TOOLS.includes(name));
  if (tool !== undefined) return `tools has ${JSON.stringify(tool)}, and allowed are ${TOOLS.join(', ')}`;
  const agent = Object.entries(agents).find(([, value]) => !isSubAgent(value))?.[0];
  if (agent !== undefined)
    return `agent ${JSON.stringify(agent)} lacks a description or a prompt, or has a wrong model`;
  const reserved = OWN_SERVERS.find((name) => Object.hasOwn(mcpServers, name));
  if (reserved !== undefined) return `the MCP server name ${JSON.stringify(reserved)} belongs to the agent itself`;
  const server = Object.entries(mcpServers).find(([, value]) => !isServer(value))?.[0];
  if (server !== undefined) return `MCP server ${JSON.stringify(server)} is not one of type http or sse with a URL`;
  return undefined;
}

function missingSkill(name: string): string {
  return `the skill ${JSON.stringify(name)} has no SKILL.md beside it`;
}

function isSubAgent(value: unknown): boolean {
  if (!isRecord(value) || !isText(value.description) || !isText(value.prompt)) return false;
  const { tools, model } = value;
  return (
    (tools === undefined || isTexts(tools)) &&
    (model === undefined || ['main', 'fast', 'subagent'].includes(String(model)))
  );
}

function isServer(value: unknown): boolean {
  if (!isRecord(value) || !(value.type === 'http' || value.type === 'sse')) return false;
  const { url, headers = {} } = value;
  return isText(url) && URL.canParse(url) && isRecord(headers) && isTexts(Object.values(headers));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
