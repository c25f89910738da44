import { join } from 'node:path';
import { aws_apigateway as apigateway, aws_lambda as lambda, Duration, Token } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import {
  ApiDocument,
  GatewayRateLimit,
  GatewayTool,
  OutboundCredential,
  WebAclFailureMode,
  type AgentGatewayProps,
  type FunctionToolOptions,
  type IGatewayTarget,
  type ToolDefinition,
} from '../../lib';
import { esbuildFindings } from '../../lib/gateway/esbuild';
import { testStack } from '../support/stack';
import { gatewayWith, openApiText, someFunction, stackIn } from './gateway-fixture';

const INPUT = { type: 'object', properties: {} } as const;
const tool = (more: Partial<ToolDefinition> = {}): ToolDefinition => ({
  name: 'find',
  description: 'Finds',
  input: INPUT,
  ...more,
});
const provider = { credentialProviderArn: 'arn:p', clientSecretArn: 'arn:s', apiKeySecretArn: 'arn:s' };
const oauth = OutboundCredential.oauth(provider, { scopes: ['read'] });
const apiKey = OutboundCredential.apiKey(provider);
const role = OutboundCredential.gatewayRole();
const signed = OutboundCredential.gatewayRole({ service: 'execute-api' });
const none = OutboundCredential.none();
const document = ApiDocument.fromInline(openApiText());
const model = ApiDocument.fromInline('{"smithy":"2.0"}');
const elsewhere = testStack();
const stage = apigateway.Stage.fromStageAttributes(elsewhere, 'Stage', {
  stageName: 'prod',
  restApi: apigateway.RestApi.fromRestApiId(elsewhere, 'Api', 'api'),
});

const openApi = (credential: OutboundCredential) => GatewayTool.openApi('api', { document, credential });
const smithy = (credential: OutboundCredential) => GatewayTool.smithy('api', { document: model, credential });
const mcp = (credential: OutboundCredential, url = 'https://mcp.example.com/mcp') =>
  GatewayTool.mcpServer('docs', { url, credential });
const apiGateway = (credential: OutboundCredential, path = '/orders', methods = ['GET']) =>
  GatewayTool.apiGateway('api', { stage, operations: path === '' ? [] : [{ path, methods }], credential });

