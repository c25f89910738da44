import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aws_s3 as s3, aws_secretsmanager as secretsmanager, Lazy, type Stack } from 'aws-cdk-lib';
import { readApiDescription } from '../../../../bin/local/gateways/open-api-document';
import { operationRequest } from '../../../../bin/local/gateways/open-api-request';
import {
  ApiDocument,
  ApiKeyConnection,
  GatewayPolicy,
  GatewayTool,
  OutboundCredential,
  type AgentGatewayProps,
} from '../../../../lib';
import { GatewayRun } from './support/gateway-run';
import type { LoopbackServer } from './support/loopback-server';
import { ordersApi, ordersDocument } from './support/orders-api';

const KEY = 'key-of-the-orders';
const TOOLS = ['get_order', 'replace_orders', 'place_order', 'moved', 'picture'].map((name) => `orders___${name}`);

let api: LoopbackServer;
let run: GatewayRun | undefined;

beforeEach(async () => {
  api = await ordersApi().start();
});

afterEach(async () => {
  await run?.remove();
  run = undefined;
  await api.stop();
});

/** A document that is not read when the app is synthesized. */
const unread = (text: string) => ApiDocument.fromInline(Lazy.string({ produce: () => text }));

function gatewayOf(
  credential: (stack: Stack) => OutboundCredential = () => OutboundCredential.none(),
  document: (stack: Stack) => ApiDocument = () => ApiDocument.fromInline(JSON.stringify(ordersDocument(api.url))),
  more: Partial<AgentGatewayProps> = {},
): GatewayRun {
  run = new GatewayRun((stack) => ({
    tools: [GatewayTool.openApi('orders', { document: document(stack), credential: credential(stack) })],
    ...more,
  }));
  return run;
}

const apiKey = (stack: Stack): OutboundCredential =>
  OutboundCredential.apiKey(
    new ApiKeyConnection(stack, 'Key', {
      connectionName: 'ORDERS',
      secret: new secretsmanager.Secret(stack, 'KeySecret', { secretName: 'orders-key' }),
    }),
    { header: 'X-Api-Key' },
  );

const answered = async (name: string, input: object): Promise<unknown> => {
  const result = await run?.call(`orders___${name}`, input);
  return { isError: result?.isError, ...(JSON.parse(result?.text ?? '') as object) };
};

describe('an API behind a gateway', () => {
  it('has its operations listed, and those that cannot be called told', async () => {
    await gatewayOf().start();

    expect((await run?.toolNames())?.sort()).toEqual([...TOOLS].sort());
    expect(await run?.schemaOf('orders___get_order')).toEqual({
      type: 'object',
      properties: {
        orderId: { type: 'string' },
        'X-Tenant': { type: 'string' },
        fields: { type: 'array', items: { type: 'string' } },
        old: { type: 'boolean' },
      },
      required: ['orderId'],
    });
    expect(run?.lines.filter((line) => line.startsWith('the target')).sort()).toEqual(
      [
        'DELETE /orders/{orderId} is no tool: it has no operationId',
        'GET /cookies is no tool: its parameter "id" is not a simple one of the path, the query or the headers',
        'POST /files is no tool: its body is multipart/form-data; application/json is sent locally',
        'POST /twice/{id} is no tool: two of its inputs are called "id"',
      ].map((clause) => `the target orders of gateway shop: ${clause}`),
    );
  });

  it('is called with what goes into path, query, headers and body', async () => {
    await gatewayOf().start();
    const order = { item: 'nail', quantity: 3 };

    expect(
      await answered('get_order', { orderId: 'a/b c?', fields: ['x', 'y&z'], old: false, 'X-Tenant': 't' }),
    ).toEqual({
      isError: false,
      method: 'GET',
      url: '/v1/orders/a%2Fb%20c%3F?fields=x&fields=y%26z&old=false',
      body: '',
      tenant: 't',
    });
    expect(await answered('place_order', { ...order, gift: order, dryRun: true })).toEqual({
      isError: false,
      method: 'POST',
      url: '/v1/orders?dryRun=true',
      body: JSON.stringify({ ...order, gift: order }),
    });
    expect(await answered('replace_orders', { body: ['a'] })).toMatchObject({ method: 'PUT', body: '["a"]' });
  });

  it.each<[string, string, object, string]>([
    ['is missing', 'get_order', {}, `the input must have required property 'orderId'`],
    ['has another type', 'place_order', { item: 'nail', quantity: '3' }, '"quantity" must be integer'],
    ['is out of its range', 'place_order', { item: 'nail', quantity: 0 }, '"quantity" must be >= 1'],
  ])('is not called when an input %s', async (_, name, input, message) => {
    await gatewayOf().start();

    expect(await run?.call(`orders___${name}`, input)).toEqual({
      isError: true,
      text: `Invalid input for orders___${name}: ${message}.`,
    });
    expect(api.seen).toEqual([]);
  });

  it.each(['.', '..'])('is not called by a path that a value changes: %s', async (orderId) => {
    await gatewayOf(undefined, undefined, { debug: true }).start();

    expect(await run?.call('orders___get_order', { orderId })).toEqual({
      isError: true,
      text: 'a value for the path is "." or "..", which would lead to another path',
    });
    expect(api.seen).toEqual([]);
  });

  it('tells the model what it answers when it is no success, without the key', async () => {
    await gatewayOf(apiKey).start({ 'orders-key': { apiKey: KEY } });

    expect(await run?.call('orders___get_order', { orderId: 'none' })).toEqual({
      isError: true,
      text: 'GET /orders/{orderId} answered 404: {"error":"none for <credential>"}',
    });
    expect(await run?.call('orders___picture')).toEqual({
      isError: true,
      text: 'GET /picture answered 200 with image/png, which is no text.',
    });
    expect(api.seen.map(({ headers }) => headers['x-api-key'])).toEqual([KEY, KEY]);
    expect(run?.told).not.toContain(KEY);
  });

  it('leads nowhere else', async () => {
    await gatewayOf(apiKey).start({ 'orders-key': { apiKey: KEY } });

    expect(await run?.call('orders___moved')).toEqual({
      isError: true,
      text: 'GET /moved answered 307: a redirect to https://elsewhere.example.com/v1/moved, which is not followed.',
    });
  });

  it('is not called by a gateway whose role may not read the key', async () => {
    gatewayOf(apiKey, undefined, { debug: true }).withoutAction('secretsmanager:GetSecretValue');
    await run?.start({ 'orders-key': { apiKey: KEY } });

    expect(await run?.call('orders___get_order', { orderId: '1' })).toEqual({
      isError: true,
      text: expect.stringContaining('is not authorized to perform: secretsmanager:GetSecretValue') as string,
    });
    expect(api.seen).toEqual([]);
  });

  it('is called by what the policies permit for its inputs', async () => {
    const policies = [
      GatewayPolicy.fromCedar(
        `@id("few") permit (principal, action == AgentCore::Action::"orders___place_order", resource == AgentCore::Gateway::"{{gatewayArn}}")
         when { context.input.quantity <= 10 };`,
      ),
    ];
    await gatewayOf(undefined, undefined, { policies }).start();

    expect(await run?.toolNames()).toEqual(['orders___place_order']);
    expect((await run?.call('orders___place_order', { item: 'nail', quantity: 10 }))?.isError).toBe(false);
    expect((await run?.call('orders___place_order', { item: 'nail', quantity: 11 }))?.text).toContain('Denied');
    expect((await run?.call('orders___moved'))?.text).toContain('Denied');
  });
});

