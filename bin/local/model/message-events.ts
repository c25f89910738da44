import { randomUUID } from 'node:crypto';
import type { ModelRequest, ScriptedMessage } from './model-script';

/** One event of Anthropic's message stream. */
export interface StreamEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The answer in one piece. */
export function messageBody(request: ModelRequest, reply: ScriptedMessage): Record<string, unknown> {
  return {
    ...messageHead(request),
    content: contentBlocks(reply),
    stop_reason: stopReason(reply),
    stop_sequence: null,
    usage: { ...inputUsage(request), output_tokens: outputTokens(reply) },
  };
}

/** The same answer as the events of a stream. */
export function messageEvents(request: ModelRequest, reply: ScriptedMessage): StreamEvent[] {
  return [
    messageStart(request),
    ...contentBlocks(reply).flatMap((block, index) => blockEvents(index, block, reply)),
    { type: 'message_delta', delta: { stop_reason: stopReason(reply), stop_sequence: null }, usage: deltaUsage(reply) },
    { type: 'message_stop' },
  ];
}

/** What Amazon Bedrock adds to the last event of a stream. */
export function invocationMetrics(request: ModelRequest, reply: ScriptedMessage): Record<string, unknown> {
  return { inputTokenCount: inputUsage(request).input_tokens, outputTokenCount: outputTokens(reply) };
}

/** The events of an answer that breaks off inside its only text block. */
export function brokenEvents(request: ModelRequest, text: string): StreamEvent[] {
  return [
    messageStart(request),
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
  ];
}

type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: unknown };

function contentBlocks(reply: ScriptedMessage): Block[] {
  const text = textDeltas(reply).join('');
  return [
    ...(reply.thinking === undefined
      ? []
      : [{ type: 'thinking' as const, thinking: reply.thinking, signature: 'c2NyaXB0ZWQ=' }]),
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...(reply.toolUses ?? []).map(({ name, input }) => ({
      type: 'tool_use' as const,
      id: `toolu_bdrk_${randomUUID().replaceAll('-', '')}`,
      name,
      input,
    })),
  ];
}

function blockEvents(index: number, block: Block, reply: ScriptedMessage): StreamEvent[] {
  const delta = (value: object): StreamEvent => ({ type: 'content_block_delta', index, delta: value });
  const framed = (start: object, deltas: StreamEvent[]): StreamEvent[] => [
    { type: 'content_block_start', index, content_block: start },
    ...deltas,
    { type: 'content_block_stop', index },
  ];
  switch (block.type) {
    case 'thinking':
      return framed({ ...block, thinking: '', signature: '' }, [
        delta({ type: 'thinking_delta', thinking: block.thinking }),
        delta({ type: 'signature_delta', signature: block.signature }),
      ]);
    case 'text':
      return framed(
        { type: 'text', text: '' },
        textDeltas(reply).map((text) => delta({ type: 'text_delta', text })),
      );
    case 'tool_use': {
      // Two pieces, because the arguments of a real call seldom arrive as one.
      const json = JSON.stringify(block.input);
      const middle = Math.ceil(json.length / 2);
      return framed(
        { ...block, input: {} },
        [json.slice(0, middle), json.slice(middle)].map((part) =>
          delta({ type: 'input_json_delta', partial_json: part }),
        ),
      );
    }
  }
}

function messageStart(request: ModelRequest): StreamEvent {
  const usage = { ...inputUsage(request), output_tokens: 1 };
  const message = { ...messageHead(request), content: [], stop_reason: null, stop_sequence: null, usage };
  return { type: 'message_start', message };
}

function messageHead(request: ModelRequest): Record<string, unknown> {
  const model = request.modelId.replace(/^.*anthropic\./, '');
  return { id: `msg_bdrk_${randomUUID().replaceAll('-', '')}`, type: 'message', role: 'assistant', model };
}

function textDeltas(reply: ScriptedMessage): readonly string[] {
  return typeof reply.text === 'string' ? [reply.text] : (reply.text ?? []);
}

function stopReason(reply: ScriptedMessage): string {
  return reply.stopReason ?? ((reply.toolUses ?? []).length > 0 ? 'tool_use' : 'end_turn');
}

function inputUsage(request: ModelRequest): Record<string, number> {
  const characters = JSON.stringify([request.body.system ?? '', request.body.messages]).length;
  return { input_tokens: tokens(characters), cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
}

function deltaUsage(reply: ScriptedMessage): Record<string, number> {
  return { output_tokens: outputTokens(reply) };
}

function outputTokens(reply: ScriptedMessage): number {
  const calls = reply.toolUses ? JSON.stringify(reply.toolUses).length : 0;
  return tokens(textDeltas(reply).join('').length + (reply.thinking ?? '').length + calls);
}

/** About four characters a token: plausible in size, never meant to be exact. */
function tokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / 4));
}
