import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lazy, Token } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import {
  ApiDocument,
  GatewayPolicy,
  GatewayRateLimit,
  GatewayTool,
  OutboundCredential,
  type AgentGatewayProps,
} from '../../lib';
import { gatewayWith, openApiText } from './gateway-fixture';

const credential = OutboundCredential.oauth(
  { credentialProviderArn: 'arn:p', clientSecretArn: 'arn:s' },
  { scopes: ['read'] },
);
const openApi = (text: string) => GatewayTool.openApi('shop', { document: ApiDocument.fromInline(text), credential });
const smithy = (text: string) => GatewayTool.smithy('shop', { document: ApiDocument.fromInline(text) });

/** The description of the fixture, changed. */
const changed = (change: object) => JSON.stringify({ ...(JSON.parse(openApiText()) as object), ...change });

function said(props: Partial<AgentGatewayProps>): string {
  try {
    gatewayWith(props);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const servers = (url: string) => [{ url }];
const get = (operation: object) => ({ '/orders': { get: operation } });

test.each([
  ['JSON of OpenAPI 3.0', openApi(openApiText())],
  ['JSON of OpenAPI 3.1', openApi(changed({ openapi: '3.1.0' }))],
  ['JSON with a byte order mark', openApi(`\uFEFF${openApiText()}`)],
  ['YAML with a byte order mark', openApi('\uFEFFopenapi: 3.0.3')],
  ['a Smithy model with a byte order mark', smithy('\uFEFF{"smithy":"2.0"}')],
  ['an address in capitals', openApi(changed({ servers: servers('HTTPS://A.EXAMPLE.COM') }))],
  ['an address whose scheme is a variable', openApi(changed({ servers: servers('{scheme}://a.example.com') }))],
  ['YAML', openApi('# Orders\nopenapi: "3.0.3"\npaths: {}')],
  ['an address that only the deployment knows', openApi(changed({ servers: servers(Token.asString({ Ref: 'Url' })) }))],
  ['a text that only the deployment knows', openApi(Lazy.string({ produce: () => openApiText() }))],
  [
    'operations with addresses of their own',
    openApi(changed({ servers: [], paths: get({ operationId: 'a', servers: servers('https://a.example.com') }) })),
  ],
  ['a Smithy model', smithy('{"smithy":"2.0"}')],
  ['a Smithy model that only the deployment knows', smithy(Token.asString({ Ref: 'Model' }))],
])('a description is taken that is %s', (_, target) => {
  expect(said({ tools: [target] })).toBe('');
});

test.each([
  ['is no document', openApi('nonsense'), 'is neither JSON nor YAML of which a line begins with "openapi"'],
  ['is broken JSON', openApi('{"openapi":"3.0.0",}'), 'in JSON where it begins with a brace'],
  ['is Swagger', openApi('{"swagger":"2.0"}'), 'has no "openapi", and gateways read OpenAPI 3.0 and 3.1'],
  ['is a list', openApi('[]'), 'has no "openapi"'],
  ['is of a later version', openApi(changed({ openapi: '3.2.0' })), 'has "openapi": "3.2.0", and gateways'],
  ['is YAML of another version', openApi('openapi: 4.0.0'), 'has "openapi": "4.0.0", and gateways read'],
  ['has no paths', openApi(changed({ paths: {} })), 'has no operation, so that nothing can be called'],
  [
    'has no names',
    openApi(changed({ paths: get({}) })),
    'no operation of the API (GET /orders) has an operationId, which is the name of a tool',
  ],
  [
    'has a name that only the deployment knows',
    openApi(openApiText(Token.asString({ Ref: 'Name' }))),
    'the name of a tool is only known at deployment',
  ],
  ['has no address', openApi(changed({ servers: undefined })), 'POST /find of the API: no "servers", or'],
  [
    'begins with a relative address',
    openApi(changed({ servers: [...servers('/v1'), ...servers('https://a.example.com')] })),
    'the first address in it begins neither with https:// or http:// nor with a variable in braces',
  ],
  ['is no model of Smithy', smithy(openApiText()), 'is no Smithy model as JSON, an object with "smithy"'],
  ['is written in Smithy', smithy('$version: "2"'), 'becomes one with "smithy ast"'],
])('a description is refused that %s', (_, target, message) => {
  expect(said({ tools: [target] })).toMatch(/^Test\/Gateway: target "shop": /);
  expect(said({ tools: [target] })).toContain(message);
});

test('two operations of one name are refused', () => {
  const paths = { ...get({ operationId: 'find' }), '/carts': { get: { operationId: 'find' } } };
  expect(said({ tools: [openApi(changed({ paths }))] })).toContain('two tools are named "find"');
});

test('a file is read as a text is', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-'));
  const file = join(directory, 'api.json');
  writeFileSync(file, '{"swagger":"2.0"}');
  const message = said({ tools: [GatewayTool.openApi('shop', { document: ApiDocument.fromFile(file), credential })] });
  rmSync(directory, { recursive: true });
  expect(message).toContain('has no "openapi"');
});

test('operations without a name are warned of beside others', () => {
  const paths = { '/orders': { get: { operationId: 'find' }, delete: {} } };
  const { stack } = gatewayWith({ tools: [openApi(changed({ paths }))] });
  Annotations.fromStack(stack).hasWarning(
    '/Test/Gateway/Targets/shop',
    Match.stringLikeRegexp('^DELETE /orders of the API: no operationId, so that it is no tool.*operationWithoutName'),
  );
});

test.each([
  ['signs that no model takes', ['orders.find', 'repos/list'], '\\(orders\\.find, repos/list\\)'],
  ['a name that is too long', ['a'.repeat(49)], `\\(a{49}\\)`],
])('operations with %s are warned of, because the agent has an alias for them', (_, names, listed) => {
  const { stack } = gatewayWith({ tools: [openApi(openApiText('a'.repeat(48), ...names))] });
  Annotations.fromStack(stack).hasWarning(
    '/Test/Gateway',
    Match.stringLikeRegexp(
      `^the target "shop" has tools whose names Amazon Bedrock does not take ${listed}: .*mcp__gw__shop___<tool>; the agent .* under an alias.*toolWithAlias`,
    ),
  );
});

test('operations with names that models take are not warned of', () => {
  const { stack } = gatewayWith({ tools: [openApi(openApiText('a'.repeat(48), 'Find_it-2'))] });
  Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('toolWithAlias'));
});

describe('the operations of an API that can be read', () => {
  const tools = [openApi(openApiText('find', 'place'))];
  const policed = (tool: string) =>
    said({ tools, policies: [GatewayPolicy.permit({ name: 'p', tools: [tool], acceptFindings: true })] });
  const limited = (name: string) =>
    said({ tools, rateLimits: [GatewayRateLimit.perTool({ target: 'shop', name }, { perMinute: 1 })] });

  test('are known to policies', () => {
    expect(policed('shop___find')).toBe('');
    expect(policed('shop___fnd')).toMatch(
      /names the tool "shop___fnd", which the gateway does not have; it has shop___find, shop___place.*shop___find/,
    );
  });

  test('are known to limits', () => {
    expect(limited('place')).toBe('');
    expect(limited('cancel')).toContain('"shop___cancel", which is no tool of the gateway (shop___find, shop___place)');
  });
});
