import type { LogFields } from '../../agent-image/src/log';
import { Metrics } from '../../agent-image/src/metrics';
import { SessionMeters } from '../../agent-image/src/session-meters';
import { GatewayTools } from '../../agent-image/src/tools/gateway/gateway-tools';
import {
  MAX_FOUND_TOOLS,
  MAX_OFFERED_TOOLS,
  SEARCH_FROM_TOOLS,
} from '../../agent-image/src/tools/gateway/tool-catalogue';
import { MAX_TOOL_NAME, modelName, SEARCH_TOOL } from '../../agent-image/src/tools/gateway/tool-names';
import { SessionTokens } from '../../agent-image/src/user-identity/request-tokens';
import { CREDENTIALS, gatewayTool, ScriptedGateway } from './support/scripted-gateway';
import { waitUntil } from './support/agent-fixture';

const NEVER = new AbortController().signal;
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
};

let gateway: ScriptedGateway;
let tools: GatewayTools;
let tokens: SessionTokens;
let logged: { readonly message: string; readonly fields: LogFields }[];
let now: number;
/** Lines of metrics. */
let measured: Record<string, unknown>[];

beforeEach(async () => {
  Object.assign(process.env, ENVIRONMENT);
  gateway = await ScriptedGateway.start();
  tokens = new SessionTokens();
  logged = [];
  now = 0;
  measured = [];
  tools = openTools('iam');
});
afterEach(async () => {
  await tools.close();
  await gateway.close();
  for (const name of Object.keys(ENVIRONMENT)) Reflect.deleteProperty(process.env, name);
});

function openTools(auth: 'iam' | 'user'): GatewayTools {
  const write = (line: string): void => void measured.push(JSON.parse(line) as Record<string, unknown>);
  const metrics = new Metrics({ namespace: 'ClaudeAgents', agentName: 'pilot', write });
  return new GatewayTools({
    gateway: { name: 'gw', url: gateway.url, auth },
    region: 'eu-west-1',
    tokens,
    meter: new SessionMeters(metrics, 'session'),
    log: (_level, message, fields = {}) => logged.push({ message, fields }),
    now: () => now,
  });
}

async function textOf(tool: string, args: Record<string, unknown> = {}, signal = NEVER): Promise<string> {
  const { content } = await tools.call(tool, args, signal);
  return content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n');
}

const names = async (): Promise<string[]> => (await tools.list()).map(({ name }) => name);

