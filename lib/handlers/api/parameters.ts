import { SESSION_ID_LENGTH } from '../../../agent-image/src/protocol.ts';
import { ApiFailure } from './failure';
import type { HttpEvent } from './http-event';

/** Session ids that fit between the slashes of a path without being written in another way. */
const SESSION_ID = /^[!-~]+$/;
const PATH_SIGNS = /[/%?#\\]/;

/** Largest body that is read, in bytes; nothing that the API takes is as long. */
const MAX_BODY_BYTES = 64 * 1024;

export function isSessionId(text: string): boolean {
  const { min, max } = SESSION_ID_LENGTH;
  return text.length >= min && text.length <= max && SESSION_ID.test(text) && !PATH_SIGNS.test(text);
}

/** @throws ApiFailure `INVALID_REQUEST` */
export function sessionIdOf({ pathParameters = {} }: HttpEvent): string {
  const { id = '' } = pathParameters;
  if (isSessionId(id)) return id;
  const { min, max } = SESSION_ID_LENGTH;
  throw invalid(`the session id has ${id.length} characters; it has ${min} to ${max} that need no escape in a path`);
}

/**
 * How many entries a page is to have at the most.
 *
 * @throws ApiFailure `INVALID_REQUEST`
 */
export function limitOf(event: HttpEvent, most: number, usual: number): number {
  const text = queryOf(event, 'limit');
  if (text === undefined) return usual;
  const limit = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= most) return limit;
  throw invalid(`"limit" is ${shown(text)}; a whole number from 1 to ${most} is allowed, ${usual} when it is left out`);
}

/** A parameter of the query; empty counts as left out. */
export function queryOf({ queryStringParameters = {} }: HttpEvent, name: string): string | undefined {
  const value = queryStringParameters[name];
  return value === '' ? undefined : value;
}

/**
 * The fields of a body.
 *
 * @throws ApiFailure `INVALID_REQUEST` when it is no JSON object, or is too long
 */
export function bodyOf({ body = '', isBase64Encoded = false }: HttpEvent): Readonly<Record<string, unknown>> {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BODY_BYTES) throw invalid(`the body has ${bytes} bytes, and ${MAX_BODY_BYTES} are allowed`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('the body is no JSON object; send one, with the header "Content-Type: application/json"');
  }
  return value as Readonly<Record<string, unknown>>;
}

/** @param what in lower case: what is wrong, and what is allowed */
export function invalid(what: string): ApiFailure {
  return new ApiFailure('INVALID_REQUEST', `${what.charAt(0).toUpperCase()}${what.slice(1)}.`);
}

/** A value of the caller, short enough for a message. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
