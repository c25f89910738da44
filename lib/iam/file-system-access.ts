import { aws_iam as iam } from 'aws-cdk-lib';
import { Actions } from './actions';

/** Statements that let an agent mount and write one file system through one access point, and no other way. */
export function fileSystemStatements(
  service: 'elasticfilesystem' | 's3files',
  fileSystemArn: string,
  accessPointArn: string,
): iam.PolicyStatement[] {
  const throughAccessPoint = { ArnEquals: { [`${service}:AccessPointArn`]: accessPointArn } };
  const actions = service === 's3files' ? Actions.MOUNT_S3_FILES : Actions.MOUNT_EFS;
  return [
    new iam.PolicyStatement({ actions: [...actions], resources: [fileSystemArn], conditions: throughAccessPoint }),
  ];
}
