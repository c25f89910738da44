import type { aws_efs as efs, aws_s3files as s3files } from 'aws-cdk-lib';
import { App, aws_ec2 as ec2, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentFileSystem, AgentNetwork, AgentRuntime } from '../../lib';
import { evaluate } from '../../lib/testing';
import { ACCOUNT, executionRole, REGION, resolvedTemplate, testImage, testStack } from '../support/stack';

const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const EFS = {
  fileSystem: arn('elasticfilesystem', 'file-system/fs-1'),
  accessPoint: arn('elasticfilesystem', 'access-point/fsap-1'),
};
const S3_FILES = { fileSystem: arn('s3files', 'file-system/fs-1'), accessPoint: arn('s3files', 'access-point/fsap-1') };

const efsAt = (mountPath: string) =>
  AgentFileSystem.efs(
    { accessPointRef: { accessPointId: 'fsap-1', accessPointArn: EFS.accessPoint } } as efs.IAccessPointRef,
    { fileSystemRef: { fileSystemId: 'fs-1', fileSystemArn: EFS.fileSystem } } as efs.IFileSystemRef,
    mountPath,
  );
const s3FilesAt = (mountPath: string) =>
  AgentFileSystem.s3Files(
    { accessPointRef: { accessPointId: 'fsap-1', accessPointArn: S3_FILES.accessPoint } } as s3files.IAccessPointRef,
    { fileSystemRef: { fileSystemArn: S3_FILES.fileSystem } } as s3files.IFileSystemRef,
    mountPath,
  );

function agentWith(...fileSystems: AgentFileSystem[]): Stack {
  const stack = new Stack(new App(), 'Test', { env: { region: REGION, account: ACCOUNT } });
  const network = AgentNetwork.vpc({ vpc: new ec2.Vpc(stack, 'Vpc') });
  new AgentRuntime(stack, 'Agent', { image: testImage(), network, fileSystems });
  return stack;
}

test('file systems are mounted where they are wanted', () => {
  const stack = agentWith(AgentFileSystem.sessionStorage('/mnt/session'), efsAt('/mnt/shared'), s3FilesAt('/mnt/data'));
  Template.fromStack(stack).hasResourceProperties('AWS::BedrockAgentCore::Runtime', {
    FilesystemConfigurations: [
      { SessionStorage: { MountPath: '/mnt/session' } },
      { EfsAccessPoint: { AccessPointArn: EFS.accessPoint, MountPath: '/mnt/shared' } },
      { S3FilesAccessPoint: { AccessPointArn: S3_FILES.accessPoint, MountPath: '/mnt/data' } },
    ],
  });
  Annotations.fromStack(stack).hasWarning('/Test/Agent', Match.stringLikeRegexp('session storage is emptied whenever'));
});

describe.each([
  ['EFS', efsAt, 'elasticfilesystem', EFS],
  ['S3 Files', s3FilesAt, 's3files', S3_FILES],
] as const)('the role of an agent with %s', (_, at, service, { fileSystem, accessPoint }) => {
  const role = executionRole(resolvedTemplate(agentWith(at('/mnt/shared'))));
  const allows = (action: string, resource: string, point: string) =>
    evaluate(role, { action: `${service}:${action}`, resource, context: { [`${service}:AccessPointArn`]: point } })
      .allowed;

  test.each(['ClientMount', 'ClientWrite'])('may %s through the access point, and nowhere else', (action) => {
    expect(allows(action, fileSystem, accessPoint)).toBe(true);
    expect(allows(action, `${fileSystem}2`, accessPoint)).toBe(false);
    expect(allows(action, fileSystem, `${accessPoint}2`)).toBe(false);
    expect(evaluate(role, { action: `${service}:${action}`, resource: fileSystem }).allowed).toBe(false);
  });

  test('may not act as root', () => {
    expect(allows('ClientRootAccess', fileSystem, accessPoint)).toBe(false);
  });
});

test('the role of an agent with S3 Files may look up its access point, and no other', () => {
  const role = executionRole(resolvedTemplate(agentWith(s3FilesAt('/mnt/data'))));
  const allows = (resource: string) => evaluate(role, { action: 's3files:GetAccessPoint', resource }).allowed;
  expect(allows(S3_FILES.accessPoint)).toBe(true);
  expect(allows(`${S3_FILES.accessPoint}2`)).toBe(false);
});

test('an agent with a shared file system reaches its mount targets', () => {
  const egress = (stack: Stack) => {
    const [group] = Object.values(Template.fromStack(stack).findResources('AWS::EC2::SecurityGroup'));
    const rules = (group?.Properties as { SecurityGroupEgress: { FromPort: number }[] }).SecurityGroupEgress;
    return rules.map(({ FromPort }) => FromPort);
  };
  expect(egress(agentWith(efsAt('/mnt/shared')))).toEqual([443, 2049]);
  expect(egress(agentWith(AgentFileSystem.sessionStorage('/mnt/session')))).toEqual([443]);
});

test('mounting a file system later does not replace the security group', () => {
  const description = (stack: Stack) => {
    const [group] = Object.values(Template.fromStack(stack).findResources('AWS::EC2::SecurityGroup'));
    return (group?.Properties as { GroupDescription: string }).GroupDescription;
  };
  expect(description(agentWith(efsAt('/mnt/shared')))).toBe(description(agentWith()));
});

describe('a mistake', () => {
  test.each(['/mnt', '/mnt/', '/mnt/a/b', '/data', 'mnt/data', `/mnt/${'x'.repeat(200)}`])(
    'in the mount path %s fails',
    (path) => {
      expect(() => AgentFileSystem.sessionStorage(path)).toThrow(`mount path "${path}" is not one level below /mnt`);
    },
  );

  test('such as one mount path twice fails', () => {
    expect(() => agentWith(efsAt('/mnt/a'), s3FilesAt('/mnt/a/'))).toThrow(/mount path "\/mnt\/a" is used twice/);
  });

  test('such as too many of a kind fails', () => {
    const session = ['/mnt/a', '/mnt/b'].map((path) => AgentFileSystem.sessionStorage(path));
    expect(() => agentWith(...session)).toThrow(
      /2 file systems of the kind session storage are given; AgentCore mounts at most 1/,
    );
  });

  test('such as a shared file system without a VPC fails', () => {
    expect(
      () => new AgentRuntime(testStack(), 'Agent', { image: testImage(), fileSystems: [efsAt('/mnt/a')] }),
    ).toThrow(/EFS at "\/mnt\/a" needs an agent in a VPC; give network: AgentNetwork\.vpc/);
  });
});
