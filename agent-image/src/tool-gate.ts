import type { HookCallback, HookJSONOutput, Options, PreToolUseHookInput } from '@anthropic-ai/claude-agent-sdk';
import { join } from 'node:path';
import type { Definition } from './definition.ts';
import { confined, takesPaths } from './file-access.ts';
import type { PermissionDesk } from './permissions/permission-desk.ts';
import { type ToolInput, ToolRefused } from './permissions/tool-call.ts';

/** What the SDK waits for the gate beyond the lifetime of a question, in seconds: it is the desk that lets it expire. */
const HOOK_GRACE_S = 60;

const SUB_AGENT_TOOLS = ['Agent', 'Task'];

/**
 * What every call of a tool passes, of sub-agents too. The permission rules of the SDK are no such gate: they are not
 * asked about what they take for harmless.
 */
export class ToolGate {
  readonly #definition: Definition;
  readonly #workspace: string;
  readonly #desk: PermissionDesk;
  readonly #results: () => readonly string[];
  /** Names of the turn's tools; undefined for all that are deployed. */
  #offered: readonly string[] | undefined;

  /** `results`: where results of this conversation are that the model is told to read, as absolute paths. */
  constructor(
    definition: Definition,
    workspace: string,
    desk: PermissionDesk,
    results: () => readonly string[] = () => [],
  ) {
    this.#results = results;
    this.#definition = definition;
    this.#workspace = workspace;
    this.#desk = desk;
  }

  /** Longest time that one call may wait, in seconds. */
  get timeoutSeconds(): number {
    return Math.ceil(this.#desk.lifetimeMs / 1000) + HOOK_GRACE_S;
  }

  /**
   * Begins a turn.
   *
   * @param names the only tools that may run in it; `mcp__<server>` stands for all tools of a server. All that are
   * deployed when left out
   */
  offer(names?: readonly string[]): void {
    this.#offered = names;
    this.#desk.beginTurn();
  }

  /** Whether a call may run, and with what input; settles when a person has answered, where one has to be asked. */
  async decide(event: PreToolUseHookInput, signal: AbortSignal): Promise<HookJSONOutput> {
    const { tool_name: toolName, tool_use_id: toolCallId, tool_input } = event;
    const check = (input: ToolInput): ToolInput => this.#checked(toolName, input);
    try {
      this.#assertOffered(toolName);
      const input = check(typeof tool_input === 'object' && tool_input !== null ? { ...tool_input } : {});
      const verdict = await this.#desk.judge({ toolName, input, toolCallId, check }, signal);
      // Checked again, because a link may have been exchanged while the person was asked.
      return verdict.allowed ? allowedWith(check(verdict.input)) : refused(verdict.reason, verdict.endsTurn);
    } catch (error) {
      if (error instanceof ToolRefused) return refused(error.message);
      throw error;
    }
  }

  #assertOffered(toolName: string): void {
    if (!this.#isDeployed(toolName)) throw new ToolRefused(`There is no tool ${toolName} here.`);
    const names = this.#offered;
    if (names && !names.some((name) => name === toolName || isServerOf(name, toolName))) {
      const rest = names.length === 0 ? 'none may be used' : `only these may be used: ${names.join(', ')}`;
      throw new ToolRefused(`${toolName} is not offered for this request: ${rest}.`);
    }
  }

  /** Tools of MCP servers come from the servers that this program named, and from no others. */
  #isDeployed(toolName: string): boolean {
    const { tools, agents, skills } = this.#definition;
    if (toolName.startsWith('mcp__')) return true;
    if (SUB_AGENT_TOOLS.includes(toolName)) return Object.keys(agents).length > 0;
    return toolName === 'Skill' ? skills.length > 0 : tools.includes(toolName);
  }

  #checked(toolName: string, input: ToolInput): ToolInput {
    if (SUB_AGENT_TOOLS.includes(toolName)) return subAgentCall(input, this.#definition);
    if (!takesPaths(toolName)) return input;
    const { skills, pluginDirectory } = this.#definition;
    const ofSkills = skills.length > 0 ? [join(pluginDirectory, 'skills')] : [];
    return confined(toolName, input, { workspace: this.#workspace, readable: [...ofSkills, ...this.#results()] });
  }
}

/** Has every tool call pass the gate, and none run when it fails. */
export function permissionHooks(gate: ToolGate): NonNullable<Options['hooks']> {
  const hook: HookCallback = (event, _toolCallId, { signal }) =>
    event.hook_event_name === 'PreToolUse' ? gate.decide(event, signal) : Promise.resolve({});
  // The SDK lets a tool run whose hook threw, unless it is told to block, and gives up one that takes ten minutes.
  return { PreToolUse: [{ hooks: [hook], timeout: gate.timeoutSeconds, onFailure: 'block' }] };
}

/**
 * Only what was defined, as it was defined: the model may choose neither another model, which the role may deny, nor a
 * Git worktree, which would run the hooks of a repository in the workspace.
 */
function subAgentCall({ description, prompt, subagent_type }: ToolInput, { agents }: Definition): ToolInput {
  if (typeof subagent_type !== 'string' || !Object.hasOwn(agents, subagent_type)) {
    throw new ToolRefused(`There is no such sub-agent. Use one of: ${Object.keys(agents).join(', ')}.`);
  }
  return { description, prompt, subagent_type };
}

function isServerOf(name: string, toolName: string): boolean {
  return name.startsWith('mcp__') && toolName.startsWith(`${name}__`);
}

function allowedWith(updatedInput: ToolInput): HookJSONOutput {
  return {
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow', updatedInput: { ...updatedInput } },
  };
}

function refused(permissionDecisionReason: string, endsTurn = false): HookJSONOutput {
  return {
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason },
    ...(endsTurn && { continue: false, stopReason: permissionDecisionReason }),
  };
}
