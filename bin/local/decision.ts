import {
  evaluate,
  evaluateTrust,
  type AccessRequest,
  type IdentityPolicies,
  type PolicyDocumentJson,
  type PolicyStatementJson,
  type RequestContext,
  type Verdict,
} from '../../lib/testing';
import type { Principal } from './credentials';

/** What was decided on a request, and which kind of policy forbids it where one does. */
export interface Decision {
  readonly decision: Verdict['decision'];
  readonly deniedBy?: 'identity-based' | 'resource-based';
}

/**
 * Decides a request of `principal`, by its own policies and that of the resource, in one account: either may allow it, a
 * deny in either wins, and what the principal's policies are limited by limits both.
 *
 * @param resourcePolicy of the bucket or key, or what a role trusts
 */
export function decide(principal: Principal, request: AccessRequest, resourcePolicy?: PolicyDocumentJson): Decision {
  const full = { ...request, context: { ...principalContext(principal), ...request.context } };
  const own = evaluate(principal.policies, full).decision;
  if (own === 'explicitDeny') return { decision: own, deniedBy: 'identity-based' };
  if (resourcePolicy === undefined) return { decision: own };
  const { decision } = evaluate(withResourcePolicy(principal, resourcePolicy), full);
  return decision === 'explicitDeny' ? { decision, deniedBy: 'resource-based' } : { decision };
}

/**
 * Whether a resource that only its own policy opens (a role, a key) is open to the principal: by name, or to its account.
 * The principal's own policies are not asked.
 */
export function isOpenTo(
  resourcePolicy: PolicyDocumentJson,
  principal: Principal,
  { action, context = {} }: Pick<AccessRequest, 'action' | 'context'>,
): boolean {
  const full = { ...principalContext(principal), ...context };
  const verdicts = principalArns(principal).map((aws) => evaluateTrust(resourcePolicy, { aws }, action, full));
  return verdicts.some(({ allowed }) => allowed) && !verdicts.some(({ decision }) => decision === 'explicitDeny');
}

/** The condition keys that say who asks, and how. The way to AWS is encrypted; the one within this machine need not be. */
function principalContext({ arn, account, role, tags = {} }: Principal): RequestContext {
  return {
    'aws:SecureTransport': 'true',
    'aws:PrincipalArn': role?.arn ?? arn,
    'aws:PrincipalAccount': account,
    'aws:PrincipalType': role === undefined ? 'User' : 'AssumedRole',
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
  };
}

/** Every ARN that names this principal and nobody else. */
function principalArns({ arn, role }: Principal): string[] {
  return role === undefined ? [arn] : [arn, role.arn];
}

function withResourcePolicy(principal: Principal, resourcePolicy: PolicyDocumentJson): IdentityPolicies {
  const { policies } = principal;
  const Statement = resourcePolicy.Statement.filter((statement) => concerns(statement, principal));
  return { ...policies, identityPolicies: [...policies.identityPolicies, { ...resourcePolicy, Statement }] };
}

/**
 * Whether a statement of a resource's policy decides for this principal. An account in it stands for all of its principals
 * where it denies; where it allows, it only leaves the choice to the account, whose own policies have to allow it as well.
 */
function concerns({ Effect, Principal: named }: PolicyStatementJson, principal: Principal): boolean {
  if (named === undefined) return false;
  if (Effect === 'Allow') {
    const arns = typeof named === 'string' ? [named] : [named.AWS ?? []].flat();
    return arns.some((arn) => arn === '*' || principalArns(principal).includes(arn));
  }
  const anything = { Statement: [{ Effect: 'Allow', Principal: named, Action: '*' } as const] };
  return principalArns(principal).some((aws) => evaluateTrust(anything, { aws }, 'any:Action').allowed);
}
