import { Arn, ArnFormat, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Actions } from './actions';

/** The log group in which AWS X-Ray keeps the spans of an account and Region. */
export const SPAN_LOG_GROUP = 'aws/spans';

/** Where it keeps what it makes of them. */
export const APPLICATION_SIGNALS_LOG_GROUP = '/aws/application-signals/data';

/** The ARN of a log group of this account and Region. */
export function logGroupArn(scope: IConstruct, logGroupName: string): string {
  return Arn.format(
    {
      service: 'logs',
      resource: 'log-group',
      resourceName: logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    },
    Stack.of(scope),
  );
}

/**
 * Lets AWS X-Ray write spans of this account, and of no other, into the two log groups that it keeps them in ("Using
 * Transaction Search with AWS CloudFormation" in the CloudWatch user guide).
 */
export function spanLoggingStatement(scope: IConstruct): iam.PolicyStatement {
  const { partition, region, account } = Stack.of(scope);
  return new iam.PolicyStatement({
    sid: 'TransactionSearchXRayAccess',
    principals: [new iam.ServicePrincipal('xray.amazonaws.com')],
    actions: [...Actions.WRITE_LOG_EVENTS],
    resources: [SPAN_LOG_GROUP, APPLICATION_SIGNALS_LOG_GROUP].map((name) => `${logGroupArn(scope, name)}:*`),
    conditions: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:xray:${region}:${account}:*` },
    },
  });
}
