import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { evaluateTrust } from '../../../lib/testing';
import type { LocalFunctions } from '../functions/local-functions';
import { HttpApiAuthorizer } from '../http-apis/api-authorizer';
import { corsHeaders, isPreflight, preflightHeaders } from '../http-apis/api-cors';
import { sendFunctionAnswer } from '../http-apis/function-answer';
import { functionEvent } from '../http-apis/function-event';
import { matchRoute } from '../http-apis/route-match';
import { RequestFault, sendJson } from '../http-messages';
import type { TemplateFunction } from '../resources/function';
import type { ApiRoute, TemplateHttpApi } from '../resources/http-api';

const ROUTE = /^\/apis\/([^/?]+)([^?]*)(?:\?(.*))?$/s;
const SERVICE = 'apigateway.amazonaws.com';

export interface HttpApiService {
  readonly httpApis: readonly TemplateHttpApi[];
  readonly functions: LocalFunctions;
  readonly log: (line: string) => void;
}

/** The HTTP APIs of Amazon API Gateway: authorizer, route and function, with the answers that the service gives. */
export async function serveHttpApi(
  { httpApis, functions, log }: HttpApiService,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  requestId: string,
): Promise<void> {
  const [, id, rest = '', query = ''] = ROUTE.exec(req.url ?? '') ?? [];
  const api = httpApis.find((one) => one.id === id);
  if (api === undefined) {
    sendMessage(res, 404, `there is no API "${id ?? ''}" in this local run`);
    return;
  }
  const path = belowStage(api, rest);
  const match = path === undefined ? undefined : matchRoute(api.routes, req.method ?? '', path);
  const cors = corsHeaders(api.cors, req);
  const headers: OutgoingHttpHeaders = { ...cors, 'apigw-requestid': requestId };
  if (api.cors !== undefined && isPreflight(req) && match?.route.key.startsWith('OPTIONS ') !== true) {
    res.writeHead(204, { ...headers, ...preflightHeaders(api.cors, req) }).end();
    return;
  }
  if (match === undefined || path === undefined) {
    sendMessage(res, 404, 'Not Found', headers);
    return;
  }
  const { route, parameters } = match;
  try {
    const token = await authorizerOf(route)?.verify(req.headers.authorization, route.scopes);
    const description = requireFunction(functions, api, route);
    const request = { api, routeKey: route.key, parameters, path, query, token, requestId, body };
    const event = JSON.stringify(functionEvent(req, request));
    const { payload, hasFailed } = await functions.invoke(description, { event, requestId });
    const isSent = !hasFailed && sendFunctionAnswer(res, JSON.parse(payload), headers);
    if (!isSent) {
      log(
        `${route.key} of API ${api.name}: the function ${description.name} ${hasFailed ? 'failed' : 'gave back no response'}: ${payload}`,
      );
      sendMessage(res, 500, 'Internal Server Error', headers);
    }
  } catch (error) {
    if (!(error instanceof RequestFault)) throw error;
    if (error.status >= 500) log(`${route.key} of API ${api.name}: ${error.message}`);
    const shown = error.status >= 500 ? 'Internal Server Error' : error.message;
    sendMessage(res, error.status, shown, { ...headers, ...error.headers });
  }
}

const authorizers = new WeakMap<ApiRoute, HttpApiAuthorizer>();

/** One authorizer for each route, which keeps the keys of its issuer. */
function authorizerOf(route: ApiRoute): HttpApiAuthorizer | undefined {
  if (route.authorizer === undefined) return undefined;
  const known = authorizers.get(route) ?? new HttpApiAuthorizer(route.authorizer);
  authorizers.set(route, known);
  return known;
}

/** @throws RequestFault 500 when the function is not there, or does not let the API call it */
function requireFunction(
  functions: LocalFunctions,
  api: TemplateHttpApi,
  { functionArn, key }: ApiRoute,
): TemplateFunction {
  const found = functions.find(functionArn);
  if (found === undefined)
    throw new RequestFault(500, 'InternalServerError', `the function ${functionArn} is not run locally`);
  const { partition, region, account, id, stage } = api;
  const [verb = '$default', path = ''] = key.split(' ');
  const resource = key === '$default' ? '$default' : `${verb === 'ANY' ? '*' : verb}${path}`;
  const sourceArn = `arn:${partition}:execute-api:${region}:${account}:${id}/${stage}/${resource}`;
  const context = { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': account };
  if (!evaluateTrust(found.policy, { service: SERVICE }, 'lambda:InvokeFunction', context).allowed) {
    const message = `no AWS::Lambda::Permission lets ${SERVICE} call the function ${found.name} for ${sourceArn}`;
    throw new RequestFault(500, 'InternalServerError', message);
  }
  return found;
}

/** The path below the stage; undefined where the path is of no stage. */
function belowStage({ stage }: TemplateHttpApi, path: string): string | undefined {
  if (stage === '$default') return path === '' ? '/' : path;
  if (path === `/${stage}`) return '/';
  return path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : undefined;
}

function sendMessage(res: ServerResponse, status: number, message: string, headers: OutgoingHttpHeaders = {}): void {
  sendJson(res, status, { message }, headers);
}
