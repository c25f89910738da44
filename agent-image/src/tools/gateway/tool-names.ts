import { createHash } from 'node:crypto';

/** Longest name of a tool that the model service takes, in characters; a longer one fails the whole request. */
export const MAX_TOOL_NAME = 64;

/** The gateway's own tool that finds others. */
export const SEARCH_TOOL = 'x_amz_bedrock_agentcore_search';

const HASH_CHARACTERS = 8;

/** What the model calls a tool of a server: the agent process puts the name of the server before it. */
export function modelName(server: string, tool: string): string {
  return `mcp__${server}__${tool}`;
}

/**
 * The name under which a tool is offered: its own, or an alias when that is too long or has characters that the agent
 * process would replace. An alias is the same each time, because conversations and permissions refer to it.
 */
export function offeredName(server: string, tool: string): string {
  const room = MAX_TOOL_NAME - modelName(server, '').length;
  if (tool.length <= room && /^[A-Za-z0-9_-]+$/.test(tool)) return tool;
  const hash = createHash('sha256').update(tool).digest('hex').slice(0, HASH_CHARACTERS);
  return `${tool.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, room - HASH_CHARACTERS - 1)}_${hash}`;
}
