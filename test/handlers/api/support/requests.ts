import type { HttpEvent, HttpReply } from '../../../../lib/handlers/api/http-event';

export const ISSUER = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI';

/** Claims of an access token of the user, as API Gateway passes them on. */
export function accessClaims(sub: string): Record<string, string> {
  return { token_use: 'access', client_id: 'web-client', iss: ISSUER, sub };
}

export interface RequestParts {
  readonly id?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A request of a user, as API Gateway gives it to the function. */
export function requestOf(sub: string, routeKey: string, { id, query, body }: RequestParts = {}): HttpEvent {
  return {
    routeKey,
    headers: { authorization: `Bearer token-of-${sub}` },
    ...(id !== undefined && { pathParameters: { id } }),
    ...(query !== undefined && { queryStringParameters: query }),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    requestContext: { requestId: 'request-1', authorizer: { jwt: { claims: accessClaims(sub) } } },
  };
}

export function bodyOf<T>({ body }: HttpReply): T {
  return JSON.parse(body) as T;
}

/** Status and code of a refusal. */
export function refusal(reply: HttpReply): readonly [number, string] {
  return [reply.statusCode, bodyOf<{ error: { code: string } }>(reply).error.code];
}

export function sessionId(name: string): string {
  return `session-${name}`.padEnd(36, '0');
}