describe('the description of an API', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'api-document-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const fromFile = (text: string) => (): ApiDocument => {
    const file = join(folder, 'orders.json');
    writeFileSync(file, text);
    return ApiDocument.fromFile(file);
  };

  it('is read from a file of the app, in the role of the gateway', async () => {
    await gatewayOf(undefined, fromFile(JSON.stringify(ordersDocument(api.url)))).start();

    expect(await run?.toolNames()).toHaveLength(TOOLS.length);
  });

  it('is not read where the role may not', async () => {
    const document = fromFile(JSON.stringify(ordersDocument(api.url)));
    await gatewayOf(undefined, document).withoutAction('s3:GetObject').start();

    expect(run?.told).toMatch(/the target orders of gateway shop has no tools here: .* to perform: s3:GetObject/);
  });

  it.each<[string, (stack: Stack) => ApiDocument, string]>([
    ['in YAML', () => ApiDocument.fromInline('openapi: 3.0.3'), 'is not JSON'],
    ['of version 2', () => unread('{"swagger":"2.0"}'), 'no OpenAPI document of version 3.0 or 3.1'],
    ['without a server', () => unread('{"openapi":"3.1.0","paths":{}}'), 'names no server without variables'],
    [
      'with a server that is not encrypted',
      () => ApiDocument.fromInline(JSON.stringify(ordersDocument('http://orders.example.com'))),
      'its address begins with http://orders.example.com; a gateway calls https',
    ],
    [
      'in a bucket of elsewhere',
      (stack) => ApiDocument.fromBucket(s3.Bucket.fromBucketName(stack, 'Docs', 'docs'), 'orders.json'),
      'lies in a bucket',
    ],
  ])('%s is told, and the rest runs', async (_, document, sentence) => {
    await gatewayOf(undefined, document).start();

    expect(run?.told).toContain(`the target orders of gateway shop has no tools here:`);
    expect(run?.told).toContain(sentence);
    expect(await run?.toolNames()).toEqual([]);
  });

  it('has references that lead to nothing told with their operation', () => {
    const document = {
      openapi: '3.1.0',
      servers: [{ url: 'https://orders.example.com' }],
      paths: { '/a': { get: { operationId: 'a', parameters: [{ $ref: '#/components/parameters/None' }] } } },
    };

    expect(readApiDescription(JSON.stringify(document))).toEqual({
      server: 'https://orders.example.com',
      operations: [],
      leftOut: ['GET /a is no tool: its reference "#/components/parameters/None" leads to nothing in the document'],
    });
  });

  it('has an address without a path, or with a slash at its end', () => {
    const operation = {
      name: 'a',
      description: '',
      method: 'GET',
      path: '/a',
      parameters: [],
      body: { kind: 'none' },
      inputSchema: { type: 'object' },
    } as const;
    const addresses = ['https://a.example.com', 'https://a.example.com/v1/'].map(
      (server) => operationRequest(operation, new URL(server), {}).url.href,
    );

    expect(addresses).toEqual(['https://a.example.com/a', 'https://a.example.com/v1/a']);
  });
});
