import { CHOICE_FIELDS, readChoices, readResume } from './choices.ts';
import { invalid, isEmpty, isObject, kindOf, quoted, readText, refuseUnknownFields } from './fields.ts';
import type { Invocation } from './invocation.ts';
import { readOperation } from './operation.ts';

/** `state` is the client's copy of what the agent has told, and is not read. */
const FIELDS = [
  ...['threadId', 'runId', 'parentRunId', 'protocolVersion', 'state', 'messages', 'tools', 'context'],
  ...['forwardedProps', 'resume'],
];
/** Fields that AG-UI clients always send, and that this agent takes only empty. */
const EMPTY_FIELDS = ['tools', 'context'];

const FORWARDED_FIELDS = ['op', 'after', ...CHOICE_FIELDS];

/** Longest run id, in characters: it is repeated in events and log lines. */
const MAX_RUN_ID = 256;

/** Reads AG-UI's `RunAgentInput`. */
export function readRunAgentInput(body: Record<string, unknown>, sessionId: string, stream: boolean): Invocation {
  refuseUnknownFields(body, FIELDS, 'RunAgentInput');
  const { threadId, runId, protocolVersion, forwardedProps } = body;
  if (threadId !== sessionId) {
    throw invalid('"threadId" must be the session id of the request header');
  }
  if (typeof runId !== 'string' || runId === '' || runId.length > MAX_RUN_ID) {
    throw invalid(`"runId" must be a text of 1 to ${MAX_RUN_ID} characters`);
  }
  if (protocolVersion !== undefined && !(typeof protocolVersion === 'string' && /^1(\.\d+)?$/.test(protocolVersion))) {
    throw invalid(`"protocolVersion" must be "1.0" or a later 1.x, not ${quoted(protocolVersion)}`);
  }
  for (const field of EMPTY_FIELDS) {
    if (!isEmpty(body[field])) {
      throw invalid(`"${field}" is not supported: leave it out or empty`);
    }
  }
  const forwarded = readForwarded(forwardedProps);
  if (forwarded.op !== undefined) {
    return readOperation('forwardedProps.op', forwarded.op, forwarded.after, stream);
  }
  const entries = readResume(body.resume);
  if (entries) {
    return { kind: 'resume', entries, runId, stream };
  }
  const prompt = lastUserPrompt(body.messages);
  return { kind: 'prompt', prompt, runId, choices: readChoices(forwarded), history: [], stream };
}

function readForwarded(value: unknown): Record<string, unknown> {
  if (isEmpty(value)) {
    return {};
  }
  if (!isObject(value)) {
    throw invalid(`"forwardedProps" must be an object, not ${kindOf(value)}`);
  }
  refuseUnknownFields(value, FORWARDED_FIELDS, '"forwardedProps"');
  return value;
}

/** The last user message is the prompt: earlier ones are the client's copy of a conversation the session has itself. */
function lastUserPrompt(messages: unknown): string {
  if (!Array.isArray(messages)) {
    throw invalid(`"messages" must be a list, not ${kindOf(messages)}`);
  }
  const roles = messages.map((message: unknown) => (isObject(message) ? message.role : undefined));
  const index = roles.lastIndexOf('user');
  if (index === -1) {
    throw invalid('"messages" has no message of role "user"');
  }
  const later = roles.slice(index + 1).find((role) => role === 'assistant' || role === 'tool');
  if (later !== undefined) {
    throw invalid(`"messages" must not end with a message of role "${String(later)}": add what the user says next`);
  }
  const message: unknown = messages[index];
  return readText('the last user message', textOf(isObject(message) ? message.content : undefined));
}

function textOf(content: unknown): unknown {
  if (!Array.isArray(content)) {
    return content;
  }
  const texts = content.map((part: unknown) => {
    const type = isObject(part) ? part.type : undefined;
    if (!isObject(part) || type !== 'text' || typeof part.text !== 'string') {
      const given = typeof type === 'string' ? `"${type.slice(0, 64)}"` : kindOf(part);
      throw invalid(`a user message may have parts of type "text" only, not ${given}`);
    }
    return part.text;
  });
  return texts.join('\n');
}
