import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { readSignature, verifySignature } from '../../../bin/local/sigv4';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example-secret' };

/** One call of a tool, and with what it was let in. */
export interface GatewayCall {
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly authorization: string;
}

export type GatewayScript = (call: GatewayCall) => CallToolResult | Promise<CallToolResult>;

/** What is answered before MCP sees a request. */
export interface GatewayTrouble {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export function gatewayTool(name: string, description = `What ${name} does`): Tool {
  return { name, description, inputSchema: { type: 'object', properties: { id: { type: 'string' } } } };
}

/** A gateway on loopback, made with the server of MCP itself: lets in what is signed, or has the token it expects. */
export class ScriptedGateway {
  tools: Tool[] = [gatewayTool('orders___get')];
  script: GatewayScript = () => ({ content: [{ type: 'text', text: 'order 7 is on its way' }] });
  /** Whose bearer token is let in; undefined for a gateway with IAM. */
  token: string | undefined;
  pageSize = 3;
  /** Whether answers come as server-sent events. */
  streams = false;
  /** Taken by the next requests of these methods, one each. */
  readonly troubles: { readonly method: string; readonly trouble: GatewayTrouble | 'hangs' | 'breaks' }[] = [];
  /** Methods in the order in which they were asked for and let in. */
  readonly methods: string[] = [];
  /** Of the same requests. */
  readonly headers: IncomingHttpHeaders[] = [];
  readonly calls: GatewayCall[] = [];
  readonly #http: HttpServer;

  private constructor() {
    this.#http = createServer((req, res) => {
      this.#serve(req, res).catch(() => res.destroy());
    });
  }

  static async start(): Promise<ScriptedGateway> {
    const gateway = new ScriptedGateway();
    gateway.#http.listen(0, '127.0.0.1');
    await once(gateway.#http, 'listening');
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/gateways/tools-a1/mcp`;
  }

  async close(): Promise<void> {
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, 'close');
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req);
    if (!(await this.#letsIn(req, body))) {
      const status = this.token === undefined ? 403 : 401;
      res.writeHead(status, { 'content-type': 'application/json' }).end('{"message":"Missing Authentication Token"}');
      return;
    }
    const message = JSON.parse(body.toString('utf8')) as { method: string };
    const index = this.troubles.findIndex(({ method }) => method === message.method);
    const [next] = index < 0 ? [] : this.troubles.splice(index, 1);
    if (next) return trouble(next.trouble, res);
    this.methods.push(message.method);
    this.headers.push(req.headers);
    const server = this.#mcp(req.headers.authorization ?? '');
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: undefined,
      enableJsonResponse: !this.streams,
    });
    res.on('close', () => void server.close());
    await server.connect(transport);
    await transport.handleRequest(req, res, message);
  }

  async #letsIn(req: IncomingMessage, body: Buffer): Promise<boolean> {
    const { method = '', url = '', headers } = req;
    if (this.token !== undefined) return headers.authorization === `Bearer ${this.token}`;
    const claim = readSignature(headers.authorization);
    if (claim?.service !== 'bedrock-agentcore' || claim.accessKeyId !== CREDENTIALS.accessKeyId) return false;
    await verifySignature({ method, url, headers, body }, claim, CREDENTIALS);
    return true;
  }

  #mcp(authorization: string): Server {
    const server = new Server({ name: 'scripted', version: '1' }, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
      const from = Number(params?.cursor ?? 0);
      const to = from + this.pageSize;
      const tools = this.tools.slice(from, to);
      return to < this.tools.length ? { tools, nextCursor: String(to) } : { tools };
    });
    server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
      const call = { name: params.name, args: params.arguments ?? {}, authorization };
      this.calls.push(call);
      return this.script(call);
    });
    return server;
  }
}

function trouble(what: GatewayTrouble | 'hangs' | 'breaks', res: ServerResponse): void {
  if (what === 'hangs') return;
  if (what === 'breaks') {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    res.write('{"jsonrpc":"2.0",', () => res.destroy());
    return;
  }
  res.writeHead(what.status, { 'content-type': 'application/json', ...what.headers }).end(what.body ?? '{}');
}