describe('the list', () => {
  test('has all pages, and is read once', async () => {
    gateway.tools = Array.from({ length: 7 }, (_, index) => gatewayTool(`orders___t${index}`));
    expect(await names()).toEqual(gateway.tools.map(({ name }) => name));
    expect(await names()).toHaveLength(7);
    expect(gateway.methods.filter((method) => method === 'tools/list')).toHaveLength(3);
  });

  test('is read before a turn when it has become old, and tells of a change', async () => {
    await tools.list();
    let changes = 0;
    tools.onChange(() => (changes += 1));
    gateway.tools = [gatewayTool('orders___get'), gatewayTool('orders___cancel')];
    now += 60_000;
    tools.refresh();
    expect(await names()).toEqual(['orders___get']);
    now += 5 * 60_000;
    tools.refresh();
    await waitUntil(() => changes === 1);
    expect(await names()).toEqual(['orders___get', 'orders___cancel']);
  });

  test('is empty while the gateway cannot be reached, tells why once, and comes later', async () => {
    gateway.troubles.push(...Array.from({ length: 9 }, () => ({ method: 'initialize', trouble: { status: 403 } })));
    expect(await names()).toEqual([]);
    expect(await names()).toEqual([]);
    expect(logged.map(({ fields }) => fields.code)).toEqual(['GATEWAY_ACCESS_DENIED']);
    gateway.troubles.length = 0;
    let changes = 0;
    tools.onChange(() => (changes += 1));
    tools.refresh();
    await waitUntil(() => changes === 1);
    expect(await names()).toEqual(['orders___get']);
  });

  test('is asked for again after a throttled, failed or broken answer', async () => {
    gateway.troubles.push(
      { method: 'tools/list', trouble: { status: 429 } },
      { method: 'tools/list', trouble: { status: 503 } },
    );
    expect(await names()).toEqual(['orders___get']);
  });

  test('leaves out what is no tool, and schemas that are too long', async () => {
    const broken = { ...gatewayTool('broken'), inputSchema: { type: 'string' } } as never;
    const huge = { ...gatewayTool('huge'), description: 'd' };
    huge.inputSchema = { type: 'object', properties: { id: { type: 'string', description: 'x'.repeat(60_000) } } };
    gateway.pageSize = 10;
    gateway.tools = [broken, huge, gatewayTool('orders___get')];
    expect(await names()).toEqual(['orders___get']);
    expect(logged.map(({ fields }) => fields.code)).toContain('GATEWAY_TOOL_LEFT_OUT');
  });

  test('has no schema of results, which would make the agent process expect what is dropped', async () => {
    gateway.tools = [
      { ...gatewayTool('orders___get'), outputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
    ];
    const [tool] = await tools.list();
    expect(Object.keys(tool ?? {}).sort()).toEqual(['_meta', 'description', 'inputSchema', 'name']);
  });
});

describe('long names', () => {
  const LONG = `orders-of-the-northern-region___get_the_status_of_one_order`;

  test('get an alias that the model service takes, and that calls the tool', async () => {
    gateway.tools = [gatewayTool(LONG), gatewayTool('a.b/c___d')];
    const aliases = await names();
    expect(aliases.every((name) => modelName('gw', name).length <= MAX_TOOL_NAME && /^[\w-]+$/.test(name))).toBe(true);
    expect(logged.filter(({ fields }) => fields.code === 'GATEWAY_TOOL_RENAMED')).toHaveLength(2);
    for (const alias of aliases) await tools.call(alias, {}, NEVER);
    expect(gateway.calls.map(({ name }) => name)).toEqual([LONG, 'a.b/c___d']);
  });

  test('keep their alias, and differ when only their ends do', async () => {
    gateway.tools = [gatewayTool(`${LONG}_a`), gatewayTool(`${LONG}_b`)];
    const first = await names();
    expect(new Set(first).size).toBe(2);
    await tools.close();
    tools = openTools('iam');
    expect(await names()).toEqual(first);
  });
});

describe('many tools', () => {
  const all = Array.from({ length: SEARCH_FROM_TOOLS + 20 }, (_, index) => gatewayTool(`orders___t${index}`));

  function found(...picked: number[]): void {
    const tools = picked.map((index) => all[index]);
    gateway.script = () => ({
      content: [{ type: 'text', text: JSON.stringify({ tools }) }],
      structuredContent: { tools },
    });
  }

  beforeEach(() => {
    gateway.pageSize = 100;
    gateway.tools = [...all, gatewayTool(SEARCH_TOOL)];
  });

  test('are offered by search: first the search alone, then what it found', async () => {
    expect(await names()).toEqual([SEARCH_TOOL]);
    let changes = 0;
    tools.onChange(() => (changes += 1));
    found(3, 5);
    const told = await textOf(SEARCH_TOOL, { query: 'orders' });
    expect(told).toContain('mcp__gw__orders___t3: What orders___t3 does');
    expect(told).not.toContain('inputSchema');
    expect(changes).toBe(1);
    expect(await names()).toEqual([SEARCH_TOOL, 'orders___t3', 'orders___t5']);
    expect(gateway.calls[0]).toMatchObject({ name: SEARCH_TOOL, args: { query: 'orders' } });
  });

  test('are found in the text of gateways that send nothing else', async () => {
    await tools.list();
    gateway.script = () => ({ content: [{ type: 'text', text: JSON.stringify({ tools: [all[1]] }) }] });
    await tools.call(SEARCH_TOOL, {}, NEVER);
    expect(await names()).toEqual([SEARCH_TOOL, 'orders___t1']);
  });

  test('that were found go again when too many others were', async () => {
    await tools.list();
    found(0);
    await tools.call(SEARCH_TOOL, {}, NEVER);
    found(...Array.from({ length: MAX_FOUND_TOOLS }, (_, index) => index + 1));
    await tools.call(SEARCH_TOOL, {}, NEVER);
    const offered = await names();
    expect(offered).toHaveLength(1 + MAX_FOUND_TOOLS);
    expect(offered).not.toContain('orders___t0');
  });

  test('are not found: the model is told so', async () => {
    await tools.list();
    found();
    expect(await textOf(SEARCH_TOOL)).toContain('No tool was found');
  });

  test('of a gateway without a search are all offered', async () => {
    gateway.tools = all;
    expect(await names()).toHaveLength(all.length);
  });

  test.each([1, 2, SEARCH_FROM_TOOLS])(
    '%d tools are offered without the search, which is not missed',
    async (count) => {
      gateway.tools = [...all.slice(0, count), gatewayTool(SEARCH_TOOL)];
      expect(await names()).toEqual(all.slice(0, count).map(({ name }) => name));
      expect(logged.map(({ message }) => message)).toEqual(['the tools of a gateway were read']);
    },
  );

  test('too many for a gateway without a search are left out, and the log says how many', async () => {
    gateway.tools = Array.from({ length: MAX_OFFERED_TOOLS + 3 }, (_, index) => gatewayTool(`orders___t${index}`));
    expect(await names()).toHaveLength(MAX_OFFERED_TOOLS);
    expect(logged.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ code: 'GATEWAY_TOOLS_LEFT_OUT', tools: MAX_OFFERED_TOOLS + 3, offered: 200 }),
    );
  });
});

