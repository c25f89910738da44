import { Annotations, aws_ec2 as ec2 } from 'aws-cdk-lib';
import type { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { securityGroupFindings, subnetFindings, warnOfZones } from '../private/vpc-placement';

/** How a code interpreter is placed in a VPC. */
export interface CodeInterpreterVpcOptions {
  /** The VPC that the sessions get network interfaces in. */
  readonly vpc: ec2.IVpc;

  /**
   * The subnets of the interfaces.
   *
   * @default - the private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the interfaces.
   *
   * @default - one that lets nothing in and nothing out: allow what the code is to reach with `connections`
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/** A network as the interpreter has it. */
export interface BoundCodeInterpreterNetwork {
  readonly configuration: agentcore.CfnCodeInterpreterCustom.CodeInterpreterNetworkConfigurationProperty;
  /** @default - not in a VPC */
  readonly connections?: ec2.Connections;
}

/** What the code that a model writes can reach. */
export abstract class CodeInterpreterNetwork {
  /**
   * No internet and nothing of the account, but for Amazon S3 with the role of the interpreter, where it has one. AWS lets a
   * sandbox look up names and reach buckets that are open to it, also those of others ("Network settings" of the code
   * interpreter in the AgentCore developer guide).
   */
  public static sandbox(): CodeInterpreterNetwork {
    return new Sandbox();
  }

  /** The internet. Code can then send whatever it sees to whoever asked the model to. */
  public static publicInternet(): CodeInterpreterNetwork {
    return new PublicInternet();
  }

  /** A VPC, as far as its security groups and routes lead. */
  public static vpc(options: CodeInterpreterVpcOptions): CodeInterpreterNetwork {
    return new VpcNetwork(options);
  }

  /** What speaks against this network. */
  public abstract findings(): string[];

  /** Makes the network known to the interpreter in `scope`. */
  public abstract bind(scope: Construct): BoundCodeInterpreterNetwork;
}

class Sandbox extends CodeInterpreterNetwork {
  public findings(): string[] {
    return [];
  }

  public bind(): BoundCodeInterpreterNetwork {
    return { configuration: { networkMode: 'SANDBOX' } };
  }
}

class PublicInternet extends CodeInterpreterNetwork {
  public findings(): string[] {
    return [];
  }

  public bind(scope: Construct): BoundCodeInterpreterNetwork {
    Annotations.of(scope).addWarningV2(
      'cdk-agentcore-constructs:publicCodeInterpreter',
      'code that a model writes can reach the whole internet, and can send there what it was given to work on, also on the word of a file that it reads; use CodeInterpreterNetwork.sandbox() or vpc(), or acknowledge this warning if the code needs the internet',
    );
    return { configuration: { networkMode: 'PUBLIC' } };
  }
}

class VpcNetwork extends CodeInterpreterNetwork {
  private readonly vpcSubnets: ec2.SubnetSelection;

  constructor(private readonly options: CodeInterpreterVpcOptions) {
    super();
    this.vpcSubnets = options.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
  }

  public findings(): string[] {
    const { vpc, securityGroups } = this.options;
    return [...subnetFindings(vpc, this.vpcSubnets), ...securityGroupFindings(securityGroups)];
  }

  public bind(scope: Construct): BoundCodeInterpreterNetwork {
    const { vpc } = this.options;
    warnOfZones(scope);
    const securityGroups = this.options.securityGroups ?? [
      new ec2.SecurityGroup(scope, 'SecurityGroup', {
        vpc,
        allowAllOutbound: false,
        // Constant: a change would replace the group, and with it the interpreter.
        description: 'Interfaces of the code interpreter',
      }),
    ];
    return {
      configuration: {
        networkMode: 'VPC',
        vpcConfig: {
          subnets: vpc.selectSubnets(this.vpcSubnets).subnetIds,
          securityGroups: securityGroups.map(({ securityGroupId }) => securityGroupId),
        },
      },
      connections: new ec2.Connections({ securityGroups }),
    };
  }
}
