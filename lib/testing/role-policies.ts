import type { IdentityPolicies } from './evaluate';
import { list, policyDocument, type PolicyDocumentJson } from './policy';
import type { ResolvedTemplate } from './resolved-template';

/** A role of a template with everything in the template that decides what it may do. */
export interface RolePolicies extends IdentityPolicies {
  readonly roleName: string;
  readonly roleArn: string;
  readonly trustPolicy: PolicyDocumentJson;
}

/**
 * Collects the trust policy, the inline, attached and managed policies and the boundary of a role. Resources that do not
 * concern the role are not resolved, so they may hold what cannot be.
 *
 * @param role the role's logical id or its resolved ARN
 * @throws Error when the role, or a managed policy it names, is not in the template: its content is not known
 */
export function rolePolicies(template: ResolvedTemplate, role: string): RolePolicies {
  const idsOf = (type: string): string[] =>
    template
      .resources()
      .filter((resource) => resource.type === type)
      .map(({ logicalId }) => logicalId);
  const roleId = idsOf('AWS::IAM::Role').find((id) => id === role || template.getAtt(id, 'Arn') === role);
  if (roleId === undefined) throw new Error(`the template has no role "${role}"`);

  const roleName = template.ref(roleId);
  const documentOf = (id: string, property = 'PolicyDocument'): PolicyDocumentJson =>
    policyDocument(template.property(id, property), id);
  const attachedTo = (id: string): boolean => list(template.property(id, 'Roles') as string[]).includes(roleName);
  const managedPolicies = idsOf('AWS::IAM::ManagedPolicy');
  const managedPolicy = (arn: string): PolicyDocumentJson => {
    const id = managedPolicies.find((candidate) => template.ref(candidate) === arn);
    if (id === undefined) {
      throw new Error(`${roleId} uses the managed policy ${arn}, whose content is not in the template`);
    }
    return documentOf(id);
  };

  const boundary = template.property(roleId, 'PermissionsBoundary');
  return {
    roleName,
    roleArn: template.getAtt(roleId, 'Arn'),
    trustPolicy: documentOf(roleId, 'AssumeRolePolicyDocument'),
    identityPolicies: [
      ...list(template.property(roleId, 'Policies') as { PolicyDocument: unknown }[] | undefined).map((policy) =>
        policyDocument(policy.PolicyDocument, `inline policy of ${roleId}`),
      ),
      ...list(template.property(roleId, 'ManagedPolicyArns') as string[] | undefined).map(managedPolicy),
      ...[...managedPolicies, ...idsOf('AWS::IAM::Policy')].filter(attachedTo).map((id) => documentOf(id)),
      ...idsOf('AWS::IAM::RolePolicy')
        .filter((id) => template.property(id, 'RoleName') === roleName)
        .map((id) => documentOf(id)),
    ],
    ...(boundary === undefined ? {} : { permissionsBoundary: managedPolicy(String(boundary)) }),
  };
}
