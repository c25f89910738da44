import type { IncomingHttpHeaders } from 'node:http';
import { claimsOf } from './token-claims.ts';

/** What a request brought to act for its user with. Credentials: never logged, never written to a disk. */
export interface RequestTokens {
  /** The bearer token that AgentCore verified. */
  readonly accessToken?: string;
  /** Not verified by AgentCore; whoever takes it verifies it. */
  readonly idToken?: string;
  /** The agent's own identity for this user, with which AgentCore Identity gives out what it keeps for the user. */
  readonly workloadToken?: string;
}

/** AgentCore's names for the workload access token, the newer one first. */
const WORKLOAD_HEADERS = ['x-amz-bedrock-agentcore-identity-wat', 'workloadaccesstoken'];

/** @param idTokenHeader in which the deployment has the ID token come, in lower case */
export function readRequestTokens(headers: IncomingHttpHeaders, idTokenHeader?: string): RequestTokens {
  const [, accessToken] = /^Bearer +([^ ]+)$/i.exec(headers.authorization ?? '') ?? [];
  const idToken = idTokenHeader === undefined ? undefined : textOf(headers[idTokenHeader]);
  const workloadToken = WORKLOAD_HEADERS.map((name) => textOf(headers[name])).find((text) => text !== undefined);
  return {
    ...(accessToken !== undefined && { accessToken }),
    ...(idToken !== undefined && { idToken: idToken.replace(/^Bearer +/i, '') }),
    ...(workloadToken !== undefined && { workloadToken }),
  };
}

/**
 * The tokens of the newest request that a session has let in. They are all that is kept: those of a request before have
 * an earlier end.
 */
export class SessionTokens {
  #newest: RequestTokens = {};
  #user: string | undefined;

  get newest(): RequestTokens {
    return this.#newest;
  }

  /**
   * Takes those of a request whose user owns the session, and of no other: what the agent does next is done with them. A
   * connection that stays open brings what it was opened with again and again, when others have brought newer ones.
   *
   * @param user of the request; undefined where callers name no user
   */
  take(user: string | undefined, tokens: RequestTokens): void {
    if (user !== this.#user || endOf(tokens) >= endOf(this.#newest)) {
      this.#user = user;
      this.#newest = tokens;
    }
  }

  /** Forgets those of a request that was not let in after all. */
  forget(): void {
    this.#user = undefined;
    this.#newest = {};
  }
}

/** When the access token ends, in seconds since 1970; 0 where there is none that says so. */
function endOf({ accessToken = '' }: RequestTokens): number {
  const { exp } = claimsOf(accessToken);
  return typeof exp === 'number' ? exp : 0;
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined;
}
