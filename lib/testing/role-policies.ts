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
 * Collects the trust policy, the inline, attached and managed policies and the boundary of a role.
 *
 * @param role the role's logical id or its resolved ARN
 * @throws Error when the role, or a managed policy it names, is not in the template: its content is not known
 */
export function rolePolicies(template: ResolvedTemplate, role: string): RolePolicies {
  const found = template
    .resourcesOfType('AWS::IAM::Role')
    .find(({ logicalId }) => logicalId === role || template.getAtt(logicalId, 'Arn') === role);
  if (found === undefined) throw new Error(`the template has no role "${role}"`);

  const roleName = template.ref(found.logicalId);
  const managed = managedPolicies(template);
  const managedPolicy = (arn: unknown): PolicyDocumentJson => {
    const policy = managed.get(String(arn));
    if (policy === undefined) {
      throw new Error(
        `${found.logicalId} uses the managed policy ${String(arn)}, whose content is not in the template`,
      );
    }
    return policy.document;
  };

  const { properties } = found;
  return {
    roleName,
    roleArn: template.getAtt(found.logicalId, 'Arn'),
    trustPolicy: policyDocument(properties.AssumeRolePolicyDocument, `trust policy of ${found.logicalId}`),
    identityPolicies: [
      ...list(properties.Policies as { PolicyDocument: unknown }[] | undefined).map((policy) =>
        policyDocument(policy.PolicyDocument, `inline policy of ${found.logicalId}`),
      ),
      ...list(properties.ManagedPolicyArns as string[] | undefined).map(managedPolicy),
      ...[...managed.values()].filter((policy) => policy.roles.includes(roleName)).map((policy) => policy.document),
      ...template
        .resourcesOfType('AWS::IAM::Policy')
        .filter((policy) => list(policy.properties.Roles as string[] | undefined).includes(roleName))
        .map((policy) => policyDocument(policy.properties.PolicyDocument, policy.logicalId)),
    ],
    ...(properties.PermissionsBoundary === undefined
      ? {}
      : { permissionsBoundary: managedPolicy(properties.PermissionsBoundary) }),
  };
}

function managedPolicies(
  template: ResolvedTemplate,
): Map<string, { readonly document: PolicyDocumentJson; readonly roles: readonly string[] }> {
  return new Map(
    template.resourcesOfType('AWS::IAM::ManagedPolicy').map(({ logicalId, properties }) => [
      template.ref(logicalId),
      {
        document: policyDocument(properties.PolicyDocument, logicalId),
        roles: list(properties.Roles as string[] | undefined),
      },
    ]),
  );
}
