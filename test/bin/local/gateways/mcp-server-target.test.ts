import type { Stack } from 'aws-cdk-lib';
import { aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import {
  ApiKeyConnection,
  GatewayPolicy,
  GatewayTool,
  OutboundCredential,
  type AgentGatewayProps,
} from '../../../../lib';
import { McpServerTarget } from '../../../../bin/local/gateways/mcp-server-target';
import { NO_CREDENTIAL } from '../../../../bin/local/gateways/no-credential';
import { exchange } from '../../../../bin/local/gateways/outbound-requests';
import { deployedAddress, GatewayRun } from './support/gateway-run';
import { LoopbackServer } from './support/loopback-server';
import { answerMcp, mcpServer } from './support/mcp-server';

const KEY = 'key-that-nobody-may-see';
const TERSE = 'An internal error occurred. Please retry later.';
const ALL = ['find_page', 'fail', 'refuse', 'hang', 'fill', 'odd'].map((name) => `handbook___${name}`);

let server: LoopbackServer;
let run: GatewayRun | undefined;

beforeEach(async () => {
  server = await mcpServer().start();
});

afterEach(async () => {
  await run?.remove();
  run = undefined;
  await server.stop();
});

/** The gateway of an app whose target is the server of the test. */
function gatewayOf(
  credential: (stack: Stack) => OutboundCredential = () => OutboundCredential.none(),
  more: Partial<AgentGatewayProps> = {},
): GatewayRun {
  run = new GatewayRun((stack) => ({
    tools: [
      GatewayTool.mcpServer('handbook', {
        url: deployedAddress(stack, `${server.url}/mcp`),
        credential: credential(stack),
      }),
    ],
    ...more,
  }));
  return run;
}

const apiKey = (options: Parameters<typeof OutboundCredential.apiKey>[1]) => (stack: Stack) =>
  OutboundCredential.apiKey(
    new ApiKeyConnection(stack, 'Key', {
      connectionName: 'HANDBOOK',
      secret: new secretsmanager.Secret(stack, 'KeySecret', { secretName: 'handbook-key' }),
    }),
    options,
  );

const SECRETS = { 'handbook-key': { apiKey: KEY } };

describe('an MCP server behind a gateway', () => {
  it('has its tools listed, found and called, every page of them', async () => {
    await gatewayOf().start();

    expect(await run?.toolNames()).toEqual(ALL);
    expect(await run?.schemaOf('handbook___find_page')).toMatchObject({
      properties: { query: { minLength: 3 }, area: { $ref: '#/$defs/Area' } },
    });
    const found = await run?.call('x_amz_bedrock_agentcore_search', { query: 'which pages' });
    expect(JSON.parse(found?.text ?? '')).toMatchObject({ tools: [{ name: 'handbook___find_page' }] });
    expect(await run?.call('handbook___find_page', { query: 'trains' })).toEqual({
      isError: false,
      text: '{"name":"find_page","input":{"query":"trains"}}',
    });
  });

  it.each<[string, object, string]>([
    ['is missing', {}, `the input must have required property 'query'`],
    ['is too short', { query: 'ab' }, '"query" must NOT have fewer than 3 characters'],
    ['is not in the list', { query: 'abc', area: 'fun' }, '"area" must be equal to one of the allowed values'],
  ])('is not called when an input %s', async (_, input, message) => {
    await gatewayOf().start();
    const before = server.seen.length;

    expect(await run?.call('handbook___find_page', input)).toEqual({
      isError: true,
      text: `Invalid input for handbook___find_page: ${message}.`,
    });
    expect(server.seen).toHaveLength(before);
  });

  it('that keeps sessions has each of them ended, and one that cannot be ended fails nothing', async () => {
    await server.stop();
    server = await new LoopbackServer((request, req, res) => {
      res.setHeader('mcp-session-id', 'a-session');
      if (request.method !== 'DELETE') void answerMcp(request, req, res);
    }).start();
    await gatewayOf().start();
    const before = server.seen.length;

    expect((await run?.call('handbook___find_page', { query: 'trains' }))?.isError).toBe(false);
    const ends = server.seen.slice(before).filter(({ method }) => method === 'DELETE');
    expect(ends.map(({ headers }) => headers['mcp-session-id'])).toEqual(['a-session']);
  });

  it('checks alone what only it can, and that is told', async () => {
    await gatewayOf().start();

    expect((await run?.call('handbook___odd', { value: 1 }))?.isError).toBe(false);
    expect(run?.told).toMatch(/the target handbook of gateway shop: inputs of odd are checked by its MCP server alone/);
  });

  it('tells the model itself what is wrong with a call', async () => {
    await gatewayOf().start();

    expect(await run?.call('handbook___fail')).toEqual({ isError: true, text: 'no luck with nothing' });
    expect(await run?.call('handbook___refuse')).toEqual({
      isError: true,
      text: expect.stringContaining('not for undefined') as string,
    });
  });

  it('that answers with more than a gateway takes is an error of the tool, which the run tells', async () => {
    await gatewayOf().start();

    expect(await run?.call('handbook___fill')).toEqual({ isError: true, text: TERSE });
    expect(run?.told).toContain(`the answer of ${server.url} is larger than 6291456 bytes`);
    expect((await run?.call('handbook___find_page', { query: 'trains' }))?.isError).toBe(false);
  });

  it('that is away at the start is no reason not to start, and is asked again at the next listing', async () => {
    const { port } = server;
    gatewayOf();
    await server.stop();
    await run?.start();

    expect(run?.told).toMatch(
      /the target handbook of gateway shop has no tools here: its MCP server did not list its tools \(.*ECONNREFUSED.*\); it is asked again at the next listing/,
    );
    expect(await run?.toolNames()).toEqual([]);
    await expect(run?.call('handbook___find_page', { query: 'trains' })).rejects.toThrow('Unknown tool');

    server = await mcpServer().start(port);
    expect(await run?.toolNames()).toEqual(ALL);
    expect(run?.told).toContain('the target handbook of gateway shop has 6 tools');
  });

  it('that goes away is an error of the tool', async () => {
    await gatewayOf(undefined, { debug: true }).start();
    await server.stop();

    expect(await run?.call('handbook___find_page', { query: 'trains' })).toEqual({
      isError: true,
      text: expect.stringMatching(/could not be called: .*ECONNREFUSED/) as string,
    });
    server = await mcpServer().start();
  });

  it('is called by what the policies permit, whose tools the app does not know', async () => {
    const statement = (effect: string, tool: string, when = ''): string =>
      `${effect} (principal is AgentCore::IamEntity, action == AgentCore::Action::"handbook___${tool}", resource == AgentCore::Gateway::"{{gatewayArn}}")${when};`;
    const policies = [
      GatewayPolicy.fromCedar(
        `@id("short") ${statement('permit', 'find_page', ' when { context.input.query == "trains" }')}
         @id("all") @acceptFindings("for the test") ${statement('permit', 'odd')}
         @id("limit") ${statement('forbid', 'find_page', ' when { context.input has limit && context.input.limit > 5 }')}`,
      ),
    ];
    await gatewayOf(undefined, { policies }).start();
    const denied =
      'Tool Execution Denied: Tool call not allowed due to policy enforcement [no policy of the gateway permits handbook___find_page with this input]';

    expect(await run?.toolNames()).toEqual(['handbook___find_page', 'handbook___odd']);
    expect((await run?.call('handbook___find_page', { query: 'trains', limit: 5 }))?.isError).toBe(false);
    expect((await run?.call('handbook___find_page', { query: 'trains', limit: 6 }))?.text).toBe(denied);
    expect((await run?.call('handbook___find_page', { query: 'planes' }))?.text).toBe(denied);
    expect((await run?.call('handbook___odd', { value: 'a' }))?.isError).toBe(false);
    expect((await run?.call('handbook___fail'))?.text).toContain('Tool Execution Denied');
  });
});

describe('the key of an MCP server', () => {
  it.each<[string, Parameters<typeof apiKey>[0], (seen: (typeof server.seen)[number]) => unknown, string]>([
    ['in Authorization', {}, ({ headers }) => headers.authorization, KEY],
    ['in a header', { header: 'X-Api-Key' }, ({ headers }) => headers['x-api-key'], KEY],
    ['with a prefix', { prefix: 'Token' }, ({ headers }) => headers.authorization, `Token ${KEY}`],
    ['in the query', { queryParameter: 'key' }, ({ url }) => url, `/mcp?key=${KEY}`],
  ])('is sent with every request: %s', async (_, options, where, value) => {
    await gatewayOf(apiKey(options)).start(SECRETS);
    await run?.call('handbook___find_page', { query: 'trains' });

    expect(server.seen.length).toBeGreaterThan(4);
    expect([...new Set(server.seen.map(where))]).toEqual([value]);
    expect(run?.told).not.toContain(KEY);
    expect((await run?.stop())?.filter((line) => line.startsWith('denied'))).toEqual([]);
  });

  it('is in nothing that the model reads, whatever the server says', async () => {
    await gatewayOf(apiKey({})).start(SECRETS);

    expect((await run?.call('handbook___fail'))?.text).toBe('no luck with <credential>');
    expect((await run?.call('handbook___refuse'))?.text).toContain('not for <credential>');
  });

  it.each([
    'secretsmanager:GetSecretValue',
    'bedrock-agentcore:GetResourceApiKey',
    'bedrock-agentcore:GetWorkloadAccessToken',
  ])('is not sent by a gateway whose role may not %s', async (action) => {
    await gatewayOf(apiKey({})).withoutAction(action).start(SECRETS);

    expect(run?.told).toMatch(
      new RegExp(`the target handbook of gateway shop has no tools here: .* is not authorized to perform: ${action}`),
    );
    expect(server.seen).toEqual([]);
    expect((await run?.stop())?.join('\n')).toContain(`x ${action} on `);
  });

  it('that has no value yet is asked for, with the file that it goes into', async () => {
    await gatewayOf(apiKey({}))
      .edit(({ Resources }) => {
        for (const { Type, Properties } of Object.values(Resources)) {
          if (Type === 'AWS::SecretsManager::Secret') delete Properties.GenerateSecretString;
        }
      })
      .start();

    expect(run?.told).toMatch(/the secret handbook-key has no value here: add "handbook-key": .*secrets\.json/);
    expect(server.seen).toEqual([]);
  });

  it('with a line break is refused without being told', async () => {
    await gatewayOf(apiKey({})).start({ 'handbook-key': { apiKey: `${KEY}\n` } });

    expect(run?.told).toContain('the credential is empty or has a character that cannot be sent');
    expect(run?.told).not.toContain(KEY);
  });

  it('follows its server to another path', async () => {
    await server.stop();
    server = await new LoopbackServer((request, req, res) => {
      if (request.url === '/mcp') res.writeHead(307, { location: '/mcp/' }).end();
      else void answerMcp(request, req, res);
    }).start();
    await gatewayOf(apiKey({})).start(SECRETS);

    expect(await run?.toolNames()).toEqual(ALL);
    expect([...new Set(server.seen.map(({ headers }) => headers.authorization))]).toEqual([KEY]);
  });

  it('goes to no other origin', async () => {
    const thief = await mcpServer().start();
    await server.stop();
    server = await new LoopbackServer((_, __, res) => {
      res.writeHead(307, { location: `${thief.url}/mcp` }).end();
    }).start();
    try {
      await gatewayOf(apiKey({})).start(SECRETS);

      expect(run?.told).toContain(`Redirect to ${thief.url}/mcp not followed`);
      expect(thief.seen).toEqual([]);
    } finally {
      await thief.stop();
    }
  });
});

describe('an exchange with a target', () => {
  it('sends nothing to another origin, whoever asks for it', async () => {
    const other = await mcpServer().start();
    const bounds = { timeoutMs: 10_000, maxBytes: 1024 };
    try {
      await expect(
        exchange(new URL(server.url), NO_CREDENTIAL, bounds, ({ send }) =>
          send({ url: new URL(other.url), method: 'POST', headers: {}, body: '{}' }),
        ),
      ).rejects.toThrow(`${server.url} leads to ${other.url}; a credential is sent to no other origin`);
      expect([...server.seen, ...other.seen]).toEqual([]);
    } finally {
      await other.stop();
    }
  });
});

it('a server whose tools are nested too deeply has none, and that is told', async () => {
  const depth = 30_000;
  const schema = `${'{"type":"object","properties":{"a":'.repeat(depth)}{}${'}}'.repeat(depth)}`;
  await server.stop();
  server = await new LoopbackServer(({ body }, _, res) => {
    const { id, method } = JSON.parse(body === '' ? '{}' : body) as { id?: number; method?: string };
    const opened =
      '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"x","version":"1"}}';
    const result = method === 'initialize' ? opened : `{"tools":[{"name":"deep","inputSchema":${schema}}]}`;
    res.writeHead(id === undefined ? 202 : 200, { 'content-type': 'application/json' });
    res.end(id === undefined ? '' : `{"jsonrpc":"2.0","id":${String(id)},"result":${result}}`);
  }).start();
  const target = new McpServerTarget('handbook', new URL(`${server.url}/mcp`), NO_CREDENTIAL);
  await target.refresh();

  expect(target.tools).toEqual([]);
  expect(target.shortcomings).toEqual([expect.stringContaining('nested too deeply')]);
});

describe('a server that hangs', () => {
  it('is waited for no longer than the bounds say', async () => {
    const bounds = { timeoutMs: 300, maxBytes: 1024 * 1024 };
    const target = new McpServerTarget('handbook', new URL(`${server.url}/mcp`), NO_CREDENTIAL, [], {
      call: bounds,
      listing: { ...bounds, timeoutMs: 10_000 },
    });
    await target.refresh();
    const hang = target.tools.find(({ name }) => name === 'handbook___hang');

    await expect(hang?.run({}, 1)).rejects.toThrow(`${server.url} did not answer within 0.3 s`);
  });

  it('does not keep the run from starting', async () => {
    await server.stop();
    server = await new LoopbackServer(() => undefined).start();
    const target = new McpServerTarget('handbook', new URL(`${server.url}/mcp`), NO_CREDENTIAL, [], {
      call: { timeoutMs: 300, maxBytes: 1024 },
      listing: { timeoutMs: 300, maxBytes: 1024 },
    });
    await target.refresh();

    expect(target.tools).toEqual([]);
    expect(target.shortcomings).toEqual([expect.stringContaining('did not answer within 0.3 s')]);
  });
});
