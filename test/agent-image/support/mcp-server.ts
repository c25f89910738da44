import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface JsonRpc {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string };
}

/** An MCP server on loopback whose one tool, `high_water`, answers `At nine.` */
export interface TideServer {
  readonly url: string;
  /** The `x-station` header of every request. */
  readonly stations: readonly unknown[];
  close(): Promise<void>;
}

/** @param hangsOn a method that is never answered */
export async function startTideServer({ hangsOn }: { readonly hangsOn?: string } = {}): Promise<TideServer> {
  const stations: unknown[] = [];
  const server = createServer((req, res) => {
    stations.push(req.headers['x-station']);
    // Streams from the server are optional.
    if (req.method !== 'POST') return void res.writeHead(405).end();
    json(req).then(
      (body) => {
        const call = body as JsonRpc;
        if (call.id === undefined) return void res.writeHead(202).end();
        if (call.method === hangsOn) return undefined;
        res.writeHead(200, { 'content-type': 'application/json' });
        return void res.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, result: resultOf(call) }));
      },
      () => res.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    stations,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function resultOf({ method, params }: JsonRpc): unknown {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'tides', version: '1' },
      };
    case 'tools/list':
      return { tools: [{ name: 'high_water', description: 'When', inputSchema: { type: 'object', properties: {} } }] };
    case 'tools/call':
      return { content: [{ type: 'text', text: 'At nine.' }] };
    default:
      return {};
  }
}
