import { rolePolicies, type ResolvedTemplate, type RolePolicies } from '../../lib/testing';

/** The policies of the role whose logical id begins so. */
export function roleOf(template: ResolvedTemplate, path: string): RolePolicies {
  const role = template.resourcesOfType('AWS::IAM::Role').find(({ logicalId }) => logicalId.startsWith(path));
  return rolePolicies(template, role?.logicalId ?? path);
}
