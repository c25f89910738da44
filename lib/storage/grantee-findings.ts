import { aws_bedrockagentcore as agentcore, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { UserRole } from '../agent/user-role';
import { AGENTCORE_SERVICE } from '../iam/agentcore-trust';
import { ExecutionPermissions } from '../iam/execution-permissions';

/**
 * What speaks against a grant of workspaces to somebody: roles of AgentCore work for every user, and the credentials of an
 * interpreter can be read by the code in it.
 *
 * To be asked once more when everything is defined: what names a role of another app may come after the grant.
 */
export function granteeFindings({ grantPrincipal }: iam.IGrantable): string[] {
  if (!Construct.isConstruct(grantPrincipal)) return [];
  if (isRole(grantPrincipal) && grantPrincipal.node.scope instanceof UserRole) {
    return [
      `the grantee ${grantPrincipal.node.path} is the user-scoped role of an agent, and what is granted to it holds for every user; give the bucket to the agent with "capabilities" instead, which opens the workspaces of one user at a time`,
    ];
  }
  return isOfAgentCore(grantPrincipal)
    ? [
        `the grantee ${grantPrincipal.node.path} acts for AgentCore, which works for every user, so that each could reach the workspaces of all; give the bucket to the agent with "capabilities" instead, and let it copy files into a code interpreter`,
      ]
    : [];
}

function isOfAgentCore(principal: Construct): boolean {
  return (
    principal instanceof ExecutionPermissions ||
    (isRole(principal) && (isTrustedToAgentCore(principal) || isNamedByAgentCore(principal)))
  );
}

function isRole(principal: Construct): principal is Construct & iam.IRole {
  return 'roleArn' in principal;
}

function isTrustedToAgentCore(role: Construct & iam.IRole): boolean {
  if (!(role instanceof iam.Role) || role.assumeRolePolicy === undefined) return false;
  const { Statement: statements = [] } = (role.assumeRolePolicy.toJSON() ?? {}) as {
    readonly Statement?: readonly { readonly Principal?: unknown }[];
  };
  // Nothing but the principals: a condition may wait for what is not defined yet.
  return statements.some(({ Principal }) => {
    const { Service: services } = Object(Stack.of(role).resolve(Principal)) as { readonly Service?: string | string[] };
    return [services].flat().includes(AGENTCORE_SERVICE);
  });
}

/** Whether a runtime or a code interpreter has the role, for roles of other apps, whose trust is not known. */
function isNamedByAgentCore(role: Construct & iam.IRole): boolean {
  return role.node.root.node.findAll().some((resource) => {
    const roleArn =
      resource instanceof agentcore.CfnRuntime
        ? resource.roleArn
        : resource instanceof agentcore.CfnCodeInterpreterCustom
          ? resource.executionRoleArn
          : undefined;
    return roleArn !== undefined && textIn(resource, roleArn) === textIn(resource, role.roleArn);
  });
}

/** How the template of `scope` has a value. */
function textIn(scope: Construct, value: string): string {
  return JSON.stringify(Stack.of(scope).resolve(value));
}
