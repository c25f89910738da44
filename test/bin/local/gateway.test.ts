import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { connectMcp, signedFetch, textOf } from './support/mcp-client';
import { grant, TestRun } from './support/test-run';
import { gatewayResources } from './support/tool-app';

const INVOKE = grant('bedrock-agentcore:InvokeGateway', { 'Fn::GetAtt': ['Gateway', 'GatewayArn'] });
const URL_VARIABLE = { EnvironmentVariables: { URL: { 'Fn::GetAtt': ['Gateway', 'GatewayUrl'] } } };

let run: TestRun;
let client: Client | undefined;

afterEach(async () => {
  await client?.close();
  client = undefined;
  await run.remove();
});

async function start(resources: Readonly<Record<string, unknown>> = {}): Promise<void> {
  run = new TestRun([{ properties: URL_VARIABLE }], { ...gatewayResources(), Grant: INVOKE, ...resources });
  await run.start();
}

/** A client with the credentials of the agent. */
async function connect(): Promise<Client> {
  const { env } = await run.report();
  const credentials = {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: env.AWS_SESSION_TOKEN ?? '',
  };
  client = await connectMcp(env.URL ?? '', signedFetch(credentials));
  return client;
}

const call = async (name: string, input: Record<string, unknown>): Promise<{ isError: unknown; text: string }> => {
  const result = await (client ?? (await connect())).callTool({ name, arguments: input });
  return { isError: result.isError, text: textOf(result) };
};

describe('a gateway', () => {
  it('lists, searches and calls its tools for the agent, by the MCP SDK’s own client', async () => {
    await start();
    const { tools } = await (await connect()).listTools();
    const found = await call('x_amz_bedrock_agentcore_search', { query: 'the status of what I bought' });
    const { isError, text } = await call('orders___get_order', { do: 'report', amount: 3, lines: [{ sku: 'a' }] });
    const report = JSON.parse(text) as Record<string, unknown>;

    expect(tools.map(({ name }) => name)).toEqual([
      'x_amz_bedrock_agentcore_search',
      'orders___get_order',
      'orders___refund',
    ]);
    expect(tools[1]?.inputSchema).toMatchObject({
      type: 'object',
      properties: { lines: { type: 'array', items: { type: 'object', required: ['sku'] } } },
      required: ['do'],
    });
    expect((JSON.parse(found.text) as { tools: { name: string }[] }).tools.map(({ name }) => name)).toEqual([
      'orders___get_order',
    ]);
    expect(isError).toBe(false);
    expect(report).toMatchObject({
      event: { do: 'report', amount: 3, lines: [{ sku: 'a' }] },
      functionName: 'tool',
      memoryLimitInMB: '128',
      clientContext: { custom: { bedrockAgentCoreToolName: 'orders___get_order' } },
      env: { SHOP: 'open', AWS_ENDPOINT_URL: run.up.url },
    });
    expect(run.up.gateways).toEqual([expect.objectContaining({ name: 'Shop' })]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a required field is missing', {}, "the input must have required property 'do'"],
    ['a field has another type', { do: 'report', amount: '3' }, '"amount" must be integer'],
    ['a field further in is wrong', { do: 'report', lines: [{}] }, `"lines.0" must have required property 'sku'`],
  ])('tells the model when %s', async (_, input, message) => {
    await start();

    expect(await call('orders___get_order', input)).toEqual({
      isError: true,
      text: `Invalid input for orders___get_order: ${message}.`,
    });
  });

  it.each(['fail', 'hang', 'die'])(
    'makes a function that is asked to %s an error of the tool, and goes on',
    async (how) => {
      await start();

      expect(await call('orders___get_order', { do: how })).toEqual({
        isError: true,
        text: 'An internal error occurred. Please retry later.',
      });
      expect(await call('orders___get_order', { do: 'say' })).toEqual({ isError: false, text: '"said"' });
      expect(readFileSync(join(run.state, 'logs', 'function-tool.log'), 'utf8')).toContain('a line of the function');
    },
  );

  it('passes on what a function tells the model of its failure', async () => {
    await start();

    expect(await call('orders___get_order', { do: 'tell' })).toEqual({ isError: true, text: 'the order is not there' });
  });

  it('calls a function once at a time', async () => {
    await start();
    await connect();
    const together = await Promise.all([1, 2, 3].map(() => call('orders___get_order', { do: 'slow' })));

    expect(together.map(({ text }) => text)).toEqual(Array(3).fill('{"together":1}'));
  });

  it.each([
    ['fail', 'the secret detail of a failure'],
    ['hang', 'Task timed out after 1.00 seconds'],
    ['die', 'Runtime exited with error: exit status 7'],
  ])('that is debugged tells what went wrong: %s', async (how, detail) => {
    await start(gatewayResources({ gateway: { ExceptionLevel: 'DEBUG' } }));
    const { isError, text } = await call('orders___get_order', { do: how });

    expect(isError).toBe(true);
    expect(text).toContain(detail);
  });

  it('knows no other tools', async () => {
    await start();

    await expect(call('orders___other', {})).rejects.toThrow('Unknown tool: orders___other');
  });

  it('speaks only the versions of MCP that the template names', async () => {
    await start(
      gatewayResources({ gateway: { ProtocolConfiguration: { Mcp: { SupportedVersions: ['2025-03-26'] } } } }),
    );
    const names = (await (await connect()).listTools()).tools.map(({ name }) => name);
    const send = signedFetch(run.up.credentials);
    const refused = await send(run.up.gateways[0]?.url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'mcp-protocol-version': '2025-11-25' },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    });

    // Without semantic search there is no tool for it.
    expect(names).toEqual(['orders___get_order', 'orders___refund']);
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining('does not speak version 2025-11-25'),
    ]);
  });
});

