import { Annotations, aws_ec2 as ec2, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Where mount targets of EFS and S3 Files listen (NFS). */
export const MOUNT_PORT = 2049;

/** The parts of an egress rule that say whether it leads to mount targets. */
interface EgressRule {
  readonly ipProtocol?: unknown;
  readonly fromPort?: unknown;
  readonly toPort?: unknown;
}

/** What speaks against opening the way to mount targets in a VPC: an imported one may not tell its addresses. */
export function mountPortFindings(vpc: ec2.IVpc): string[] {
  try {
    ec2.Peer.ipv4(vpc.vpcCidrBlock);
    return [];
  } catch {
    return [
      `the VPC does not tell its address range, to which port ${MOUNT_PORT} would be opened for the file systems; give vpcCidrBlock to Vpc.fromVpcAttributes, or securityGroups of your own`,
    ];
  }
}

/**
 * Warns where none of the security groups lets the agent out to mount targets, as far as the app shows it: rules of groups
 * that are imported cannot be seen.
 *
 * The app is looked at when it is synthesized, because rules can be added after the agent.
 */
export function warnOfMountReach(scope: IConstruct, securityGroups: readonly ec2.ISecurityGroup[]): void {
  scope.node.addValidation({
    validate: () => {
      if (securityGroups.some(mayReachMounts)) return [];
      Annotations.of(scope).addWarningV2(
        'cdk-agentcore-constructs:mountPortClosed',
        `none of the security groups ${securityGroups.map(({ node }) => node.path).join(', ')} lets the agent out to port ${MOUNT_PORT}, where its file systems are mounted, so no session would start; allow it with agent.connections.allowTo(fileSystem, ec2.Port.tcp(${MOUNT_PORT})), or acknowledge this warning if the rule is made elsewhere`,
      );
      return [];
    },
  });
}

function mayReachMounts(group: ec2.ISecurityGroup): boolean {
  return !(group instanceof ec2.SecurityGroup) || egressRules(group).some(isForMounts);
}

/** The rules that the group has itself, and those that are resources of their own. */
function egressRules(group: ec2.SecurityGroup): EgressRule[] {
  const made = group.node.defaultChild as ec2.CfnSecurityGroup;
  const inline = Stack.of(group).resolve(made.securityGroupEgress) as EgressRule[] | undefined;
  const apart = group.node.root.node
    .findAll()
    .filter((construct) => construct instanceof ec2.CfnSecurityGroupEgress)
    .filter(({ groupId }) => groupId === group.securityGroupId);
  return [...(inline ?? []), ...apart];
}

/** What is not known now may lead there. */
function isForMounts({ ipProtocol, fromPort, toPort }: EgressRule): boolean {
  if (ipProtocol === '-1') return true;
  const within =
    (typeof fromPort !== 'number' || fromPort <= MOUNT_PORT) && (typeof toPort !== 'number' || toPort >= MOUNT_PORT);
  return within && (ipProtocol === 'tcp' || ipProtocol === '6' || typeof ipProtocol !== 'string');
}
