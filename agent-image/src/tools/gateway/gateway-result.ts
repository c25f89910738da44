import { type CallToolResult, type ContentBlock, type Tool, ToolSchema } from '@modelcontextprotocol/sdk/types.js';
import type { ToolContent, ToolReply } from '../bounded-call.ts';
import { imageOf } from '../code-interpreter/image-content.ts';
import { MAX_RESULT_CHARACTERS, MAX_RESULT_IMAGES } from '../code-interpreter/result-content.ts';
import { shortened } from '../shortened.ts';

/** The result of a tool, cut to what the model can read. */
export function replyOf({ content, structuredContent, isError = false }: CallToolResult): ToolReply {
  const texts: string[] = [];
  const images: ToolContent[] = [];
  for (const block of content) {
    const part = partOf(block);
    if (typeof part === 'string') texts.push(part);
    // A model refuses the result of a failed tool when there are images in it.
    else if (isError || images.length >= MAX_RESULT_IMAGES) texts.push('[an image that is left out]');
    else images.push(part);
  }
  // Beside it the model would not see the content; most tools have the same in both.
  if (content.length === 0 && structuredContent !== undefined) texts.push(JSON.stringify(structuredContent));
  const text = cut(texts.join('\n'));
  const told = text === '' && images.length === 0 ? 'Done, without any output.' : text;
  return {
    content: [...(told === '' ? [] : [{ type: 'text' as const, text: told }]), ...images],
    ...(isError && { isError: true }),
  };
}

/** The tools that a search found. They are in the structured part, and as JSON in the text for older clients. */
export function toolsFound({ content, structuredContent }: CallToolResult): readonly Tool[] {
  const texts = content.flatMap((block) => (block.type === 'text' ? jsonOf(block.text) : []));
  const lists = [structuredContent, ...texts].flatMap((part) => {
    const tools = typeof part === 'object' && part !== null && 'tools' in part ? part.tools : undefined;
    return Array.isArray(tools) ? [tools as unknown[]] : [];
  });
  return (lists[0] ?? []).flatMap((tool) => ToolSchema.safeParse(tool).data ?? []);
}

function partOf(block: ContentBlock): string | ToolContent {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
      return imageOf(Buffer.from(block.data, 'base64')) ?? `[an image of ${block.mimeType} that cannot be shown]`;
    case 'audio':
      return `[audio of ${block.mimeType} that cannot be played]`;
    case 'resource_link':
      return [block.name, block.description ?? '', block.uri].filter(Boolean).join(' ');
    case 'resource':
      return 'text' in block.resource
        ? `${block.resource.uri}:\n${block.resource.text}`
        : `[${block.resource.uri}: a file that cannot be shown]`;
  }
}

function cut(text: string): string {
  const left = text.length - MAX_RESULT_CHARACTERS;
  const told = shortened(text, MAX_RESULT_CHARACTERS);
  return left <= 0 ? told : `${told}\n[${left} more characters are left out. Ask for less.]`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
