import type { IncomingMessage } from 'node:http';
import type { TemplateHttpApi } from '../resources/http-api';
import type { VerifiedToken } from './api-authorizer';

/** A request of an API, once it is known whose it is. */
export interface ApiRequest {
  readonly api: TemplateHttpApi;
  readonly routeKey: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The path below the stage, not decoded, without the query. */
  readonly path: string;
  readonly query: string;
  readonly token: VerifiedToken | undefined;
  readonly requestId: string;
  readonly body: Buffer;
}

/** Content that a function gets as text; other content comes as base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded|[\w.-]+\+(json|xml))\b)/i;

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The event that a function gets for a request: format 2.0 of API Gateway. */
export function functionEvent(req: IncomingMessage, request: ApiRequest): object {
  const { api, routeKey, parameters, path, query, token, requestId, body } = request;
  const { cookie, ...headers } = req.headers;
  const now = new Date();
  const isText = body.length === 0 || TEXT.test(req.headers['content-type'] ?? '');
  const queryParameters = joined(new URLSearchParams(query));
  return {
    version: '2.0',
    routeKey,
    rawPath: `${api.stage === '$default' ? '' : `/${api.stage}`}${path}`,
    rawQueryString: query,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(',')])),
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    ...(Object.keys(queryParameters).length === 0 ? {} : { queryStringParameters: queryParameters }),
    ...(Object.keys(parameters).length === 0 ? {} : { pathParameters: parameters }),
    requestContext: {
      accountId: api.account,
      apiId: api.id,
      ...(token === undefined ? {} : { authorizer: { jwt: token } }),
      domainName: req.headers.host,
      domainPrefix: api.id,
      http: {
        method: req.method,
        path,
        protocol: `HTTP/${req.httpVersion}`,
        sourceIp: '127.0.0.1',
        userAgent: req.headers['user-agent'],
      },
      requestId,
      routeKey,
      stage: api.stage,
      time: clock(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText,
  };
}

/** Values of a name that comes more than once, with commas between them. */
function joined(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]));
}

/** `21/Nov/2026:15:20:16 +0000`. */
function clock(now: Date): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  const [year = '', , day = ''] = date.split('-');
  return `${day}/${MONTHS[now.getUTCMonth()] ?? ''}/${year}:${time.slice(0, 8)} +0000`;
}
