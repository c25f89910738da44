import type { ContentBlock, ResourceContent, ToolResultStructuredContent } from '@aws-sdk/client-bedrock-agentcore';
import { type ImageContent, imageOf } from './image-content.ts';
import type { InterpreterAnswer } from './interpreter-session.ts';

/** What a tool gives back to the model: an MCP result. */
export interface ToolReply {
  /** MCP has further keys. Not `structuredContent`: beside it, the SDK drops what is in `content`. */
  [key: string]: unknown;
  content: ({ type: 'text'; text: string } | ImageContent)[];
  isError?: boolean;
}

/**
 * Longest text of a result, in characters. The agent process writes longer ones to a file that the model has no tool to
 * read: it does so from 50,000 characters.
 */
export const MAX_RESULT_CHARACTERS = 40_000;

/** Most images of one result. */
export const MAX_RESULT_IMAGES = 5;

/** Part of a cut text that is taken from its beginning; errors stand at the end. */
const HEAD_SHARE = 0.6;

/** The note for the model when the session was replaced. */
export const RENEWED =
  'Note: the session of the code interpreter before this call has ended, and its files, variables and tasks are gone. This call ran in a new, empty session. Do again what it needs.';

/** The result of a call, cut to what the model can read. */
export function replyOf({ result, renewed }: InterpreterAnswer): ToolReply {
  const failed = result.isError === true;
  const texts: string[] = [];
  const images: ImageContent[] = [];
  for (const block of result.content) {
    const part = partOf(block);
    if (typeof part === 'string') texts.push(part);
    // A model refuses the result of a failed tool when there are images in it.
    else if (failed || images.length >= MAX_RESULT_IMAGES) texts.push('[an image that is left out]');
    else images.push(part);
  }
  const outcome = outcomeOf(result.structuredContent ?? {}, texts.join('\n'));
  const text = cut([...texts, ...outcome].filter((line) => line !== '').join('\n'));
  const told = text === '' && images.length === 0 ? 'Done, without any output.' : text;
  return {
    content: [
      ...[renewed ? RENEWED : '', told]
        .filter((part) => part !== '')
        .map((part) => ({ type: 'text' as const, text: part })),
      ...images,
    ],
    ...(failed && { isError: true }),
  };
}

/** A reply that is only text. */
export function textReply(text: string, isError = false): ToolReply {
  return { content: [{ type: 'text', text: cut(text) }], ...(isError && { isError: true }) };
}

/** The text, without its middle when it is longer than the model can read. */
export function cut(text: string): string {
  const left = text.length - MAX_RESULT_CHARACTERS;
  if (left <= 0) return wellFormed(text);
  const head = Math.floor(MAX_RESULT_CHARACTERS * HEAD_SHARE);
  const note = `[${left} characters are left out here. Write long output to a file, and look at the parts that you need.]`;
  return wellFormed(`${text.slice(0, head)}\n${note}\n${text.slice(head + left)}`);
}

/** Half a surrogate pair, which a cut or a program leaves, would have the model refuse the whole conversation. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function partOf(block: ContentBlock): string | ImageContent {
  const { type, text, data, mimeType, name = '', uri = '', description = '', size, resource } = block;
  switch (type) {
    case 'image':
      return binary(data, name, mimeType);
    case 'resource':
      return resource ? resourcePart(resource) : '';
    case 'resource_link':
      return [description, name || uri, size === undefined ? '' : `(${size} bytes)`].filter(Boolean).join(' ');
    default:
      return text ?? '';
  }
}

function resourcePart({ uri = '', mimeType, text, blob }: ResourceContent): string | ImageContent {
  return text === undefined ? binary(blob, uri, mimeType) : `${uri}:\n${text}`;
}

function binary(bytes: Uint8Array | undefined, name: string, mimeType = 'unknown type'): string | ImageContent {
  if (!bytes) return '';
  const remedy = 'it cannot be shown here; copy_from_interpreter brings it to the workspace';
  return imageOf(bytes) ?? `[${name === '' ? 'a file' : name}: ${bytes.byteLength} bytes, ${mimeType}; ${remedy}]`;
}

/** What the content does not say already: the interpreter repeats the output of a program in both. */
function outcomeOf(structured: ToolResultStructuredContent, told: string): string[] {
  const { stdout = '', stderr = '', exitCode = 0, taskId, taskStatus } = structured;
  const isNew = (text: string): boolean => text.trim() !== '' && !told.includes(text.trim());
  return [
    isNew(stdout) ? stdout : '',
    isNew(stderr) ? `stderr:\n${stderr}` : '',
    exitCode === 0 ? '' : `exit code ${exitCode}`,
    taskId === undefined ? '' : `task_id: ${taskId}`,
    taskStatus === undefined ? '' : `status: ${taskStatus}`,
  ];
}
