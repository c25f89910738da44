import { type Interrupt, MAX_TOOL_RESULT_CHARACTERS } from '../protocol.ts';
import type { ToolCall, ToolInput } from './tool-call.ts';

/** Longest text of a person's answer to the model, in characters. */
export const MAX_ANSWER_CHARACTERS = 2_000;

/** Longest argument in the sentence of a question, in characters; all of the input is in the metadata. */
const MAX_SHOWN_CHARACTERS = 200;

/** The argument that tells most about a call, by what tools call it. */
const TELLING_FIELDS = ['file_path', 'notebook_path', 'command', 'code'];

/** JSON Schema of `PermissionAnswer`. */
const ANSWER_SCHEMA: Interrupt['responseSchema'] = {
  type: 'object',
  properties: {
    approved: { type: 'boolean', description: 'Whether the tool may run.' },
    scope: {
      enum: ['once', 'session'],
      default: 'once',
      description: 'With "session", this tool is not asked about again in this session.',
    },
    editedArgs: { type: 'object', description: "Takes the place of the tool's input, as a whole." },
    message: { type: 'string', maxLength: MAX_ANSWER_CHARACTERS, description: 'Why not; the model reads it.' },
  },
  required: ['approved'],
  additionalProperties: false,
};

/** The question whether a call may run, in the form in which a person gets it. */
export function questionOf(call: ToolCall, id: string, expiresAt: Date): Interrupt {
  const { input, isWhole } = shownInput(call.input);
  const partly = isWhole ? '' : ' Its input is too long to be shown as a whole.';
  return {
    id,
    reason: 'tool_call',
    toolCallId: call.toolCallId,
    message: `The agent wants to use ${describe(call)}.${partly}`,
    responseSchema: ANSWER_SCHEMA,
    expiresAt: expiresAt.toISOString(),
    metadata: { tool_name: call.toolName, input },
  };
}

function describe({ toolName, input }: ToolCall): string {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(toolName) ?? [];
  const name = server === undefined || tool === undefined ? toolName : `${tool} of the MCP server ${server}`;
  const telling = TELLING_FIELDS.map((field) => input[field]).find((value) => typeof value === 'string');
  return telling === undefined ? name : `${name} on ${quoted(telling)}`;
}

/** On one line, with nothing in it that could make it look like another text; the middle of a long one is left out. */
function quoted(text: string): string {
  const half = MAX_SHOWN_CHARACTERS / 2;
  const shown = text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, half)} … ${text.slice(-half)}` : text;
  return JSON.stringify(shown).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

function shownInput(input: ToolInput): { readonly input: ToolInput; readonly isWhole: boolean } {
  if (JSON.stringify(input).length <= MAX_TOOL_RESULT_CHARACTERS) return { input, isWhole: true };
  const entries = Object.entries(input);
  const share = Math.floor(MAX_TOOL_RESULT_CHARACTERS / entries.length);
  return { input: Object.fromEntries(entries.map(([name, value]) => [name, cut(value, share)])), isWhole: false };
}

function cut(value: unknown, length: number): unknown {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length <= length ? value : `${text.slice(0, length)}… (${text.length - length} more characters)`;
}
