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
  /** Makes the call; its requests have the headers of the trace. */
  gatewayCall(call: GatewayCall, make: () => Promise<ToolReply>): Promise<ToolReply>;
}

/** How a call ended, by its reply or by what was thrown. */
export function outcomeOf(ended: { readonly reply: ToolReply } | { readonly error: unknown }): ToolOutcome {
  if ('reply' in ended) return ended.reply.isError ? 'error' : 'success';
  return ended.error instanceof GatewayFault && ended.error.code === 'GATEWAY_POLICY_DENIED' ? 'denied' : 'error';
}
