import {
  aws_apigateway as apigateway,
  aws_bedrockagentcore as agentcore,
  aws_iam as iam,
  aws_secretsmanager as secretsmanager,
  type Stack,
} from 'aws-cdk-lib';
import {
  AgentGateway,
  ApiDocument,
  GatewayTool,
  OAuthConnection,
  OAuthVendor,
  OutboundCredential,
} from '../../../../lib';
import { deployedAddress, GatewayRun } from './support/gateway-run';
import type { LoopbackServer } from './support/loopback-server';
import { mcpServer } from './support/mcp-server';
import { ordersApi, ordersDocument } from './support/orders-api';
import { CLIENT_SECRET, TOKEN, tokenProvider } from './support/token-provider';

const INVOKE = 'bedrock-agentcore:InvokeGateway';

let run: GatewayRun | undefined;
const servers: LoopbackServer[] = [];

afterEach(async () => {
  await run?.remove();
  run = undefined;
  for (const server of servers.splice(0)) await server.stop();
});

async function started(server: LoopbackServer): Promise<LoopbackServer> {
  servers.push(await server.start());
  return server;
}

describe('a target that the role of the gateway signs for', () => {
  let api: LoopbackServer;

  beforeEach(async () => {
    api = await started(ordersApi());
  });

  /** A gateway in front of another one, which it reaches as every caller does. */
  const twoGateways = (isGranted: boolean): GatewayRun =>
    new GatewayRun((stack) => {
      const inner = new AgentGateway(stack, 'Inner', {
        gatewayName: 'inner',
        tools: [
          GatewayTool.openApi('orders', {
            document: ApiDocument.fromInline(JSON.stringify(ordersDocument(api.url))),
            credential: OutboundCredential.none(),
          }),
        ],
      });
      return {
        debug: true,
        tools: [
          GatewayTool.mcpServer('inner', {
            url: inner.gatewayUrl,
            credential: OutboundCredential.gatewayRole({
              service: 'bedrock-agentcore',
              ...(isGranted
                ? { statements: [new iam.PolicyStatement({ actions: [INVOKE], resources: [inner.gatewayArn] })] }
                : {}),
            }),
          }),
        ],
      };
    });

  it('takes its calls, as the role that it is', async () => {
    run = await twoGateways(true).start();

    expect(await run.toolNames()).toContain('inner___orders___get_order');
    expect((await run.call('inner___orders___get_order', { orderId: '1' })).isError).toBe(false);
    expect(api.seen).toHaveLength(1);
    expect((await run.stop()).filter((line) => line.startsWith('denied'))).toEqual([]);
  });

  it('takes no calls of a role that may not', async () => {
    run = await twoGateways(false).start();

    expect(await run.toolNames()).toEqual([]);
    expect(api.seen).toEqual([]);
    expect((await run.stop()).join('\n')).toMatch(/denied .* bedrock-agentcore:InvokeGateway .*\/shop$/m);
  });

  it('is told when it is a service of AWS, which does not know the credentials of a run', async () => {
    run = await new GatewayRun(() => ({
      tools: [
        GatewayTool.openApi('orders', {
          document: ApiDocument.fromInline(
            JSON.stringify(ordersDocument('https://a1.execute-api.us-east-1.amazonaws.com')),
          ),
          credential: OutboundCredential.gatewayRole({ service: 'execute-api' }),
        }),
      ],
    })).start();

    expect(run.told).toContain(
      'the target orders of gateway shop: a1.execute-api.us-east-1.amazonaws.com will refuse its calls: they are signed with credentials of this run',
    );
  });
});

