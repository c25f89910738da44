import { aws_ec2 as ec2 } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { requireProperties } from '../private/required-properties';

/** Properties of AgentVpcEndpoints. */
export interface AgentVpcEndpointsProps {
  /** The VPC of the agents. */
  readonly vpc: ec2.IVpc;

  /**
   * The subnets of the endpoints' interfaces.
   *
   * @default - the isolated subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
}

const { BEDROCK, BEDROCK_AGENTCORE, BEDROCK_RUNTIME, CLOUDWATCH_LOGS, ECR, ECR_DOCKER, SECRETS_MANAGER, STS } =
  ec2.InterfaceVpcEndpointAwsService;

/** Why each service is needed: without NAT an agent reaches nothing else. */
const SERVICES: Readonly<Record<string, ec2.InterfaceVpcEndpointAwsService>> = {
  // The image is pulled through the agent's own interfaces; its layers come from Amazon S3.
  Ecr: ECR,
  EcrDocker: ECR_DOCKER,
  Logs: CLOUDWATCH_LOGS,
  // Model calls, and the list of inference profiles, for which the Claude Agent SDK waits seconds at its start.
  BedrockRuntime: BEDROCK_RUNTIME,
  Bedrock: BEDROCK,
  // Tools of AgentCore: code interpreter, browser, memory.
  AgentCore: BEDROCK_AGENTCORE,
  // Secrets of MCP servers, and the key of a model provider; the provider itself needs NAT.
  SecretsManager: SECRETS_MANAGER,
  // The role that reaches the data of one user.
  Sts: STS,
};

/** The VPC endpoints that agents need in subnets without NAT. Once for each VPC. */
export class AgentVpcEndpoints extends Construct {
  /** The interface endpoints by the name of what they lead to. */
  public readonly interfaceEndpoints: Readonly<Record<string, ec2.InterfaceVpcEndpoint>>;

  /** The gateway endpoint for Amazon S3. */
  public readonly s3Endpoint: ec2.GatewayVpcEndpoint;

  /** @throws Error when there is no VPC */
  constructor(scope: Construct, id: string, props: AgentVpcEndpointsProps) {
    super(scope, id);
    requireProperties(this, props, { vpc: 'the VPC' });
    const subnets = props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      allowAllOutbound: false,
      description: 'Endpoints of agents: in from the VPC on port 443',
    });
    securityGroup.addIngressRule(ec2.Peer.ipv4(props.vpc.vpcCidrBlock), ec2.Port.tcp(443), 'Agents in the VPC');

    this.interfaceEndpoints = Object.fromEntries(
      Object.entries(SERVICES).map(([name, service]) => [
        name,
        new ec2.InterfaceVpcEndpoint(this, name, {
          vpc: props.vpc,
          service,
          subnets,
          securityGroups: [securityGroup],
          // The rule above is the one wanted; the default would be the same rule again.
          open: false,
        }),
      ]),
    );
    this.s3Endpoint = new ec2.GatewayVpcEndpoint(this, 'S3', {
      vpc: props.vpc,
      service: ec2.GatewayVpcEndpointAwsService.S3,
      subnets: [subnets],
    });
  }
}
