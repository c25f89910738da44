import { Token } from 'aws-cdk-lib';

/**
 * Headers that AgentCore never passes on, in lower case.
 *
 * Source: "Pass custom headers to Amazon Bedrock AgentCore Runtime", restricted headers, in the developer guide as of
 * September 2026. CloudFormation checks only the characters of a name, so these would fail the deployment.
 */
const RESTRICTED = new Set([
  // authentication
  ...['proxy-authorization', 'www-authenticate'],
  // content negotiation
  ...['accept', 'accept-charset', 'accept-encoding', 'accept-language', 'content-encoding', 'content-language'],
  ...['content-length', 'content-location', 'content-range', 'content-type'],
  // caching
  ...['cache-control', 'etag', 'expires', 'if-match', 'if-modified-since', 'if-none-match', 'if-range'],
  ...['if-unmodified-since', 'last-modified', 'pragma', 'vary'],
  // connection and transfer
  ...['connection', 'keep-alive', 'proxy-connection', 'upgrade', 'range', 'accept-ranges', 'transfer-encoding'],
  ...['te', 'trailer'],
  // request context, server, cookies
  ...['host', 'user-agent', 'referer', 'from', 'server', 'date', 'location', 'retry-after', 'set-cookie', 'cookie'],
  // browser security
  ...['content-security-policy', 'content-security-policy-report-only', 'strict-transport-security'],
  ...['x-content-type-options', 'x-frame-options', 'x-xss-protection', 'referrer-policy', 'permissions-policy'],
  ...['cross-origin-embedder-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy'],
  // CORS
  ...['access-control-allow-origin', 'access-control-allow-methods', 'access-control-allow-headers'],
  ...['access-control-allow-credentials', 'access-control-expose-headers', 'access-control-max-age'],
  ...['access-control-request-method', 'access-control-request-headers', 'origin'],
  // client hints
  ...['accept-ch', 'accept-ch-lifetime', 'dpr', 'width', 'viewport-width', 'downlink', 'ect', 'rtt', 'save-data'],
  // experimental
  ...['clear-site-data', 'feature-policy', 'expect-ct', 'public-key-pins', 'public-key-pins-report-only'],
  // proxies and content delivery
  ...['via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'],
  ...['x-requested-with', 'x-csrf-token', 'true-client-ip', 'x-client-ip', 'x-cluster-client-ip'],
  ...['x-originating-ip', 'x-source-ip', 'x-original-url', 'x-original-host', 'x-rewrite-url'],
  ...['cf-ray', 'cf-connecting-ip', 'x-cache', 'x-served-by', 'link'],
  // WebSocket
  ...['sec-websocket-key', 'sec-websocket-accept', 'sec-websocket-version', 'sec-websocket-protocol'],
  ...['sec-websocket-extensions'],
]);

/** The only names that may begin with `x-amzn-`. */
const CUSTOM_PREFIX = 'x-amzn-bedrock-agentcore-runtime-custom-';

const MAX_HEADERS = 20;

/**
 * What speaks against passing these request headers to the agent; names that are only known at deployment are counted, and
 * not looked at.
 *
 * @param headers the names, those included that the authorizer needs
 * @param callersHaveJwt whether callers bring a JWT
 */
export function requestHeaderFindings(headers: readonly string[], callersHaveJwt: boolean): string[] {
  const names = headers.map((header) => header.toLowerCase());
  return [
    ...headers.flatMap((header) => headerFindings(header, callersHaveJwt)),
    ...headers
      .filter((header, index) => names.indexOf(header.toLowerCase()) < index)
      .map((header) => `request header "${header}" is named twice (case does not count); name it once`),
    ...(headers.length > MAX_HEADERS
      ? [`${headers.length} request headers are named; AgentCore passes on at most ${MAX_HEADERS}: put the rest in one`]
      : []),
  ];
}

function headerFindings(header: string, callersHaveJwt: boolean): string[] {
  if (Token.isUnresolved(header)) return [];
  const name = header.toLowerCase();
  if (!/^[a-z][a-z0-9_-]{0,255}$/.test(name)) {
    return [
      `request header "${header}" is not a valid name: a letter, then up to 255 letters, digits, hyphens and underscores`,
    ];
  }
  if (name === 'authorization' && !callersHaveJwt) {
    return [
      'request header "Authorization" can only be passed on where callers bring a JWT; use AgentAuthorizer.oidc(), or another header',
    ];
  }
  const reserved = name.startsWith('x-amz-') || (name.startsWith('x-amzn-') && !name.startsWith(CUSTOM_PREFIX));
  if (reserved || RESTRICTED.has(name)) {
    return [
      `request header "${header}" is restricted and never reaches an agent; use a name of your own, for instance "X-Amzn-Bedrock-AgentCore-Runtime-Custom-${header.replace(/^x-(amzn?-)?/i, '')}"`,
    ];
  }
  return [];
}