describe('what is no request of a client of MCP', () => {
  const initialize = (params: unknown): string =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
  const call = (text: string): string =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'orders___get_order', arguments: { do: 'say', text } },
    });

  it('is refused in words, whatever it is, and a request that is as large as a gateway takes is not', async () => {
    await start();
    const send = signedFetch(run.up.credentials);
    const reply = async (body: string): Promise<[number, string]> => {
      const headers = { 'content-type': 'application/json' };
      const answer = await send(run.up.gateways[0]?.url ?? '', { method: 'POST', headers, body });
      return [answer.status, await answer.text()];
    };
    const MAX = 6 * 1024 * 1024;

    for (const body of ['null', '7', '"x"', 'true']) {
      expect(await reply(body)).toEqual([400, expect.stringContaining('is no message of JSON-RPC')]);
    }
    expect(await reply('{')).toEqual([400, expect.stringContaining('is not JSON')]);
    for (const params of [null, 7, [], {}]) {
      const [status, text] = await reply(initialize(params));
      expect([status < 500, text]).toEqual([true, expect.stringContaining('error')]);
      expect(text).not.toContain('the local run failed');
    }
    expect(await reply(call('x'.repeat(MAX)))).toEqual([413, expect.stringContaining(`a gateway takes ${MAX}`)]);
    expect((await reply(call('x'.repeat(MAX - call('').length))))[0]).toBe(200);
  });
});

describe('a caller of a gateway', () => {
  it('who does not sign is refused', async () => {
    await start();
    const url = run.up.gateways[0]?.url ?? '';

    await expect(connectMcp(url, fetch)).rejects.toThrow('Missing Authentication Token');
  });

  it('that is a page of elsewhere is refused', async () => {
    await start();
    const origin = 'https://evil.example.com';
    const reply = await fetch(run.up.gateways[0]?.url ?? '', { method: 'POST', headers: { origin }, body: '{}' });

    expect([reply.status, await reply.text()]).toEqual([403, expect.stringContaining('may not call this gateway')]);
  });

  it('whose role may invoke another gateway is refused', async () => {
    await start({
      Grant: grant('bedrock-agentcore:InvokeGateway', {
        'Fn::Sub': 'arn:aws:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:gateway/other-0123456789',
      }),
    });

    await expect(connect()).rejects.toThrow(/is not authorized to perform: bedrock-agentcore:InvokeGateway/);
    expect((await run.stop()).join('\n')).toContain('denied 1 x bedrock-agentcore:InvokeGateway');
  });

  it('gets an error where the gateway’s own role may not call the function', async () => {
    await start(gatewayResources({ grants: [], gateway: { ExceptionLevel: 'DEBUG' } }));
    const { isError, text } = await call('orders___get_order', { do: 'report' });

    expect(isError).toBe(true);
    expect(text).toContain('is not authorized to perform: lambda:InvokeFunction');
  });
});

describe('a gateway that cannot be run', () => {
  it('is told, and the rest runs', async () => {
    await start(gatewayResources({ gateway: { AuthorizerType: 'AUTHENTICATE_ONLY' } }));

    expect(run.lines.join('\n')).toContain(
      'Gateway of stack Stack cannot be run locally: its AuthorizerType is AUTHENTICATE_ONLY; AWS_IAM, CUSTOM_JWT and NONE are run locally',
    );
    expect((await run.invoke()).status).toBe(200);
  });
});
