import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { sign, type AwsCredentials } from '../../../../bin/local/sigv4';

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A `fetch` that signs for AgentCore. */
export function signedFetch(credentials: AwsCredentials, region = 'us-east-1'): Fetch {
  return async (url, { method = 'GET', body, headers, ...init } = {}) => {
    const { host, pathname } = new URL(url);
    const signed = await sign(
      {
        method,
        url: pathname,
        headers: { ...Object.fromEntries(new Headers(headers)), host },
        body: Buffer.from(typeof body === 'string' ? body : ''),
      },
      { credentials, region, service: 'bedrock-agentcore' },
    );
    // `fetch` sets the host itself.
    const sent = Object.entries(signed).filter(([name]) => name !== 'host');
    return fetch(url, { ...init, method, headers: Object.fromEntries(sent), ...(body === undefined ? {} : { body }) });
  };
}

/** The client of the Model Context Protocol's own SDK. */
export async function connectMcp(url: string, send: Fetch): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch: send }));
  return client;
}

/** The text of a tool's result. */
export function textOf(result: unknown): string {
  return (result as CallToolResult).content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}
