/** What the API answers instead of what was asked for: HTTP status, and when. */
export const FAILURES = {
  INVALID_REQUEST: { status: 400, when: 'A parameter, the body or a cursor is not what the route takes.' },
  UNAUTHENTICATED: { status: 401, when: 'The token is no access token of one of the accepted clients.' },
  FORBIDDEN: {
    status: 403,
    when: 'The agent does not take the token: not of the groups, scopes, clients or claims that its authorizer demands.',
  },
  LINK_REFUSED: {
    status: 403,
    when: 'The account was not linked: begun by another user, used already, expired, or denied.',
  },
  NOT_FOUND: { status: 404, when: 'The user has no such session, file, directory or route.' },
  FILE_TOO_LARGE: { status: 413, when: 'The file has more than 128 MiB.' },
  TOO_MANY_REQUESTS: { status: 429, when: 'AgentCore Identity asks to be called more slowly.' },
  INTERNAL: { status: 500, when: 'A fault of the API; the log of its function has the request id.' },
  WORKSPACE_DAMAGED: { status: 500, when: 'What was kept of the session cannot be understood.' },
  UNAVAILABLE: { status: 503, when: 'A service of AWS did not do what the API needs; try again.' },
} as const;

export type FailureCode = keyof typeof FAILURES;

/** A request that is not answered as it asks; its message is for the person who asked. */
export class ApiFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.name = 'ApiFailure';
    this.code = code;
  }
}

/** Says nothing of whether somebody else has one. */
export function sessionNotFound(): ApiFailure {
  return new ApiFailure('NOT_FOUND', 'You have no session of this id: list your sessions with GET /sessions.');
}
