import { ConfigError, jsonObject } from './variables.ts';

/** How the agent gets credentials of a user from the user's own token, instead of from its role. */
export interface UserIdentityConfig {
  readonly identityPoolId: string;
  /** The user pool, as the identity pool names it: `cognito-idp.<region>.amazonaws.com/<user pool id>`. */
  readonly loginProvider: string;
  /** Header in which requests bring the ID token; lower case. */
  readonly idTokenHeader: string;
}

const NAME = 'AGENT_USER_IDENTITY';
const KEYS = ['identityPoolId', 'loginProvider', 'idTokenHeader'];
const EXAMPLE =
  '{"identityPoolId":"eu-west-1:11111111-2222-3333-4444-555555555555","loginProvider":"cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI","idTokenHeader":"X-Amzn-Bedrock-AgentCore-Runtime-Custom-Id-Token"}';

/** Source: the API reference of Amazon Cognito Federated Identities, `IdentityPoolId`. */
const POOL = /^[a-z0-9-]{1,30}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LOGIN = /^cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[\w-]{1,55}$/;
const HEADER = /^[A-Za-z][A-Za-z0-9_-]{0,255}$/;

/**
 * Reads `AGENT_USER_IDENTITY`; not set means that the agent assumes the user role itself.
 *
 * @param authorizer of the agent: only with `jwt` there is a user whose token was verified
 * @throws ConfigError saying which field is wrong
 */
export function readUserIdentity(env: NodeJS.ProcessEnv, authorizer: 'jwt' | 'iam'): UserIdentityConfig | undefined {
  const value = jsonObject(env, NAME, KEYS, EXAMPLE);
  if (value === undefined) return undefined;
  const { identityPoolId, loginProvider, idTokenHeader } = value;
  const wrong = (field: string, rule: string): ConfigError =>
    new ConfigError(`${NAME} has no usable "${field}": give ${rule}, as in ${EXAMPLE}.`);
  if (!matches(identityPoolId, POOL)) throw wrong('identityPoolId', 'the id of an identity pool, no ARN');
  if (!matches(loginProvider, LOGIN)) throw wrong('loginProvider', 'host and id of a Cognito user pool');
  if (!matches(idTokenHeader, HEADER)) throw wrong('idTokenHeader', 'the name of a header');
  if (authorizer !== 'jwt') {
    const remedy = 'set AGENT_AUTHORIZER to jwt, or take the variable out';
    throw new ConfigError(`${NAME} needs users with tokens, and callers of this agent sign with IAM: ${remedy}.`);
  }
  return { identityPoolId, loginProvider, idTokenHeader: idTokenHeader.toLowerCase() };
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
