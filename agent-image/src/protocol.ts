/**
 * The wire contract of the agent: headers, limits, error codes, requests, events and replies.
 * Imports nothing, so that browsers, the command line and tests can share it.
 */

/** Version of the AG-UI protocol that the events follow. */
export const AG_UI_VERSION = '1.0';

/** Names the runtime session; AgentCore gives every session a container of its own. */
export const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';

/** Names the request, when AgentCore passes the call on. */
export const REQUEST_HEADER = 'x-amzn-bedrock-agentcore-runtime-request-id';

/** Length of a runtime session id, in characters (AgentCore's own limits). */
export const SESSION_ID_LENGTH = { min: 33, max: 256 } as const;

/** Largest body of `POST /invocations`, in bytes. */
export const MAX_BODY_BYTES = 25 * 1024 * 1024;

/** Runs that may wait behind the active one. */
export const MAX_WAITING_RUNS = 8;

/** Longest tool result in an event, in characters; what is cut off is said at its end. */
export const MAX_TOOL_RESULT_CHARACTERS = 65_536;

/** Why a request is refused before it becomes a run: the HTTP status, and when it happens. */
export const REFUSALS = {
  INVALID_REQUEST: { status: 400, when: 'The body, or a field of it, is not what the contract allows.' },
  SESSION_ID_INVALID: { status: 400, when: 'The session header is missing or has a wrong length.' },
  NOT_FOUND: { status: 404, when: 'There is no such path.' },
  METHOD_NOT_ALLOWED: { status: 405, when: 'The path does not take this method.' },
  SESSION_MISMATCH: { status: 409, when: 'This container serves another session.' },
  PAYLOAD_TOO_LARGE: { status: 413, when: 'The body is larger than the limit.' },
  QUEUE_FULL: { status: 429, when: 'Too many runs of this session are waiting.' },
  INTERNAL_ERROR: { status: 500, when: 'The agent server failed; its log has the cause.' },
  STOPPING: { status: 503, when: 'The container is being stopped and takes no new run.' },
} as const satisfies Record<string, { status: number; when: string }>;

/** Why a run failed, with the sentence that the person reads. The cause in detail is in the agent's log. */
export const RUN_FAILURES = {
  MODEL_ACCESS_DENIED:
    "The model may not be called: the agent's role lacks permission for it, access to the model is not enabled in this account and Region, or the credentials are not valid.",
  MODEL_NOT_FOUND: 'The configured model does not exist in this Region, or is not offered there.',
  MODEL_REQUEST_INVALID: 'The model refused the request as invalid.',
  MODEL_THROTTLED: 'The model is throttled: the quota of requests or tokens is used up. Try again in a minute.',
  MODEL_UNAVAILABLE: 'The model service failed or could not be reached. Try again.',
  MODEL_REFUSED: 'The model declined to answer this prompt.',
  CONTEXT_TOO_LONG: 'The conversation is longer than the model can read. Start a new session, or send less.',
  ANSWER_TOO_LONG: 'The answer is longer than the model may write, so it is not complete. Ask for it in parts.',
  AGENT_FAILED: 'The agent could not finish this run.',
  AGENT_PROCESS_ENDED: 'The agent process ended during the run. Send the prompt again: the conversation is kept.',
  STOPPING: 'The session was stopped before this run began. Send the prompt again.',
} as const;

export type RefusalCode = keyof typeof REFUSALS;
export type RunFailureCode = keyof typeof RUN_FAILURES;
export type ErrorCode = RefusalCode | RunFailureCode;

export interface ErrorDetail {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Body of every refused request. */
export interface RefusalBody {
  readonly error: ErrorDetail;
}

/** A request that is refused; the message is meant for the caller. */
export class RefusedRequest extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = 'RefusedRequest';
    this.code = code;
  }
}

/** The short form of `POST /invocations`. */
export interface ShortInvocation {
  readonly prompt: string;
  /** Beats the `Accept` header. */
  readonly stream?: boolean;
}

