import { aws_iam as iam } from 'aws-cdk-lib';
import { Actions } from './actions';

/** Statements that let an agent mount and write one file system through one access point, and no other way. */
export function fileSystemStatements(
  service: 'elasticfilesystem' | 's3files',
  fileSystemArn: string,
  accessPointArn: string,
): iam.PolicyStatement[] {
  const mount = new iam.PolicyStatement({
    actions: [...(service === 's3files' ? Actions.MOUNT_S3_FILES : Actions.MOUNT_EFS)],
    resources: [fileSystemArn],
    conditions: { ArnEquals: { [`${service}:AccessPointArn`]: accessPointArn } },
  });
  if (service === 'elasticfilesystem') return [mount];
  // This action is authorized on the access point and knows no condition.
  const lookUp = new iam.PolicyStatement({
    actions: [...Actions.GET_S3_FILES_ACCESS_POINT],
    resources: [accessPointArn],
  });
  return [mount, lookUp];
}
