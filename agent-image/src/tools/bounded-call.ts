import type { Log } from '../log.ts';
import { ToolRefused } from '../permissions/tool-call.ts';
import { errorName } from './error-name.ts';
import { ToolFault } from './tool-fault.ts';

/** What a tool gives back to the model: an MCP result. */
export interface ToolReply {
  /** MCP has further keys. Not `structuredContent`: beside it, the SDK drops what is in `content`. */
  [key: string]: unknown;
  content: ToolContent[];
  isError?: boolean;
}

export type ToolContent =
  | { type: 'text'; text: string }
  /** `data` is base64. */
  | { type: 'image'; data: string; mimeType: string };

/** How long one call of a tool may take, in milliseconds: below what the agent process waits for any MCP tool. */
export const TOOL_CALL_MS = 290_000;

/** What the agent process waits beyond that, in milliseconds, so that the tool itself can say it. */
export const GRACE_MS = 10_000;

/** What the model is told of an error that nobody foresaw; its text may hold anything. */
const UNFORESEEN = 'The tool failed inside of the agent. Tell the person that an operator has to look into its log.';

/**
 * Runs a tool, and never rejects: what an error says of its own would reach the model.
 *
 * @param names of server and tool, for the log
 * @param cancelled ends the call; so do {@link TOOL_CALL_MS}
 */
export async function boundedCall(
  names: { readonly server: string; readonly tool: string },
  cancelled: AbortSignal,
  log: Log,
  run: (signal: AbortSignal) => Promise<ToolReply>,
): Promise<ToolReply> {
  const bound = AbortSignal.timeout(TOOL_CALL_MS);
  try {
    return await run(AbortSignal.any([cancelled, bound]));
  } catch (error) {
    if (error instanceof ToolRefused) return textReply(error.message, true);
    if (error instanceof ToolFault) {
      const { code, detail, message } = error;
      log(code.endsWith('_CANCELLED') ? 'info' : 'warn', 'a tool call failed', { ...names, code, detail });
      return textReply(message, true);
    }
    log('error', 'a tool failed', { ...names, code: 'TOOL_FAILED', detail: errorName(error) });
    return textReply(UNFORESEEN, true);
  }
}

/** A reply that is only text. */
export function textReply(text: string, isError = false): ToolReply {
  return { content: [{ type: 'text', text }], ...(isError && { isError: true }) };
}
