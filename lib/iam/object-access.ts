import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_s3 as s3 } from 'aws-cdk-lib';
import { Actions } from './actions';
import type { BaselineStatement } from './runtime-baseline';

/** Where workspaces lie in a bucket: `workspaces/<user key>/<workspace>/…`. */
export const WORKSPACES_PREFIX = 'workspaces/';

/** Where copies of files of workspaces lie that are given away for some minutes: `downloads/<user key>/…`. */
export const DOWNLOADS_PREFIX = 'downloads/';

/** Says in the metadata of a bucket in a template that users have their workspaces there. */
export const WORKSPACES_MARK = 'cdk-agentcore-constructs/workspaces';

/** What may be done with objects; who may read them may also list them. */
export type ObjectPermission = 'read' | 'write' | 'delete';

/**
 * Statements that allow something with the objects below one prefix of a bucket, and with the key of the bucket, where it
 * has one of the account, for those objects alone.
 *
 * @param prefix ends in `/`; policy variables in it are kept
 */
export function objectStatements(
  bucket: s3.IBucket,
  prefix: string,
  permissions: readonly ObjectPermission[],
): BaselineStatement[] {
  const reads = permissions.includes('read');
  const writes = permissions.includes('write');
  const objects = bucket.arnForObjects(`${prefix}*`);
  return [
    {
      statement: new iam.PolicyStatement({
        actions: [
          ...(reads ? Actions.READ_OBJECTS : []),
          ...(writes ? Actions.WRITE_OBJECTS : []),
          ...(permissions.includes('delete') ? Actions.DELETE_OBJECTS : []),
        ],
        resources: [objects],
      }),
      wildcard: { resource: objects, reason: 'The objects below one prefix, whose names are not known at synthesis' },
    },
    ...(reads ? [{ statement: listing(bucket, prefix) }] : []),
    ...(bucket.encryptionKey === undefined || !(reads || writes)
      ? []
      : [{ statement: encryption(bucket, bucket.encryptionKey.keyArn, objects, writes) }]),
  ];
}

function listing(bucket: s3.IBucket, prefix: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [...Actions.LIST_OBJECTS],
    resources: [bucket.bucketArn],
    conditions: { StringLike: { 's3:prefix': `${prefix}*` } },
  });
}

function encryption(bucket: s3.IBucket, keyArn: string, objects: string, writes: boolean): iam.PolicyStatement {
  return new iam.PolicyStatement({
    // An upload in parts is decrypted while it is put together.
    actions: [...Actions.DECRYPT, ...(writes ? Actions.GENERATE_DATA_KEY : [])],
    resources: [keyArn],
    conditions: {
      StringEquals: { 'kms:ViaService': `s3.${bucket.env.region}.amazonaws.com` },
      // Amazon S3 names the bucket where it has a bucket key, and the object otherwise.
      StringLike: { 'kms:EncryptionContext:aws:s3:arn': [bucket.bucketArn, objects] },
    },
  });
}
