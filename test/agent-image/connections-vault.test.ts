import type { OAuthConnectionConfig } from '../../agent-image/src/config/connections';
import { readApiKeys } from '../../agent-image/src/connections/api-keys';
import { LinkRequired } from '../../agent-image/src/connections/link-required';
import { TokenVault } from '../../agent-image/src/connections/token-vault';
import { readRequestTokens, SessionTokens } from '../../agent-image/src/user-identity/request-tokens';
import { ScriptedAws } from './support/scripted-aws';

const NEVER = new AbortController().signal;
const GITHUB: OAuthConnectionConfig = {
  kind: 'oauth2',
  name: 'gh',
  vendor: 'github',
  provider: 'github-a1b2',
  scopes: ['repo'],
  returnUrl: 'https://agent.example.com/oauth/return',
};
const LINK = { authorizationUrl: 'https://identity.example.com/authorize?request_uri=urn:1', sessionUri: 'urn:flow:1' };
const ENVIRONMENT = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_ENDPOINT_URL_BEDROCK_AGENTCORE'];

let identity: ScriptedAws;
let tokens: SessionTokens;
let vault: TokenVault;

beforeEach(async () => {
  identity = await ScriptedAws.start(() => ({ body: { accessToken: 'gho_1' } }));
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example-secret',
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: identity.url,
  });
  tokens = new SessionTokens();
  tokens.take('ada', { workloadToken: 'wat-1' });
  vault = new TokenVault('eu-west-1', tokens);
});
afterEach(async () => {
  vault.close();
  await identity.close();
  for (const name of ENVIRONMENT) Reflect.deleteProperty(process.env, name);
});

const linkOf = async (isRefused = false): Promise<unknown> => {
  const error: unknown = await vault.oauthToken(GITHUB, NEVER, isRefused).catch((reason: unknown) => reason);
  if (!(error instanceof LinkRequired)) throw new Error(`no link: ${String(error)}`);
  return error.link;
};

test('the token of a linked account is asked for with the agent’s identity for the user', async () => {
  await expect(vault.oauthToken(GITHUB, NEVER)).resolves.toBe('gho_1');
  expect(identity.calls.map(({ path, body }) => ({ path, body }))).toEqual([
    {
      path: '/identities/oauth2/token',
      body: {
        workloadIdentityToken: 'wat-1',
        resourceCredentialProviderName: 'github-a1b2',
        scopes: ['repo'],
        oauth2Flow: 'USER_FEDERATION',
        resourceOauth2ReturnUrl: GITHUB.returnUrl,
      },
    },
  ]);
});

test('the identity is that of the newest request, by either header of AgentCore', async () => {
  tokens.take('ada', readRequestTokens({ workloadaccesstoken: 'wat-2' }));
  await vault.oauthToken(GITHUB, NEVER);
  tokens.take(
    'ada',
    readRequestTokens({ 'x-amz-bedrock-agentcore-identity-wat': 'wat-3', workloadaccesstoken: 'wat-2' }),
  );
  await vault.oauthToken(GITHUB, NEVER);
  expect(identity.calls.map(({ body }) => body.workloadIdentityToken)).toEqual(['wat-2', 'wat-3']);
});

test('an account that is not linked leads to a link, and the flow is asked about from then on', async () => {
  identity.script = () => ({ body: LINK });
  expect(await linkOf()).toEqual({ connection: 'gh', url: LINK.authorizationUrl, sessionUri: LINK.sessionUri });
  identity.script = () => ({ body: { ...LINK, sessionStatus: 'IN_PROGRESS' } });
  await linkOf();
  identity.script = () => ({ body: { accessToken: 'gho_2' } });
  await expect(vault.oauthToken(GITHUB, NEVER)).resolves.toBe('gho_2');
  await vault.oauthToken(GITHUB, NEVER);
  const flows = identity.calls.map(({ body }) => body.sessionUri);
  expect(flows).toEqual([undefined, LINK.sessionUri, LINK.sessionUri, undefined]);
});

