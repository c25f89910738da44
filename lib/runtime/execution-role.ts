import { Annotations, aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ExecutionPermissions } from '../iam/execution-permissions';
import { runtimeTrust } from '../iam/runtime-baseline';

/** What decides which role an agent runs with. */
export interface ExecutionRoleOptions {
  readonly agentName: string;
  /** @default - a role is made */
  readonly role?: iam.IRole;
  /** @default - no boundary */
  readonly permissionsBoundary?: iam.IManagedPolicy;
}

/** The role of an agent with all that is granted to it. */
export interface ExecutionRole {
  readonly role: iam.IRole;
  /** The role as a construct may hold it that would otherwise write into it. */
  readonly unchangedRole: iam.IRole;
  /** What the role must allow: attached to a role that is made here, a list for one that is brought. */
  readonly permissions: ExecutionPermissions;
}

/** A role of the agent's own, or the one that is brought, as it is. */
export function executionRole(scope: Construct, options: ExecutionRoleOptions): ExecutionRole {
  return options.role === undefined ? ownRole(scope, options) : broughtRole(scope, options.role);
}

function ownRole(scope: Construct, { agentName, permissionsBoundary }: ExecutionRoleOptions): ExecutionRole {
  const role = new iam.Role(scope, 'ExecutionRole', {
    assumedBy: runtimeTrust(scope, agentName),
    description: `What the agent ${agentName} may do`,
    ...(permissionsBoundary === undefined ? {} : { permissionsBoundary }),
  });
  const permissions = new ExecutionPermissions(scope, 'ExecutionPermissions', { role, attached: true });
  return { role, unchangedRole: role.withoutPolicyUpdates(), permissions };
}

function broughtRole(scope: Construct, role: iam.IRole): ExecutionRole {
  Annotations.of(scope).addInfoV2(
    'cdk-agentcore-constructs:broughtRole',
    'nothing is attached to the role that was given; let it allow requiredPermissions and trust requiredTrust of this agent before the runtime is made',
  );
  return {
    role,
    // By its ARN, because a role of another kind than iam.Role has no immutable form.
    unchangedRole: iam.Role.fromRoleArn(scope, 'UnchangedRole', role.roleArn, { mutable: false }),
    permissions: new ExecutionPermissions(scope, 'ExecutionPermissions', { role, attached: false }),
  };
}

/** What speaks against these choices of a role together. */
export function executionRoleFindings({
  role,
  permissionsBoundary,
}: Omit<ExecutionRoleOptions, 'agentName'>): string[] {
  return role !== undefined && permissionsBoundary !== undefined
    ? [
        'permissionsBoundary is given together with role, and a role that is brought is not changed; set the boundary on that role, and leave permissionsBoundary out',
      ]
    : [];
}
