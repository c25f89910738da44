import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { isRecord } from '../../../lib/testing/policy';

/** What a tool gave back, in the form of MCP. */
export interface ToolResult {
  readonly content: CallToolResult['content'];
  readonly structuredContent?: Record<string, unknown>;
  readonly isError: boolean;
}

/** A result that says what went wrong, for the model to read. */
export function failed(text: string): ToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

/**
 * The result of a function: its JSON as text. One that is a failure in the form of MCP itself, as the handlers of this
 * library give it, is that failure.
 *
 * @param payload JSON
 */
export function functionResult(payload: string): ToolResult {
  const texts = failureTexts(JSON.parse(payload));
  return texts === undefined
    ? { content: [{ type: 'text', text: payload }], isError: false }
    : { content: texts.map((text) => ({ type: 'text', text })), isError: true };
}

function failureTexts(result: unknown): string[] | undefined {
  if (!isRecord(result) || result.isError !== true || !Array.isArray(result.content)) return undefined;
  const blocks = result.content as unknown[];
  const texts = blocks.flatMap((block) =>
    isRecord(block) && block.type === 'text' && typeof block.text === 'string' ? [block.text] : [],
  );
  return texts.length === blocks.length ? texts : undefined;
}