test.each([
  ['was denied by the person', () => ({ body: { sessionStatus: 'FAILED' } })],
  ['is not known any more', () => ({ status: 400, type: 'ValidationException' })],
  ['is gone', () => ({ status: 404, type: 'ResourceNotFoundException' })],
])('a flow that %s is followed by another one', async (_what, over) => {
  identity.script = () => ({ body: LINK });
  await linkOf();
  const next = {
    authorizationUrl: 'https://identity.example.com/authorize?request_uri=urn:2',
    sessionUri: 'urn:flow:2',
  };
  identity.script = ({ body }) => (body.sessionUri === undefined ? { body: next } : over());
  expect(await linkOf()).toMatchObject({ url: next.authorizationUrl });
  identity.script = () => ({ body: { accessToken: 'gho_2' } });
  await vault.oauthToken(GITHUB, NEVER);
  expect(identity.calls.at(-1)?.body.sessionUri).toBe(next.sessionUri);
});

test('a token that the vendor refuses has the person link again', async () => {
  identity.script = ({ body }) =>
    body.forceAuthentication === true ? { body: LINK } : { body: { accessToken: 'old' } };
  expect(await linkOf(true)).toMatchObject({ url: LINK.authorizationUrl });
});

test.each([['javascript:alert(1)'], ['http://evil.example.com/'], ['no address']])(
  '%s is no link that a person is asked to open',
  async (authorizationUrl) => {
    identity.script = () => ({ body: { authorizationUrl } });
    await expect(vault.oauthToken(GITHUB, NEVER)).rejects.toMatchObject({ code: 'CONNECTION_UNREADABLE' });
  },
);

test.each([
  [{ status: 403, type: 'AccessDeniedException' }, 'CONNECTION_ACCESS_DENIED'],
  [{ status: 401, type: 'UnauthorizedException' }, 'CONNECTION_SIGN_IN_NEEDED'],
  [{ status: 404, type: 'ResourceNotFoundException' }, 'CONNECTION_NOT_FOUND'],
  [{ status: 400, type: 'ValidationException' }, 'CONNECTION_REFUSED'],
  [{ status: 429, type: 'ThrottlingException' }, 'CONNECTION_THROTTLED'],
  [{ status: 500, type: 'InternalServerException' }, 'CONNECTION_FAILED'],
])('an answer of %j fails with a code, and repeats nothing of it', async (reply, code) => {
  identity.script = () => ({ ...reply, body: { message: 'about wat-1' } });
  const error: unknown = await vault.oauthToken(GITHUB, NEVER).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code });
  expect(JSON.stringify([error, (error as Error).message])).not.toContain('wat-1');
});

test('without the identity of the request nothing is asked', async () => {
  tokens.take('ada', {});
  await expect(vault.oauthToken(GITHUB, NEVER)).rejects.toMatchObject({ code: 'CONNECTION_SIGN_IN_NEEDED' });
  expect(identity.calls).toEqual([]);
});

test('an unreachable Identity is told apart, and a cancelled call too', async () => {
  identity.script = () => Promise.reject(new Error('broken'));
  await expect(vault.oauthToken(GITHUB, NEVER)).rejects.toMatchObject({ code: 'CONNECTION_UNREACHABLE' });
  await expect(vault.oauthToken(GITHUB, AbortSignal.abort())).rejects.toMatchObject({ code: 'CONNECTION_CANCELLED' });
});

describe('keys for headers', () => {
  const search = { kind: 'apiKey', name: 'search', vendor: 'search', provider: 'search-key' } as const;
  const definition = {
    mcpServers: { web: { type: 'http', url: 'https://x.example.com', headers: { 'x-key': 'k ${connection:SEARCH}' } } },
  } as const;

  test('are read by the names that headers ask for, and no others', async () => {
    identity.script = () => ({ body: { apiKey: 'key-1' } });
    const connections = [GITHUB, search, { ...search, name: 'other', provider: 'other' }];
    const keys = await readApiKeys({ connections }, definition, () => Promise.resolve(vault));
    expect(keys).toEqual({ SEARCH: 'key-1' });
    expect(identity.calls.map(({ path, body }) => ({ path, body }))).toEqual([
      {
        path: '/identities/api-key',
        body: { workloadIdentityToken: 'wat-1', resourceCredentialProviderName: 'search-key' },
      },
    ]);
  });

  test('that cannot be had name their connection and the reason', async () => {
    identity.script = () => ({ status: 403, type: 'AccessDeniedException' });
    const reading = readApiKeys({ connections: [search] }, definition, () => Promise.resolve(vault));
    await expect(reading).rejects.toThrow('AGENT_CONNECTION_SEARCH cannot be used: CONNECTION_ACCESS_DENIED');
  });
});
