import { Annotations } from 'aws-cdk-lib';
import type {
  aws_bedrockagentcore as agentcore,
  aws_efs as efs,
  aws_iam as iam,
  aws_s3files as s3files,
} from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { fileSystemStatements } from '../iam/file-system-access';
import { mountPathFindings } from '../private/mount-path';
import { throwFindings } from '../private/validation';

/** The limits of FilesystemConfigurations in AWS::BedrockAgentCore::Runtime, by kind and in all. */
const MAX_FILE_SYSTEMS = 5;
const MAX_OF_KIND: Readonly<Record<string, number>> = { 'session storage': 1, 'S3 Files': 2, EFS: 2 };

interface AgentFileSystemAttributes {
  readonly kind: 'session storage' | 'S3 Files' | 'EFS';
  readonly mountPath: string;
  readonly configuration: agentcore.CfnRuntime.FilesystemConfigurationProperty;
  readonly statements: readonly iam.PolicyStatement[];
}

/** A file system that AgentCore mounts into the microVMs of an agent. */
export class AgentFileSystem {
  /**
   * 1 GB that belongs to one session and survives its microVM. It is emptied after 14 idle days and with every new version
   * of the runtime, so with every deployment of the image.
   *
   * @param mountPath one level below /mnt, for instance `/mnt/session`
   */
  public static sessionStorage(mountPath: string): AgentFileSystem {
    return new AgentFileSystem({
      kind: 'session storage',
      mountPath,
      configuration: { sessionStorage: { mountPath } },
      statements: [],
    });
  }

  /**
   * An Amazon S3 Files access point, shared by all sessions. The agent must be in a VPC whose mount targets it reaches on
   * port 2049.
   *
   * @param fileSystem the file system of the access point
   */
  public static s3Files(
    accessPoint: s3files.IAccessPointRef,
    fileSystem: s3files.IFileSystemRef,
    mountPath: string,
  ): AgentFileSystem {
    const { accessPointArn } = accessPoint.accessPointRef;
    return new AgentFileSystem({
      kind: 'S3 Files',
      mountPath,
      configuration: { s3FilesAccessPoint: { accessPointArn, mountPath } },
      statements: fileSystemStatements('s3files', fileSystem.fileSystemRef.fileSystemArn, accessPointArn),
    });
  }

  /**
   * An Amazon EFS access point, shared by all sessions. The agent must be in a VPC whose mount targets it reaches on port
   * 2049.
   *
   * @param fileSystem the file system of the access point
   */
  public static efs(
    accessPoint: efs.IAccessPointRef,
    fileSystem: efs.IFileSystemRef,
    mountPath: string,
  ): AgentFileSystem {
    const { accessPointArn } = accessPoint.accessPointRef;
    return new AgentFileSystem({
      kind: 'EFS',
      mountPath,
      configuration: { efsAccessPoint: { accessPointArn, mountPath } },
      statements: fileSystemStatements('elasticfilesystem', fileSystem.fileSystemRef.fileSystemArn, accessPointArn),
    });
  }

  /** What AgentCore mounts: `session storage`, `S3 Files` or `EFS`. */
  public readonly kind: string;

  /** Whether it is shared by sessions, over the network of a VPC; session storage is neither. */
  public readonly shared: boolean;

  /** Where it is mounted. */
  public readonly mountPath: string;

  /** The property of the runtime. */
  public readonly configuration: agentcore.CfnRuntime.FilesystemConfigurationProperty;

  /** What the execution role needs for it. */
  public readonly statements: readonly iam.PolicyStatement[];

  private constructor({ kind, mountPath, configuration, statements }: AgentFileSystemAttributes) {
    throwFindings('AgentFileSystem', mountPathFindings(mountPath));
    this.kind = kind;
    this.shared = kind !== 'session storage';
    this.mountPath = mountPath;
    this.configuration = configuration;
    this.statements = statements;
  }
}

/** What speaks against these file systems together. */
export function fileSystemFindings(fileSystems: readonly AgentFileSystem[], inVpc: boolean): string[] {
  const paths = fileSystems.map(({ mountPath }) => mountPath.replace(/\/$/, ''));
  const ofKind = (kind: string): number => fileSystems.filter((one) => one.kind === kind).length;
  return [
    ...(fileSystems.length > MAX_FILE_SYSTEMS
      ? [`${fileSystems.length} file systems are given; AgentCore mounts at most ${MAX_FILE_SYSTEMS}`]
      : []),
    ...Object.entries(MAX_OF_KIND)
      .filter(([kind, max]) => ofKind(kind) > max)
      .map(
        ([kind, max]) => `${ofKind(kind)} file systems of the kind ${kind} are given; AgentCore mounts at most ${max}`,
      ),
    ...paths
      .filter((path, index) => paths.indexOf(path) < index)
      .map((path) => `mount path "${path}" is used twice; give each file system its own`),
    ...fileSystems
      .filter(({ shared }) => shared && !inVpc)
      .map(
        ({ kind, mountPath }) =>
          `${kind} at "${mountPath}" needs an agent in a VPC; give network: AgentNetwork.vpc({ … })`,
      ),
  ];
}

/** Warns of file systems that do not keep what many would expect them to. */
export function warnOfFileSystems(scope: IConstruct, fileSystems: readonly AgentFileSystem[]): void {
  if (fileSystems.every(({ shared }) => shared)) return;
  Annotations.of(scope).addWarningV2(
    'cdk-agentcore-constructs:sessionStorageIsEmptied',
    'session storage is emptied whenever the runtime gets a new version, which every change of image, environment or configuration makes; keep what must last elsewhere, and acknowledge this warning',
  );
}
