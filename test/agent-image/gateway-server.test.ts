import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../agent-image/src/config';
import { readDefinition } from '../../agent-image/src/definition';
import type { InvocationReply } from '../../agent-image/src/protocol';
import { SEARCH_FROM_TOOLS } from '../../agent-image/src/tools/gateway/tool-catalogue';
import { SEARCH_TOOL } from '../../agent-image/src/tools/gateway/tool-names';
import type { ModelScript, ScriptedToolUse } from '../../bin/local/model/model-script';
import { AgentFixture, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';
import { unsignedJwt } from './support/scripted-aws';
import { gatewayTool, ScriptedGateway } from './support/scripted-gateway';

const GET: ScriptedToolUse = { name: 'mcp__gw__orders___get', input: { id: '7' } };

let gateway: ScriptedGateway;
let model: ScriptedModel;
let agent: AgentFixture;

beforeEach(async () => {
  gateway = await ScriptedGateway.start();
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Done.' }));
});
afterEach(async () => {
  await agent.dispose();
  await model.close();
  await gateway.close();
});

async function startAgent(auth: 'iam' | 'user', overrides: Record<string, string> = {}): Promise<void> {
  agent = await AgentFixture.start(model, {
    AGENT_GATEWAY_GW: JSON.stringify({ url: gateway.url, auth }),
    AGENT_PERMISSION_MODES: 'bypass,ask,plan',
    ...overrides,
  });
}

/** Has the model call these tools, one after the other. */
function calling(...uses: ScriptedToolUse[]): ModelScript {
  const left = [...uses];
  return () => {
    const next = left.shift();
    return next === undefined ? { kind: 'message', text: 'Done.' } : { kind: 'message', toolUses: [next] };
  };
}

/** Names of the tools that the model was offered, call by call. */
function offered(): (string[] | undefined)[] {
  return model.requests.map(({ body }) => body.tools?.map(({ name }) => name).sort());
}

test('the model is offered the tools of the gateway, calls one, and reads its result', async () => {
  await startAgent('iam');
  model.script = calling(GET);
  const reply = await agent.ask('Where is order 7?');
  expect(offered()[0]).toEqual(['mcp__gw__orders___get']);
  expect(gateway.calls).toMatchObject([{ name: 'orders___get', args: { id: '7' } }]);
  expect(reply).toMatchObject({ status: 'success', tool_calls: [{ result: 'order 7 is on its way' }] });
  expect(agent.stderr).toBe('');
});

test('every tool of a gateway asks, whatever it says of itself, and the search asks nobody', async () => {
  const many = Array.from({ length: SEARCH_FROM_TOOLS + 5 }, (_, index) => gatewayTool(`orders___t${index}`));
  const harmless = { ...gatewayTool('orders___get'), annotations: { readOnlyHint: true } };
  gateway.tools = [...many, harmless, gatewayTool(SEARCH_TOOL)];
  gateway.pageSize = 100;
  gateway.script = ({ name }) => ({
    content: [{ type: 'text', text: name === SEARCH_TOOL ? JSON.stringify({ tools: [harmless] }) : 'order 7' }],
  });
  await startAgent('iam', { AGENT_PERMISSION_MODES: 'ask' });
  model.script = calling({ name: `mcp__gw__${SEARCH_TOOL}`, input: { query: 'order' } }, GET);
  const reply = await agent.ask('Where is order 7?');
  expect(reply.status).toBe('interrupted');
  expect(reply.interrupts).toMatchObject([{ metadata: { tool_name: 'mcp__gw__orders___get' } }]);
  // Found in this turn, it could be called in this turn.
  expect(offered()).toEqual([[`mcp__gw__${SEARCH_TOOL}`], ['mcp__gw__orders___get', `mcp__gw__${SEARCH_TOOL}`]]);
  const resume = reply.interrupts?.map(({ id }) => ({
    interruptId: id,
    status: 'resolved',
    payload: { approved: true },
  }));
  const answered = (await (await agent.post({ resume })).json()) as InvocationReply;
  expect(answered).toMatchObject({ status: 'success', tool_calls: [{ result: 'order 7' }] });
});

test('a gateway that fails keeps nobody from an answer, and its tools come with a later turn', async () => {
  gateway.troubles.push(...Array.from({ length: 50 }, () => ({ method: 'initialize', trouble: { status: 503 } })));
  await startAgent('iam');
  await agent.ask('Hello.');
  expect(offered()[0] ?? []).toEqual([]);
  expect(agent.logged('the tools of a gateway cannot be read')).toMatchObject({ server: 'gw', code: 'GATEWAY_FAILED' });
  gateway.troubles.length = 0;
  await agent.ask('Hello again.');
  await waitUntil(() => agent.logged('the tools of a gateway were read') !== undefined);
  model.script = calling(GET);
  const reply = await agent.ask('Where is order 7?');
  expect(reply.tool_calls).toMatchObject([{ result: 'order 7 is on its way' }]);
});

test('with the token of the user: the newest of the owner, and of nobody else', async () => {
  const iss = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI';
  const token = (sub: string, exp: number): string => unsignedJwt({ iss, sub, exp });
  const ask = async (bearer: string): Promise<InvocationReply> => {
    model.script = calling(GET);
    const response = await agent.post({ prompt: 'Where is order 7?' }, { authorization: `Bearer ${bearer}` });
    return (await response.json()) as InvocationReply;
  };
  await startAgent('user', { AGENT_AUTHORIZER: 'jwt' });
  gateway.token = token('ada', 1);
  expect((await ask(token('ada', 1))).tool_calls).toMatchObject([{ result: 'order 7 is on its way' }]);
  expect(await ask(token('eve', 9))).toMatchObject({ error: { code: 'NOT_SESSION_OWNER' } });
  expect((await ask(token('ada', 1))).tool_calls).toMatchObject([{ result: 'order 7 is on its way' }]);
  gateway.token = token('ada', 2);
  expect((await ask(token('ada', 1))).tool_calls[0]?.result).toContain('sign in again');
  expect((await ask(token('ada', 2))).tool_calls).toMatchObject([{ result: 'order 7 is on its way' }]);
  expect(new Set(gateway.calls.map(({ authorization }) => authorization)).size).toBe(2);
  const written = JSON.stringify([agent.logLines, model.requests]);
  expect(written).not.toContain(token('ada', 1));
  expect(written).not.toContain(token('ada', 2));
});

test('no server of a definition may have the name of a gateway', async () => {
  await startAgent('iam');
  const root = mkdtempSync(join(tmpdir(), 'definition-'));
  mkdirSync(join(root, 'plugin'));
  const mcpServers = { gw: { type: 'http', url: 'https://tools.example.com/mcp' } };
  writeFileSync(join(root, 'definition.json'), JSON.stringify({ agents: {}, skills: [], tools: [], mcpServers }));
  const own = { gateways: [{ name: 'gw', url: gateway.url, auth: 'iam' as const }], connections: [] };
  expect(() => readDefinition(root, true, {}, own)).toThrow(ConfigError);
  expect(readDefinition(root, true, {})).toMatchObject({ mcpServers });
  rmSync(root, { recursive: true });
});
