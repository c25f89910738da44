import {
  type AgentEvent,
  type CancelReply,
  type NumberedEvent,
  SESSION_HEADER,
  type ShortInvocation,
  type ShortOperation,
} from './protocol.ts';
import { readServerSentEvents } from './server-sent-events.ts';

/** Why a call to an agent failed before or while it streamed. Failures of the run itself are `RUN_ERROR` events. */
export class AgentCallError extends Error {
  /**
   * The agent's own code, the error type of AgentCore (for example `ThrottlingException`), or one of:
   * `UNREACHABLE` (no answer at all), `STREAM_CUT` (the stream ended before the run did), `UNEXPECTED_ANSWER`.
   */
  readonly code: string;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(code: string, message: string, status?: number) {
    super(message);
    this.name = 'AgentCallError';
    this.code = code;
    this.status = status;
  }
}

/** Where a session is, and how it is reached. */
export interface AgentTarget {
  /** Full address of the agent's or the AgentCore data plane's invocation path. */
  readonly url: string;
  /** 33 to 256 characters; the conversation is kept under it. */
  readonly sessionId: string;
  /** Further headers, for example `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Stops the reading; the run itself goes on. */
  readonly signal?: AbortSignal;
}

/** A prompt, or the answers to questions, with what goes with it. */
export type AgentCall = AgentTarget & Omit<ShortInvocation, 'stream'>;

/**
 * Sends a prompt or answers and gives the events of the run as they come, up to `RUN_FINISHED` or `RUN_ERROR`.
 *
 * @throws AgentCallError when the call is refused, cannot be made, or is cut before the run has ended; what was missed
 * then comes from {@link attachToSession}
 */
export async function* runAgent(call: AgentCall): AsyncGenerator<NumberedEvent> {
  const { url, sessionId, headers, signal, ...request } = call;
  const target: AgentTarget = { url, sessionId, ...(headers && { headers }), ...(signal && { signal }) };
  for await (const event of streamed(target, { ...request, stream: true })) {
    yield event;
    if (event.event.type === 'RUN_FINISHED' || event.event.type === 'RUN_ERROR') {
      return;
    }
  }
  throw cut();
}

/**
 * Gives the events after number `after`, those that were missed first, until nothing is being done any more.
 *
 * @throws AgentCallError `EVENTS_GONE` when some of them are no longer kept; otherwise as {@link runAgent}
 */
export async function* attachToSession(
  target: AgentTarget & { readonly after: number },
): AsyncGenerator<NumberedEvent> {
  const { after, ...rest } = target;
  for await (const event of streamed(rest, { action: 'attach', after, stream: true })) {
    // A refusal in the stream has no number: it is no event of the session.
    if (event.event.type === 'RUN_ERROR' && event.seq === 0) {
      throw new AgentCallError(event.event.code, event.event.message);
    }
    yield event;
  }
}

/**
 * Ends what the session is doing.
 *
 * @throws AgentCallError when the call is refused or cannot be made
 */
export async function cancelRun(target: AgentTarget): Promise<CancelReply> {
  const response = await post(target, { action: 'cancel' }, 'application/json');
  if (!response.ok) {
    throw await refusal(response);
  }
  return (await response.json()) as CancelReply;
}

async function* streamed(
  target: AgentTarget,
  request: ShortInvocation | ShortOperation,
): AsyncGenerator<NumberedEvent> {
  const response = await post(target, request, 'text/event-stream');
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok) {
    throw await refusal(response);
  }
  if (!type.startsWith('text/event-stream') || !response.body) {
    await response.body?.cancel();
    const what = type === '' ? 'an answer without a type' : type;
    throw new AgentCallError('UNEXPECTED_ANSWER', `The agent answered ${what} instead of a stream.`, response.status);
  }
  try {
    for await (const { id, data } of readServerSentEvents(response.body)) {
      yield { seq: Number(id), event: parseEvent(data) };
    }
  } catch (error) {
    throw target.signal?.aborted || error instanceof AgentCallError ? error : cut(error);
  }
}

async function post(
  { url, sessionId, headers, signal }: AgentTarget,
  request: ShortInvocation | ShortOperation,
  accept: string,
): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept, [SESSION_HEADER]: sessionId },
      body: JSON.stringify(request),
      ...(signal && { signal }),
    });
  } catch (error) {
    throw signal?.aborted ? error : new AgentCallError('UNREACHABLE', `${url} cannot be reached (${reason(error)}).`);
  }
}

/** Reads a refusal of the agent (`{error: {code, message}}`) or of AgentCore (`{message}` with an error type). */
async function refusal(response: Response): Promise<AgentCallError> {
  const { status, headers } = response;
  const body = parseObject(await response.text().catch(() => ''));
  const error = isObject(body.error) ? body.error : {};
  if (typeof error.code === 'string' && typeof error.message === 'string') {
    return new AgentCallError(error.code, error.message, status);
  }
  const type = headers.get('x-amzn-errortype')?.split(':')[0];
  const said = [body.message, body.Message].find((message) => typeof message === 'string');
  if (status === 424) {
    // AgentCore hides what the container answered.
    const hint = "The agent refused the request or failed, and AgentCore does not pass on why: see the agent's log.";
    return new AgentCallError(type ?? 'RuntimeClientError', [hint, said].filter(Boolean).join(' '), status);
  }
  const code = type ?? `HTTP_${status}`;
  return new AgentCallError(code, said ?? `The call was refused with HTTP status ${status}.`, status);
}

function parseEvent(data: string): AgentEvent {
  const event = parseObject(data);
  if (typeof event.type !== 'string') {
    throw new AgentCallError('UNEXPECTED_ANSWER', 'The stream holds something that is no event of an agent.');
  }
  return event as unknown as AgentEvent;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function cut(error?: unknown): AgentCallError {
  const why = error === undefined ? '' : ` (${reason(error)})`;
  return new AgentCallError('STREAM_CUT', `The stream ended before the run did${why}; the run itself may go on.`);
}

/** `fetch` puts the reason of the system into the cause. */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