describe('a call', () => {
  beforeEach(async () => void (await tools.list()));

  test('is signed, forwarded with its arguments, and answered', async () => {
    expect(await textOf('orders___get', { id: '7', ключ: 'ä€' })).toBe('order 7 is on its way');
    expect(gateway.calls).toMatchObject([{ name: 'orders___get', args: { id: '7', ключ: 'ä€' } }]);
    expect(gateway.calls[0]?.authorization).toContain('/eu-west-1/bedrock-agentcore/aws4_request');
  });

  test('is answered by a stream of events as well', async () => {
    gateway.streams = true;
    expect(await textOf('orders___get')).toBe('order 7 is on its way');
  });

  test('gives the model the content, and the structured part only when there is no content', async () => {
    gateway.script = () => ({ content: [{ type: 'text', text: 'text' }], structuredContent: { a: 1 } });
    expect(await tools.call('orders___get', {}, NEVER)).toEqual({ content: [{ type: 'text', text: 'text' }] });
    gateway.script = () => ({ content: [], structuredContent: { a: 1 } });
    expect(await textOf('orders___get')).toBe('{"a":1}');
  });

  test('is cut to what the model can read', async () => {
    gateway.script = () => ({ content: [{ type: 'text', text: 'x'.repeat(100_000) }] });
    const text = await textOf('orders___get');
    expect(text.length).toBeLessThan(41_000);
    expect(text).toContain('60000 more characters are left out');
  });

  test('passes on that the tool itself failed', async () => {
    gateway.script = () => ({ content: [{ type: 'text', text: 'no such order' }], isError: true });
    expect(await tools.call('orders___get', {}, NEVER)).toMatchObject({
      isError: true,
      content: [{ text: 'no such order' }],
    });
  });

  test('throttled once is made again; one that failed is not, because something may have been done', async () => {
    gateway.troubles.push({ method: 'tools/call', trouble: { status: 429 } });
    expect(await textOf('orders___get')).toBe('order 7 is on its way');
    gateway.troubles.push({ method: 'tools/call', trouble: { status: 500 } });
    expect(await textOf('orders___get')).toContain('it is not known how much of this was done');
    expect(gateway.calls).toHaveLength(1);
  });

  test.each([
    [{ status: 403 }, 'GATEWAY_ACCESS_DENIED'],
    [{ status: 401 }, 'GATEWAY_ACCESS_DENIED'],
    [{ status: 400, body: '{"message":"id is too long"}' }, 'GATEWAY_REFUSED'],
    [{ status: 502, body: '<html>secret-token</html>' }, 'GATEWAY_FAILED'],
    [{ status: 504 }, 'GATEWAY_TIMEOUT'],
    [{ status: 307, headers: { location: 'https://evil.example.com/' } }, 'GATEWAY_UNREADABLE'],
    [{ status: 200, body: 'no JSON' }, 'GATEWAY_UNREADABLE'],
    [{ status: 200, headers: { 'content-type': 'text/event-stream' }, body: ': nothing\n\n' }, 'GATEWAY_UNREADABLE'],
    [{ status: 200, body: '"'.padEnd(7_000_000, 'x') }, 'GATEWAY_TOO_LARGE'],
    [
      { status: 403, body: '{"message":"AuthorizeActionException - not allowed due to policy enforcement [amount]"}' },
      'GATEWAY_POLICY_DENIED',
    ],
    ['breaks' as const, 'GATEWAY_UNREACHABLE'],
  ])('answered with %j fails with a code in the log and a sentence for the model', async (trouble, code) => {
    gateway.troubles.push({ method: 'tools/call', trouble });
    const reply = await tools.call('orders___get', {}, NEVER);
    expect(reply.isError).toBe(true);
    const line = logged.at(-1);
    expect(line).toMatchObject({ message: 'a tool call failed', fields: { server: 'gw', tool: 'orders___get', code } });
    expect(JSON.stringify(reply)).not.toContain('secret-token');
    // The next one works.
    expect(await textOf('orders___get')).toBe('order 7 is on its way');
  });

  test('with arguments that the gateway refuses tells the model why', async () => {
    gateway.script = () => {
      throw Object.assign(new Error('id must be text'), { code: -32602 });
    };
    const text = await textOf('orders___get', { id: 7 });
    expect(text).toContain('does not accept this call');
    expect(text).toMatch(/It says: id must be text$/);
  });

  test('that is cancelled is not waited for', async () => {
    gateway.troubles.push({ method: 'tools/call', trouble: 'hangs' });
    const cancel = new AbortController();
    const text = textOf('orders___get', {}, cancel.signal);
    await waitUntil(() => gateway.troubles.length === 0);
    cancel.abort();
    expect(await text).toContain('This was cancelled');
  });

  test('of a tool that is not there any more has the list read again', async () => {
    gateway.script = () => {
      throw Object.assign(new Error('Unknown tool: orders___get'), { code: -32602 });
    };
    expect(await textOf('orders___get')).toContain('no tool of this name');
    gateway.tools = [gatewayTool('orders___find')];
    expect(await names()).toEqual(['orders___find']);
    expect(await textOf('orders___get')).toContain('no tool of this name');
  });

  test('goes on with a new session when the gateway has forgotten the one before', async () => {
    gateway.troubles.push({ method: 'tools/call', trouble: { status: 404 } });
    expect(await textOf('orders___get')).toBe('order 7 is on its way');
    expect(gateway.methods.filter((method) => method === 'initialize')).toHaveLength(2);
  });
});

