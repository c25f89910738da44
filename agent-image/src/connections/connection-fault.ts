import { errorName, isTimeout } from '../tools/error-name.ts';
import { ToolFault } from '../tools/tool-fault.ts';

/** Why what AgentCore Identity keeps for a connection cannot be had; stable, for logs and alarms. */
export type ConnectionCode = keyof typeof CONNECTION_FAILURES;

/** What the model is told; it must be able to act on it, and to tell the person what an operator has to know. */
export const CONNECTION_FAILURES = {
  CONNECTION_ACCESS_DENIED:
    'The agent may not use this connection; nothing was done. Do not try again: tell the person that an operator has to look for CONNECTION_ACCESS_DENIED in the log of the agent.',
  CONNECTION_SIGN_IN_NEEDED:
    'The request came without the identity that this connection needs, or it has ended; nothing was done. Ask the person to sign in again and to send another message, and do not try before.',
  CONNECTION_NOT_FOUND:
    'The credential provider of this connection does not exist any more; nothing was done. Do not try again: tell the person that an operator has to look for CONNECTION_NOT_FOUND in the log of the agent.',
  CONNECTION_REFUSED:
    'AgentCore Identity does not accept how this connection is set up; nothing was done. Do not try again: tell the person that an operator has to look for CONNECTION_REFUSED in the log of the agent.',
  CONNECTION_THROTTLED: 'This connection is used too often at the moment; nothing was done. Try again in a minute.',
  CONNECTION_FAILED: 'AgentCore Identity failed; nothing was done. Try again once.',
  CONNECTION_TIMEOUT: 'AgentCore Identity did not answer in time; nothing was done. Try again once.',
  CONNECTION_UNREACHABLE:
    'AgentCore Identity cannot be reached from the agent; nothing was done. Try again once, and then tell the person that an operator has to look for CONNECTION_UNREACHABLE in the log of the agent.',
  CONNECTION_CANCELLED: 'This was cancelled; nothing was done.',
  CONNECTION_UNREADABLE: 'The agent could not use the answer of AgentCore Identity; nothing was done.',
} as const;

const CODES: Readonly<Record<string, ConnectionCode>> = {
  AccessDeniedException: 'CONNECTION_ACCESS_DENIED',
  UnrecognizedClientException: 'CONNECTION_ACCESS_DENIED',
  InvalidSignatureException: 'CONNECTION_ACCESS_DENIED',
  ExpiredTokenException: 'CONNECTION_ACCESS_DENIED',
  CredentialsProviderError: 'CONNECTION_ACCESS_DENIED',
  // About the workload access token, which belongs to one request of one user.
  UnauthorizedException: 'CONNECTION_SIGN_IN_NEEDED',
  ResourceNotFoundException: 'CONNECTION_NOT_FOUND',
  ValidationException: 'CONNECTION_REFUSED',
  ThrottlingException: 'CONNECTION_THROTTLED',
  InternalServerException: 'CONNECTION_FAILED',
};

/** A token or key of a connection cannot be had. */
export class ConnectionFault extends ToolFault {
  declare readonly code: ConnectionCode;

  constructor(code: ConnectionCode, detail: string) {
    super(code, CONNECTION_FAILURES[code], detail);
    this.name = 'ConnectionFault';
  }
}

/** What `error`, thrown by the client of AWS, means. Names only: a message may repeat what was sent. */
export function faultOf(error: unknown, signal: AbortSignal): ConnectionFault {
  if (error instanceof ConnectionFault) return error;
  const name = errorName(error);
  if (signal.aborted) {
    return new ConnectionFault(isTimeout(signal) ? 'CONNECTION_TIMEOUT' : 'CONNECTION_CANCELLED', name);
  }
  const { httpStatusCode = 0 } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  const other = httpStatusCode >= 500 ? 'CONNECTION_FAILED' : 'CONNECTION_UNREACHABLE';
  return new ConnectionFault(CODES[name] ?? other, name);
}
