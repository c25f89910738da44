import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CallToolResultSchema,
  type CallToolResult,
  McpError,
  ResultSchema,
  type Tool,
  ToolSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayConfig } from '../../config/gateways.ts';
import { TOOL_CALL_MS } from '../bounded-call.ts';
import { errorName, isTimeout } from '../error-name.ts';
import { untilAborted } from '../../until-aborted.ts';
import type { Authorize } from '../../signed-post.ts';
import { faultOfRpc, type GatewayCode, GatewayFault } from './gateway-fault.ts';
import { gatewayFetch } from './gateway-fetch.ts';

/** Pauses before the second and the third attempt, in milliseconds. */
const PAUSES_MS = [300, 1_000];

/** What may be repeated after any call: the gateway did nothing. */
const THROTTLED: readonly GatewayCode[] = ['GATEWAY_THROTTLED'];

/** What does no harm a second time: questions. */
const REPEATABLE: readonly GatewayCode[] = [...THROTTLED, 'GATEWAY_FAILED', 'GATEWAY_UNREACHABLE'];

/** How long the first exchange with a gateway may take, in milliseconds. */
const CONNECT_MS = 15_000;

/** Most pages of a list that are read: a list that never ends must end. */
const MAX_PAGES = 200;

/** One gateway, over the wire. Everything it throws is a {@link GatewayFault}. */
export class GatewayApi {
  readonly #gateway: GatewayConfig;
  readonly #fetch: typeof fetch;
  #client: Promise<Client> | undefined;
  #transport: StreamableHTTPClientTransport | undefined;

  constructor(gateway: GatewayConfig, authorize: Authorize) {
    this.#gateway = gateway;
    this.#fetch = gatewayFetch(gateway, authorize);
  }

  /** All tools, page by page; those that are no tools as MCP has them are left out. */
  async listTools(signal: AbortSignal): Promise<Tool[]> {
    const tools: Tool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const params = cursor === undefined ? {} : { cursor };
      const result = await this.#send(REPEATABLE, signal, (client) =>
        client.request({ method: 'tools/list', params }, ResultSchema, { signal, timeout: TOOL_CALL_MS }),
      );
      const listed: unknown[] = Array.isArray(result.tools) ? result.tools : [];
      tools.push(...listed.flatMap((tool) => ToolSchema.safeParse(tool).data ?? []));
      if (typeof result.nextCursor !== 'string' || result.nextCursor === '') break;
      cursor = result.nextCursor;
    }
    return tools;
  }

  async callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<CallToolResult> {
    const params = { name, arguments: args };
    // Not `client.callTool`: it refuses a whole result for what it finds in its structured part, which is not used.
    return this.#send(THROTTLED, signal, (client) =>
      client.request({ method: 'tools/call', params }, CallToolResultSchema, { signal, timeout: TOOL_CALL_MS }),
    );
  }

  /** Ends what is still being waited for, too. */
  async close(): Promise<void> {
    this.#client = undefined;
    await this.#transport?.close();
  }

  async #send<T>(
    repeatable: readonly GatewayCode[],
    signal: AbortSignal,
    send: (client: Client) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      let connected = false;
      try {
        const client = await this.#connected(signal);
        connected = true;
        return await send(client);
      } catch (error) {
        const fault = faultOf(error, signal);
        // A gateway that keeps sessions has forgotten this one: the next attempt begins another.
        const sessionEnded = connected && fault.code === 'GATEWAY_NOT_FOUND';
        if (sessionEnded) await this.close();
        const pause = PAUSES_MS[attempt];
        const repeats = sessionEnded || (connected ? repeatable : REPEATABLE).includes(fault.code);
        if (pause === undefined || !repeats || (sessionEnded && attempt > 0)) throw fault;
        await delay(pause, undefined, { signal }).catch((aborted: unknown) => {
          throw faultOf(aborted, signal);
        });
      }
    }
  }

  async #connected(signal: AbortSignal): Promise<Client> {
    const connecting = (this.#client ??= this.#connect());
    try {
      return await untilAborted(connecting, signal);
    } catch (error) {
      if (this.#client === connecting) this.#client = undefined;
      throw error;
    }
  }

  /** Bounded by itself: several calls may wait for it, and the one that began it may be cancelled. */
  async #connect(): Promise<Client> {
    const client = new Client({ name: 'claude-agent', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(this.#gateway.url), { fetch: this.#fetch });
    this.#transport = transport;
    // Errors of single requests reach those who wait for them; others are of no interest.
    client.onerror = () => undefined;
    await client.connect(transport, { timeout: CONNECT_MS });
    return client;
  }
}

/** What `error`, thrown by the client of MCP or by `fetch`, means. */
function faultOf(error: unknown, signal: AbortSignal): GatewayFault {
  if (error instanceof GatewayFault) return error;
  const name = errorName(error);
  const detail = `${name}${reasonOf(error)}`;
  if (signal.aborted) {
    return new GatewayFault(isTimeout(signal) ? 'GATEWAY_TIMEOUT' : 'GATEWAY_CANCELLED', detail);
  }
  if (error instanceof McpError) return faultOfRpc(error.code, error.message);
  if (name === 'TimeoutError' || name === 'AbortError') return new GatewayFault('GATEWAY_TIMEOUT', detail);
  if (name === 'TypeError') return new GatewayFault('GATEWAY_UNREACHABLE', detail);
  return new GatewayFault('GATEWAY_UNREADABLE', detail);
}

/** Of the network: `fetch` tells it in the cause only. Messages of others may repeat what was received. */
function reasonOf(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
}
