import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import { LoopbackServer, type Answer } from './loopback-server';

const INPUTS = { type: 'object', properties: { value: { type: 'string' } } } as const;

const TOOLS = [
  {
    name: 'find_page',
    description: 'Finds pages of the handbook',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        query: { type: 'string', minLength: 3 },
        limit: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        area: { $ref: '#/$defs/Area' },
      },
      required: ['query'],
      $defs: { Area: { type: 'string', enum: ['travel', 'money'] } },
    },
    // A client that compiles it fails, and a gateway has no use for it.
    outputSchema: { type: 'object', properties: { found: { $ref: '#/nowhere' } } },
  },
  { name: 'fail', description: 'Is a failure', inputSchema: INPUTS },
  { name: 'refuse', description: 'Refuses its input', inputSchema: INPUTS },
  { name: 'hang', description: 'Never ends', inputSchema: INPUTS },
  { name: 'fill', description: 'Answers with very much', inputSchema: INPUTS },
  {
    name: 'odd',
    description: 'Has a schema that nobody can use',
    inputSchema: { type: 'object', properties: { value: { type: 'string', pattern: '(' } } },
  },
] as const;

const BYTES_OF_FILL = 7 * 1024 * 1024;

/** An MCP server by the official SDK, over streamable HTTP, without sessions. */
export const answerMcp: Answer = async ({ body, headers }, req, res) => {
  const server = new Server({ name: 'handbook', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) =>
    // Two pages, so that a client that reads the first one only has half of them.
    params?.cursor === undefined
      ? { tools: TOOLS.slice(0, 3).map((tool) => ({ ...tool })), nextCursor: 'more' }
      : { tools: TOOLS.slice(3).map((tool) => ({ ...tool })) },
  );
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: input } }) => {
    switch (name) {
      case 'fail':
        return {
          content: [{ type: 'text', text: `no luck with ${headers.authorization ?? 'nothing'}` }],
          isError: true,
        };
      case 'refuse':
        throw new McpError(ErrorCode.InvalidParams, `not for ${String(headers.authorization)}`);
      case 'hang':
        return new Promise(() => undefined);
      case 'fill':
        return { content: [{ type: 'text', text: 'a'.repeat(BYTES_OF_FILL) }] };
      default:
        return { content: [{ type: 'text', text: JSON.stringify({ name, input }) }], structuredContent: { name } };
    }
  });
  const transport = new StreamableHTTPServerTransport();
  res.on('close', () => void server.close());
  await server.connect(transport as unknown as Parameters<Server['connect']>[0]);
  await transport.handleRequest(req, res, JSON.parse(body || 'null'));
};

export const mcpServer = (): LoopbackServer => new LoopbackServer(answerMcp);
