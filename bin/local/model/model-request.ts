import type { ContentBlock, ModelMessage, ModelRequest, ModelRequestBody } from './model-script';

/** A request that the provider would refuse as invalid; the message is meant for the caller. */
export class InvalidModelRequest extends Error {}

/**
 * Reads the body of a model call.
 *
 * @throws InvalidModelRequest when it is not JSON or has no messages
 */
export function parseModelRequest(modelId: string, streaming: boolean, raw: Buffer): ModelRequest {
  const body = parseBody(raw);
  return { modelId, streaming, body, userTexts: body.messages.flatMap(userTextsOf) };
}

function parseBody(raw: Buffer): ModelRequestBody {
  let value: unknown;
  try {
    value = JSON.parse(raw.toString('utf8'));
  } catch {
    throw new InvalidModelRequest('the body is not JSON');
  }
  if (!isRequestBody(value)) {
    throw new InvalidModelRequest('messages must be a list with at least one message that has a role and a content');
  }
  return value;
}

function isRequestBody(value: unknown): value is ModelRequestBody {
  if (typeof value !== 'object' || value === null || !('messages' in value)) {
    return false;
  }
  return Array.isArray(value.messages) && value.messages.length > 0 && value.messages.every(isMessage);
}

function isMessage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('role' in value) || !('content' in value)) {
    return false;
  }
  const { role, content } = value;
  const isRole = role === 'user' || role === 'assistant' || role === 'system';
  return isRole && (typeof content === 'string' || Array.isArray(content));
}

/** What came of a tool that the model used. */
export interface ToolOutcome {
  readonly failed: boolean;
  /** Its text; images and the like are left out. */
  readonly text: string;
}

/** What the tools gave that the model has used since the person wrote last, in order. */
export function outcomesSincePrompt({ messages }: ModelRequestBody): ToolOutcome[] {
  const blocks = messages.flatMap((message) => blocksOf(message).map((block) => ({ message, block })));
  const prompt = blocks.findLastIndex(({ message, block }) => userTextOf(message, block).length > 0);
  return blocks.slice(prompt + 1).flatMap(({ block }) => (block.type === 'tool_result' ? [outcomeOf(block)] : []));
}

function outcomeOf({ is_error: isError, content = '' }: ContentBlock): ToolOutcome {
  const text = typeof content === 'string' ? content : content.map((block) => block.text ?? '').join('\n');
  return { failed: isError === true, text: text.replace(MACHINE_TEXT, '').trim() };
}

function userTextsOf(message: ModelMessage): string[] {
  return blocksOf(message).flatMap((block) => userTextOf(message, block));
}

function blocksOf({ content }: ModelMessage): readonly ContentBlock[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function userTextOf({ role }: ModelMessage, { type, text = '' }: ContentBlock): string[] {
  return role === 'user' && type === 'text' ? withoutMachineText(text) : [];
}

/** The command line writes reminders and interruption marks into user messages, beside what the person wrote. */
const MACHINE_TEXT = /<(system-reminder|total_tokens)>[\s\S]*?<\/\1>/g;

function withoutMachineText(text: string): string[] {
  const own = text
    .replace(MACHINE_TEXT, '')
    .replace(/^\[Request interrupted by user[^\]]*\]$/gm, '')
    .trim();
  return own === '' ? [] : [own];
}
