import {
  Annotations as CdkAnnotations,
  App,
  aws_ec2 as ec2,
  aws_secretsmanager as secretsmanager,
  Stack,
  Stage,
} from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import { AgentNetwork, AgentRuntime, AgentVpcEndpoints, ModelProvider, type AgentRuntimeProps } from '../../lib';
import { testImage } from '../support/stack';

/** eu-central-1 has no zone that AgentCore does not support, so nothing is to be said about zones. */
const env = { region: 'eu-central-1', account: '111122223333' };
const inRegion = () => new Stack(new App(), 'Test', { env });

const ISOLATED = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
const PRIVATE = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };

const vpcOf = (scope: Construct, subnetType = ISOLATED.subnetType) =>
  new ec2.Vpc(scope, 'Vpc', { natGateways: 0, maxAzs: 1, subnetConfiguration: [{ name: 'Agents', subnetType }] });

function agentIn(
  scope: Construct,
  vpc: ec2.IVpc,
  vpcSubnets: ec2.SubnetSelection = ISOLATED,
  props: Partial<AgentRuntimeProps> = {},
): AgentRuntime {
  return new AgentRuntime(scope, 'Agent', {
    image: testImage(),
    network: AgentNetwork.vpc({ vpc, vpcSubnets }),
    ...props,
  });
}

const warnings = (stack: Stack) =>
  Annotations.fromStack(stack)
    .findWarning('/Test/Agent', Match.anyValue())
    .map(({ entry }) => String(entry.data));

const missing = (services: string) => expect.stringContaining(`no endpoints for ${services} in their VPC`) as string;
const NO_WAY_OUT = [
  expect.stringMatching(
    /^the subnets Test\/Vpc\/AgentsSubnet1 have no route to the internet.*no endpoints for ecr.api, ecr.dkr, s3, logs, bedrock-runtime in their VPC.*AgentVpcEndpoints/,
  ) as string,
];

describe('the way out of the subnets', () => {
  test.each([
    ['isolated subnets', ISOLATED],
    ['private subnets of a VPC without NAT', PRIVATE],
  ])('is missing in %s', (_, vpcSubnets) => {
    const stack = inRegion();
    agentIn(stack, vpcOf(stack, vpcSubnets.subnetType), vpcSubnets);
    expect(warnings(stack)).toEqual(NO_WAY_OUT);
  });

  test('can be acknowledged, before the app is synthesized', () => {
    const stack = inRegion();
    const agent = agentIn(stack, vpcOf(stack));
    CdkAnnotations.of(agent).acknowledgeWarning('cdk-agentcore-constructs:isolatedSubnets', 'a transit gateway');
    expect(warnings(stack)).toEqual([]);
  });

  test.each(['before', 'after'])('is there with AgentVpcEndpoints that are defined %s the agent', (when) => {
    const stack = inRegion();
    const vpc = vpcOf(stack);
    if (when === 'before') new AgentVpcEndpoints(stack, 'Endpoints', { vpc });
    agentIn(stack, vpc);
    if (when === 'after') new AgentVpcEndpoints(stack, 'Endpoints', { vpc });
    expect(warnings(stack)).toEqual([]);
  });

  test('is there with endpoints of another stack, and missing with those of another VPC', () => {
    const withEndpointsOf = (which: (own: ec2.IVpc, other: ec2.IVpc) => ec2.IVpc) => {
      const stack = inRegion();
      const vpc = vpcOf(stack);
      const network = new Stack(stack.node.root, 'Network', { env });
      new AgentVpcEndpoints(network, 'Endpoints', { vpc: which(vpc, vpcOf(network)) });
      agentIn(stack, vpc);
      return warnings(stack);
    };
    expect(withEndpointsOf((own) => own)).toEqual([]);
    expect(withEndpointsOf((_, other) => other)).toEqual(NO_WAY_OUT);
  });

  test('is still missing for the services that the endpoints do not lead to', () => {
    const stack = inRegion();
    const vpc = vpcOf(stack);
    vpc.addInterfaceEndpoint('Logs', { service: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS });
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    agentIn(stack, vpc);
    expect(warnings(stack)).toEqual([missing('ecr.api, ecr.dkr, bedrock-runtime')]);
  });

  test('is there with a default route that the app adds', () => {
    const stack = inRegion();
    const vpc = vpcOf(stack);
    agentIn(stack, vpc);
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
      agentIn(stack, vpc, kind === 'private' ? PRIVATE : ISOLATED);
      return warnings(stack);
    };
    expect(imported('private')).toEqual([]);
    expect(imported('isolated')).toEqual([expect.stringContaining('Test/Vpc/IsolatedSubnet1 have no route')]);
  });
});

