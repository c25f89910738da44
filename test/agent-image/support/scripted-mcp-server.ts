import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface JsonRpc {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string; readonly name?: string };
}

/** What a tool answers: its result, an error of the protocol, or nothing for as long as the caller waits. */
export type ToolReply =
  { readonly content: readonly object[]; readonly isError?: true } | { readonly error: string } | 'hang';

export interface McpToolServer {
  readonly url: string;
  /** Names of the tools that were called. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

/** An MCP server on loopback with the tools that `replies` names. */
export async function startMcpToolServer(replies: Readonly<Record<string, () => ToolReply>>): Promise<McpToolServer> {
  const calls: string[] = [];
  const answer = (res: ServerResponse, { id, method, params }: JsonRpc): void => {
    if (id === undefined) return void res.writeHead(202).end();
    const send = (body: object): void => {
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
    };
    if (method === 'tools/call') {
      calls.push(params?.name ?? '');
      const reply = replies[params?.name ?? '']?.() ?? { error: 'there is no such tool' };
      if (reply === 'hang') return;
      return send('error' in reply ? { error: { code: -32603, message: reply.error } } : { result: reply });
    }
    const inputSchema = { type: 'object', properties: {} };
    const tools = Object.keys(replies).map((name) => ({ name, description: name, inputSchema }));
    const results: Record<string, object> = {
      initialize: {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'scripted', version: '1' },
      },
      'tools/list': { tools },
    };
    send({ result: results[method] ?? {} });
  };
  const server = createServer((req, res) => {
    // Streams from the server are optional.
    if (req.method !== 'POST') return void res.writeHead(405).end();
    json(req).then(
      (body) => answer(res, body as JsonRpc),
      () => res.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    calls,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
