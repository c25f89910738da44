import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** ARN pattern of the log groups in one folder, into which AWS delivers logs. */
export function logGroupsIn(scope: IConstruct, folder: string): string {
  return Arn.format(
    {
      service: 'logs',
      resource: 'log-group',
      resourceName: `${folder}/*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    },
    Stack.of(scope),
  );
}
