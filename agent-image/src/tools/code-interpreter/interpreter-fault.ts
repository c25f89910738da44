/** Why a call of the code interpreter failed; stable, for logs and alarms. */
export type InterpreterCode = keyof typeof INTERPRETER_FAILURES;

/** What the model is told; it must be able to act on it, and to tell the person what an operator has to know. */
export const INTERPRETER_FAILURES = {
  INTERPRETER_ACCESS_DENIED:
    'The agent has no permission to use its code interpreter, or no credentials; nothing was run. Do not try again: tell the person that an operator has to look for INTERPRETER_ACCESS_DENIED in the log of the agent.',
  INTERPRETER_NOT_FOUND:
    'The code interpreter of this agent does not exist any more; nothing was run. Do not try again: tell the person that an operator has to look for INTERPRETER_NOT_FOUND in the log of the agent.',
  INTERPRETER_THROTTLED:
    'The code interpreter is called too often at the moment; nothing was run. Try again in a minute.',
  INTERPRETER_QUOTA_EXCEEDED:
    'Too many sessions of code interpreters are open in this account; nothing was run. Try again in some minutes.',
  INTERPRETER_CONFLICT: 'The code interpreter is busy with something else; this was not run. Try again in a moment.',
  INTERPRETER_REFUSED:
    'The code interpreter does not accept this call; nothing was run. Look at what you gave it, and change that. When nothing is wrong with it, tell the person that an operator has to look for INTERPRETER_REFUSED in the log of the agent.',
  INTERPRETER_FAILED:
    'The code interpreter failed; it is not known how much of this was done. Look at what is there before you repeat it.',
  INTERPRETER_SESSION_LOST:
    'The session of the code interpreter ended while this ran. Its files, variables and tasks are gone; the next call gets a new, empty session. If this call was what ended it, do not repeat it as it was.',
  INTERPRETER_TIMEOUT:
    'The code interpreter did not answer in time, and is not waited for any longer. If it was code, it was ended, and the session of the code interpreter with it; the next call gets a new, empty one. For work that takes minutes use start_command and get_task.',
  INTERPRETER_UNREACHABLE:
    'The code interpreter cannot be reached from the agent; it is not known whether this was run. Try again once, and then tell the person that an operator has to look for INTERPRETER_UNREACHABLE in the log of the agent.',
  INTERPRETER_CANCELLED:
    'This was cancelled. If it was code, it was ended, and the session of the code interpreter with it; the next call gets a new, empty one.',
  INTERPRETER_UNREADABLE:
    'The agent could not use the answer of the code interpreter. What was asked for may have been done there.',
} as const;

const CODES: Readonly<Record<string, InterpreterCode>> = {
  AccessDeniedException: 'INTERPRETER_ACCESS_DENIED',
  UnrecognizedClientException: 'INTERPRETER_ACCESS_DENIED',
  ExpiredTokenException: 'INTERPRETER_ACCESS_DENIED',
  InvalidSignatureException: 'INTERPRETER_ACCESS_DENIED',
  CredentialsProviderError: 'INTERPRETER_ACCESS_DENIED',
  ResourceNotFoundException: 'INTERPRETER_NOT_FOUND',
  ThrottlingException: 'INTERPRETER_THROTTLED',
  ServiceQuotaExceededException: 'INTERPRETER_QUOTA_EXCEEDED',
  ConflictException: 'INTERPRETER_CONFLICT',
  ValidationException: 'INTERPRETER_REFUSED',
  InternalServerException: 'INTERPRETER_FAILED',
};

/**
 * A call of the code interpreter failed. The message is for the model, and a sentence of ours; `detail` is for the log
 * alone, because what the service says may hold accounts, roles and ids.
 */
export class InterpreterFault extends Error {
  readonly code: InterpreterCode;
  readonly detail: string;

  /** @param told what the model is told, where more is known than the code says; never words of the service */
  constructor(code: InterpreterCode, detail: string, told: string = INTERPRETER_FAILURES[code]) {
    super(told);
    this.code = code;
    this.detail = detail;
  }
}

/** What `error`, thrown by the client of AWS or told in its stream, means. */
export function faultOf(error: unknown, signal?: AbortSignal): InterpreterFault {
  if (error instanceof InterpreterFault) return error;
  const { name, message, status } = described(error);
  const detail = `${name}: ${message}`;
  if (signal?.aborted) {
    const late = described(signal.reason).name === 'TimeoutError';
    return new InterpreterFault(late ? 'INTERPRETER_TIMEOUT' : 'INTERPRETER_CANCELLED', detail);
  }
  const code = CODES[name] ?? (status >= 500 ? 'INTERPRETER_FAILED' : 'INTERPRETER_UNREACHABLE');
  return new InterpreterFault(code, detail);
}

function described(error: unknown): { readonly name: string; readonly message: string; readonly status: number } {
  const { name, message, $metadata } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly name?: unknown;
    readonly message?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  return {
    name: typeof name === 'string' ? name : 'an unknown error',
    message: typeof message === 'string' ? message : '',
    status: $metadata?.httpStatusCode ?? 0,
  };
}