/** Tokens of one run, all model calls together. */
export interface RunUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
}

/** What a run took. */
export interface RunFigures {
  /** The configured main model. */
  readonly model: string;
  /** Round trips between model and tools, as the SDK counts them. */
  readonly turns: number;
  readonly duration_ms: number;
  readonly usage: RunUsage;
  /** An estimate from list prices, in US dollars. */
  readonly cost_usd: number;
}

export interface RunStarted {
  readonly type: 'RUN_STARTED';
  readonly threadId: string;
  readonly runId: string;
  readonly protocolVersion: typeof AG_UI_VERSION;
}

export interface RunFinished {
  readonly type: 'RUN_FINISHED';
  readonly threadId: string;
  readonly runId: string;
  readonly outcome: { readonly type: 'success' | 'cancelled' };
  readonly result: RunFigures;
}

export interface RunFailed {
  readonly type: 'RUN_ERROR';
  readonly code: RunFailureCode;
  readonly message: string;
}

/**
 * A message (or tool call) that was streamed is void: the model's stream broke and its retry says something else.
 * Readers drop what they showed under this id.
 */
export interface MessageRetracted {
  readonly type: 'CUSTOM';
  readonly name: 'message.retracted';
  readonly value: { readonly messageId: string } | { readonly toolCallId: string };
}

/** What happens in the course of a run, by the names of AG-UI. */
export type ContentEvent =
  | { readonly type: 'TEXT_MESSAGE_START'; readonly messageId: string; readonly role: 'assistant' }
  | { readonly type: 'TEXT_MESSAGE_CONTENT'; readonly messageId: string; readonly delta: string }
  | { readonly type: 'TEXT_MESSAGE_END'; readonly messageId: string }
  | { readonly type: 'REASONING_START' | 'REASONING_END' | 'REASONING_MESSAGE_END'; readonly messageId: string }
  | { readonly type: 'REASONING_MESSAGE_START'; readonly messageId: string; readonly role: 'reasoning' }
  | { readonly type: 'REASONING_MESSAGE_CONTENT'; readonly messageId: string; readonly delta: string }
  | { readonly type: 'TOOL_CALL_START'; readonly toolCallId: string; readonly toolCallName: string }
  | { readonly type: 'TOOL_CALL_ARGS'; readonly toolCallId: string; readonly delta: string }
  | { readonly type: 'TOOL_CALL_END'; readonly toolCallId: string }
  | {
      readonly type: 'TOOL_CALL_RESULT';
      readonly messageId: string;
      readonly toolCallId: string;
      readonly content: string;
      readonly role: 'tool';
      readonly metadata?: { readonly is_error: true };
    }
  | MessageRetracted;

export type AgentEvent = RunStarted | ContentEvent | RunFinished | RunFailed;

/** An event with its number within the session: the `id` of the server-sent event. */
export interface NumberedEvent {
  readonly seq: number;
  readonly event: AgentEvent;
}

export interface ToolCallRecord {
  readonly id: string;
  readonly name: string;
  /** The arguments as JSON text. */
  readonly arguments: string;
  /** Missing when the run ended before the tool did. */
  readonly result?: string;
  readonly is_error?: true;
}

/** Reply of a run that is not streamed. */
export interface InvocationReply {
  /** The text after the last tool call; what there was of it when the run failed. */
  readonly response: string;
  readonly tool_calls: readonly ToolCallRecord[];
  readonly metadata: RunFigures & { readonly session_id: string; readonly run_id: string };
  readonly status: 'success' | 'cancelled' | 'error';
  readonly error?: ErrorDetail;
}

/** Reply of `GET /ping`. */
export interface PingReply {
  readonly status: 'Healthy' | 'HealthyBusy';
  /** Unix seconds; moves only when the status changes, or AgentCore would never see the session idle. */
  readonly time_of_last_update: number;
}
