import { Annotations, aws_s3 as s3, CfnResource, Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DOWNLOADS_PREFIX, WORKSPACES_MARK } from '../iam/object-access';
import { throwFindings } from '../private/validation';
import { WorkspaceBucketBase } from './workspace-bucket-base';

/** Properties of a WorkspaceBucket. */
export interface WorkspaceBucketProps {
  /**
   * The key that encrypts the workspaces.
   *
   * @default - the key that AWS keeps in the account for Amazon S3 (`aws/s3`)
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Where Amazon S3 writes who asked for what.
   *
   * @default - no access logs
   */
  readonly accessLogsBucket?: s3.IBucket;

  /**
   * How long an object can be brought back after it was written over or deleted: whole days, at least 1.
   *
   * @default Duration.days(30)
   */
  readonly oldVersionRetention?: Duration;

  /**
   * What happens to the workspaces when the construct is removed or its stack deleted. `RemovalPolicy.DESTROY` deletes them
   * with all their versions; a function of the CDK does that.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** The shortest that Amazon S3 knows; an upload in parts is done long before, and so is a download. */
const ONE_DAY = Duration.days(1);

const OLD_VERSION_RETENTION = Duration.days(30);

/**
 * Keeps files and conversations of an agent's users between sessions: a private bucket, reached over TLS only, encrypted,
 * with versions, and kept when the stack is deleted.
 *
 * Do not let its current objects expire by age: a workspace is made of objects of any age. Copies of files that `AgentApi`
 * makes for downloads do, after a day.
 */
export class WorkspaceBucket extends WorkspaceBucketBase {
  /**
   * A bucket that exists or is defined elsewhere. Nothing about it is changed: let it be private, reached over TLS only,
   * encrypted and versioned, old versions and aborted uploads expiring, current objects not.
   *
   * @param bucket with its key, if it has one of the account: `Bucket.fromBucketAttributes({ …, encryptionKey })`
   */
  public static fromBucket(scope: Construct, id: string, bucket: s3.IBucket): WorkspaceBucketBase {
    return new BroughtBucket(scope, id, bucket);
  }

  public readonly bucket: s3.Bucket;

  /** @throws Error when the retention is not in whole days */
  constructor(scope: Construct, id: string, props: WorkspaceBucketProps = {}) {
    super(scope, id);
    const oldVersionRetention = props.oldVersionRetention ?? OLD_VERSION_RETENTION;
    throwFindings(this, retentionFindings(oldVersionRetention));
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.bucket = new s3.Bucket(this, 'Bucket', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      // One call to AWS KMS for many objects: a workspace is made of many.
      bucketKeyEnabled: true,
      ...(props.encryptionKey === undefined
        ? { encryption: s3.BucketEncryption.KMS_MANAGED }
        : { encryption: s3.BucketEncryption.KMS, encryptionKey: props.encryptionKey }),
      lifecycleRules: [
        {
          id: 'OldVersions',
          noncurrentVersionExpiration: oldVersionRetention,
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: ONE_DAY,
        },
        {
          id: 'Downloads',
          prefix: DOWNLOADS_PREFIX,
          expiration: ONE_DAY,
          noncurrentVersionExpiration: ONE_DAY,
        },
      ],
      ...(props.accessLogsBucket === undefined
        ? {}
        : { serverAccessLogsBucket: props.accessLogsBucket, serverAccessLogsPrefix: 'workspaces/' }),
      removalPolicy,
      // A bucket with objects cannot be deleted.
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    markWorkspaces(this.bucket);
  }
}

class BroughtBucket extends WorkspaceBucketBase {
  constructor(
    scope: Construct,
    id: string,
    public readonly bucket: s3.IBucket,
  ) {
    super(scope, id);
    Annotations.of(this).addInfoV2(
      'cdk-agentcore-constructs:broughtBucket',
      'nothing about the bucket that was given is changed; let it be private, reached over TLS only, encrypted and versioned, with a lifecycle for old versions and aborted uploads, and none for current objects',
    );
  }
}

/** Tells `AgentCoreChecks`, which knows templates alone, whose data lies in the bucket. */
function markWorkspaces({ node }: s3.Bucket): void {
  if (CfnResource.isCfnResource(node.defaultChild)) node.defaultChild.addMetadata(WORKSPACES_MARK, true);
}

function retentionFindings(retention: Duration): string[] {
  if (Token.isUnresolved(retention)) return [];
  const days = retention.toDays({ integral: false });
  return Number.isInteger(days) && days >= 1
    ? []
    : [`oldVersionRetention is ${days} days; Amazon S3 counts whole days, so give at least Duration.days(1)`];
}
