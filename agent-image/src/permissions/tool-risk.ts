/** `reads`: changes nothing outside of the conversation. `writesFiles`: changes the workspace. `acts`: all others. */
export type ToolRisk = 'reads' | 'writesFiles' | 'acts';

/** An `Agent` (`Task` by its old name) only begins work: each call that its sub-agent makes is judged for itself. */
const READERS: ReadonlySet<string> = new Set([
  ...['Read', 'Glob', 'Grep', 'Skill', 'Agent', 'Task'],
  ...['TaskCreate', 'TaskGet', 'TaskList', 'TaskUpdate'],
]);
const FILE_WRITERS: ReadonlySet<string> = new Set(['Write', 'Edit', 'NotebookEdit']);

/** A tool that is not known here, each one of an MCP server among them, may do anything. */
export function riskOf(toolName: string): ToolRisk {
  if (READERS.has(toolName)) return 'reads';
  return FILE_WRITERS.has(toolName) ? 'writesFiles' : 'acts';
}
