import type { Options } from '@anthropic-ai/claude-agent-sdk';
import type { AgentConfig, AgentModels } from './config.ts';
import type { Definition } from './definition.ts';
import { toolGate } from './tool-gate.ts';

/**
 * What the agent process gets of this process's environment. Everything else stays out: the process runs what a
 * model says, and must not see what the deployer gave to the server alone.
 */
const PASSED_ON = [
  ...['PATH', 'HOME', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'AWS_CA_BUNDLE'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_BEARER_TOKEN_BEDROCK'],
  ...['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'],
  ...['AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
  ...['AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  ...['AWS_EC2_METADATA_DISABLED', 'AWS_EC2_METADATA_SERVICE_ENDPOINT', 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'],
  ...['AWS_ENDPOINT_URL', 'AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT', 'ANTHROPIC_BEDROCK_BASE_URL'],
];
const PASSED_ON_PREFIXES = ['LC_', 'AWS_ENDPOINT_URL_'];

/** The SDK's own default of ten retries keeps a person waiting for minutes. */
const MAX_RETRIES = '2';

/**
 * Ids of the families that are pinned when none of the agent's models belongs to them. They are never called, so no
 * permission is needed: the command line probes Opus and Haiku at every start unless both are pinned to an id of
 * their own family.
 */
const UNCALLED_PINS = {
  opus: 'global.anthropic.claude-opus-5-5',
  haiku: 'global.anthropic.claude-haiku-5-5',
  sonnet: 'global.anthropic.claude-sonnet-5-5',
};

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
 * @param resume id of the SDK session to go on with
 * @param onStderr takes what the agent process writes to its standard error
 */
export function sdkOptions(
  config: AgentConfig,
  definition: Definition,
  env: NodeJS.ProcessEnv,
  onStderr: (text: string) => void,
  resume?: string,
): Options {
  return {
    model: config.models.main,
    systemPrompt: definition.systemPrompt ?? SYSTEM_PROMPT,
    cwd: config.workspaceDirectory,
    env: { ...passedOn(env), ...agentEnvironment(config) },
    ...definedOptions(definition, config),
    settingSources: [],
    strictMcpConfig: true,
    permissionMode: 'default',
    permissionPrompts: 'none',
    includePartialMessages: true,
    // A prompt is text for the model: "/" starts no command in the process and "@" reads no file of the container.
    verbatimPrompts: true,
    stderr: onStderr,
    ...(resume === undefined ? {} : { resume }),
  };
}

function definedOptions(definition: Definition, { models, workspaceDirectory }: AgentConfig): Partial<Options> {
  const { tools, agents, skills, mcpServers, pluginDirectory } = definition;
  const offered = [
    ...tools,
    ...(Object.keys(agents).length > 0 ? ['Agent'] : []),
    ...(skills.length > 0 ? ['Skill'] : []),
  ];
  return {
    tools: offered,
    allowedTools: [...tools, ...Object.keys(mcpServers).map((name) => `mcp__${name}`)],
    agents: Object.fromEntries(
      Object.entries(agents).map(([name, { description, prompt, tools: some, model = 'subagent' }]) => [
        name,
        { description, prompt, model: models[model], background: false, ...(some && { tools: [...some] }) },
      ]),
    ),
    skills: skills.map((name) => `${PLUGIN}:${name}`),
    plugins: skills.length > 0 ? [{ type: 'local', path: pluginDirectory, skipMcpDiscovery: true }] : [],
    mcpServers: Object.fromEntries(
      Object.entries(mcpServers).map(([name, { headers, ...server }]) => [
        name,
        { ...server, ...(headers && { headers: { ...headers } }) },
      ]),
    ),
    // Off the command line, where every process of the container could read the headers.
    mcpServersDelivery: 'initialize',
    settings: { disableSkillShellExecution: true, disableBundledSkills: true },
    hooks: { PreToolUse: [{ hooks: [toolGate(definition, workspaceDirectory)] }] },
  };
}

function passedOn(env: NodeJS.ProcessEnv): Record<string, string> {
  const isPassedOn = (name: string): boolean =>
    PASSED_ON.includes(name) || PASSED_ON_PREFIXES.some((prefix) => name.startsWith(prefix));
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value !== undefined && isPassedOn(name) ? [[name, value]] : [])),
  );
}

function agentEnvironment(config: AgentConfig): Record<string, string> {
  const { main, fast, subagent } = config.models;
  return {
    CLAUDE_CODE_USE_BEDROCK: '1',
    CLAUDE_CONFIG_DIR: config.configDirectory,
    CLAUDE_CODE_MAX_RETRIES: MAX_RETRIES,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS: '1',
    // A run ends with its answer: what went on in the background would belong to no run.
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
    ANTHROPIC_MODEL: main,
    ANTHROPIC_SMALL_FAST_MODEL: fast,
    CLAUDE_CODE_SUBAGENT_MODEL: subagent,
    ANTHROPIC_DEFAULT_OPUS_MODEL: pin('opus', config.models),
    ANTHROPIC_DEFAULT_HAIKU_MODEL: pin('haiku', config.models),
    ANTHROPIC_DEFAULT_SONNET_MODEL: pin('sonnet', config.models),
  };
}

function pin(family: keyof typeof UNCALLED_PINS, { main, fast, subagent }: AgentModels): string {
  return [main, fast, subagent].find((id) => id.includes(family)) ?? UNCALLED_PINS[family];
}
