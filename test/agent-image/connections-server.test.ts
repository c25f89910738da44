import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDefinition } from '../../agent-image/src/definition';
import type { InvocationReply } from '../../agent-image/src/protocol';
import { AgentFixture, type ScriptedModel, startScriptedModel } from './support/agent-fixture';
import { startTideServer, type TideServer } from './support/mcp-server';
import { ScriptedAws } from './support/scripted-aws';

const KEY = { kind: 'apiKey', vendor: 'search', provider: 'search-key' } as const;
const SEARCH = { ...KEY, name: 'search' };
const WORKLOAD = { WorkloadAccessToken: 'workload-token-of-ada' };

let root: string;
let tides: TideServer;
let identity: ScriptedAws;
let model: ScriptedModel;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'connections-test-'));
  mkdirSync(join(root, 'plugin'));
  tides = await startTideServer();
  identity = await ScriptedAws.start(() => ({ body: { apiKey: 'key-of-the-deployment' } }));
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Done.' }));
  define('${connection:SEARCH}');
});
afterEach(async () => {
  await Promise.all([model.close(), tides.close(), identity.close()]);
  rmSync(root, { recursive: true, force: true });
});

function define(header: string): void {
  const mcpServers = { tides: { type: 'http', url: tides.url, headers: { 'x-station': header } } };
  writeFileSync(join(root, 'definition.json'), JSON.stringify({ agents: {}, skills: [], tools: [], mcpServers }));
}

async function withAgent(use: (agent: AgentFixture) => Promise<void>): Promise<void> {
  const agent = await AgentFixture.start(model, {
    AGENT_CONNECTION_SEARCH: JSON.stringify(KEY),
    AGENT_DEFINITION_DIR: root,
    AGENT_PERMISSION_MODES: 'bypass',
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: identity.url,
  });
  await use(agent).finally(() => agent.dispose());
}

test('a header of an MCP server gets the key of a connection, which the model and the log never see', () =>
  withAgent(async (agent) => {
    const left = [{ name: 'mcp__tides__high_water', input: {} }];
    model.script = () => {
      const next = left.shift();
      return next ? { kind: 'message', toolUses: [next] } : { kind: 'message', text: 'Done.' };
    };
    const reply = (await (await agent.post({ prompt: 'When?' }, WORKLOAD)).json()) as InvocationReply;
    expect(reply.tool_calls).toMatchObject([{ result: 'At nine.' }]);
    expect(new Set(tides.stations)).toEqual(new Set(['key-of-the-deployment']));
    expect(JSON.stringify([agent.logLines, model.requests, reply])).not.toContain('key-of-the-deployment');
  }));

test('a key that cannot be had fails the run, and the log says which', () =>
  withAgent(async (agent) => {
    identity.script = () => ({ status: 403, type: 'AccessDeniedException' });
    const reply = (await (await agent.post({ prompt: 'When?' }, WORKLOAD)).json()) as InvocationReply;
    expect(reply).toMatchObject({ status: 'error', error: { code: 'SECRET_UNAVAILABLE' } });
    expect(agent.logged('run failed')?.detail).toContain('AGENT_CONNECTION_SEARCH cannot be used');
  }));

test('a server has no name of a gateway or an account, and may have that of a key', () => {
  const account = { ...SEARCH, name: 'tides', kind: 'oauth2', scopes: [], returnUrl: 'https://x.example.com' } as const;
  const gateway = { name: 'tides', url: 'https://g.example.com/mcp', auth: 'iam' } as const;
  const key = { ...KEY, name: 'tides' };
  const read = (own: Parameters<typeof readDefinition>[3]): unknown => readDefinition(root, true, {}, own);
  expect(() => read({ gateways: [], connections: [SEARCH, account] })).toThrow(
    'has an MCP server named "tides", as a gateway or connection is: give the server another name in mcp.json',
  );
  expect(() => read({ gateways: [gateway], connections: [SEARCH] })).toThrow('has an MCP server named "tides"');
  expect(() => read({ gateways: [], connections: [SEARCH, key] })).not.toThrow();
});

test.each([
  ['that is not there', [], 'the agent has no API key connections'],
  ['of another name', [{ ...SEARCH, name: 'maps' }], 'the agent has MAPS'],
  [
    'that is an account of the user',
    [{ ...SEARCH, kind: 'oauth2' as const, scopes: [], returnUrl: 'https://x.example.com' }],
    'the agent has no API key connections',
  ],
])('a header that names a connection %s is refused at start', (_what, connections, has) => {
  const read = (): unknown => readDefinition(root, true, {}, { gateways: [], connections });
  expect(read).toThrow(has);
  expect(read).toThrow('set AGENT_CONNECTION_SEARCH to a connection of kind apiKey');
});
