import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { type AnswerEvent, MAX_TOOL_RESULT_CHARACTERS } from '../protocol.ts';

export type UserMessage = Extract<SDKMessage, { type: 'user' }>;
export type ToolResult = Extract<Exclude<UserMessage['message']['content'], string>[number], { type: 'tool_result' }>;

/** What the SDK adds to an image: where the container has it, which only the model can use. */
const IMAGE_SOURCE = /^\[Image: source: [^\n]*\]$/;

/** The results of tools that a message of the SDK carries; usually one. */
export function toolResultsOf({ message }: UserMessage): ToolResult[] {
  const blocks = typeof message.content === 'string' ? [] : message.content;
  return blocks.filter((block) => block.type === 'tool_result');
}

export function resultEvent({ tool_use_id, content, is_error }: ToolResult): AnswerEvent {
  return {
    type: 'TOOL_CALL_RESULT',
    messageId: `${tool_use_id}-result`,
    toolCallId: tool_use_id,
    role: 'tool',
    content: shortened(textOf(content)),
    ...(is_error ? { metadata: { is_error: true } } : {}),
  };
}

function textOf(content: ToolResult['content']): string {
  if (content === undefined || typeof content === 'string') {
    return withoutMarks(content ?? '');
  }
  return content
    .filter((part) => part.type !== 'text' || !IMAGE_SOURCE.test(part.text))
    .map((part) => (part.type === 'text' ? part.text : `[${part.type}]`))
    .join('\n');
}

/** The SDK marks refusals for the model, its own and those of hooks. */
function withoutMarks(text: string): string {
  return text
    .replace(/^<tool_use_error>([\s\S]*)<\/tool_use_error>$/, '$1')
    .replace(/^PreToolUse:\S+ hook error: /, '');
}

function shortened(text: string): string {
  const left = text.length - MAX_TOOL_RESULT_CHARACTERS;
  return left <= 0 ? text : `${text.slice(0, MAX_TOOL_RESULT_CHARACTERS)}\n… ${left} more characters are not shown`;
}
