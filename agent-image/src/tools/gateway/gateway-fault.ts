import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { ToolFault } from '../tool-fault.ts';

/** Why a call of a gateway failed; stable, for logs and alarms. */
export type GatewayCode = keyof typeof GATEWAY_FAILURES;

/** What the model is told; it must be able to act on it, and to tell the person what an operator has to know. */
export const GATEWAY_FAILURES = {
  GATEWAY_ACCESS_DENIED:
    'The agent may not call its gateway, or has no valid credentials; nothing was done. Do not try again: tell the person that an operator has to look for GATEWAY_ACCESS_DENIED in the log of the agent.',
  GATEWAY_SIGN_IN_EXPIRED:
    'The sign-in of the person has ended, or the gateway does not accept it; nothing was done. Ask the person to sign in again and to send another message, and do not try before.',
  GATEWAY_POLICY_DENIED:
    'The policy of the gateway does not allow this call for this person; nothing was done. Do not try another way: tell the person what was refused.',
  GATEWAY_NOT_FOUND:
    'The gateway of this agent does not exist any more; nothing was done. Do not try again: tell the person that an operator has to look for GATEWAY_NOT_FOUND in the log of the agent.',
  GATEWAY_TOOL_UNKNOWN:
    'The gateway has no tool of this name, or no longer; nothing was done. Use one of the tools that are offered to you.',
  GATEWAY_THROTTLED: 'The gateway is called too often at the moment; nothing was done. Try again in a minute.',
  GATEWAY_REFUSED: 'The gateway does not accept this call; nothing was done.',
  GATEWAY_FAILED:
    'The gateway or the tool behind it failed; it is not known how much of this was done. Find out before you repeat it.',
  GATEWAY_TIMEOUT:
    'The tool did not answer in time and is not waited for any longer; what was begun may still go on. Find out before you repeat it.',
  GATEWAY_UNREACHABLE:
    'The gateway cannot be reached from the agent; it is not known whether this was done. Try again once, and then tell the person that an operator has to look for GATEWAY_UNREACHABLE in the log of the agent.',
  GATEWAY_CANCELLED: 'This was cancelled and is not waited for. What was begun may still go on.',
  GATEWAY_TOO_LARGE:
    'The answer of the tool is too large, so it was thrown away; what was asked for was done. Ask for less: fewer entries, or a part.',
  GATEWAY_UNREADABLE: 'The agent could not use the answer of the gateway. What was asked for may have been done.',
} as const;

/** Longest reason of the gateway that is repeated to the model, in characters. */
const MAX_REASON = 500;

/** Reasons that the gateway gives about the call itself; of all others the model has no use. */
const EXPLAINED: readonly GatewayCode[] = ['GATEWAY_POLICY_DENIED', 'GATEWAY_REFUSED', 'GATEWAY_FAILED'];

/** A call of a gateway failed. */
export class GatewayFault extends ToolFault {
  declare readonly code: GatewayCode;

  constructor(code: GatewayCode, detail: string, reason = '') {
    const told = EXPLAINED.includes(code) && reason !== '' ? ` It says: ${reason.slice(0, MAX_REASON)}` : '';
    super(code, `${GATEWAY_FAILURES[code]}${told}`, detail);
    this.name = 'GatewayFault';
  }
}

/** What the gateway's own refusal by policy is told apart by; the developer guide documents the text only. */
const POLICY = /AuthorizeActionException|due to policy enforcement/i;
const REFUSAL = /^(Tool Execution Denied|AuthorizeActionException)\b/;

/**
 * The refusal by policy in the result of a call, where gateways have it too; undefined for any other result. A tool that
 * fails may have any text, so this one has to begin as the gateway's own does.
 */
export function policyFaultIn({ content, isError }: CallToolResult): GatewayFault | undefined {
  const [first] = content;
  const text = first?.type === 'text' ? first.text : '';
  return isError && REFUSAL.test(text) && POLICY.test(text)
    ? new GatewayFault('GATEWAY_POLICY_DENIED', `result: ${text.slice(0, MAX_REASON)}`, text)
    : undefined;
}

/** What an answer with this HTTP status means. `text`: the body. */
export function faultOfStatus(status: number, text: string, auth: 'iam' | 'user'): GatewayFault {
  const detail = `HTTP ${status}: ${text.slice(0, MAX_REASON)}`;
  const reason = reasonIn(text);
  if (POLICY.test(text)) return new GatewayFault('GATEWAY_POLICY_DENIED', detail, reason);
  switch (status) {
    case 401:
      return new GatewayFault(auth === 'user' ? 'GATEWAY_SIGN_IN_EXPIRED' : 'GATEWAY_ACCESS_DENIED', detail);
    case 403:
      return new GatewayFault('GATEWAY_ACCESS_DENIED', detail);
    case 404:
      return new GatewayFault('GATEWAY_NOT_FOUND', detail);
    case 408:
    case 504:
      return new GatewayFault('GATEWAY_TIMEOUT', detail);
    case 429:
      return new GatewayFault('GATEWAY_THROTTLED', detail);
  }
  if (status >= 500) return new GatewayFault('GATEWAY_FAILED', detail, reason);
  return new GatewayFault(status >= 400 ? 'GATEWAY_REFUSED' : 'GATEWAY_UNREADABLE', detail, reason);
}

/** What an error of JSON-RPC means. */
export function faultOfRpc(code: number, text: string): GatewayFault {
  // The client of MCP and servers made with it put this before the text, each once.
  const reason = text.replace(/^(MCP error -?\d+: )+/, '');
  const detail = `JSON-RPC ${code}: ${reason.slice(0, MAX_REASON)}`;
  if (POLICY.test(reason)) return new GatewayFault('GATEWAY_POLICY_DENIED', detail, reason);
  if (/unknown tool|tool .*not found/i.test(reason)) return new GatewayFault('GATEWAY_TOOL_UNKNOWN', detail);
  switch (code) {
    case RPC_TIMEOUT:
      return new GatewayFault('GATEWAY_TIMEOUT', detail);
    case RPC_CLOSED:
      return new GatewayFault('GATEWAY_UNREACHABLE', detail);
    case -32600:
    case -32601:
    case -32602:
      return new GatewayFault('GATEWAY_REFUSED', detail, reason);
  }
  return new GatewayFault('GATEWAY_FAILED', detail, reason);
}

/** Codes that the client of MCP itself has for a request that took too long, and for a connection that was closed. */
const RPC_TIMEOUT = -32001;
const RPC_CLOSED = -32000;

function reasonIn(text: string): string {
  try {
    const body = JSON.parse(text) as { message?: unknown; error?: { message?: unknown } } | null;
    const message = body?.error?.message ?? body?.message;
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}
