/**
 * Actions of services around AgentCore that agents use and that a policy can limit to resources.
 *
 * Source: the service authorization reference. Actions that are not here are not judged.
 */
export const RESOURCE_ACTIONS: readonly string[] = [
  ...service('bedrock', 'InvokeModel InvokeModelWithResponseStream ApplyGuardrail Retrieve InvokeAgent'),
  ...service('dynamodb', 'GetItem BatchGetItem Query Scan PutItem UpdateItem DeleteItem BatchWriteItem DeleteTable'),
  ...service('ecr', 'BatchGetImage GetDownloadUrlForLayer BatchCheckLayerAvailability PutImage'),
  ...service('iam', 'PassRole CreateRole AttachRolePolicy PutRolePolicy'),
  ...service('kms', 'Decrypt Encrypt GenerateDataKey CreateGrant ReEncryptFrom ReEncryptTo'),
  ...service('lambda', 'InvokeFunction UpdateFunctionCode'),
  ...service('logs', 'CreateLogGroup CreateLogStream PutLogEvents DescribeLogStreams GetLogEvents FilterLogEvents'),
  ...service('s3', 'GetObject PutObject DeleteObject ListBucket GetBucketLocation PutBucketPolicy'),
  ...service('secretsmanager', 'GetSecretValue DescribeSecret PutSecretValue UpdateSecret'),
  ...service('sns', 'Publish'),
  ...service('sqs', 'SendMessage ReceiveMessage DeleteMessage'),
  ...service('ssm', 'GetParameter GetParameters GetParametersByPath PutParameter'),
  ...service('states', 'StartExecution'),
  ...service('sts', 'AssumeRole TagSession'),
];

function service(prefix: string, names: string): string[] {
  return names.split(' ').map((name) => `${prefix}:${name}`);
}
