import type { AgentConfig } from './config.ts';
import type { Definition } from './definition.ts';
import { RefusedRequest, type RunChoices } from './protocol.ts';

/**
 * Refuses what a request may not choose.
 *
 * @throws RefusedRequest `CHOICE_NOT_ALLOWED` for what the deployment keeps to itself, `INVALID_REQUEST` for a name that
 * is not deployed
 */
export function assertChoices(choices: RunChoices, config: AgentConfig, definition: Definition): void {
  const { model, systemPrompt, tools, permissionMode } = choices;
  if (model !== undefined) {
    assertOverride('model', config);
    assertKnown('"model"', model, deployedModels(config));
  }
  if (systemPrompt !== undefined) {
    assertOverride('systemPrompt', config);
  }
  if (permissionMode !== undefined && !config.permissionModes.includes(permissionMode)) {
    const allowed = config.permissionModes.join(', ');
    throw new RefusedRequest('CHOICE_NOT_ALLOWED', `This agent has no mode "${permissionMode}": it has ${allowed}.`);
  }
  for (const tool of tools ?? []) {
    if (!isDeployed(tool, config, definition)) {
      assertKnown('"tools"', tool, deployedTools(config, definition));
    }
  }
}

/** Every model that the deployment names. */
function deployedModels({ models }: AgentConfig): string[] {
  return [...new Set(Object.values(models).filter((model): model is string => typeof model === 'string'))];
}

/** Names for `tools`: built-in tools by name, the tools of an MCP server all together by its prefix. */
function deployedTools({ codeInterpreter }: AgentConfig, { tools, agents, skills, mcpServers }: Definition): string[] {
  return [
    ...tools,
    ...(Object.keys(agents).length > 0 ? ['Agent'] : []),
    ...(skills.length > 0 ? ['Skill'] : []),
    ...Object.keys(mcpServers).map((name) => `mcp__${name}`),
    ...(codeInterpreter ? ['mcp__ci'] : []),
  ];
}

function isDeployed(tool: string, config: AgentConfig, definition: Definition): boolean {
  return deployedTools(config, definition).some(
    (known) => tool === known || (known.startsWith('mcp__') && tool.startsWith(`${known}__`)),
  );
}

function assertOverride(what: 'model' | 'systemPrompt', { callerOverrides }: AgentConfig): void {
  if (!callerOverrides.includes(what)) {
    const remedy = 'leave it out, or have the deployment allow it with callerOverrides';
    throw new RefusedRequest('CHOICE_NOT_ALLOWED', `This agent does not let callers choose "${what}": ${remedy}.`);
  }
}

function assertKnown(field: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) {
    const has = known.length === 0 ? 'none' : known.join(', ');
    const given = JSON.stringify(value.slice(0, 100));
    throw new RefusedRequest(
      'INVALID_REQUEST',
      `${field} names ${given}, which this agent does not have; it has: ${has}.`,
    );
  }
}
