import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { type Dimensions, familyOf, MetricStanding } from './metric';

const { BYTES, COUNT } = cloudwatch.Unit;
const { SUM, AVERAGE } = cloudwatch.Stats;

const bucketMetric = familyOf({
  namespace: 'AWS/S3',
  dimensionSets: [['BucketName', 'StorageType']],
  standing: MetricStanding.DOCUMENTED,
  source: 'Amazon S3 metrics and dimensions',
});

const tableMetric = familyOf({
  namespace: 'AWS/DynamoDB',
  dimensionSets: [['TableName']],
  standing: MetricStanding.DOCUMENTED,
  source: 'DynamoDB metrics and dimensions',
});

/** What Amazon S3 and DynamoDB report of what is kept. */
export const StorageMetrics = {
  /** Once a day. */
  BUCKET_SIZE: bucketMetric('BucketSizeBytes', BYTES, AVERAGE),
  /** Once a day. */
  BUCKET_OBJECTS: bucketMetric('NumberOfObjects', COUNT, AVERAGE),
  TABLE_READS: tableMetric('ConsumedReadCapacityUnits', COUNT, SUM),
  TABLE_WRITES: tableMetric('ConsumedWriteCapacityUnits', COUNT, SUM),
} as const;

/** What a bucket holds in the class that workspaces are in. */
export function bucketSizeDimensions(bucketName: string): Dimensions {
  return { BucketName: bucketName, StorageType: 'StandardStorage' };
}

/** All objects of a bucket. */
export function bucketObjectDimensions(bucketName: string): Dimensions {
  return { BucketName: bucketName, StorageType: 'AllStorageTypes' };
}

/** A table without its indexes. */
export function tableDimensions(tableName: string): Dimensions {
  return { TableName: tableName };
}
