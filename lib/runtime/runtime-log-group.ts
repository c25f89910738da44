import { aws_logs as logs, RemovalPolicy } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { RuntimeArns } from '../iam/arns';
import { grantLogEncryption } from '../iam/log-encryption';

/** Properties of a RuntimeLogGroup. */
export interface RuntimeLogGroupProps {
  readonly runtimeId: string;
  readonly runtimeName: string;
  /** @default 'DEFAULT' */
  readonly endpointName?: string;
  readonly retention: logs.RetentionDays;
  /** @default - encrypted with a key of CloudWatch Logs */
  readonly encryptionKey?: kms.IKey;
}

/**
 * The log group of one endpoint of a runtime. AgentCore would make it at the first invocation, without retention, tags or
 * key; it uses the one that is there. Kept when the stack is deleted, until its events expire; not kept when its creation is
 * rolled back, because the next attempt needs the name.
 */
export class RuntimeLogGroup extends logs.LogGroup {
  constructor(scope: Construct, id: string, props: RuntimeLogGroupProps) {
    super(scope, id, {
      logGroupName: `/aws/bedrock-agentcore/runtimes/${props.runtimeId}-${props.endpointName ?? 'DEFAULT'}`,
      retention: props.retention,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(props.encryptionKey === undefined ? {} : { encryptionKey: props.encryptionKey }),
    });
    if (props.encryptionKey !== undefined) {
      grantLogEncryption(this, props.encryptionKey, new RuntimeArns(this, props.runtimeName).logGroups);
    }
  }
}
