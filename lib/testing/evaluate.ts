import { conditionsHold, matchesPattern, substituteVariables, undecidable, type RequestContext } from './condition';
import { list, type PolicyDocumentJson, type PolicyStatementJson } from './policy';

/** One request as IAM sees it. */
export interface AccessRequest {
  /** `service:Action`, compared without regard to case. */
  readonly action: string;
  /** The ARN of what is acted on, or `*` for actions without a resource type. */
  readonly resource: string;
  /**
   * Values of condition keys. A key that is not here is absent from the request.
   *
   * @default - no condition key has a value
   */
  readonly context?: RequestContext;
}

/** The policies that decide for one principal. */
export interface IdentityPolicies {
  readonly identityPolicies: readonly PolicyDocumentJson[];
  /** @default - no boundary */
  readonly permissionsBoundary?: PolicyDocumentJson;
  /**
   * The policy given when the role was assumed.
   *
   * @default - no session policy
   */
  readonly sessionPolicy?: PolicyDocumentJson;
}

/** What was decided, and by which statements. */
export interface Verdict {
  readonly allowed: boolean;
  readonly decision: 'allowed' | 'implicitDeny' | 'explicitDeny';
  /** The statements that decided; none for an implicit deny. */
  readonly matched: readonly PolicyStatementJson[];
}

/**
 * Decides `request` for a principal with `policies`, by IAM's rules for identity policies in one account: an explicit
 * deny wins; otherwise the identity policies and, where they exist, boundary and session policy must each allow it.
 *
 * Resource policies, service and resource control policies are not part of a template's role and are not considered.
 */
export function evaluate(policies: IdentityPolicies, request: AccessRequest): Verdict {
  const limits = [policies.permissionsBoundary, policies.sessionPolicy].filter((policy) => policy !== undefined);
  const all = [...policies.identityPolicies, ...limits];

  const denied = applying(all, 'Deny', request);
  if (denied.length > 0) return { allowed: false, decision: 'explicitDeny', matched: denied };

  const allowed = applying(policies.identityPolicies, 'Allow', request);
  const withinLimits = limits.every((policy) => applying([policy], 'Allow', request).length > 0);
  return allowed.length > 0 && withinLimits
    ? { allowed: true, decision: 'allowed', matched: allowed }
    : { allowed: false, decision: 'implicitDeny', matched: [] };
}

/** Who asks to assume a role: a service principal, the ARN of a role or user, or an identity provider for its user. */
export type TrustedCaller = { readonly service: string } | { readonly aws: string } | { readonly federated: string };

/**
 * Decides whether `trustPolicy` lets `caller` do `action` (for instance `sts:AssumeRole`) in the given context.
 *
 * An account, or its root, in a trust policy stands for every principal of that account, and a role for its sessions, as in
 * AWS. (The ARN of a session does not tell the path of its role, so a role with a path must be named as the caller.)
 */
export function evaluateTrust(
  trustPolicy: PolicyDocumentJson,
  caller: TrustedCaller,
  action: string,
  context: RequestContext = {},
): Verdict {
  const matching = trustPolicy.Statement.filter(
    (statement) =>
      principalMatches(statement, caller) && actionMatches(statement, action) && conditionsHold(statement, context),
  );
  const denied = matching.filter((statement) => statement.Effect === 'Deny');
  if (denied.length > 0) return { allowed: false, decision: 'explicitDeny', matched: denied };
  return matching.length > 0
    ? { allowed: true, decision: 'allowed', matched: matching }
    : { allowed: false, decision: 'implicitDeny', matched: [] };
}

function applying(
  policies: readonly PolicyDocumentJson[],
  effect: PolicyStatementJson['Effect'],
  request: AccessRequest,
): PolicyStatementJson[] {
  const context = request.context ?? {};
  return policies
    .flatMap((policy) => policy.Statement)
    .filter(
      (statement) =>
        statement.Effect === effect &&
        actionMatches(statement, request.action) &&
        resourceMatches(statement, request.resource, context) &&
        conditionsHold(statement, context),
    );
}

function actionMatches(statement: PolicyStatementJson, action: string): boolean {
  const matches = (pattern: string): boolean => matchesPattern(pattern.toLowerCase(), action.toLowerCase());
  return statement.NotAction === undefined
    ? list(statement.Action).some(matches)
    : !list(statement.NotAction).some(matches);
}

function resourceMatches(statement: PolicyStatementJson, resource: string, context: RequestContext): boolean {
  const matches = (pattern: string): boolean => {
    const substituted = substituteVariables(pattern, context, true);
    if (substituted === undefined && statement.NotResource !== undefined) {
      throw new Error(undecidable('NotResource', pattern));
    }
    return substituted !== undefined && matchesPattern(substituted, resource);
  };
  return statement.NotResource === undefined
    ? list(statement.Resource).some(matches)
    : !list(statement.NotResource).some(matches);
}

function principalMatches(statement: PolicyStatementJson, caller: TrustedCaller): boolean {
  const { Principal: principal } = statement;
  if (principal === undefined) return false;
  if (typeof principal === 'string') return principal === '*';
  const accounts = list(principal.AWS);
  // "AWS": "*" means everybody with an identity, federated users included.
  if (accounts.includes('*')) return true;
  if ('federated' in caller) return list(principal.Federated).includes(caller.federated);
  if ('service' in caller) return list(principal.Service).includes(caller.service);
  const names = namesOf(caller.aws);
  return accounts.some((trusted) => names.includes(trusted));
}

/** Every form in which a policy can name a principal: itself, the role of a session, its account. */
function namesOf(arn: string): string[] {
  const [, partition = '', service, , account = '', resource = ''] = arn.split(':');
  const role = service === 'sts' ? /^assumed-role\/([^/]+)\//.exec(resource)?.[1] : undefined;
  return [
    arn,
    ...(role === undefined ? [] : [`arn:${partition}:iam::${account}:role/${role}`]),
    `arn:${partition}:iam::${account}:root`,
    account,
  ];
}
