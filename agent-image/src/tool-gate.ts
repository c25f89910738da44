import type { HookCallback, HookJSONOutput } from '@anthropic-ai/claude-agent-sdk';
import { join } from 'node:path';
import type { Definition } from './definition.ts';
import { confined, type FileAccess, FileRefused, takesPaths } from './file-access.ts';

/**
 * The hook that every call of a tool passes, of sub-agents too. The permission rules of the SDK are no such gate: they
 * are not asked about what they take for harmless.
 */
export function toolGate(definition: Definition, workspace: string): HookCallback {
  const readable = definition.skills.length > 0 ? [join(definition.pluginDirectory, 'skills')] : [];
  return (event) =>
    Promise.resolve(
      event.hook_event_name === 'PreToolUse'
        ? decide(event.tool_name, event.tool_input, definition, { workspace, readable })
        : {},
    );
}

function decide(toolName: string, input: unknown, definition: Definition, access: FileAccess): HookJSONOutput {
  const fields = typeof input === 'object' && input !== null ? { ...input } : {};
  if (toolName === 'Agent' || toolName === 'Task') return subAgentCall(fields, definition);
  if (!takesPaths(toolName)) return {};
  try {
    return allowedWith(confined(toolName, fields, access));
  } catch (error) {
    return refused(error instanceof FileRefused ? error.message : 'The path cannot be resolved.');
  }
}

/**
 * Only what was defined, as it was defined: the model may choose neither another model, which the role may deny, nor a
 * Git worktree, which would run the hooks of a repository in the workspace.
 */
function subAgentCall(fields: Record<string, unknown>, definition: Definition): HookJSONOutput {
  const { description, prompt, subagent_type } = fields;
  if (typeof subagent_type !== 'string' || !Object.hasOwn(definition.agents, subagent_type)) {
    return refused(`There is no such sub-agent. Use one of: ${Object.keys(definition.agents).join(', ')}.`);
  }
  return allowedWith({ description, prompt, subagent_type });
}

function allowedWith(updatedInput: Record<string, unknown>): HookJSONOutput {
  return { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow', updatedInput } };
}

function refused(permissionDecisionReason: string): HookJSONOutput {
  return { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason } };
}