const findingsOf = (
  props: Partial<AgentGatewayProps> | ((stack: Stack) => Partial<AgentGatewayProps>),
  stack?: Stack,
) => {
  try {
    gatewayWith(props, stack);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
const ofTool = (target: (stack: Stack) => IGatewayTarget) => findingsOf((stack) => ({ tools: [target(stack)] }));
const ofFunction = (options: Partial<FunctionToolOptions>) =>
  ofTool(() => GatewayTool.function('find', { description: 'Finds', input: INPUT, ...options }));
const ofTools = (target: string, ...tools: ToolDefinition[]) =>
  ofTool((stack) => GatewayTool.lambda(target, someFunction(stack), tools));
const entry = join(__dirname, 'fixtures', 'order-tool.ts');

describe('a gateway is refused for', () => {
  test.each<[string, string, RegExp]>([
    ['no tools', findingsOf({ tools: [] }), /^Test\/Gateway: tools is empty/],
    ['a target with an underscore', ofTools('my_orders', tool()), /target name "my_orders" is not one.*"my-orders"/],
    ['a target with two hyphens', ofTools('my--orders', tool()), /target name "my--orders" is not one/],
    ['a long target', ofTools('a'.repeat(101), tool()), /is not one: 1 to 100 letters/],
    ['a target named like a part of objects', ofTools('constructor', tool()), /"constructor" is one that every object/],
    [
      'a tool without an input',
      ofTools('orders', tool({ input: undefined as never })),
      /input is undefined, which is no/,
    ],
    ['a target named like every tool', ofTools('CallTool', tool()), /target name "CallTool" is that of every tool in/],
    ['a target named like everything', ofTools('Mcp', tool()), /target name "Mcp" is that of every tool in policies/],
    ['a target without a name', ofTools('', tool()), /target name "" is not one/],
    ['a tool with a space', ofTools('orders', tool({ name: 'find it' })), /tool name "find it" is not one/],
    ['a tool without a name', ofTools('orders', tool({ name: '' })), /tool name "" is not one/],
    ['a tool twice', ofTools('orders', tool(), tool()), /two tools are named "find"/],
    ['a target without tools', ofTools('orders'), /no tools are defined, so nothing/],
    ['a tool without a description', ofTools('orders', tool({ description: ' ' })), /"find" has no description/],
    [
      'a name that is too long for a model',
      ofTools('orders', tool({ name: 'a'.repeat(47) })),
      /sees the tool as "mcp__gw__orders___a+", which has 65 characters.*by 1$/,
    ],
    [
      'a schema that a gateway does not know',
      ofTools('orders', tool({ input: { ...INPUT, title: 'x' } as never })),
      /^Test\/Gateway: target "orders": tool "find": input has "title"/,
    ],
    [
      'such an output',
      ofTools('orders', tool({ output: { type: 'array' } as never })),
      /tool "find": output has the type "array"/,
    ],
    [
      'two targets of one name',
      findingsOf({ tools: [mcp(none), mcp(none)] }),
      /two targets are named "docs", which is part/,
    ],
    ['101 targets', findingsOf({ tools: Array.from({ length: 101 }, () => mcp(none)) }), /101 targets are given/],
    [
      '1,001 tools',
      ofTools('a', ...Array.from({ length: 1001 }, (_, index) => tool({ name: `t${index}` }))),
      /1001 tools are defined; a target has at most 1000/,
    ],
    ['neither a file nor a function', ofFunction({}), /neither entry nor function is given/],
    [
      'both',
      ofFunction({ entry, function: { functionArn: 'arn' } as lambda.IFunction }),
      /entry is given together with function/,
    ],
    [
      'a file that is missing',
      ofFunction({ entry: 'no/such.ts' }),
      /entry "no\/such.ts" is no file \(looked for at \//,
    ],
    ['a folder', ofFunction({ entry: __dirname }), /is no file/],
    ['a file of another kind', ofFunction({ entry: join(__dirname, '../../README.md') }), /neither TypeScript nor/],
    ['a long timeout', ofFunction({ entry, timeout: Duration.minutes(16) }), /timeout is 960 seconds; AWS Lambda/],
    ['a fraction of a second', ofFunction({ entry, timeout: Duration.millis(1500) }), /timeout is 1.5 seconds/],
    ['little memory', ofFunction({ entry, memorySize: 64 }), /memorySize is 64 MiB; AWS Lambda allows/],
    ['a server name in capitals', findingsOf({ serverName: 'Gw' }), /serverName "Gw" is not one/],
    ['the server name of the code interpreter', findingsOf({ serverName: 'ci' }), /that of a tool of the agent's own/],
    ['a name with an underscore', findingsOf({ gatewayName: 'my_gateway' }), /gatewayName "my_gateway" is not one/],
    [
      'a name in capitals',
      findingsOf({ gatewayName: 'Orders' }),
      /gatewayName "Orders" is not one.*small letters in ARNs/,
    ],
    ['a long name', findingsOf({ gatewayName: 'a'.repeat(49) }), /gatewayName "a+" is not one/],
    [
      'a long description',
      findingsOf({ description: 'a'.repeat(201) }),
      /has 201 characters; AgentCore allows 1 to 200/,
    ],
    ['a tag of AWS', findingsOf({ tags: { 'aws:x': 'y' } }), /tag "aws:x" begins with "aws:"/],
    [
      'a web ACL of CloudFront',
      findingsOf({
        webAcl: { webAclRef: { webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/a/b' } } as never,
      }),
      /is not regional, and those of CloudFront do not fit/,
    ],
    [
      'a web ACL of another Region',
      findingsOf(
        { webAcl: { webAclRef: { webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/b' } } as never },
        stackIn({ region: 'eu-central-1', account: '111122223333' }),
      ),
      /the web ACL is in us-east-1, and the gateway in eu-central-1/,
    ],
    [
      'what to do without a web ACL',
      findingsOf({ webAclFailureMode: WebAclFailureMode.OPEN }),
      /webAclFailureMode is given without webAcl/,
    ],
    [
      'a rate of nothing',
      findingsOf({ rateLimits: [GatewayRateLimit.perCaller({ perMinute: 0 })] }),
      /a rate limit is 0 requests/,
    ],
    [
      'two rates',
      findingsOf({ rateLimits: [GatewayRateLimit.perCaller({ perMinute: 1, perSecond: 1 })] }),
      /has perSecond and perMinute, or neither/,
    ],
    [
      'two limits of one thing',
      findingsOf({ rateLimits: [1, 2].map((perMinute) => GatewayRateLimit.perCaller({ perMinute })) }),
      /two rate limits are for the same \(Caller\)/,
    ],
    [
      'a limit of a tool that is not there',
      findingsOf({ rateLimits: [GatewayRateLimit.perTool({ target: 'orders', name: 'pay' }, { perMinute: 1 })] }),
      /is for "orders___pay", which is no tool of the gateway \(find-order___find_order\)/,
    ],
    [
      'a limit of a target that is not there',
      findingsOf({
        tools: [mcp(none)],
        rateLimits: [GatewayRateLimit.perTool({ target: 'doc', name: 'find' }, { perMinute: 1 })],
      }),
      /is for "doc___find", which is no tool of the gateway \(docs___…\)/,
    ],
    [
      'an address without TLS',
      ofTool(() => mcp(none, 'http://x/mcp')),
      /"http:\/\/x\/mcp" of an MCP server is not one/,
    ],
    ['an address with a password', ofTool(() => mcp(none, 'https://a:b@x/mcp')), /of an MCP server is not one/],
    [
      'an API without a stage',
      ofTool((stack) => {
        const { deploymentStage } = new apigateway.RestApi(stack, 'Api', { deploy: false });
        return GatewayTool.apiGateway('api', { stage: deploymentStage, operations: [{ path: '/', methods: ['GET'] }] });
      }),
      /stage is undefined: an API that is imported.*define a Stage, or import/,
    ],
    ['a path for all that follows', ofTool(() => apiGateway(role, '/a/{proxy+}')), /"\/a\/{proxy\+}" is one for all/],
    ['an API without operations', ofTool(() => apiGateway(role, '')), /operations is empty/],
    ['a path that is none', ofTool(() => apiGateway(role, 'orders')), /path "orders" of an operation does not begin/],
    [
      'a path that only the deployment knows',
      ofTool(() => apiGateway(role, Token.asString({ Ref: 'Path' }))),
      /the path of an operation is only known at deployment/,
    ],
    ['a path without methods', ofTool(() => apiGateway(role, '/orders', [])), /path "\/orders" has no methods/],
    [
      'a method that is none',
      ofTool(() => apiGateway(role, '/orders', ['get'])),
      /method "get" of the path "\/orders"/,
    ],
    [
      'an empty document',
      ofTool(() => GatewayTool.smithy('a', { document: ApiDocument.fromInline('') })),
      /has 0 characters/,
    ],
    [
      'a missing document',
      ofTool(() => GatewayTool.smithy('a', { document: ApiDocument.fromFile('no') })),
      /API "no" is no file/,
    ],
    [
      'several objects',
      ofTool(() => GatewayTool.smithy('a', { document: ApiDocument.fromBucket({} as never, 'models/*') })),
      /the key "models\/\*" of the description of an API/,
    ],
    [
      'a provider without its secret',
      ofTool(() => openApi(OutboundCredential.oauth({ credentialProviderArn: 'arn:p' }, { scopes: ['a'] }))),
      /the credential provider has no clientSecretArn/,
    ],
    ['no scopes', ofTool(() => openApi(OutboundCredential.oauth(provider, { scopes: [] }))), /scopes of an OAuth/],
    [
      'a key in two places',
      ofTool(() => openApi(OutboundCredential.apiKey(provider, { header: 'X-Key', queryParameter: 'key' }))),
      /in the header "X-Key" and in the query parameter "key"/,
    ],
    [
      'a key in a header that is none',
      ofTool(() => openApi(OutboundCredential.apiKey(provider, { header: 'bad header\r\n' }))),
      /in the header "bad header\\r\\n", and headers have no such name/,
    ],
    [
      'a key in a query parameter that is none',
      ofTool(() => openApi(OutboundCredential.apiKey(provider, { queryParameter: 'a&b' }))),
      /in the query parameter "a&b", which is no plain name/,
    ],
    [
      'a key behind two lines',
      ofTool(() => openApi(OutboundCredential.apiKey(provider, { prefix: 'a\nb' }))),
      /the prefix of an API key is "a\\nb"; give 1 to 64/,
    ],
    [
      'a service that is none',
      ofTool(() => openApi(OutboundCredential.gatewayRole({ service: 'Execute API' }))),
      /service "Execute API" is not that of a signature/,
    ],
  ])('%s', (_, message, expected) => {
    expect(message).toMatch(expected);
  });

  test('everything at once', () => {
    expect(findingsOf({ tools: [mcp(none, 'x'), mcp(none)], serverName: 'GW', description: '' })).toMatch(
      /^Test\/Gateway:\n.*serverName.*\n.*description.*\n.*two targets.*\n.*"x" of an MCP server/,
    );
  });
});

// The table of the developer guide ("Set up outbound authorization for your gateway").
describe.each<[string, (credential: OutboundCredential) => IGatewayTarget, Record<string, boolean>]>([
  ['an API stage', apiGateway, { none: true, role: true, signed: false, oauth: false, apiKey: true }],
  ['OpenAPI', openApi, { none: true, role: false, signed: true, oauth: true, apiKey: true }],
  ['Smithy', smithy, { none: false, role: true, signed: false, oauth: true, apiKey: false }],
  ['an MCP server', mcp, { none: true, role: false, signed: true, oauth: true, apiKey: true }],
])('%s', (kind, target, taken) => {
  const credentials: Record<string, OutboundCredential> = { none, role, signed, oauth, apiKey };

  test.each(Object.entries(taken))(`with the credential %s is taken: %s`, (name, isTaken) => {
    const message = ofTool(() => target(credentials[name] ?? none));
    if (isTaken) expect(message).toBe('');
    else expect(message).toContain(`target "${kind === 'an MCP server' ? 'docs' : 'api'}": ${kind} `);
  });
});

test('a target that everyone can use past the gateway is warned of', () => {
  const { stack } = gatewayWith({ tools: [mcp(none)] });
  Annotations.fromStack(stack).hasWarning(
    '/Test/Gateway',
    Match.stringLikeRegexp('"docs" is called without a credential'),
  );
});

describe('a function that works longer than an agent waits', () => {
  const warnings = (target: (stack: Stack) => IGatewayTarget) => {
    const { stack } = gatewayWith((scope) => ({ tools: [target(scope)] }));
    return Annotations.fromStack(stack)
      .findWarning('*', Match.stringLikeRegexp('an agent waits 290 seconds for a tool.*toolOutlastsAgent'))
      .map(({ id }) => id);
  };
  const file = (seconds: number) =>
    GatewayTool.function('slow', { entry, description: 'Waits', input: INPUT, timeout: Duration.seconds(seconds) });
  const given = (stack: Stack) =>
    new lambda.Function(stack, 'Slow', {
      runtime: lambda.Runtime.NODEJS_LATEST,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => ({});'),
      timeout: Duration.minutes(5),
    });

  test('is warned of where it is a file', () => {
    expect(warnings(() => file(291))).toEqual(['/Test/Gateway/Targets/slow']);
    expect(warnings(() => file(290))).toEqual([]);
  });

  test('is warned of where it is given', () => {
    expect(warnings((stack) => GatewayTool.lambda('work', given(stack), [tool()]))).toEqual([
      '/Test/Gateway/Targets/work',
    ]);
    expect(warnings((stack) => GatewayTool.lambda('work', someFunction(stack), [tool()]))).toEqual([]);
  });
});

test('a function is only ever called with the role of the gateway', () => {
  const { template } = gatewayWith((stack) => ({
    tools: [GatewayTool.lambda('orders', someFunction(stack), [tool()])],
  }));
  template.hasResourceProperties('AWS::BedrockAgentCore::GatewayTarget', {
    CredentialProviderConfigurations: [
      { CredentialProviderType: 'GATEWAY_IAM_ROLE', CredentialProvider: Match.absent() },
    ],
  });
});

test('esbuild that is missing is named, with what to run', () => {
  expect(esbuildFindings()).toEqual([]);
  expect(esbuildFindings(['/'])).toEqual([expect.stringContaining('npm install --save-dev esbuild')]);
});

test('findings about files are not about a stack that bundles nothing', () => {
  const stack = testStack();
  stack.node.setContext('aws:cdk:bundling-stacks', []);
  expect(
    findingsOf({ tools: [GatewayTool.function('find', { entry, description: 'Finds', input: INPUT })] }, stack),
  ).toBe('');
});

describe('in plain JavaScript', () => {
  const js = (build: (options: never) => IGatewayTarget, options?: unknown) => () => {
    gatewayWith({ tools: [build(options as never)] });
  };
  const { openApi, smithy, apiGateway: api, mcpServer, agentRuntime } = GatewayTool;

  test.each([
    [
      'OpenAPI',
      js((options) => openApi('p', options), {}),
      /openApi\("p"\):\n.*document is missing.*\n.*credential is/,
    ],
    ['Smithy', js((options) => smithy('p', options)), 'GatewayTool.smithy("p"): document is missing'],
    ['an API', js((options) => api('p', options)), 'GatewayTool.apiGateway("p"): operations is missing'],
    ['a server', js((options) => mcpServer('p', options), { url: 'https://a' }), '"p"): credential is missing'],
    ['a runtime', js((options) => agentRuntime('p', options), {}), 'GatewayTool.agentRuntime("p"): runtime is missing'],
    [
      'a stage by its name',
      js((options) => api('p', options), { stage: 'prod', operations: [{ path: '/', methods: ['GET'] }] }),
      'target "p": stage is "prod", and is to be the construct of a stage; give deploymentStage of the API',
    ],
  ])('%s that is not told whole is refused in a sentence', (_, define, message) => {
    expect(define).toThrow(message);
  });
});
