import { Annotations, aws_bedrockagentcore as agentcore, aws_ec2 as ec2, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { zoneWarning } from '../private/supported-zones';
import { warnOfReach } from './subnet-reach';

/** How an agent is placed in a VPC. */
export interface VpcNetworkOptions {
  /** The VPC that the microVMs get network interfaces in. */
  readonly vpc: ec2.IVpc;

  /**
   * The subnets of the interfaces. They need a way to Amazon Bedrock, Amazon ECR, Amazon S3 and CloudWatch Logs: NAT, or
   * the endpoints that `AgentVpcEndpoints` makes.
   *
   * @default - the private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the interfaces.
   *
   * @default - one that lets nothing in, and out only to port 443 (and to 2049 in the VPC, where file systems are mounted)
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/** Where the microVMs of an agent reach the network. */
export abstract class AgentNetwork {
  /** The internet, through AgentCore's own network. Nothing can connect to a microVM. */
  public static publicInternet(): AgentNetwork {
    return new PublicNetwork();
  }

  /** A VPC. Its interfaces can outlive the agent by up to eight hours, and with them the security group. */
  public static vpc(options: VpcNetworkOptions): AgentNetwork {
    return new VpcNetwork(options);
  }

  /** Whether the microVMs are in a VPC. */
  public abstract readonly inVpc: boolean;

  /** What speaks against this network. */
  public abstract findings(): string[];

  /**
   * Makes the network known to the runtime in `scope`.
   *
   * @param mountsShared whether the runtime mounts file systems over the network
   */
  public abstract bind(scope: Construct, mountsShared: boolean): agentcore.RuntimeNetworkConfiguration;
}

class PublicNetwork extends AgentNetwork {
  public readonly inVpc = false;

  public findings(): string[] {
    return [];
  }

  public bind(): agentcore.RuntimeNetworkConfiguration {
    return agentcore.RuntimeNetworkConfiguration.usingPublicNetwork();
  }
}

class VpcNetwork extends AgentNetwork {
  public readonly inVpc = true;

  private readonly vpcSubnets: ec2.SubnetSelection;

  constructor(private readonly options: VpcNetworkOptions) {
    super();
    this.vpcSubnets = options.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
  }

  public findings(): string[] {
    return subnetFindings(this.options.vpc, this.vpcSubnets);
  }

  public bind(scope: Construct, mountsShared: boolean): agentcore.RuntimeNetworkConfiguration {
    const { vpc } = this.options;
    const { vpcSubnets } = this;
    warnOfReach(scope, vpc, vpcSubnets);
    warnOfZones(scope);
    return agentcore.RuntimeNetworkConfiguration.usingVpc(scope, {
      vpc,
      vpcSubnets,
      securityGroups: this.options.securityGroups ?? [ownGroup(scope, vpc, mountsShared)],
    });
  }
}

function ownGroup(scope: Construct, vpc: ec2.IVpc, mountsShared: boolean): ec2.ISecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    allowAllOutbound: false,
    // Constant: a change would replace the group, and with it every network interface.
    description: 'Interfaces of the agent',
  });
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'AWS services and the web');
  if (mountsShared) {
    group.addEgressRule(ec2.Peer.ipv4(vpc.vpcCidrBlock), ec2.Port.tcp(2049), 'Mount targets of file systems');
  }
  return group;
}

function subnetFindings(vpc: ec2.IVpc, selection: ec2.SubnetSelection): string[] {
  const { hasPublic, subnetIds } = vpc.selectSubnets(selection);
  if (subnetIds.length === 0) {
    return ['the subnet selection is empty; choose private subnets with vpcSubnets'];
  }
  return hasPublic
    ? [
        'vpcSubnets has public subnets, which give the interfaces of a microVM no way to the internet; choose private subnets with NAT or endpoints',
      ]
    : [];
}

function warnOfZones(scope: Construct): void {
  const { region } = Stack.of(scope);
  const warning = zoneWarning(Token.isUnresolved(region) ? undefined : region);
  if (warning === undefined) return;
  Annotations.of(scope).addWarningV2('cdk-agentcore-constructs:availabilityZones', warning);
}
