import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Authorizer } from './config.ts';
import { RefusedRequest, USER_HEADER } from './protocol.ts';
import { claimsOf } from './user-identity/token-claims.ts';

/** The user on whose behalf a request comes. */
export interface Caller {
  /** Names the user in sessions, storage and logs; see {@link userKeyOf}. */
  readonly userKey: string;
}

/** Raw subjects that can be names of folders, values of session tags and keys of a table as they are. */
const PLAIN_SUBJECT = /^[A-Za-z0-9_.:=+@-]{1,128}$/;

/**
 * What {@link userKeyOf} makes of other subjects, and what stands for a user where callers name none (`s-`): a subject
 * that reads so already could pass for another user's.
 */
const HASHED_SUBJECT = /^[xs]-[A-Za-z0-9_-]{43}$/;

/**
 * Whom a request is from.
 *
 * With `jwt` it is the subject of the bearer token. The token is decoded and not verified: AgentCore has verified it
 * before the request came here, and nothing else reaches the container. With `iam` it is who the signed caller says.
 *
 * @returns undefined where callers with IAM name no user
 * @throws RefusedRequest `CALLER_UNKNOWN`, which repeats nothing of the token
 */
export function readCaller(headers: IncomingHttpHeaders, authorizer: Authorizer): Caller | undefined {
  if (authorizer === 'jwt') {
    const { issuer, subject } = bearerClaims(headers.authorization);
    return { userKey: userKeyOf(issuer, subject) };
  }
  const subject = headers[USER_HEADER];
  if (subject === undefined) {
    return undefined;
  }
  if (typeof subject !== 'string' || subject === '') {
    throw new RefusedRequest('CALLER_UNKNOWN', `The header ${USER_HEADER} names no user: name one, or leave it out.`);
  }
  return { userKey: userKeyOf('', subject) };
}

/**
 * The subject itself where it is plain, else a hash of issuer and subject. Functions of the construct library that look
 * for a user's data compute the same.
 *
 * @param issuer `iss` of the token; empty with IAM
 * @param subject `sub` of the token, or the user that the caller names
 * @returns up to 128 characters of letters, digits, `_`, `.`, `:`, `=`, `+`, `@` and `-`; never `.` or `..`
 */
export function userKeyOf(issuer: string, subject: string): string {
  const isPath = subject === '.' || subject === '..';
  if (PLAIN_SUBJECT.test(subject) && !HASHED_SUBJECT.test(subject) && !isPath) {
    return subject;
  }
  return `x-${createHash('sha256').update(`${issuer}\n${subject}`).digest('base64url')}`;
}

function bearerClaims(authorization: string | undefined): { readonly issuer: string; readonly subject: string } {
  const [, token] = /^Bearer +([^ ]+)$/i.exec(authorization ?? '') ?? [];
  if (token === undefined) {
    const remedy = 'send "Authorization: Bearer" with the access token of the signed-in user';
    throw new RefusedRequest('CALLER_UNKNOWN', `The request has no bearer token: ${remedy}.`);
  }
  const { iss, sub } = claimsOf(token);
  if (typeof iss !== 'string' || iss === '' || typeof sub !== 'string' || sub === '') {
    const remedy = 'it must be a JWT with the claims "iss" and "sub"; sign in again, or use another kind of token';
    throw new RefusedRequest('CALLER_UNKNOWN', `The bearer token does not name its user: ${remedy}.`);
  }
  return { issuer: iss, subject: sub };
}
