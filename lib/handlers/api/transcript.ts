import { originalPrompt } from '../../../agent-image/src/history.ts';

/** A message of a conversation, by the names of AG-UI; texts that are too long are cut. */
export type Message =
  | (MessageOrigin & { readonly role: 'user'; readonly content: string })
  | (MessageOrigin & { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] })
  | (MessageOrigin & {
      readonly role: 'tool';
      readonly toolCallId: string;
      readonly content: string;
      readonly isError?: true;
    });

interface MessageOrigin {
  readonly id: string;
  /** ISO 8601. */
  readonly createdAt?: string;
}

export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; /** As JSON text. */ readonly arguments: string };
}

/** Longest text of a message, arguments and result of a tool, in characters. */
const MAX_TEXT_CHARACTERS = 16_384;

interface Block {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly input?: unknown;
  readonly tool_use_id?: unknown;
  readonly content?: unknown;
  readonly is_error?: unknown;
}

interface Line {
  readonly type?: unknown;
  readonly uuid?: unknown;
  readonly timestamp?: unknown;
  readonly isSidechain?: unknown;
  readonly isMeta?: unknown;
  readonly isCompactSummary?: unknown;
  readonly message?: { readonly id?: unknown; readonly content?: unknown };
}

/**
 * What was said in a conversation, from the lines in which the Claude Agent SDK notes it. Sub-agents, thinking, and what
 * the SDK told the model itself are left out, and so is a line that cannot be read: a process was stopped in it.
 */
export function messagesOf(transcript: string): Message[] {
  const messages: Message[] = [];
  const seen = new Set<string>();
  const answers = new Map<string, number>();
  for (const text of transcript.split('\n')) {
    const line = parsed(text);
    const { uuid } = line;
    const isOther = line.isSidechain === true || line.isMeta === true || line.isCompactSummary === true;
    if (typeof uuid !== 'string' || seen.has(uuid) || isOther) continue;
    seen.add(uuid);
    if (line.type === 'user') messages.push(...userMessages(uuid, line));
    if (line.type === 'assistant') addAnswer(messages, answers, uuid, line);
  }
  return messages;
}

/** What the person said, and the results of tools, which are messages of the user to the model. */
function userMessages(uuid: string, line: Line): Message[] {
  const at = createdAt(line);
  const blocks = blocksOf(line);
  // A prompt may have been told to the model with what it could not know otherwise.
  const said = cut(originalPrompt(shownText(blocks)));
  const results = blocks.flatMap(({ type, tool_use_id: toolCallId, content, is_error: isError }): Message[] =>
    type === 'tool_result' && typeof toolCallId === 'string'
      ? [
          {
            id: `${uuid}-${toolCallId}`,
            ...at,
            role: 'tool',
            toolCallId,
            content: textOf(asBlocks(content)),
            ...(isError === true && { isError: true }),
          },
        ]
      : [],
  );
  return said === '' ? results : [...results, { id: uuid, ...at, role: 'user', content: said }];
}

/**
 * The SDK notes every block of an answer on a line of its own, under the id of the answer; results of tools may stand
 * between them already.
 *
 * @param answers where the answers of each id are in `messages`
 */
function addAnswer(messages: Message[], answers: Map<string, number>, uuid: string, line: Line): void {
  const blocks = blocksOf(line);
  const content = textOf(blocks);
  const toolCalls = blocks.flatMap(({ type, id, name, input }): ToolCall[] =>
    type === 'tool_use' && typeof id === 'string' && typeof name === 'string'
      ? [{ id, type: 'function', function: { name, arguments: cut(JSON.stringify(input ?? {})) } }]
      : [],
  );
  if (content === '' && toolCalls.length === 0) return;
  const id = typeof line.message?.id === 'string' ? line.message.id : uuid;
  const index = answers.get(id) ?? messages.length;
  const begun = messages[index];
  if (begun?.role !== 'assistant') {
    answers.set(id, index);
    messages.push({ id, ...createdAt(line), role: 'assistant', content, ...(toolCalls.length > 0 && { toolCalls }) });
    return;
  }
  const calls = [...(begun.toolCalls ?? []), ...toolCalls];
  messages[index] = {
    ...begun,
    content: cut([begun.content, content].filter((text) => text !== '').join('\n')),
    ...(calls.length > 0 && { toolCalls: calls }),
  };
}

function blocksOf({ message }: Line): Block[] {
  return asBlocks(message?.content);
}

function asBlocks(content: unknown): Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.filter((block) => typeof block === 'object' && block !== null) : [];
}

function textOf(blocks: readonly Block[]): string {
  return cut(shownText(blocks));
}

/** What cannot be shown as text is named. */
function shownText(blocks: readonly Block[]): string {
  const texts = blocks.flatMap(({ type, text }) => {
    if (type === 'text' && typeof text === 'string') return [text];
    return type === 'image' || type === 'document' ? [`[${type}]`] : [];
  });
  return texts.join('\n');
}

function cut(text: string): string {
  if (text.length <= MAX_TEXT_CHARACTERS) return text;
  return `${text.slice(0, MAX_TEXT_CHARACTERS)}… [${text.length - MAX_TEXT_CHARACTERS} characters left out]`;
}

function createdAt({ timestamp }: Line): { readonly createdAt?: string } {
  return typeof timestamp === 'string' ? { createdAt: timestamp } : {};
}

function parsed(text: string): Line {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
