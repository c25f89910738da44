import { evaluate, type AccessRequest, type PolicyDocumentJson, type Verdict } from '../../lib/testing';
import type { Principal } from './credentials';
import { decide } from './decision';
import { RequestFault } from './http-messages';

/** One decision of this run. */
export interface AuditEntry {
  readonly action: string;
  readonly resource: string;
  readonly principal: string;
  readonly decision: Verdict['decision'];
  count: number;
}

/** Decides every request by the policies of its principal and keeps what was decided. */
export class Audit {
  private readonly decided = new Map<string, AuditEntry>();

  public get entries(): readonly AuditEntry[] {
    return [...this.decided.values()];
  }

  /**
   * Requires that `principal` may do all of `requests`.
   *
   * @param resourcePolicy of the one resource that they are about
   * @throws RequestFault 403 AccessDeniedException naming principal, action and resource of the first that it may not
   */
  public require(principal: Principal, requests: readonly AccessRequest[], resourcePolicy?: PolicyDocumentJson): void {
    for (const request of requests) {
      const { decision, deniedBy = 'identity-based' } = decide(principal, request, resourcePolicy);
      this.record(principal, request, decision);
      if (decision === 'allowed') continue;
      throw denied(
        principal,
        request,
        decision === 'explicitDeny'
          ? `with an explicit deny in ${deniedBy === 'identity-based' ? 'an' : 'a'} ${deniedBy} policy`
          : `because no identity-based policy allows the ${request.action} action`,
      );
    }
  }

  /** Records that `principal` may not do `request` for a reason other than its own policies; gives what to throw. */
  public refuse(principal: Principal, request: AccessRequest, reason: string): RequestFault {
    this.record(principal, request, 'implicitDeny');
    return denied(principal, request, reason);
  }

  private record(principal: Principal, { action, resource }: AccessRequest, decision: Verdict['decision']): void {
    const key = [principal.arn, action, resource, decision].join('\n');
    const entry = this.decided.get(key);
    if (entry === undefined) {
      this.decided.set(key, { action, resource, principal: principal.arn, decision, count: 1 });
    } else {
      entry.count++;
    }
  }
}

function denied(principal: Principal, { action, resource }: AccessRequest, reason: string): RequestFault {
  return new RequestFault(
    403,
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
  );
}

/** A role whose use is summed up; `arnPrefix` is what the ARNs of its sessions start with. */
export interface AuditedRole {
  readonly name: string;
  readonly arnPrefix: string;
  readonly policies: Principal['policies'];
}

/** Services that the local run answers for. What is granted for others goes unseen here. */
const OBSERVED_SERVICES: ReadonlySet<string> = new Set([
  'bedrock',
  'bedrock-agentcore',
  'dynamodb',
  'kms',
  'lambda',
  's3',
  'secretsmanager',
  'sts',
  'xray',
]);

/** What the agent asks for without being granted it, and why that is right. */
const EXPECTED_DENIALS: Readonly<Record<string, string>> = {
  'bedrock:ListInferenceProfiles': 'the agent does without the list',
};

/** The lines that tell, after a run, which grants were not needed and what was refused. */
export function auditSummary(audit: Audit, roles: readonly AuditedRole[]): string[] {
  const denied = audit.entries.filter((entry) => entry.decision !== 'allowed').map(describeDenial);

  const unused = roles.flatMap((role) => {
    const used = audit.entries.filter(
      (entry) => entry.decision === 'allowed' && entry.principal.startsWith(role.arnPrefix),
    );
    const granted = grantedActions(role.policies);
    const observed = granted.filter((action) => OBSERVED_SERVICES.has(service(action)));
    const idle = observed.filter((action) => !used.some((entry) => covers(action, entry.action)));
    const unseen = [...new Set(granted.map(service).filter((name) => !OBSERVED_SERVICES.has(name)))];
    return [
      ...(idle.length === 0 ? [] : [`granted to ${role.name} but not used in this run: ${idle.join(', ')}`]),
      ...(unseen.length === 0 ? [] : [`granted to ${role.name} for services not run locally: ${unseen.join(', ')}`]),
    ];
  });
  return [...denied, ...unused];
}

function describeDenial({ action, resource, principal, count }: AuditEntry): string {
  const reason = EXPECTED_DENIALS[action];
  const expected = reason === undefined ? '' : ` (expected: ${reason})`;
  return `denied ${String(count)} x ${action} on ${resource} for ${principal}${expected}`;
}

function grantedActions(policies: Principal['policies']): string[] {
  const statements = policies.identityPolicies.flatMap((policy) => policy.Statement);
  const actions = statements.flatMap((statement) => (statement.Effect === 'Allow' ? [statement.Action ?? []] : []));
  return [...new Set(actions.flat())].sort();
}

function service(action: string): string {
  return action.split(':')[0] ?? action;
}

function covers(granted: string, action: string): boolean {
  const statement = { Effect: 'Allow', Action: granted, Resource: '*' } as const;
  return evaluate({ identityPolicies: [{ Statement: [statement] }] }, { action, resource: '*' }).allowed;
}
