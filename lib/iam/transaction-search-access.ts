import { Arn, ArnFormat, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Actions } from './actions';
import type { BaselineStatement } from './runtime-baseline';
import { APPLICATION_SIGNALS_LOG_GROUP, logGroupArn, SPAN_LOG_GROUP } from './span-logging';

const APPLICATION_SIGNALS = 'application-signals.cloudwatch.amazonaws.com';

/**
 * Statements that allow reading whether Transaction Search is on and switching it on.
 *
 * AWS X-Ray makes the log groups and starts Application Signals with the permissions of whoever switches it on
 * ("Enable transaction search" in the CloudWatch user guide), so more is allowed than is called.
 */
export function transactionSearchStatements(scope: IConstruct, encryptionKey?: kms.IKey): BaselineStatement[] {
  const stack = Stack.of(scope);
  const spanLogs = [SPAN_LOG_GROUP, APPLICATION_SIGNALS_LOG_GROUP].map((name) => `${logGroupArn(scope, name)}:*`);
  const everyLogGroup = logGroupArn(scope, '*');
  const channels = Arn.format(
    { service: 'cloudtrail', resource: 'channel', resourceName: 'aws-service-channel/application-signals/*' },
    stack,
  );
  const serviceLinkedRole = Arn.format(
    {
      service: 'iam',
      region: '',
      resource: 'role',
      resourceName: `aws-service-role/${APPLICATION_SIGNALS}/AWSServiceRoleForCloudWatchApplicationSignals`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    },
    stack,
  );
  const settings = [
    ...Actions.SET_SPAN_DESTINATION,
    ...Actions.SET_INDEXING,
    ...Actions.SET_LOG_POLICY,
    ...Actions.START_APPLICATION_SIGNALS,
  ];
  return [
    forced(allow('Settings', settings, '*'), '*', 'none of these actions has a resource type'),
    ...spanLogs.map((resource, index) =>
      forced(
        allow(index === 0 ? 'SpanLogs' : 'SignalLogs', Actions.MAKE_SPAN_LOGS, resource),
        resource,
        'the log streams of one log group, which AWS X-Ray names',
      ),
    ),
    {
      statement: allow('FindServiceLinkedRole', Actions.GET_ROLE, serviceLinkedRole),
    },
    {
      statement: allow('MakeServiceLinkedRole', Actions.CREATE_SERVICE_LINKED_ROLE, serviceLinkedRole, {
        StringEquals: { 'iam:AWSServiceName': APPLICATION_SIGNALS },
      }),
    },
    forced(
      allow('Channel', Actions.CREATE_SERVICE_CHANNEL, channels),
      channels,
      'Application Signals names its channels',
    ),
    ...(encryptionKey === undefined
      ? []
      : [
          { statement: allow('Key', Actions.DESCRIBE_KEY, encryptionKey.keyArn) },
          forced(
            allow('FindLogGroup', Actions.DESCRIBE_LOG_GROUPS, everyLogGroup),
            everyLogGroup,
            'logs:DescribeLogGroups lists groups of the account and Region; it shows names and no content',
          ),
        ]),
  ];
}

function allow(
  sid: string,
  actions: readonly string[],
  resource: string,
  conditions?: Record<string, Record<string, string>>,
): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid,
    actions: [...actions],
    resources: [resource],
    ...(conditions === undefined ? {} : { conditions }),
  });
}

function forced(statement: iam.PolicyStatement, resource: string, reason: string): BaselineStatement {
  return { statement, wildcard: { resource, reason } };
}
