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

function userTextsOf(message: ModelMessage): string[] {
  if (message.role !== 'user') {
    return [];
  }
  const blocks: readonly ContentBlock[] =
    typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
  return blocks.flatMap((block) => (block.type === 'text' ? withoutMachineText(block.text ?? '') : []));
}

/** The command line writes reminders and interruption marks into user messages, beside what the person wrote. */
function withoutMachineText(text: string): string[] {
  const own = text
    .replace(/<(system-reminder|total_tokens)>[\s\S]*?<\/\1>/g, '')
    .replace(/^\[Request interrupted by user[^\]]*\]$/gm, '')
    .trim();
  return own === '' ? [] : [own];
}