describe('with the token of the user', () => {
  const token = (exp: number): string =>
    `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.signature-${exp}`;

  beforeEach(() => {
    tools = openTools('user');
  });

  test('the newest one is sent, and never logged', async () => {
    gateway.token = token(2);
    tokens.take('ada', { accessToken: token(2) });
    // Of a connection that was opened earlier.
    tokens.take('ada', { accessToken: token(1) });
    await tools.list();
    await tools.call('orders___get', {}, NEVER);
    expect(gateway.calls[0]?.authorization).toBe(`Bearer ${token(2)}`);
    gateway.token = token(3);
    expect(await textOf('orders___get')).toContain('Ask the person to sign in again');
    tokens.take('ada', { accessToken: token(3) });
    expect(await textOf('orders___get')).toBe('order 7 is on its way');
    expect(JSON.stringify(logged)).not.toContain('signature');
    expect(logged.at(-1)?.fields.code).toBe('GATEWAY_SIGN_IN_EXPIRED');
  });

  test('one that is repeated by whatever answers comes neither to the log nor to the model', async () => {
    gateway.token = token(1);
    tokens.take('ada', { accessToken: token(1) });
    await tools.list();
    gateway.script = ({ authorization }) => ({ content: [{ type: 'text', text: `you sent ${authorization}` }] });
    expect(await textOf('orders___get')).toBe('you sent Bearer ***');
    gateway.troubles.push({ method: 'tools/call', trouble: { status: 400, body: `{"message":"bad: ${token(1)}"}` } });
    expect(await textOf('orders___get')).toMatch(/It says: bad: \*\*\*$/);
    expect(JSON.stringify(logged)).not.toContain('signature');
  });

  test('nothing is sent without one', async () => {
    gateway.token = token(1);
    expect(await names()).toEqual([]);
    expect(gateway.methods).toEqual([]);
    expect(logged.map(({ fields }) => fields.code)).toEqual(['GATEWAY_SIGN_IN_EXPIRED']);
  });
});

test('calls are measured by their results, and what never reaches the gateway is not', async () => {
  gateway.tools = [gatewayTool('orders___get')];
  await tools.list();
  await tools.call('orders___get', {}, NEVER);
  gateway.script = () => ({ isError: true, content: [{ type: 'text', text: 'out of order' }] });
  await tools.call('orders___get', {}, NEVER);
  const denied = { status: 403, body: '{"message":"Tool Execution Denied: denied due to policy enforcement"}' };
  gateway.troubles.push({ method: 'tools/call', trouble: denied }, { method: 'tools/call', trouble: { status: 400 } });
  await tools.call('orders___get', {}, NEVER);
  await tools.call('orders___get', {}, NEVER);
  const refusal = 'Tool Execution Denied: Tool call not allowed due to policy enforcement [too much]';
  for (const text of [refusal, `I say: ${refusal}`]) {
    gateway.script = () => ({ isError: true, content: [{ type: 'text', text }] });
    await tools.call('orders___get', {}, NEVER);
  }
  await tools.call('invented', {}, NEVER);
  expect(measured.map(({ GatewayCalls, Result }) => [GatewayCalls, Result])).toEqual([
    [1, 'success'],
    [1, 'error'],
    [1, 'denied'],
    [1, 'error'],
    [1, 'denied'],
    [1, 'error'],
  ]);
  expect(measured.every(({ GatewayLatency }) => typeof GatewayLatency === 'number')).toBe(true);
});
