/** What a scripted model is asked and what it may answer. Types only. */

/** One content block of a message, as the Anthropic Messages API has it; other block types carry further fields. */
export interface ContentBlock {
  readonly type: string;
  /** Present on `text` blocks. */
  readonly text?: string;
  /** Present on `tool_use` blocks (the id) and `tool_result` blocks (the id answered). */
  readonly id?: string;
  readonly tool_use_id?: string;
  readonly name?: string;
  readonly input?: unknown;
  /** Present on `tool_result` blocks. */
  readonly content?: string | readonly ContentBlock[];
  readonly is_error?: boolean;
}

/** `system` is a reminder in the course of the conversation; the command line sends it where the model takes it. */
export interface ModelMessage {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: string | readonly ContentBlock[];
}

/** The parts of a model call's body that scripts and tests look at. */
export interface ModelRequestBody {
  /** Amazon Bedrock only. */
  readonly anthropic_version?: string;
  /** Anthropic's own protocol only; Amazon Bedrock has both in the path. */
  readonly model?: unknown;
  readonly stream?: unknown;
  readonly max_tokens?: number;
  readonly system?: string | readonly ContentBlock[];
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly { readonly name: string; readonly description?: string; readonly input_schema?: unknown }[];
}

export interface ModelRequest {
  /** Model id, inference profile id or ARN, decoded from the path; a model name with other providers. */
  readonly modelId: string;
  readonly streaming: boolean;
  readonly body: ModelRequestBody;
  /** What the person wrote, in order, one a turn: no reminders of the command line, no tool results. */
  readonly userTexts: readonly string[];
}

export interface ScriptedToolUse {
  readonly name: string;
  readonly input: unknown;
}

/** A whole answer: thinking, then text, then tool calls. */
export interface ScriptedMessage {
  readonly kind: 'message';
  /** A list is streamed as one delta each. */
  readonly text?: string | readonly string[];
  readonly thinking?: string;
  readonly toolUses?: readonly ScriptedToolUse[];
  /** Why the model stopped; by default `tool_use` with tool calls and `end_turn` without. */
  readonly stopReason?: 'end_turn' | 'tool_use' | 'max_tokens' | 'refusal';
  /** Pause before every delta but the first, in milliseconds; 0 by default. */
  readonly deltaDelayMs?: number;
  /** The answer is held before its last delta until this settles. */
  readonly gate?: Promise<void>;
}

export type ScriptedReply =
  | ScriptedMessage
  /** Refused before anything is streamed, with HTTP `status`; `type` is Amazon Bedrock's name of the fault. */
  | {
      readonly kind: 'fault';
      readonly status: number;
      readonly type: string;
      readonly message: string;
      readonly retryAfterSeconds?: number;
    }
  /** `text` is streamed, then an error ends the stream. */
  | { readonly kind: 'mid-stream-fault'; readonly text: string; readonly type: string; readonly message: string }
  /** The connection is destroyed, after `text` when there is some. */
  | { readonly kind: 'cut'; readonly text?: string }
  /** Nothing is answered until the client goes away. */
  | { readonly kind: 'hang' };

export type ModelScript = (request: ModelRequest) => ScriptedReply | Promise<ScriptedReply>;
