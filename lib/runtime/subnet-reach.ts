import { Annotations, aws_ec2 as ec2 } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { renderedText } from '../private/rendered-text';

/** Ends of the names of the services that a microVM needs before it can say a word: its image and its log. */
const NEEDED_SERVICES = ['ecr.api', 'ecr.dkr', 's3', 'logs'];

/**
 * Warns where subnets lead to nothing that an agent needs, as far as the app shows it: the routes and endpoints that
 * something else made cannot be seen, and neither can the routes of subnets that are imported as private ones.
 *
 * The app is looked at when it is synthesized, because endpoints and routes can be defined after the agent.
 */
export function warnOfReach(scope: IConstruct, vpc: ec2.IVpc, selection: ec2.SubnetSelection): void {
  scope.node.addValidation({
    validate: () => {
      const closed = closedSubnets(vpc, selection);
      const missing = closed.length === 0 ? [] : missingServices(scope, vpc);
      if (missing.length > 0) {
        Annotations.of(scope).addWarningV2(
          'cdk-agentcore-constructs:isolatedSubnets',
          `the subnets ${closed.join(', ')} have no route to the internet, and the app defines no endpoints for ${missing.join(', ')} in their VPC, so the agent cannot pull its image or write logs; add new AgentVpcEndpoints(this, "Endpoints", { vpc }), choose subnets with NAT, or acknowledge this warning if the way exists elsewhere`,
        );
      }
      return [];
    },
  });
}

/** The paths of the chosen subnets that are known to have no way out. */
function closedSubnets(vpc: ec2.IVpc, selection: ec2.SubnetSelection): string[] {
  const isolated = new Set(vpc.isolatedSubnets.map(({ subnetId }) => subnetId));
  const { subnets } = vpc.selectSubnets(selection);
  return subnets
    .filter((subnet) => (subnet instanceof ec2.Subnet ? !hasDefaultRoute(subnet) : isolated.has(subnet.subnetId)))
    .map(({ node }) => node.path);
}

function hasDefaultRoute(subnet: ec2.Subnet): boolean {
  return constructsOf(subnet).some(
    (construct) =>
      construct instanceof ec2.CfnRoute &&
      construct.routeTableId === subnet.routeTable.routeTableId &&
      construct.destinationCidrBlock === '0.0.0.0/0',
  );
}

function missingServices(scope: IConstruct, vpc: ec2.IVpc): string[] {
  const names = constructsOf(scope)
    .filter((construct) => construct instanceof ec2.CfnVPCEndpoint)
    .filter(({ vpcId }) => vpcId === vpc.vpcId)
    .map((endpoint) => renderedText(endpoint, endpoint.serviceName ?? ''));
  return NEEDED_SERVICES.filter((service) => !names.some((name) => name.endsWith(`.${service}`)));
}

function constructsOf(scope: IConstruct): IConstruct[] {
  return scope.node.root.node.findAll();
}
