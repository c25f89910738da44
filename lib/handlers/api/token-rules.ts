/** What an agent demands of the tokens of its callers. A list that is missing is not looked at. */
export interface TokenRules {
  /** What `client_id` may say. */
  readonly clients?: readonly string[];
  /** Of which `aud` must have one. */
  readonly audiences?: readonly string[];
  /** Of which `scope` must have one. */
  readonly scopes?: readonly string[];
  /** Each must hold. */
  readonly claims?: readonly ClaimRule[];
}

/** What one claim must say; the operators are those of the authorizer of AgentCore. */
export interface ClaimRule {
  readonly name: string;
  readonly operator: 'EQUALS' | 'CONTAINS' | 'CONTAINS_ANY';
  /** One, unless it is `CONTAINS_ANY`. */
  readonly values: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * Whether a token is one that the agent would take.
 *
 * @param token a JWT that was verified already. API Gateway hands on its claims too, but as text, in which a list of two
 * groups and one group with a space look alike
 */
export function meetsRules(token: string, { clients, audiences, scopes, claims = [] }: TokenRules): boolean {
  const said = claimsOf(token);
  return (
    said !== undefined &&
    hasOneOf(textsOf(said.client_id), clients) &&
    hasOneOf(textsOf(said.aud), audiences) &&
    hasOneOf(typeof said.scope === 'string' ? said.scope.split(' ') : [], scopes) &&
    claims.every((rule) => holds(rule, Object.hasOwn(said, rule.name) ? said[rule.name] : undefined))
  );
}

function holds({ operator, values }: ClaimRule, claim: unknown): boolean {
  if (operator === 'EQUALS') return typeof claim === 'string' && values.includes(claim);
  if (!Array.isArray(claim)) return false;
  return operator === 'CONTAINS'
    ? values.every((value) => claim.includes(value))
    : values.some((value) => claim.includes(value));
}

function hasOneOf(found: readonly string[], allowed: readonly string[] | undefined): boolean {
  return allowed === undefined || found.some((one) => allowed.includes(one));
}

function textsOf(claim: unknown): string[] {
  return [claim].flat().filter((one) => typeof one === 'string');
}

function claimsOf(token: string): Claims | undefined {
  const [, payload, , ...more] = token.split('.');
  if (payload === undefined || more.length > 0) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}
