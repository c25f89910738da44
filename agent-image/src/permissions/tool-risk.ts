/**
 * `reads`: changes nothing outside of the conversation. `writesFiles`: changes the workspace, or what is in the sandbox of
 * the code interpreter. `acts`: all others.
 */
export type ToolRisk = 'reads' | 'writesFiles' | 'acts';

/** An `Agent` (`Task` by its old name) only begins work: each call that its sub-agent makes is judged for itself. */
const READERS: ReadonlySet<string> = new Set([
  ...['Read', 'Glob', 'Grep', 'Skill', 'Agent', 'Task'],
  ...['TaskCreate', 'TaskGet', 'TaskList', 'TaskUpdate'],
  ...['mcp__ci__read_files', 'mcp__ci__list_files', 'mcp__ci__get_task'],
]);
const FILE_WRITERS: ReadonlySet<string> = new Set([
  ...['Write', 'Edit', 'NotebookEdit'],
  ...['mcp__ci__write_files', 'mcp__ci__remove_files', 'mcp__ci__stop_task'],
  ...['mcp__ci__copy_to_interpreter', 'mcp__ci__copy_from_interpreter'],
]);

/**
 * A tool that is not known here, each one of an MCP server among them, may do anything. Code too: even from an interpreter
 * without internet it can send out what it sees, because AWS lets it look up names and reach Amazon S3.
 */
export function riskOf(toolName: string): ToolRisk {
  if (READERS.has(toolName)) return 'reads';
  return FILE_WRITERS.has(toolName) ? 'writesFiles' : 'acts';
}
