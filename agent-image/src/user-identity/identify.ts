import type { IncomingHttpHeaders } from 'node:http';
import { readCaller } from '../caller.ts';
import type { AgentConfig } from '../config.ts';
import { assertIdToken } from './id-token.ts';
import { readRequestTokens, type RequestTokens } from './request-tokens.ts';

/** Whom a request is from, and what it brought to act for that user with. */
export interface Identified {
  /** `userKey`; missing where callers with IAM name no user. */
  readonly user?: string;
  readonly tokens: RequestTokens;
}

/** The part of the configuration that says how requests name their users. */
export type IdentityRules = Pick<AgentConfig, 'authorizer' | 'userAccess'>;

/**
 * Reads the headers of a request.
 *
 * @throws RefusedRequest `CALLER_UNKNOWN`, which repeats nothing of a token
 */
export function identify(headers: IncomingHttpHeaders, { authorizer, userAccess }: IdentityRules): Identified {
  const user = readCaller(headers, authorizer)?.userKey;
  const identity = userAccess?.kind === 'identity' ? userAccess.identity : undefined;
  const tokens = readRequestTokens(headers, identity?.idTokenHeader);
  if (identity) assertIdToken(tokens, identity, Date.now());
  return { tokens, ...(user !== undefined && { user }) };
}
