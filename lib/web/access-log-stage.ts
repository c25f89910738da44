import { aws_apigateway, aws_apigatewayv2 as apigateway, aws_logs as logs, RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ApiRoute } from '../handlers/api/environment';
import type { AgentApiProps } from './agent-api-props';

/** Of all users together: pages ask little, and an agent's users are not many at a time. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/**
 * Those that read conversations and files, each: they take longest, and are to leave room for the others. Amazon API Gateway
 * has no limit for one user.
 */
const HEAVY_ROUTES: readonly string[] = [ApiRoute.MESSAGES, ApiRoute.FILE_CONTENT];
const HEAVY_THROTTLE = { rateLimit: 10, burstLimit: 20 };

/**
 * What is logged of a request. The path is left out: it has ids of sessions and names of files; so is who asked. Of an error
 * of API Gateway its type is logged: the message can have quotation marks, with which the line would be no JSON.
 */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  error: '$context.error.responseType',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
};

/**
 * The one stage of an API, which takes so many requests and logs each.
 *
 * @param routes all of the API; limits of routes are refused before the routes are there
 */
export function accessLogStage(
  scope: Construct,
  { httpApi, routes }: { readonly httpApi: apigateway.HttpApi; readonly routes: readonly apigateway.HttpRoute[] },
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
  const settings = {
    ThrottlingRateLimit: Math.min(throttle.rateLimit, HEAVY_THROTTLE.rateLimit),
    ThrottlingBurstLimit: Math.min(throttle.burstLimit, HEAVY_THROTTLE.burstLimit),
    DetailedMetricsEnabled: true,
  };
  // The L2 has limits for all routes together only.
  (stage.node.defaultChild as apigateway.CfnStage).routeSettings = Object.fromEntries(
    HEAVY_ROUTES.map((route) => [route, settings]),
  );
  stage.node.addDependency(...routes);
  return { stage, logGroup };
}
