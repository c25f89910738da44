/** What Amazon API Gateway gives to the function: payload format 2.0 of HTTP APIs, as far as it is read. */
export interface HttpEvent {
  /** Method and path of the route, or `$default`. */
  readonly routeKey: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: {
    readonly requestId?: string;
    /** Claims of the token that API Gateway has verified: signature, issuer, time, and audience or client. */
    readonly authorizer?: { readonly jwt?: { readonly claims?: Readonly<Record<string, unknown>> } };
  };
}

export interface HttpReply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Nothing of this is to be kept by anybody on the way, or taken for a page. */
const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

export function reply(statusCode: number, body: unknown): HttpReply {
  return body === undefined
    ? { statusCode, headers: { 'cache-control': HEADERS['cache-control'] }, body: '' }
    : { statusCode, headers: HEADERS, body: JSON.stringify(body) };
}
