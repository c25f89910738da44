import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/sdk/types.js';
import type { Audit } from '../audit';
import { admitToGateway, type GatewayCaller } from '../gateways/gateway-caller';
import { UnknownTool, type RunningGateway } from '../gateways/running-gateway';
import { RequestFault, sendJson } from '../http-messages';
import { isLoopbackOrigin } from '../loopback-origin';
import type { Caller } from '../runtime-access';

const ROUTE = /^\/gateways\/([^/]+)(\/mcp|\/\.well-known\/oauth-protected-resource)$/;
const VERSION_HEADER = 'mcp-protocol-version';

/** Source: "Quotas for Amazon Bedrock AgentCore", size of the payload of a gateway: 6 MB. */
const MAX_MESSAGE_BYTES = 6 * 1024 * 1024;

export interface GatewayService {
  /** Address of the front. */
  readonly endpoint: string;
  readonly gateways: readonly RunningGateway[];
  readonly audit: Audit;
}

/**
 * The gateways of AgentCore: the Model Context Protocol over HTTP, without sessions, one JSON answer for each request.
 *
 * @throws RequestFault with the codes of the service
 */
export async function serveGateway(
  { endpoint, gateways, audit }: GatewayService,
  caller: Caller,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  requestId: string,
): Promise<void> {
  requireLocalPage(req);
  const path = (req.url ?? '').split('?')[0] ?? '';
  const [, id, rest] = ROUTE.exec(path) ?? [];
  const gateway = gateways.find(({ description }) => description.id === id);
  if (gateway === undefined || id === undefined) {
    throw new RequestFault(404, 'ResourceNotFoundException', `there is no gateway at ${path} in this local run`);
  }
  const base = `${endpoint}/gateways/${id}`;
  if (rest !== '/mcp') {
    sendMetadata(gateway, base, res);
    return;
  }
  const metadataUrl = `${base}/.well-known/oauth-protected-resource`;
  const admitted = await admitToGateway(gateway.description, gateway.authorizer, caller, audit, metadataUrl);
  if (req.method !== 'POST') {
    throw new RequestFault(405, 'MethodNotAllowedException', `${path} takes POST`, { allow: 'POST' });
  }
  requireVersion(gateway, req.headers[VERSION_HEADER]);
  const answer = await answerMessage(gateway, admitted, `${base}/mcp`, readMessage(body));
  const text = await answer.text();
  res.writeHead(answer.status, {
    ...Object.fromEntries(answer.headers),
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': requestId,
  });
  res.end(text);
}

async function answerMessage(
  gateway: RunningGateway,
  caller: GatewayCaller,
  url: string,
  message: object,
): Promise<Response> {
  const server = mcpServer(gateway, caller);
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  try {
    // Clients need not say what they take: there is one form of answer.
    const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
    const parsedBody = withSpokenVersion(gateway, message);
    return await transport.handleRequest(new Request(url, { method: 'POST', headers }), { parsedBody });
  } finally {
    await server.close();
  }
}

/** Any web page may send requests to this machine; nothing but its origin tells it from a program. */
function requireLocalPage({ headers: { origin } }: IncomingMessage): void {
  if (origin === undefined || isLoopbackOrigin(origin)) return;
  throw new RequestFault(
    403,
    'AccessDeniedException',
    `a page of ${origin} may not call this gateway; pages of localhost may`,
  );
}

function mcpServer(gateway: RunningGateway, caller: GatewayCaller): Server {
  const { name, instructions } = gateway.description;
  const server = new Server(
    { name, version: '1.0.0' },
    { capabilities: { tools: {} }, ...(instructions === undefined ? {} : { instructions }) },
  );
  server.setRequestHandler(ListToolsRequestSchema, async () => ({
    tools: (await gateway.list(caller)).map((tool) => ({ ...tool })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { requestId }) => {
    try {
      return { ...(await gateway.call(caller, params.name, params.arguments ?? {}, requestId)) };
    } catch (error) {
      if (!(error instanceof UnknownTool)) throw error;
      throw new McpError(ErrorCode.InvalidParams, error.message);
    }
  });
  return server;
}

function requireVersion({ description }: RunningGateway, version: string | string[] | undefined): void {
  if (version === undefined || description.versions.includes(String(version))) return;
  throw new RequestFault(
    400,
    'ValidationException',
    `the gateway ${description.name} does not speak version ${String(version)} of MCP; it speaks ${description.versions.join(', ')}`,
  );
}

/**
 * A message of JSON-RPC, or several: an object or a list.
 *
 * @throws RequestFault 400 or 413
 */
function readMessage(body: Buffer): object {
  if (body.length > MAX_MESSAGE_BYTES) {
    throw new RequestFault(
      413,
      'RequestEntityTooLargeException',
      `the body of the request has ${body.length} bytes; a gateway takes ${MAX_MESSAGE_BYTES}`,
    );
  }
  const message = parsed(body);
  if (typeof message === 'object' && message !== null) return message;
  throw new RequestFault(400, 'ValidationException', 'the body of the request is no message of JSON-RPC, an object');
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new RequestFault(400, 'ValidationException', 'the body of the request is not JSON');
  }
}

function sendMetadata({ authorizer }: RunningGateway, base: string, res: ServerResponse): void {
  if (authorizer === undefined) {
    throw new RequestFault(404, 'ResourceNotFoundException', 'callers of this gateway bring no tokens');
  }
  sendJson(res, 200, { resource: `${base}/mcp`, authorization_servers: [authorizer.authorizationServer] });
}

/** A client that begins with a version which the gateway does not speak is answered with one that it does. */
function withSpokenVersion({ description }: RunningGateway, message: object): object {
  const { method, params } = message as { readonly method?: unknown; readonly params?: unknown };
  // What is no message that begins is the transport's to refuse.
  if (method !== 'initialize' || typeof params !== 'object' || params === null) return message;
  const asked = 'protocolVersion' in params ? String(params.protocolVersion) : '';
  if (description.versions.includes(asked)) return message;
  const newest = SUPPORTED_PROTOCOL_VERSIONS.find((version) => description.versions.includes(version)) ?? asked;
  return { ...message, params: { ...params, protocolVersion: newest } };
}
