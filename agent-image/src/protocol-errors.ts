/** Why a request is refused before it becomes a run: the HTTP status, and when it happens. */
export const REFUSALS = {
  INVALID_REQUEST: { status: 400, when: 'The body, or a field of it, is not what the contract allows.' },
  SESSION_ID_INVALID: { status: 400, when: 'The session header is missing or has a wrong length.' },
  CALLER_UNKNOWN: { status: 401, when: 'The request does not name its user as the deployment needs it.' },
  NOT_SESSION_OWNER: { status: 403, when: 'The session belongs to another user.' },
  CHOICE_NOT_ALLOWED: { status: 403, when: 'The deployment does not let callers choose this.' },
  NOT_FOUND: { status: 404, when: 'There is no such path.' },
  METHOD_NOT_ALLOWED: { status: 405, when: 'The path does not take this method.' },
  SESSION_MISMATCH: { status: 409, when: 'This container serves another session.' },
  WORKSPACE_FENCED: { status: 409, when: 'Another container has kept a later state of the session.' },
  INTERRUPT_PENDING: { status: 409, when: 'The session waits for answers to its questions.' },
  INTERRUPT_NOT_OPEN: { status: 409, when: 'A question that was answered is not open, or no longer.' },
  EVENTS_GONE: { status: 410, when: 'Events after this number are no longer kept.' },
  PAYLOAD_TOO_LARGE: { status: 413, when: 'The body is larger than the limit.' },
  QUEUE_FULL: { status: 429, when: 'Too many runs of this session are waiting.' },
  INTERNAL_ERROR: { status: 500, when: 'The agent server failed; its log has the cause.' },
  SESSION_UNREADABLE: { status: 500, when: 'What was kept of the session cannot be read.' },
  WORKSPACE_UNAVAILABLE: { status: 503, when: 'What was kept of the session cannot be reached.' },
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
  BUDGET_EXCEEDED: 'The budget of this session is used up. Start a new session.',
  TURN_LIMIT_REACHED: 'This session has made as many round trips as it may. Start a new session.',
  SECRET_UNAVAILABLE: "A secret that the agent needs cannot be read: the agent's log names it and the reason.",
  WORKSPACE_UNAVAILABLE: 'The files and the conversation of this session cannot be brought back now. Try again.',
  WORKSPACE_DAMAGED:
    "What was kept of this session is damaged, so it cannot go on: the agent's log has the reason. Start a new session.",
  WORKSPACE_FENCED:
    'This session was continued by another container meanwhile, so what was done here is not kept. Send the prompt again.',
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
  /** What a caller is told of `error`: of anything else than a refusal only that it happened. */
  static from(error: unknown): RefusedRequest {
    return error instanceof RefusedRequest
      ? error
      : new RefusedRequest('INTERNAL_ERROR', 'The agent server failed; its log has the cause.');
  }

  readonly code: RefusalCode;

  /** `options.cause`: for the log. */
  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RefusedRequest';
    this.code = code;
  }
}
