import { App, aws_ec2 as ec2, Stack } from 'aws-cdk-lib';
import type { aws_efs as efs } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentFileSystem, AgentNetwork, AgentRuntime } from '../../lib';
import { ACCOUNT, REGION, testImage } from '../support/stack';

const arn = (resource: string) => `arn:aws:elasticfilesystem:${REGION}:${ACCOUNT}:${resource}`;
const fileSystems = [
  AgentFileSystem.efs(
    { accessPointRef: { accessPointArn: arn('access-point/a') } } as efs.IAccessPointRef,
    { fileSystemRef: { fileSystemArn: arn('file-system/f') } } as efs.IFileSystemRef,
    '/mnt/shared',
  ),
];

interface Place {
  readonly stack: Stack;
  readonly vpc: ec2.IVpc;
  readonly group: ec2.SecurityGroup;
}

function place(allowAllOutbound = false): Place {
  const stack = new Stack(new App(), 'Test', { env: { region: REGION, account: ACCOUNT } });
  const vpc = new ec2.Vpc(stack, 'Vpc');
  return { stack, vpc, group: new ec2.SecurityGroup(stack, 'Group', { vpc, allowAllOutbound }) };
}

function agentIn({ stack, vpc }: Place, securityGroups?: ec2.ISecurityGroup[]): AgentRuntime {
  const network = AgentNetwork.vpc({ vpc, ...(securityGroups === undefined ? {} : { securityGroups }) });
  return new AgentRuntime(stack, 'Agent', { image: testImage(), network, fileSystems });
}

const warnings = (stack: Stack) =>
  Annotations.fromStack(stack)
    .findWarning('/Test/Agent', Match.stringLikeRegexp('mountPortClosed'))
    .map(({ entry }) => String(entry.data));

describe('security groups for an agent that mounts file systems', () => {
  test('warn when none of them leads to port 2049', () => {
    const here = place();
    here.group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443));
    here.group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.udp(2049));
    here.group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcpRange(2050, 3000));
    agentIn(here, [here.group]);
    expect(warnings(here.stack)).toEqual([
      expect.stringMatching(/^none of the security groups Test\/Group lets the agent out to port 2049.*allowTo/),
    ]);
  });

  test.each<[string, (place: Place, agent: AgentRuntime) => void]>([
    [
      'a rule',
      ({ group }) => {
        group.addEgressRule(ec2.Peer.ipv4('10.0.0.0/16'), ec2.Port.tcp(2049));
      },
    ],
    [
      'a range',
      ({ group }) => {
        group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.allTcp());
      },
    ],
    [
      'everything',
      ({ group }) => {
        group.addEgressRule(ec2.Peer.ipv4('10.0.0.0/16'), ec2.Port.allTraffic());
      },
    ],
    [
      'connections of the agent',
      ({ stack, vpc }, agent) => {
        agent.connections.allowTo(new ec2.SecurityGroup(stack, 'Mounts', { vpc }), ec2.Port.tcp(2049));
      },
    ],
    [
      'a rule of another stack',
      ({ stack, group }) => {
        const rules = new Stack(stack.node.root, 'Rules', { env: { region: REGION, account: ACCOUNT } });
        new ec2.CfnSecurityGroupEgress(rules, 'Rule', {
          groupId: group.securityGroupId,
          ipProtocol: 'tcp',
          fromPort: 2049,
          toPort: 2049,
          cidrIp: '10.0.0.0/16',
        });
      },
    ],
  ])('say nothing with %s, added after the agent', (_, open) => {
    const here = place();
    open(here, agentIn(here, [here.group]));
    expect(warnings(here.stack)).toEqual([]);
  });

  test('say nothing when one of them leads anywhere, or cannot be seen', () => {
    const open = place(true);
    agentIn(open, [open.group]);
    const imported = place();
    agentIn(imported, [imported.group, ec2.SecurityGroup.fromSecurityGroupId(imported.stack, 'Imported', 'sg-1')]);
    expect([...warnings(open.stack), ...warnings(imported.stack)]).toEqual([]);
  });
});

describe('a VPC that does not tell its addresses', () => {
  const imported = () => {
    const stack = new Stack(new App(), 'Test', { env: { region: REGION, account: ACCOUNT } });
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['eu-central-1a'],
      privateSubnetIds: ['subnet-1'],
    });
    return { stack, vpc, group: new ec2.SecurityGroup(stack, 'Group', { vpc }) };
  };

  test('fails where port 2049 would be opened in it', () => {
    expect(() => agentIn(imported())).toThrow(
      /^Test\/Agent: the VPC does not tell its address range.*give vpcCidrBlock to Vpc.fromVpcAttributes, or securityGroups/,
    );
  });

  test('does with security groups of its own', () => {
    const here = imported();
    agentIn(here, [here.group]);
    expect(() => Template.fromStack(here.stack)).not.toThrow();
  });
});
