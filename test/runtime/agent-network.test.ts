import { App, aws_ec2 as ec2, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentNetwork, AgentRuntime, type VpcNetworkOptions } from '../../lib';
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

test('an agent on the public internet has no connections', () => {
  const agent = new AgentRuntime(testStack(), 'Agent', { image: testImage() });
  expect(() => agent.connections).toThrow();
});
