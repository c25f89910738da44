import type { Authorize } from '../../signed-post.ts';
import { faultOfStatus, GatewayFault } from './gateway-fault.ts';
import { headersAlong } from '../call-context.ts';
import type { GatewayConfig } from '../../config/gateways.ts';

/** Largest answer of a gateway that is read, in bytes. Source: 6 MB is the quota of the gateway itself. */
export const MAX_ANSWER_BYTES = 6 * 1024 * 1024 + 65_536;

/** How long one answer may take, in milliseconds: a little more than any tool is waited for. */
const ANSWER_MS = 295_000;

/**
 * What the client of MCP calls a gateway with. Answers are read as a whole and bounded, so that one that breaks off in
 * the middle fails at once instead of being waited for.
 */
export function gatewayFetch({ auth }: Pick<GatewayConfig, 'auth'>, authorize: Authorize): typeof fetch {
  return async (input, init) => {
    // A stream of notifications would be open all the time for nothing that is needed: lists are read again anyway.
    if (init?.method !== 'POST') return new Response(null, { status: 405 });
    const url = new URL(input instanceof Request ? input.url : input);
    const body = typeof init.body === 'string' ? init.body : '';
    const own = { ...Object.fromEntries(new Headers(init.headers)), ...headersAlong() };
    const headers = await authorize({ url, headers: own, body });
    const bound = AbortSignal.timeout(ANSWER_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, bound]) : bound;
    // A redirect is never followed: what lets the request in would be sent on.
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    const text = withoutCredentials(await boundedText(response), headers);
    // The client of MCP keeps the status in some errors only, and the body in others.
    if (!response.ok) throw faultOfStatus(response.status, text, auth);
    const kept = keptHeaders(response.headers);
    if ([202, 204].includes(response.status)) return new Response(null, { status: response.status, headers: kept });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    return new Response(isStream ? answersIn(text) : text, {
      headers: { ...kept, 'content-type': 'application/json' },
    });
  };
}

/** Whatever answers may repeat what it was sent; what let the request in must reach neither a log nor the model. */
function withoutCredentials(text: string, headers: Readonly<Record<string, string>>): string {
  const sent = [headers.authorization?.replace(/^Bearer /, ''), headers['x-amz-security-token']];
  return sent.reduce<string>((left, secret) => (secret ? left.replaceAll(secret, '***') : left), text);
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_ANSWER_BYTES) {
      throw new GatewayFault('GATEWAY_TOO_LARGE', `the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * The answers in a stream of server-sent events, as JSON: progress and other notifications are left out.
 *
 * @throws GatewayFault when there is none, which the client of MCP would wait for
 */
function answersIn(stream: string): string {
  const messages = stream
    .split(/\r?\n\r?\n/)
    .map((event) =>
      event
        .split(/\r?\n/)
        .flatMap((line) => /^data: ?(.*)$/.exec(line)?.[1] ?? [])
        .join('\n'),
    )
    .filter((data) => data !== '')
    .map((data): unknown => JSON.parse(data))
    .filter(
      (message) => typeof message === 'object' && message !== null && ('result' in message || 'error' in message),
    );
  if (messages.length === 0) throw new GatewayFault('GATEWAY_UNREADABLE', 'a stream without an answer');
  return JSON.stringify(messages);
}

/** Others, such as the encoding, no longer hold of the text. */
function keptHeaders(headers: Headers): Record<string, string> {
  const session = headers.get('mcp-session-id');
  return session === null ? {} : { 'mcp-session-id': session };
}
