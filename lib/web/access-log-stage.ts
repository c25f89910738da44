import { aws_apigateway, aws_apigatewayv2 as apigateway, aws_logs as logs, RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AgentApiProps } from './agent-api-props';

/** Of all users together: pages ask little, and an agent's users are not many at a time. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/**
 * What is logged of a request. The path is left out: it has ids of sessions and names of files; so is who asked.
 */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  error: '$context.error.message',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
};

/** The one stage of an API, which takes so many requests and logs each. */
export function accessLogStage(
  scope: Construct,
  httpApi: apigateway.HttpApi,
  { throttle = THROTTLE, accessLogRetention = logs.RetentionDays.THREE_MONTHS }: AgentApiProps,
): { readonly stage: apigateway.HttpStage; readonly logGroup: logs.LogGroup } {
  const logGroup = new logs.LogGroup(scope, 'AccessLog', {
    retention: accessLogRetention,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const stage = new apigateway.HttpStage(scope, 'Stage', {
    httpApi,
    autoDeploy: true,
    throttle,
    detailedMetricsEnabled: true,
    accessLogSettings: {
      destination: new apigateway.LogGroupLogDestination(logGroup),
      format: aws_apigateway.AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    },
  });
  return { stage, logGroup };
}
