import { setTimeout } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema, ListToolsResultSchema, McpError, type Tool } from '@modelcontextprotocol/sdk/types.js';
import { gatewayTool, type GatewayTool } from './gateway-tool';
import { lenientInputCheck } from './input-check';
import {
  CALL_BOUNDS,
  exchange,
  LISTING_BOUNDS,
  type Exchange,
  type OutboundBounds,
  type OutboundCredential,
} from './outbound-requests';
import { policySchema } from './policy-schema';
import type { RunningTarget } from './running-target';
import { brief, isTold, TargetFault } from './target-fault';
import { failed, type ToolResult } from './tool-result';

/** Source: "Quotas for Amazon Bedrock AgentCore", tools of a target. */
const MAX_TOOLS = 1000;

/** How long a call that is answered waits for the end of its session. */
const GOODBYE_MS = 1_000;

/** Bounds that differ from those of a run. */
export interface McpServerBounds {
  readonly call: OutboundBounds;
  readonly listing: OutboundBounds;
}

/**
 * The tools of an MCP server, over streamable HTTP. They are listed once, when AgentCore would make the target; where that
 * fails, at the next listing again.
 */
export class McpServerTarget implements RunningTarget {
  private known: readonly GatewayTool[] | undefined;
  private unchecked: readonly string[] = [];
  private failure: string | undefined;
  private listing: Promise<void> | undefined;

  constructor(
    public readonly name: string,
    private readonly endpoint: URL,
    private readonly credential: OutboundCredential,
    private readonly ownShortcomings: readonly string[] = [],
    private readonly bounds: McpServerBounds = { call: CALL_BOUNDS, listing: LISTING_BOUNDS },
  ) {}

  public get tools(): readonly GatewayTool[] {
    return this.known ?? [];
  }

  public get shortcomings(): readonly string[] {
    return this.failure === undefined
      ? [...this.ownShortcomings, ...this.unchecked]
      : [
          ...this.ownShortcomings,
          `its MCP server did not list its tools (${this.failure}); it is asked again at the next listing`,
        ];
  }

  /** Those who ask at the same time share one listing. */
  public async refresh(): Promise<void> {
    if (this.known !== undefined) return;
    this.listing ??= this.learn().finally(() => {
      this.listing = undefined;
    });
    await this.listing;
  }

  private async learn(): Promise<void> {
    try {
      const tools = await this.connected(this.bounds.listing, listTools);
      const unchecked: string[] = [];
      this.known = tools.map((tool) => this.tool(tool, unchecked));
      this.unchecked = unchecked;
      this.failure = undefined;
    } catch (error) {
      if (!isTold(error)) throw error;
      this.failure = brief(this.credential.hide(error.message));
    }
  }

  private tool(listed: Tool, unchecked: string[]): GatewayTool {
    // What a server tells of itself goes to every caller, so the credential that it was sent is not to be in there.
    const { name, description = '', inputSchema } = this.hidden(listed);
    const spec = { target: this.name, name, description, inputSchema: policySchema(inputSchema) };
    const mistakeIn = lenientInputCheck(inputSchema, (reason) => {
      unchecked.push(
        `inputs of ${name} are checked by its MCP server alone, because its schema cannot be used (${reason})`,
      );
    });
    return gatewayTool(spec, { inputSchema, mistakeIn, run: (input) => this.run(name, input) });
  }

  private async run(name: string, input: Readonly<Record<string, unknown>>): Promise<ToolResult> {
    const call = { method: 'tools/call', params: { name, arguments: { ...input } } } as const;
    return this.connected(this.bounds.call, async (client, options) => {
      try {
        const {
          content,
          structuredContent,
          isError = false,
        } = await client.request(call, CallToolResultSchema, options);
        return this.hidden({ content, ...(structuredContent === undefined ? {} : { structuredContent }), isError });
      } catch (error) {
        // What the server itself says of the call is for the model.
        if (!(error instanceof McpError) || options.signal.aborted) throw error;
        return failed(brief(this.credential.hide(error.message)));
      }
    });
  }

  private async connected<T>(
    bounds: OutboundBounds,
    work: (client: Client, options: RequestOptions) => Promise<T>,
  ): Promise<T> {
    return exchange(this.endpoint, this.credential, bounds, async ({ signal, send }) => {
      const client = new Client({ name: 'gateway', version: '1.0.0' });
      const transport = new StreamableHTTPClientTransport(this.endpoint, { fetch: fetchBy(send) });
      // The exchange has the time; the SDK's own would only end it in other words.
      const options = { signal, timeout: 2 * bounds.timeoutMs };
      try {
        await client.connect(transport, options);
        const done = await work(client, options);
        // A server that keeps sessions is to keep no old ones; that one is not ended is no fault of the call.
        const ended = transport.terminateSession().catch(() => undefined);
        await Promise.race([ended, setTimeout(GOODBYE_MS, undefined, { ref: false })]);
        return done;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw error;
      } finally {
        await client.close();
      }
    });
  }

  private hidden<T>(value: T): T {
    const hide = (_: string, item: unknown): unknown => (typeof item === 'string' ? this.credential.hide(item) : item);
    try {
      return JSON.parse(JSON.stringify(value, hide)) as T;
    } catch (error) {
      // The only thing that can be wrong with what was JSON before.
      throw new TargetFault(`what ${this.endpoint.origin} sent is nested too deeply`, { cause: error });
    }
  }
}

interface RequestOptions {
  readonly signal: AbortSignal;
  readonly timeout: number;
}

/**
 * All tools, whose number is limited, so that a server that always has a next page comes to an end. The client's own listing
 * is not used: it would compile schemas of outputs, which are not needed.
 */
async function listTools(client: Client, options: RequestOptions): Promise<Tool[]> {
  const tools = new Map<string, Tool>();
  let cursor: string | undefined;
  for (let page = 0; page < MAX_TOOLS && tools.size < MAX_TOOLS; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const found = await client.request({ method: 'tools/list', params }, ListToolsResultSchema, options);
    for (const tool of found.tools) tools.set(tool.name, tool);
    cursor = found.nextCursor;
    if (cursor === undefined) break;
  }
  return [...tools.values()].slice(0, MAX_TOOLS);
}

/** A `fetch` for the SDK. It is not given the stream of the server's own messages, which a call does not need. */
function fetchBy(send: Exchange['send']) {
  return async (url: string | URL, { method = 'GET', headers, body, signal }: RequestInit = {}): Promise<Response> => {
    if (method === 'GET') return new Response(null, { status: 405 });
    const sent = typeof body === 'string' ? { body } : {};
    return send({ url: new URL(url), method, headers: Object.fromEntries(new Headers(headers)), ...sent }, signal);
  };
}
