import { App, aws_ec2 as ec2, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AgentVpcEndpoints } from '../../lib';

test('AgentVpcEndpoints lead to what an agent needs, on port 443 from the VPC', () => {
  const stack = new Stack(new App(), 'Test', { env: { region: 'eu-central-1', account: '111122223333' } });
  const vpc = new ec2.Vpc(stack, 'Vpc', {
    natGateways: 0,
    subnetConfiguration: [{ name: 'Agents', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  });
  const { interfaceEndpoints, s3Endpoint } = new AgentVpcEndpoints(stack, 'Endpoints', { vpc });
  const template = Template.fromStack(stack);
  const serviceOf = ({ ServiceName }: { ServiceName: unknown }) =>
    JSON.stringify(ServiceName).replace(/^.*eu-central-1\.|[^a-z0-9.-]+$/g, '');
  const services = Object.values(template.findResources('AWS::EC2::VPCEndpoint'))
    .map(({ Properties }) => Properties as { ServiceName: unknown; VpcEndpointType: string })
    .filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface')
    .map(serviceOf);
  expect(services.sort()).toEqual([
    'bedrock',
    'bedrock-agentcore',
    'bedrock-runtime',
    'ecr.api',
    'ecr.dkr',
    'logs',
    'secretsmanager',
    'sts',
  ]);
  expect(Object.keys(interfaceEndpoints)).toHaveLength(services.length);
  expect(stack.resolve(s3Endpoint.vpcEndpointId)).toEqual({ Ref: expect.any(String) as string });
  template.hasResourceProperties('AWS::EC2::SecurityGroup', {
    SecurityGroupIngress: [Match.objectLike({ FromPort: 443, ToPort: 443 })],
  });
});