describe('the services that an agent in isolated subnets needs', () => {
  const IMAGE_AND_LOG = 'ecr.api, ecr.dkr, s3, logs';
  const secretOf = (stack: Stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'token');

  test('include Secrets Manager where it reads a secret', () => {
    const stack = inRegion();
    agentIn(stack, vpcOf(stack), ISOLATED, { secrets: { TOKEN: secretOf(stack) } });
    expect(warnings(stack)).toEqual([missing(`${IMAGE_AND_LOG}, bedrock-runtime, secretsmanager`)]);
  });

  test('include what is granted after it was defined', () => {
    const stack = inRegion();
    const agent = agentIn(stack, vpcOf(stack));
    secretOf(stack).grantRead(agent);
    expect(warnings(stack)).toEqual([missing(`${IMAGE_AND_LOG}, bedrock-runtime, secretsmanager`)]);
  });

  test('are all among the AgentVpcEndpoints, but for a model provider on the internet', () => {
    const stack = inRegion();
    const vpc = vpcOf(stack);
    new AgentVpcEndpoints(stack, 'Endpoints', { vpc });
    agentIn(stack, vpc, ISOLATED, { models: ModelProvider.anthropicApi(secretOf(stack)) });
    expect(warnings(stack)).toEqual([
      expect.stringMatching(
        /no route to the internet, and the models of the agent are not on Amazon Bedrock.*choose subnets with NAT.*\[ack: cdk-agentcore-constructs:modelsOutOfReach\]/,
      ),
    ]);
  });

  test('do not include a way to the internet where a model provider has NAT', () => {
    const stack = inRegion();
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 });
    agentIn(stack, vpc, PRIVATE, { models: ModelProvider.anthropicApi(secretOf(stack)) });
    expect(warnings(stack)).toEqual([]);
  });
});

describe('an app with many agents in a VPC', () => {
  test('is walked once, and not once for each of their subnets', () => {
    const walks = (agents: number) => {
      const app = new App();
      const stack = new Stack(app, 'Test', { env });
      const vpc = vpcOf(stack);
      for (let index = 0; index < agents; index++) agentIn(new Construct(stack, `Scope${index}`), vpc);
      const findAll = jest.spyOn(app.node, 'findAll');
      app.synth();
      return findAll.mock.calls.length;
    };
    const forOne = walks(1);
    expect(forOne).toBeGreaterThan(0);
    expect(walks(10)).toBe(forOne);
  });

  test('is walked again when it is synthesized again', () => {
    const app = new App();
    const stack = new Stack(app, 'Test', { env });
    const vpc = vpcOf(stack);
    agentIn(stack, vpc);
    expect(app.synth().getStackByName('Test').messages).toHaveLength(1);
    // A second agent, because a warning that was given stays given.
    new AgentVpcEndpoints(stack, 'Endpoints', { vpc });
    agentIn(new Construct(stack, 'Later'), vpc);
    expect(app.synth({ force: true }).getStackByName('Test').messages).toHaveLength(1);
  });

  test('sees in a stage what the stage defines', () => {
    const app = new App();
    const [open, closed] = ['Open', 'Closed'].map((id) => new Stack(new Stage(app, id), 'Test', { env })) as [
      Stack,
      Stack,
    ];
    for (const stack of [open, closed]) agentIn(stack, vpcOf(stack));
    new AgentVpcEndpoints(open, 'Endpoints', { vpc: open.node.findChild('Vpc') as ec2.Vpc });
    const messages = (id: string) =>
      app
        .synth()
        .getNestedAssembly(`assembly-${id}`)
        .stacks.flatMap((s) => s.messages);
    expect(messages('Open')).toEqual([]);
    expect(messages('Closed')).toHaveLength(1);
  });
});
