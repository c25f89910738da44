import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { aws_ec2 as ec2 } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { zoneWarning } from './supported-zones';

/** What speaks against these subnets for the interfaces of microVMs. */
export function subnetFindings(vpc: ec2.IVpc, selection: ec2.SubnetSelection): string[] {
  const selected = selectedSubnets(vpc, selection);
  if (typeof selected === 'string') {
    return [`vpcSubnets cannot be found in the VPC (${selected}); choose subnets that it has, private ones`];
  }
  if (selected.subnetIds.length === 0) {
    return ['the subnet selection is empty; choose private subnets with vpcSubnets'];
  }
  return selected.hasPublic
    ? [
        'vpcSubnets has public subnets, which give the interfaces of a microVM no way to the internet; choose private subnets with NAT or endpoints',
      ]
    : [];
}

/** The subnets, or why the VPC cannot tell them: it throws where it has none of the kind. */
function selectedSubnets(vpc: ec2.IVpc, selection: ec2.SubnetSelection): ec2.SelectedSubnets | string {
  try {
    return vpc.selectSubnets(selection);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What speaks against these security groups for the interfaces of microVMs; undefined where one is made. */
export function securityGroupFindings(securityGroups: readonly ec2.ISecurityGroup[] | undefined): string[] {
  return securityGroups?.length === 0
    ? [
        'securityGroups is empty, and an interface needs one; name at least one, or leave it out to have a narrow one made',
      ]
    : [];
}

/** Warns where the zones of the subnets may not be supported. */
export function warnOfZones(scope: IConstruct): void {
  const { region } = Stack.of(scope);
  const warning = zoneWarning(Token.isUnresolved(region) ? undefined : region);
  if (warning === undefined) return;
  Annotations.of(scope).addWarningV2('cdk-agentcore-constructs:availabilityZones', warning);
}
