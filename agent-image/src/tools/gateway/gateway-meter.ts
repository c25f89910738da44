import { AsyncLocalStorage } from 'node:async_hooks';
import type { ToolOutcome } from '../../metric-definitions.ts';
import type { ToolReply } from '../bounded-call.ts';
import { GatewayFault } from './gateway-fault.ts';

/** One call of a tool behind a gateway. */
export interface GatewayCall {
  /** Of the MCP server that the agent has for the gateway. */
  readonly server: string;
  /** By the gateway's name. */
  readonly tool: string;
  /** The SDK's id of the call that it is made for; missing where it is not known. */
  readonly callId: string | undefined;
}

/** Measures calls of gateways. */
export interface GatewayMeter {
  /** Makes the call, with {@link sendingAlong what belongs to it}. */
  gatewayCall(call: GatewayCall, make: () => Promise<ToolReply>): Promise<ToolReply>;
}

/** Headers of all requests of a call: the client of MCP takes none for a single one. */
const along = new AsyncLocalStorage<Readonly<Record<string, string>>>();

/** Does something whose requests to gateways have these headers. */
export function sendingAlong<T>(headers: Readonly<Record<string, string>>, act: () => Promise<T>): Promise<T> {
  return along.run(headers, act);
}

/** The headers that a request has to send along. */
export function headersAlong(): Readonly<Record<string, string>> {
  return along.getStore() ?? {};
}

/** How a call ended, by its reply or by what was thrown. */
export function outcomeOf(ended: { readonly reply: ToolReply } | { readonly error: unknown }): ToolOutcome {
  if ('reply' in ended) return ended.reply.isError ? 'error' : 'success';
  return ended.error instanceof GatewayFault && ended.error.code === 'GATEWAY_POLICY_DENIED' ? 'denied' : 'error';
}
