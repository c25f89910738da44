import { Annotations, aws_ec2 as ec2, Stack } from 'aws-cdk-lib';
import type { aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { networkIndex, watchNetwork } from './network-index';

/** An agent, as seen by what it has to reach. */
export interface ReachingAgent extends Construct {
  /** What the agent may do, which tells what it calls. */
  readonly requiredPermissions: iam.PolicyDocument;
}

/** Ends of the names of the services that a microVM needs before it can say a word: its image and its log. */
const NEEDED_SERVICES = ['ecr.api', 'ecr.dkr', 's3', 'logs'];

const CALLS_MODELS = /^bedrock:(Invoke|\*)/;

/** Ends of the names of the services that are called with what an agent was granted. `AgentVpcEndpoints` has them all. */
const GRANTED_SERVICES: readonly (readonly [action: RegExp, service: string])[] = [
  [CALLS_MODELS, 'bedrock-runtime'],
  [/^secretsmanager:/, 'secretsmanager'],
  [/^sts:/, 'sts'],
  // AgentCore itself gets the tokens, and gateways have an endpoint of their own.
  [/^bedrock-agentcore:(?!GetWorkloadAccessToken|InvokeGateway)/, 'bedrock-agentcore'],
];

/**
 * Warns where subnets lead to nothing that an agent needs, as far as the app shows it: the routes and endpoints that
 * something else made cannot be seen, and neither can the routes of subnets that are imported as private ones.
 *
 * The app is looked at when it is synthesized, because endpoints, routes and grants can come after the agent.
 */
export function warnOfReach(agent: ReachingAgent, vpc: ec2.IVpc, selection: ec2.SubnetSelection): void {
  watchNetwork(agent);
  agent.node.addValidation({
    validate: () => {
      const closed = closedSubnets(agent, vpc, selection);
      if (closed.length > 0) warnOfClosedSubnets(agent, vpc, closed.join(', '));
      return [];
    },
  });
}

function warnOfClosedSubnets(agent: ReachingAgent, vpc: ec2.IVpc, subnets: string): void {
  const actions = allowedActions(agent);
  const granted = GRANTED_SERVICES.filter(([pattern]) => actions.some((action) => pattern.test(action)));
  const needed = [...NEEDED_SERVICES, ...granted.map(([, service]) => service)];
  const offered = networkIndex(agent).endpointServices.get(vpc.vpcId) ?? [];
  const missing = needed.filter((service) => !offered.some((name) => name.endsWith(`.${service}`)));
  if (missing.length > 0) {
    Annotations.of(agent).addWarningV2(
      'cdk-agentcore-constructs:isolatedSubnets',
      `the subnets ${subnets} have no route to the internet, and the app defines no endpoints for ${missing.join(', ')} in their VPC, which the agent needs for its image, its log and what it was granted; add new AgentVpcEndpoints(this, "Endpoints", { vpc }), choose subnets with NAT, or acknowledge this warning if the way exists elsewhere`,
    );
  }
  if (!actions.some((action) => CALLS_MODELS.test(action))) {
    Annotations.of(agent).addWarningV2(
      'cdk-agentcore-constructs:modelsOutOfReach',
      `the subnets ${subnets} have no route to the internet, and the models of the agent are not on Amazon Bedrock, so there may be no way to whoever serves them; choose subnets with NAT, or acknowledge this warning if the VPC has a way there`,
    );
  }
}

/** The paths of the chosen subnets that are known to have no way out. */
function closedSubnets(agent: ReachingAgent, vpc: ec2.IVpc, selection: ec2.SubnetSelection): string[] {
  const isolated = new Set(vpc.isolatedSubnets.map(({ subnetId }) => subnetId));
  const { openRouteTables } = networkIndex(agent);
  const { subnets } = vpc.selectSubnets(selection);
  return subnets
    .filter((subnet) =>
      subnet instanceof ec2.Subnet
        ? !openRouteTables.has(subnet.routeTable.routeTableId)
        : isolated.has(subnet.subnetId),
    )
    .map(({ node }) => node.path);
}

function allowedActions(agent: ReachingAgent): string[] {
  const document = Stack.of(agent).resolve(agent.requiredPermissions) as
    | { readonly Statement: readonly { readonly Effect: string; readonly Action?: string | readonly string[] }[] }
    | undefined;
  return (document?.Statement ?? []).filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action ?? []);
}
