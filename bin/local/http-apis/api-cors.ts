import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { isLoopbackOrigin } from '../loopback-origin';
import type { ApiCors } from '../resources/http-api';

/**
 * The headers by which an API lets the page that asks read its answer; none where it does not. Where it lets any page,
 * it lets those of this machine too, which is where the page of a local run is.
 */
export function corsHeaders(cors: ApiCors | undefined, { headers: { origin } }: IncomingMessage): OutgoingHttpHeaders {
  if (cors === undefined || origin === undefined) return {};
  const { origins, exposed } = cors;
  if (origins.length === 0 || !(origins.includes('*') || origins.includes(origin) || isLoopbackOrigin(origin)))
    return {};
  return {
    'access-control-allow-origin': origin,
    vary: 'origin',
    ...(exposed.length === 0 ? {} : { 'access-control-expose-headers': exposed.join(',') }),
  };
}

/** Whether a request is only a page's question what it may do. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** The answer to that question. */
export function preflightHeaders(cors: ApiCors, req: IncomingMessage): OutgoingHttpHeaders {
  const allowed = corsHeaders(cors, req);
  if (Object.keys(allowed).length === 0) return {};
  return {
    ...allowed,
    'access-control-allow-methods': cors.methods.join(','),
    'access-control-allow-headers': cors.headers.join(','),
    ...(cors.maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(cors.maxAgeSeconds) }),
  };
}
