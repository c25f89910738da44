import type { Options } from '@anthropic-ai/claude-agent-sdk';
import type { AgentConfig } from './config.ts';
import type { Definition } from './definition.ts';
import { processEnvironment } from './process-environment.ts';
import { type SessionSecrets, withSecrets } from './secret-values.ts';

export type SdkHooks = NonNullable<Options['hooks']>;

/** What an agent process is made of. */
export interface AgentProcess {
  readonly config: AgentConfig;
  readonly definition: Definition;
  /** Of this process; the agent process gets little of it. */
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: SessionSecrets;
  /** Must decide on every call of a tool: nothing else keeps the agent from what it may not do. */
  readonly hooks: SdkHooks;
  /** Servers in this process, by their names. */
  readonly ownServers?: NonNullable<Options['mcpServers']>;
  /** Takes what the agent process writes to its standard error. */
  readonly onStderr: (text: string) => void;
  /** Id of the SDK session to go on with. */
  readonly resume?: string | undefined;
  /** The deployed main model when missing. */
  readonly model?: string | undefined;
  /** Takes the place of the deployed one. */
  readonly systemPrompt?: string | undefined;
}

const SYSTEM_PROMPT = [
  'You are an assistant in a hosted session. The person reads your answers in a chat and sees Markdown rendered.',
  'Answer in the language of the person. Be accurate and brief; say so when you do not know.',
  'You have only the tools that are offered to you: do not claim to have run, read or changed anything without them.',
].join('\n');

/** Name that the construct library gives the plugin; the SDK puts it before the names of skills. */
const PLUGIN = 'agent';

/**
 * Options of the SDK's `query()`. The agent gets what the definition names and no more. Nothing is loaded from the
 * workspace or the user's settings, because whoever can write there could otherwise run commands in the agent.
 *
 * @throws SecretUnavailable when a value is missing that the model provider or a header needs
 */
export function sdkOptions(process: AgentProcess): Options {
  const { config, definition, env, secrets, hooks, ownServers, onStderr, resume, model, systemPrompt } = process;
  return {
    model: model ?? config.models.main,
    // Not recorded: a conversation that goes on after a deployment, or at a caller's choice, gets the prompt of now.
    systemPrompt: { type: 'custom', prompt: systemPrompt ?? definition.systemPrompt ?? SYSTEM_PROMPT, snapshot: false },
    cwd: config.workspaceDirectory,
    env: processEnvironment(config, env, secrets),
    ...definedOptions(definition, config, secrets, ownServers),
    hooks,
    settingSources: [],
    strictMcpConfig: true,
    permissionMode: 'default',
    permissionPrompts: 'none',
    includePartialMessages: true,
    forwardSubagentText: true,
    // A prompt is text for the model: "/" starts no command in the process and "@" reads no file of the container.
    verbatimPrompts: true,
    stderr: onStderr,
    ...(resume !== undefined && { resume }),
  };
}

function definedOptions(
  definition: Definition,
  { models, limits }: AgentConfig,
  secrets: SessionSecrets,
  ownServers: Options['mcpServers'] = {},
): Partial<Options> {
  const { tools, agents, skills, mcpServers, pluginDirectory } = definition;
  const offered = [
    ...tools,
    ...(Object.keys(agents).length > 0 ? ['Agent'] : []),
    ...(skills.length > 0 ? ['Skill'] : []),
  ];
  return {
    tools: offered,
    // No rule lets a tool run: the hook alone decides, and a rule would apply whenever it is not asked.
    allowedTools: [],
    agents: Object.fromEntries(
      Object.entries(agents).map(([name, { description, prompt, tools: some, model = 'subagent' }]) => [
        name,
        {
          ...{ description, prompt, model: models[model], background: false },
          ...(some && { tools: [...some] }),
          // The limit of the process does not count the round trips of sub-agents.
          ...(limits.turns !== undefined && { maxTurns: limits.turns }),
        },
      ]),
    ),
    skills: skills.map((name) => `${PLUGIN}:${name}`),
    plugins: skills.length > 0 ? [{ type: 'local', path: pluginDirectory, skipMcpDiscovery: true }] : [],
    mcpServers: {
      ...Object.fromEntries(
        Object.entries(mcpServers).map(([name, { headers = {}, ...server }]) => [
          name,
          {
            ...server,
            headers: Object.fromEntries(
              Object.entries(headers).map(([key, text]) => [key, withSecrets(text, secrets)]),
            ),
          },
        ]),
      ),
      ...ownServers,
    },
    // Whoever asks for a shell, as skills do, gets that of the interpreter.
    ...('ci' in ownServers && { toolAliases: { Bash: 'mcp__ci__execute_command' } }),
    // Off the command line, where every process of the container could read the headers.
    mcpServersDelivery: 'initialize',
    settings: { disableSkillShellExecution: true, disableBundledSkills: true },
  };
}
