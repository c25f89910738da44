import type { Log } from '../../log.ts';
import { ToolRefused } from '../../permissions/tool-call.ts';
import { InterpreterFault } from './interpreter-fault.ts';
import type { InterpreterTool } from './interpreter-tool.ts';
import { textReply, type ToolReply } from './result-content.ts';

/** How long one call of a tool may take, in milliseconds: below what the agent process waits for any MCP tool. */
export const TOOL_CALL_MS = 290_000;

/** What the model is told of an error that nobody foresaw; its text may hold anything. */
const UNFORESEEN = 'The tool failed inside of the agent. Tell the person that an operator has to look into its log.';

/**
 * Runs a tool, and never rejects: what an error says of its own would reach the model.
 *
 * @param extra what MCP gives to handlers; ends the call when it is cancelled
 */
export async function callTool(tool: InterpreterTool, input: object, extra: unknown, log: Log): Promise<ToolReply> {
  const bound = AbortSignal.timeout(TOOL_CALL_MS);
  const cancelled = signalOf(extra);
  const signal = cancelled ? AbortSignal.any([cancelled, bound]) : bound;
  try {
    return await tool.run(input as Parameters<typeof tool.run>[0], signal);
  } catch (error) {
    if (error instanceof ToolRefused || error instanceof InterpreterFault) return textReply(error.message, true);
    log('error', 'a tool of the code interpreter failed', { tool: tool.name, detail: String(error) });
    return textReply(UNFORESEEN, true);
  }
}

function signalOf(extra: unknown): AbortSignal | undefined {
  const signal = typeof extra === 'object' && extra !== null && 'signal' in extra ? extra.signal : undefined;
  return signal instanceof AbortSignal ? signal : undefined;
}
