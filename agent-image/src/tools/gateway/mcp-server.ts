import type { McpSdkServerConfigWithInstance } from '@anthropic-ai/claude-agent-sdk';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { setTimeout as delay } from 'node:timers/promises';
import { GRACE_MS, TOOL_CALL_MS } from '../bounded-call.ts';
import { callIdIn } from '../call-context.ts';
import type { GatewayTools } from './gateway-tools.ts';
import { SEARCH_TOOL } from './tool-names.ts';

/**
 * How long the result of a search waits for the agent process to take in the tools that were found, in milliseconds: it
 * asks for the list at once, and only then may the model call them.
 */
const RELIST_MS = 2_000;
const TAKE_IN_MS = 20;

/**
 * The tools of a gateway, as a server in this process. It serves one agent process: the next one needs another server over
 * the same tools.
 */
export function gatewayServer(tools: GatewayTools): McpSdkServerConfigWithInstance {
  const server = new Server({ name: tools.name, version: '1' }, { capabilities: { tools: { listChanged: true } } });
  let lists = 0;
  server.setRequestHandler(ListToolsRequestSchema, async () => {
    const offered = await tools.list();
    lists += 1;
    return { tools: offered.map((tool) => ({ ...tool })) };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const { name, arguments: args = {}, _meta } = params;
    const before = { lists, changes };
    const reply = await tools.call(name, args, signal, callIdIn(_meta));
    if (name === SEARCH_TOOL && changes > before.changes) await takenIn(() => lists > before.lists);
    return reply;
  });
  // A process that has ended is told nothing.
  let changes = 0;
  const stop = tools.onChange(() => {
    changes += 1;
    server.sendToolListChanged().catch(() => undefined);
  });
  server.onclose = stop;
  return {
    ...{ type: 'sdk', name: tools.name, timeout: TOOL_CALL_MS + GRACE_MS },
    // The SDK connects it and nothing else; its type is that of the class around this one.
    instance: server as unknown as McpSdkServerConfigWithInstance['instance'],
  };
}

/** Gives up after {@link RELIST_MS}: the model can call the tools in its next turn then. */
async function takenIn(isListed: () => boolean): Promise<void> {
  const deadline = performance.now() + RELIST_MS;
  while (!isListed() && performance.now() < deadline) await delay(TAKE_IN_MS);
  await delay(TAKE_IN_MS);
}
