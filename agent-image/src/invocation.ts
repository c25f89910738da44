import { RefusedRequest, SESSION_ID_LENGTH } from './protocol.ts';

/** What a caller asks for, whichever form the body has. */
export interface Invocation {
  readonly prompt: string;
  /** The run's id when the caller chose one (AG-UI callers do). */
  readonly runId?: string;
  readonly stream: boolean;
}

const SHORT_FIELDS = ['prompt', 'stream'];
const RUN_AGENT_FIELDS = [
  'threadId',
  'runId',
  'protocolVersion',
  'state',
  'messages',
  'tools',
  'context',
  'forwardedProps',
  'resume',
];
/** Fields of `RunAgentInput` that AG-UI clients always send, and that this agent takes only empty. */
const EMPTY_FIELDS = ['state', 'tools', 'context', 'forwardedProps', 'resume'];

/** Longest run id, in characters: it is repeated in events and log lines. */
const MAX_RUN_ID = 256;

/**
 * The session id of a request.
 *
 * @throws RefusedRequest `SESSION_ID_INVALID` when the header is missing or its length is not allowed
 */
export function readSessionId(header: string | string[] | undefined): string {
  const { min, max } = SESSION_ID_LENGTH;
  const rule = `give the X-Amzn-Bedrock-AgentCore-Runtime-Session-Id header with ${min} to ${max} characters, for example a UUID`;
  if (typeof header !== 'string' || header === '') {
    throw new RefusedRequest('SESSION_ID_INVALID', `The request names no session: ${rule}.`);
  }
  if (header.length < min || header.length > max) {
    throw new RefusedRequest('SESSION_ID_INVALID', `The session id has ${header.length} characters: ${rule}.`);
  }
  return header;
}

/**
 * Reads the body of `POST /invocations`: the short form `{prompt, stream?}` or AG-UI's `RunAgentInput`.
 *
 * @throws RefusedRequest `INVALID_REQUEST` naming the field, what it was and what is allowed
 */
export function readInvocation(bytes: Uint8Array, sessionId: string, accept: string | undefined): Invocation {
  const body = parseObject(bytes);
  if (Object.hasOwn(body, 'prompt')) {
    return readShortForm(body, accept);
  }
  if (Object.hasOwn(body, 'messages') || Object.hasOwn(body, 'threadId')) {
    return readRunAgentInput(body, sessionId, accept);
  }
  throw invalid('the body has neither "prompt" (the short form) nor "messages" (AG-UI RunAgentInput)');
}

function readShortForm(body: Record<string, unknown>, accept: string | undefined): Invocation {
  refuseUnknownFields(body, SHORT_FIELDS, 'the short form');
  const { prompt, stream } = body;
  if (stream !== undefined && typeof stream !== 'boolean') {
    throw invalid(`"stream" must be true or false, not ${kindOf(stream)}`);
  }
  return { prompt: readPrompt('"prompt"', prompt), stream: stream ?? accepts(accept, 'text/event-stream') };
}

function readRunAgentInput(body: Record<string, unknown>, sessionId: string, accept: string | undefined): Invocation {
  refuseUnknownFields(body, RUN_AGENT_FIELDS, 'RunAgentInput');
  const { threadId, runId, protocolVersion } = body;
  if (threadId !== sessionId) {
    throw invalid('"threadId" must be the session id of the request header');
  }
  if (typeof runId !== 'string' || runId === '' || runId.length > MAX_RUN_ID) {
    throw invalid(`"runId" must be a text of 1 to ${MAX_RUN_ID} characters`);
  }
  if (protocolVersion !== undefined && !/^1(\.\d+)?$/.test(String(protocolVersion))) {
    throw invalid(`"protocolVersion" must be 1.0 or a later 1.x, not ${JSON.stringify(protocolVersion).slice(0, 32)}`);
  }
  for (const field of EMPTY_FIELDS) {
    if (!isEmpty(body[field])) {
      throw invalid(`"${field}" is not supported: leave it out or empty`);
    }
  }
  const jsonOnly = accepts(accept, 'application/json') && !accepts(accept, 'text/event-stream');
  return { prompt: lastUserPrompt(body.messages), runId, stream: !jsonOnly };
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
  return readPrompt('the last user message', textOf(isObject(message) ? message.content : undefined));
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

function readPrompt(name: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw invalid(`${name} must be a text, not ${kindOf(value)}`);
  }
  if (value.trim() === '') {
    throw invalid(`${name} is empty: give the text that the agent is to answer`);
  }
  return value;
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid(bytes.length === 0 ? 'the body is empty, a JSON object is needed' : 'the body is not JSON in UTF-8');
  }
  if (!isObject(body)) {
    throw invalid(`the body must be a JSON object, not ${kindOf(body)}`);
  }
  return body;
}

function refuseUnknownFields(body: Record<string, unknown>, known: readonly string[], form: string): void {
  const unknown = Object.keys(body).find((field) => !known.includes(field));
  if (unknown !== undefined) {
    throw invalid(`${JSON.stringify(unknown.slice(0, 64))} is no field of ${form}, which has: ${known.join(', ')}`);
  }
}

function accepts(header: string | undefined, type: string): boolean {
  return (header ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === type);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) {
    return true;
  }
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) {
    return 'missing';
  }
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}

function invalid(what: string): RefusedRequest {
  return new RefusedRequest('INVALID_REQUEST', `The request is not valid: ${what}.`);
}
