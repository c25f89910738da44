import { aws_bedrockagentcore as agentcore, aws_ec2 as ec2 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { securityGroupFindings, subnetFindings, warnOfZones } from '../private/vpc-placement';
import { mountPortFindings, warnOfMountReach, MOUNT_PORT } from './mount-reach';
import { warnOfReach, type ReachingAgent } from './subnet-reach';

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
   * The security groups of the interfaces: at least one. File systems need one that leads out to port 2049.
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

  /**
   * What speaks against this network.
   *
   * @param mountsShared whether the runtime mounts file systems over the network
   */
  public abstract findings(mountsShared: boolean): string[];

  /**
   * Makes the network known to the runtime of `agent`.
   *
   * @param mountsShared whether the runtime mounts file systems over the network
   */
  public abstract bind(agent: ReachingAgent, mountsShared: boolean): agentcore.RuntimeNetworkConfiguration;
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

  public findings(mountsShared: boolean): string[] {
    const { vpc, securityGroups } = this.options;
    return [
      ...subnetFindings(vpc, this.vpcSubnets),
      ...securityGroupFindings(securityGroups),
      ...(mountsShared && securityGroups === undefined ? mountPortFindings(vpc) : []),
    ];
  }

  public bind(agent: ReachingAgent, mountsShared: boolean): agentcore.RuntimeNetworkConfiguration {
    const { vpc, securityGroups } = this.options;
    const { vpcSubnets } = this;
    warnOfReach(agent, vpc, vpcSubnets);
    warnOfZones(agent);
    if (mountsShared && securityGroups !== undefined) warnOfMountReach(agent, securityGroups);
    return agentcore.RuntimeNetworkConfiguration.usingVpc(agent, {
      vpc,
      vpcSubnets,
      securityGroups: securityGroups ?? [ownGroup(agent, vpc, mountsShared)],
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
    group.addEgressRule(ec2.Peer.ipv4(vpc.vpcCidrBlock), ec2.Port.tcp(MOUNT_PORT), 'Mount targets of file systems');
  }
  return group;
}
