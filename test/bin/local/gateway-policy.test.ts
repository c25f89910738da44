import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { pageClient, signIn } from './support/browser';
import { ForgedTokens } from './support/forged-tokens';
import { connectMcp, textOf } from './support/mcp-client';
import { POOL, signInRuntime } from './support/pool-app';
import { TestRun } from './support/test-run';
import { gatewayResources } from './support/tool-app';

const AUTHORIZER = {
  AuthorizerType: 'CUSTOM_JWT',
  AuthorizerConfiguration: signInRuntime().properties?.AuthorizerConfiguration,
};

const ENGINE_ACCESS = {
  Effect: 'Allow',
  Action: [
    'bedrock-agentcore:GetPolicyEngine',
    'bedrock-agentcore:AuthorizeAction',
    'bedrock-agentcore:PartiallyAuthorizeActions',
  ],
  Resource: [
    { 'Fn::GetAtt': ['Engine', 'PolicyEngineArn'] },
    { 'Fn::Sub': 'arn:aws:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:gateway/shop-??????????' },
  ],
};

const POLICIES = {
  everybody_looks_up: `permit(principal is AgentCore::OAuthUser, action == AgentCore::Action::"orders___get_order", resource);`,
  alice_refunds: `permit(principal is AgentCore::OAuthUser, action == AgentCore::Action::"orders___refund", resource)
    when { principal.hasTag("username") && principal.getTag("username") == "alice" && context.input has amount && context.input.amount <= 100 };`,
};

function policed(mode: string, statements: readonly object[] = [ENGINE_ACCESS]): Record<string, unknown> {
  return {
    ...POOL,
    ...gatewayResources({
      statements,
      gateway: {
        ...AUTHORIZER,
        PolicyEngineConfiguration: { Arn: { 'Fn::GetAtt': ['Engine', 'PolicyEngineArn'] }, Mode: mode },
      },
    }),
    Engine: { Type: 'AWS::BedrockAgentCore::PolicyEngine', Properties: { Name: 'shop_rules' } },
    ...Object.fromEntries(
      Object.entries(POLICIES).map(([Name, Statement], index) => [
        `Policy${String(index)}`,
        {
          Type: 'AWS::BedrockAgentCore::Policy',
          Properties: {
            Name,
            PolicyEngineId: { 'Fn::GetAtt': ['Engine', 'PolicyEngineId'] },
            Definition: { Cedar: { Statement } },
          },
        },
      ]),
    ),
  };
}

let run: TestRun;
const made: Client[] = [];

async function start(resources: Record<string, unknown>): Promise<void> {
  run = await new TestRun([signInRuntime()], resources).start();
}

afterEach(async () => {
  for (const client of made.splice(0)) await client.close();
  await run.remove();
});

async function connect(token: string): Promise<Client> {
  const client = await connectMcp(run.up.gateways[0]?.url ?? '', (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(url, { ...init, headers });
  });
  made.push(client);
  return client;
}

const as = async (username: string): Promise<Client> =>
  connect((await signIn(pageClient(run.up), username)).access_token);

async function call(client: Client, name: string, input: object): Promise<string> {
  return textOf(await client.callTool({ name, arguments: { ...input } }));
}

describe('a gateway with policies that are enforced', () => {
  beforeEach(() => start(policed('ENFORCE')));

  it('shows users the tools that they may call in some way, and finds no others', async () => {
    const names = async (client: Client): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name);
    const search = async (client: Client): Promise<string> =>
      call(client, 'x_amz_bedrock_agentcore_search', { query: 'gives money back' });
    const [alice, bob] = [await as('alice'), await as('bob')];

    expect(await names(alice)).toEqual(['x_amz_bedrock_agentcore_search', 'orders___get_order', 'orders___refund']);
    expect(await names(bob)).toEqual(['x_amz_bedrock_agentcore_search', 'orders___get_order']);
    expect(await search(alice)).toContain('orders___refund');
    expect(await search(bob)).not.toContain('orders___refund');
  });

  it('lets through what a policy permits for this user and this input', async () => {
    const [alice, bob] = [await as('alice'), await as('bob')];
    const denied =
      'Tool Execution Denied: Tool call not allowed due to policy enforcement [no policy of the gateway permits orders___refund with this input]';

    expect(await call(alice, 'orders___refund', { do: 'say', amount: 100 })).toBe('"said"');
    expect(await call(alice, 'orders___refund', { do: 'say', amount: 101 })).toBe(denied);
    expect(await call(alice, 'orders___refund', { do: 'say' })).toBe(denied);
    expect(await call(bob, 'orders___refund', { do: 'say', amount: 1 })).toBe(denied);
    expect(await call(bob, 'orders___get_order', { do: 'say' })).toBe('"said"');
  });

  it('takes nobody without a good token, and says where tokens come from', async () => {
    const url = run.up.gateways[0]?.url ?? '';
    const user = await signIn(pageClient(run.up), 'alice');
    const forged = new ForgedTokens(run.state, user.access_token);
    const now = Math.floor(Date.now() / 1000);

    for (const token of [
      '',
      'nonsense',
      user.id_token ?? '',
      await forged.with({ exp: now + 30 }),
      await forged.with({ client_id: 'other' }),
      await forged.byStranger(),
      await forged.byPublicKey(),
      forged.unsigned(),
    ]) {
      const reply = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: '{}' });
      expect([token, reply.status]).toEqual([token, 401]);
      const [, metadata = ''] = /resource_metadata="(.+)"$/.exec(reply.headers.get('www-authenticate') ?? '') ?? [];
      expect(await (await fetch(metadata)).json()).toMatchObject({
        resource: url,
        authorization_servers: [run.up.userPools[0]?.issuer],
      });
    }
  });
});

describe('a gateway with policies', () => {
  it('that only write down what they decide lets everything through', async () => {
    await start(policed('LOG_ONLY'));

    expect(await call(await as('bob'), 'orders___refund', { do: 'say', amount: 1000 })).toBe('"said"');
  });

  it('whose role may not ask the engine lets nothing through', async () => {
    await start(policed('ENFORCE', []));
    const alice = await as('alice');

    await expect(alice.listTools()).rejects.toThrow('An internal error occurred');
    expect(run.lines.join('\n')).toContain('is not authorized to perform: bedrock-agentcore:GetPolicyEngine');
    expect(await call(alice, 'orders___get_order', { do: 'say' })).toBe(
      'An internal error occurred. Please retry later.',
    );
  });
});