describe('a target that takes tokens', () => {
  let server: LoopbackServer;
  let provider: LoopbackServer;

  beforeEach(async () => {
    server = await started(mcpServer());
    provider = await started(tokenProvider());
  });

  const withTokens = (vendor: (stack: Stack) => OAuthVendor): GatewayRun =>
    new GatewayRun((stack) => ({
      tools: [
        GatewayTool.mcpServer('handbook', {
          url: deployedAddress(stack, `${server.url}/mcp`),
          credential: OutboundCredential.oauth(
            new OAuthConnection(stack, 'Provider', {
              vendor: vendor(stack),
              connectionName: 'IDP',
              clientId: 'the-client',
              clientSecret: new secretsmanager.Secret(stack, 'ClientSecret', { secretName: 'idp-client' }),
              scopes: [],
              returnUrl: 'https://agent.example.com/oauth/return',
            }),
            { scopes: ['pages:read', 'pages:find'], customParameters: { audience: 'handbook' } },
          ),
        }),
      ],
    }));

  const discovered = (stack: Stack): OAuthVendor =>
    OAuthVendor.custom({
      vendorId: 'idp',
      discoveryUrl: deployedAddress(stack, `${provider.url}/.well-known/openid-configuration`, 'Discovery'),
    });

  const SECRETS = { 'idp-client': { clientSecret: CLIENT_SECRET } };

  it.each<[string, (stack: Stack) => OAuthVendor]>([
    ['a discovery document', discovered],
    [
      'a token endpoint',
      (stack) =>
        OAuthVendor.okta({
          issuer: 'https://idp.example.com',
          authorizationEndpoint: 'https://idp.example.com/authorize',
          tokenEndpoint: deployedAddress(stack, `${provider.url}/token`, 'Tokens'),
        }),
    ],
  ])('gets one of the gateway itself, by %s, for as long as it is good', async (_, vendor) => {
    run = await withTokens(vendor).start(SECRETS);
    expect((await run.call('handbook___fail')).text).toBe('no luck with Bearer <credential>');
    const asked = provider.seen.filter(({ url }) => url === '/token');

    expect(asked.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))).toEqual([
      { grant_type: 'client_credentials', scope: 'pages:read pages:find', audience: 'handbook' },
    ]);
    expect([...new Set(server.seen.map(({ headers }) => headers.authorization))]).toEqual([`Bearer ${TOKEN}`]);
    expect(run.told).not.toContain(TOKEN);
    expect(run.told).not.toContain(CLIENT_SECRET);
  });

  it('is asked for another one when one is over', async () => {
    await provider.stop();
    servers.splice(servers.indexOf(provider), 1);
    provider = await started(tokenProvider(1));
    run = await withTokens(discovered).start(SECRETS);

    expect(provider.seen.filter(({ url }) => url === '/token').length).toBeGreaterThan(1);
    expect(await run.toolNames()).toHaveLength(6);
  });

  it('is not called when the provider refuses the client, whose secret is not told', async () => {
    run = await withTokens(discovered).start({ 'idp-client': { clientSecret: 'another' } });

    expect(run.told).toContain(`the OAuth provider at ${provider.url} answered 401 (invalid_client), not with a token`);
    expect(run.told).not.toContain('another');
    expect(server.seen).toEqual([]);
  });

  it.each(['secretsmanager:GetSecretValue', 'bedrock-agentcore:GetResourceOauth2Token'])(
    'is not called by a gateway whose role may not %s',
    async (action) => {
      run = await withTokens(discovered).withoutAction(action).start(SECRETS);

      expect(run.told).toMatch(new RegExp(`has no tools here: .* is not authorized to perform: ${action}`));
      expect([...server.seen, ...provider.seen]).toEqual([]);
    },
  );

  it('is told when nobody knows where its provider gives them', async () => {
    run = await withTokens(() => OAuthVendor.google()).start(SECRETS);

    expect(run.told).toMatch(/the template does not say where the OAuth provider .* gives tokens/);
  });
});

describe('what is not run', () => {
  it('is told for each target, and the others run', async () => {
    const server = await started(mcpServer());
    run = await new GatewayRun((stack) => {
      const restApi = new apigateway.RestApi(stack, 'Rest');
      restApi.root.addMethod('GET');
      return {
        tools: [
          GatewayTool.mcpServer('handbook', {
            url: deployedAddress(stack, `${server.url}/mcp`),
            credential: OutboundCredential.none(),
          }),
          GatewayTool.mcpServer('plain', {
            url: deployedAddress(stack, 'http://docs.example.com/mcp', 'Plain'),
            credential: OutboundCredential.none(),
          }),
          GatewayTool.smithy('model', { document: ApiDocument.fromInline('{"smithy":"2.0"}') }),
          GatewayTool.apiGateway('rest', {
            stage: restApi.deploymentStage,
            operations: [{ path: '/', methods: ['GET'] }],
          }),
          GatewayTool.agentRuntime('other', {
            runtime: agentcore.Runtime.fromAgentRuntimeAttributes(stack, 'Other', {
              agentRuntimeArn: 'arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/other-0123456789',
              agentRuntimeId: 'other-0123456789',
              agentRuntimeName: 'other',
              roleArn: 'arn:aws:iam::111122223333:role/other',
              agentRuntimeVersion: '1',
            }),
          }),
        ],
      };
    }).start();
    const reasonOf = (target: string): string | undefined =>
      run?.lines.find((line) => line.startsWith(`the target ${target} of gateway shop has no tools here: `));

    expect(reasonOf('plain')).toContain('begins with http://docs.example.com; a gateway calls https');
    expect(reasonOf('model')).toContain('it is of the kind SmithyModel');
    expect(reasonOf('rest')).toContain('it is of the kind ApiGateway');
    expect(reasonOf('other')).toContain('runtimes of the protocol MCP are not run locally');
    expect(await run.toolNames()).toHaveLength(6);
  });
});
