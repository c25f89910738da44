import { Annotations as CdkAnnotations, App, aws_ec2 as ec2, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentNetwork, AgentRuntime, AgentVpcEndpoints, type VpcNetworkOptions } from '../../lib';
import { testImage, testStack } from '../support/stack';

/** eu-central-1 has no zone that AgentCore does not support, so nothing is to be said about zones. */
const inRegion = (region = 'eu-central-1') =>
  new Stack(new App(), 'Test', { env: { region, account: '111122223333' } });

function agentIn(stack: Stack, options: Omit<VpcNetworkOptions, 'vpc'> & { vpc?: ec2.IVpc } = {}): AgentRuntime {
  const vpc = options.vpc ?? new ec2.Vpc(stack, 'Vpc');
  return new AgentRuntime(stack, 'Agent', { image: testImage(), network: AgentNetwork.vpc({ ...options, vpc }) });
}

const warnings = (stack: Stack) =>
  Annotations.fromStack(stack)
    .findWarning('/Test/Agent', Match.anyValue())
    .map(({ entry }) => String(entry.data));

const isolatedVpc = (stack: Stack) =>
  new ec2.Vpc(stack, 'Vpc', {
    natGateways: 0,
    subnetConfiguration: [{ name: 'Agents', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  });

describe('an agent in a VPC', () => {
  test('has interfaces in the private subnets and goes out to port 443 only', () => {
    const stack = inRegion();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    agentIn(stack, { vpc });
    const template = Template.fromStack(stack);
    const [group] = Object.keys(template.findResources('AWS::EC2::SecurityGroup'));
    template.hasResourceProperties('AWS::BedrockAgentCore::Runtime', {
      NetworkConfiguration: {
        NetworkMode: 'VPC',
        NetworkModeConfig: {
          Subnets: vpc.privateSubnets.map(({ subnetId }) => stack.resolve(subnetId) as unknown),
          SecurityGroups: [{ 'Fn::GetAtt': [group, 'GroupId'] }],
        },
      },
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupEgress: [Match.objectLike({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' })],
      SecurityGroupIngress: Match.absent(),
    });
    expect(warnings(stack)).toEqual([]);
  });

  test('can be allowed to reach others', () => {
    const stack = inRegion();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const database = new ec2.SecurityGroup(stack, 'Database', { vpc });
    agentIn(stack, { vpc }).connections.allowTo(database, ec2.Port.tcp(5432));
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 5432 });
  });

  test('uses the security groups it is given', () => {
    const stack = inRegion();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const own = new ec2.SecurityGroup(stack, 'Own', { vpc });
    agentIn(stack, { vpc, securityGroups: [own] });
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroup', 1);
  });

  test('fails in public subnets, which lead its interfaces nowhere', () => {
    const stack = inRegion();
    expect(() => agentIn(stack, { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } })).toThrow(
      /^Test\/Agent: vpcSubnets has public subnets.*choose private subnets with NAT or endpoints/,
    );
  });

  test.each([
    ['a Region with other zones', 'us-east-1', /supports use1-az1, use1-az2, use1-az4 in us-east-1/],
    ['a Region that is not known', 'us-west-1', /supports in us-west-1 are not known/],
  ])('warns about the zones in %s', (_, region, message) => {
    const stack = inRegion(region);
    agentIn(stack);
    expect(warnings(stack)).toEqual([expect.stringMatching(message)]);
  });

  test('warns about the zones in a stack for any Region', () => {
    const stack = testStack();
    agentIn(stack);
    expect(warnings(stack)).toEqual([expect.stringMatching(/a Region-agnostic stack cannot be checked/)]);
  });
});

describe('the way out of the subnets', () => {
  const ISOLATED = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  const PRIVATE = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
  const vpcOf = (stack: Stack, subnetType: ec2.SubnetType) =>
    new ec2.Vpc(stack, 'Vpc', { natGateways: 0, maxAzs: 1, subnetConfiguration: [{ name: 'Agents', subnetType }] });
  const NO_WAY_OUT = [
    expect.stringMatching(
      /^the subnets Test\/Vpc\/AgentsSubnet1 have no route to the internet.*no endpoints for ecr.api, ecr.dkr, s3, logs in their VPC.*AgentVpcEndpoints/,
    ) as string,
  ];

  test.each([
    ['isolated subnets', ISOLATED],
    ['private subnets of a VPC without NAT', PRIVATE],
  ])('is missing in %s', (_, vpcSubnets) => {
    const stack = inRegion();
    agentIn(stack, { vpc: vpcOf(stack, vpcSubnets.subnetType), vpcSubnets });
    expect(warnings(stack)).toEqual(NO_WAY_OUT);
  });

  test('can be acknowledged, before the app is synthesized', () => {
    const stack = inRegion();
    const agent = agentIn(stack, { vpc: vpcOf(stack, ISOLATED.subnetType), vpcSubnets: ISOLATED });
    CdkAnnotations.of(agent).acknowledgeWarning('cdk-agentcore-constructs:isolatedSubnets', 'a transit gateway');
    expect(warnings(stack)).toEqual([]);
  });

  test.each(['before', 'after'])('is there with AgentVpcEndpoints that are defined %s the agent', (when) => {
    const stack = inRegion();
    const vpc = vpcOf(stack, ISOLATED.subnetType);
    if (when === 'before') new AgentVpcEndpoints(stack, 'Endpoints', { vpc });
    agentIn(stack, { vpc, vpcSubnets: ISOLATED });
    if (when === 'after') new AgentVpcEndpoints(stack, 'Endpoints', { vpc });
    expect(warnings(stack)).toEqual([]);
  });

  test('is there with endpoints of another stack, and missing with those of another VPC', () => {
    const withEndpointsOf = (which: (own: ec2.IVpc, other: ec2.IVpc) => ec2.IVpc) => {
      const stack = inRegion();
      const vpc = vpcOf(stack, ISOLATED.subnetType);
      const network = new Stack(stack.node.root, 'Network', { env: { region: stack.region, account: stack.account } });
      const other = vpcOf(network, ISOLATED.subnetType);
      new AgentVpcEndpoints(network, 'Endpoints', { vpc: which(vpc, other) });
      agentIn(stack, { vpc, vpcSubnets: ISOLATED });
      return warnings(stack);
    };
    expect(withEndpointsOf((own) => own)).toEqual([]);
    expect(withEndpointsOf((_, other) => other)).toEqual(NO_WAY_OUT);
  });

  test('is still missing for the services that the endpoints do not lead to', () => {
    const stack = inRegion();
    const vpc = vpcOf(stack, ISOLATED.subnetType);
    vpc.addInterfaceEndpoint('Logs', { service: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS });
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    agentIn(stack, { vpc, vpcSubnets: ISOLATED });
    expect(warnings(stack)).toEqual([expect.stringContaining('no endpoints for ecr.api, ecr.dkr in their VPC')]);
  });

  test('is there with a default route that the app adds', () => {
    const stack = inRegion();
    const vpc = vpcOf(stack, ISOLATED.subnetType);
    agentIn(stack, { vpc, vpcSubnets: ISOLATED });
    for (const subnet of vpc.isolatedSubnets) {
      (subnet as ec2.Subnet).addRoute('Hub', { routerType: ec2.RouterType.TRANSIT_GATEWAY, routerId: 'tgw-1' });
    }
    expect(warnings(stack)).toEqual([]);
  });

  test('of imported subnets is believed where they are private, and missing where they are isolated', () => {
    const imported = (kind: 'private' | 'isolated') => {
      const stack = inRegion();
      const subnets = { [`${kind}SubnetIds`]: ['subnet-1'], [`${kind}SubnetRouteTableIds`]: ['rtb-1'] };
      const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-1',
        availabilityZones: ['eu-central-1a'],
        ...subnets,
      });
      agentIn(stack, { vpc, vpcSubnets: kind === 'private' ? PRIVATE : ISOLATED });
      return warnings(stack);
    };
    expect(imported('private')).toEqual([]);
    expect(imported('isolated')).toEqual([expect.stringContaining('Test/Vpc/IsolatedSubnet1 have no route')]);
  });
});

test('AgentVpcEndpoints lead to what an agent needs, on port 443 from the VPC', () => {
  const stack = inRegion();
  new AgentVpcEndpoints(stack, 'Endpoints', { vpc: isolatedVpc(stack) });
  const template = Template.fromStack(stack);
  const services = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
    JSON.stringify((Properties as { ServiceName: unknown }).ServiceName).replace(
      /^.*eu-central-1\.|[^a-z0-9.-]+$/g,
      '',
    ),
  );
  expect(services.sort()).toEqual(
    expect.arrayContaining(['bedrock', 'bedrock-agentcore', 'bedrock-runtime', 'ecr.api', 'ecr.dkr', 'logs']),
  );
  expect(services).toHaveLength(7);
  template.hasResourceProperties('AWS::EC2::SecurityGroup', {
    SecurityGroupIngress: [Match.objectLike({ FromPort: 443, ToPort: 443 })],
  });
});

test('an agent on the public internet has no connections', () => {
  const agent = new AgentRuntime(testStack(), 'Agent', { image: testImage() });
  expect(() => agent.connections).toThrow();
});
