import { aws_ec2 as ec2, aws_iam as iam, aws_s3 as s3, type Stack } from 'aws-cdk-lib';
import { agentRole, browser, codeInterpreter, runtime, type RuleCase } from '../support/resources';

/** A runtime whose interfaces are in one group. */
function runtimeIn(stack: Stack, group: string): void {
  runtime(stack, {
    networkConfiguration: {
      networkMode: 'VPC',
      networkModeConfig: { subnets: ['subnet-1'], securityGroups: [group] },
    },
  });
}

/** A group that lets out to port 443 only, apart from what `props` change. */
function group(stack: Stack, props: Partial<ec2.CfnSecurityGroupProps> = {}): string {
  return new ec2.CfnSecurityGroup(stack, 'Group', {
    groupDescription: 'of an agent',
    vpcId: 'vpc-1',
    securityGroupEgress: [{ ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIp: '0.0.0.0/0' }],
    ...props,
  }).attrGroupId;
}

const ingress = (cidr: object) => [{ ipProtocol: 'tcp', fromPort: 8080, toPort: 8080, ...cidr }];

/** A bucket that an agent may read. */
function grantedBucket(stack: Stack, props: s3.BucketProps = {}): s3.Bucket {
  const bucket = new s3.Bucket(stack, 'Bucket', { enforceSSL: true, ...props });
  bucket.grantRead(agentRole(stack));
  return bucket;
}

/** A browser that records into a bucket. */
function recording(stack: Stack, bucket: s3.IBucket): void {
  browser(stack, {
    recordingConfig: { enabled: true, s3Location: { bucket: bucket.bucketName, prefix: 'recordings/' } },
  });
}

/** A bucket in which a role reaches the workspaces of one user at a time, and an agent what `key` says. */
function workspaces(stack: Stack, key: string): void {
  const allow = (resource: string) =>
    new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [`arn:aws:s3:::workspaces-of-users/${resource}`] });
  new iam.Role(stack, 'UserRole', { assumedBy: new iam.AccountRootPrincipal() }).addToPolicy(
    allow('workspaces/${aws:PrincipalTag/userId}/*'),
  );
  agentRole(stack).addToPolicy(allow(key));
}

/** What is around the resources of AgentCore, and not of it. */
export const SURROUNDING_CASES: readonly RuleCase[] = [
  {
    id: 'AgentCore-SG1',
    mistake: 'a group that is open to the internet',
    wrong: (stack) => {
      runtimeIn(stack, group(stack, { securityGroupIngress: ingress({ cidrIp: '0.0.0.0/0' }) }));
    },
    right: (stack) => {
      runtimeIn(stack, group(stack, { securityGroupIngress: ingress({ cidrIp: '10.0.0.0/16' }) }));
    },
    detail: '0.0.0.0/0',
  },
  {
    id: 'AgentCore-SG1',
    mistake: 'a rule of its own that opens the group of a code interpreter to IPv6',
    wrong: (stack) => {
      const groupId = group(stack);
      new ec2.CfnSecurityGroupIngress(stack, 'Rule', { groupId, ipProtocol: '-1', cidrIpv6: '::/0' });
      codeInterpreter(stack, {
        networkConfiguration: { networkMode: 'VPC', vpcConfig: { subnets: ['subnet-1'], securityGroups: [groupId] } },
      });
    },
    // The group of something else, and one that an agent is in.
    right: (stack) => {
      const other = new ec2.CfnSecurityGroup(stack, 'Other', { groupDescription: 'of a load balancer' });
      new ec2.CfnSecurityGroupIngress(stack, 'Rule', {
        groupId: other.attrGroupId,
        ipProtocol: '-1',
        cidrIpv6: '::/0',
      });
      runtimeIn(stack, group(stack));
    },
    detail: '::/0',
  },
  {
    id: 'AgentCore-SG2',
    mistake: 'a group that lets every protocol out to every address',
    wrong: (stack) => {
      runtimeIn(stack, group(stack, { securityGroupEgress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0' }] }));
    },
    right: (stack) => {
      runtimeIn(stack, group(stack, { securityGroupEgress: [{ ipProtocol: '-1', cidrIp: '10.0.0.0/16' }] }));
    },
  },
  {
    id: 'AgentCore-SG2',
    mistake: 'a group without a rule for what goes out',
    wrong: (stack) => {
      const made = new ec2.CfnSecurityGroup(stack, 'Group', { groupDescription: 'of an agent' });
      runtimeIn(stack, made.attrGroupId);
    },
    right: (stack) => {
      const { attrGroupId: groupId } = new ec2.CfnSecurityGroup(stack, 'Group', { groupDescription: 'of an agent' });
      new ec2.CfnSecurityGroupEgress(stack, 'Rule', { groupId, ipProtocol: 'tcp', fromPort: 443, toPort: 443 });
      runtimeIn(stack, groupId);
    },
  },
  {
    id: 'AgentCore-BK1',
    mistake: 'a bucket that an agent may read and that can be made public',
    wrong: (stack) => {
      grantedBucket(stack, {
        blockPublicAccess: new s3.BlockPublicAccess({ blockPublicAcls: true, blockPublicPolicy: false }),
      });
    },
    right: (stack) => {
      grantedBucket(stack, { blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL });
    },
  },
  {
    id: 'AgentCore-BK1',
    mistake: 'a bucket with recordings that can be made public',
    wrong: (stack) => {
      const bucket = new s3.CfnBucket(stack, 'Bucket', { publicAccessBlockConfiguration: { blockPublicAcls: true } });
      recording(stack, s3.Bucket.fromBucketName(stack, 'Named', bucket.ref));
    },
    // Amazon S3 blocks public access to what says nothing; the other bucket is not the agent's.
    right: (stack) => {
      recording(stack, new s3.Bucket(stack, 'Bucket'));
      new s3.CfnBucket(stack, 'Other', { publicAccessBlockConfiguration: { blockPublicAcls: true } });
    },
  },
  {
    id: 'AgentCore-BK2',
    mistake: 'a bucket that takes requests without TLS',
    wrong: (stack) => {
      grantedBucket(stack, { enforceSSL: false });
    },
    right: (stack) => {
      grantedBucket(stack);
    },
  },
  {
    id: 'AgentCore-BK3',
    mistake: 'the workspaces of every user',
    wrong: (stack) => {
      workspaces(stack, 'workspaces/*');
    },
    right: (stack) => {
      workspaces(stack, 'datasets/*');
    },
    detail: 'workspaces-of-users/workspaces/*',
  },
];
