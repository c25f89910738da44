import {
  type HistoryMessage,
  RefusedRequest,
  type ResumeEntry,
  type RunChoices,
  SESSION_ID_LENGTH,
} from '../protocol.ts';
import { invalid, isObject, kindOf } from './fields.ts';
import { readRunAgentInput } from './run-agent-input.ts';
import { readShortForm } from './short-form.ts';

/** What a caller asks for, whichever form the body has. */
export type Invocation = PromptInvocation | ResumeInvocation | OperationInvocation;

interface PromptInvocation {
  readonly kind: 'prompt';
  readonly prompt: string;
  /** The run's id when the caller chose one (AG-UI callers do). */
  readonly runId?: string;
  readonly choices: RunChoices;
  readonly history: readonly HistoryMessage[];
  readonly stream: boolean;
}

interface ResumeInvocation {
  readonly kind: 'resume';
  readonly entries: readonly ResumeEntry[];
  readonly runId?: string;
  readonly stream: boolean;
}

type OperationInvocation =
  | { readonly kind: 'attach'; readonly after: number; readonly stream: boolean }
  | { readonly kind: 'health' | 'cancel' | 'flush'; readonly stream: false };

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
 * Reads the body of `POST /invocations`: the short form or AG-UI's `RunAgentInput`.
 *
 * @throws RefusedRequest `INVALID_REQUEST` naming the field, what it was and what is allowed
 */
export function readInvocation(bytes: Uint8Array, sessionId: string, accept: string | undefined): Invocation {
  const body = parseObject(bytes);
  const acceptsStream = accepts(accept, 'text/event-stream');
  if (Object.hasOwn(body, 'threadId') || Object.hasOwn(body, 'messages')) {
    return readRunAgentInput(body, sessionId, acceptsStream || !accepts(accept, 'application/json'));
  }
  if (['prompt', 'action', 'resume'].some((field) => Object.hasOwn(body, field))) {
    return readShortForm(body, acceptsStream);
  }
  throw invalid(
    'the body has none of "prompt", "resume" and "action" (the short form), nor "messages" (AG-UI RunAgentInput)',
  );
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

function accepts(header: string | undefined, type: string): boolean {
  return (header ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === type);
}
