import { readConfig } from '../../agent-image/src/config';
import { readConnections } from '../../agent-image/src/config/connections';
import { readGateways } from '../../agent-image/src/config/gateways';
import { readSessionTable } from '../../agent-image/src/config/session-table';
import { readUserAccess } from '../../agent-image/src/config/user-access';

const URL = 'https://tools-a1b2c3d4e5.gateway.bedrock-agentcore.eu-central-1.amazonaws.com/mcp';
const ROLE = 'arn:aws:iam::111122223333:role/agent-users';
const GITHUB = {
  kind: 'oauth2',
  vendor: 'github',
  provider: 'github-a1b2',
  scopes: ['repo'],
  returnUrl: 'https://agent.example.com/oauth/return',
};
const IDENTITY = {
  identityPoolId: 'eu-west-1:11111111-2222-3333-4444-555555555555',
  loginProvider: 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI',
  idTokenHeader: 'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Id-Token',
};

test('every gateway becomes a server under the lower case of its name, in its own Region', () => {
  const env = {
    AGENT_GATEWAY_GW: JSON.stringify({ url: URL, auth: 'iam' }),
    AGENT_GATEWAY_CRM2: JSON.stringify({ url: 'http://127.0.0.1:9/gateways/x/mcp', auth: 'user' }),
    AGENT_GATEWAY_NONE: '',
  };
  expect(readGateways(env, 'jwt')).toEqual([
    { name: 'crm2', url: 'http://127.0.0.1:9/gateways/x/mcp', auth: 'user' },
    { name: 'gw', url: URL, auth: 'iam', region: 'eu-central-1' },
  ]);
});

test.each([
  ['GW', '{', 'AGENT_GATEWAY_GW is not a JSON object'],
  ['GW', JSON.stringify({ url: 'http://example.com/mcp', auth: 'iam' }), '"url" that cannot be called'],
  ['GW', JSON.stringify({ url: 'https://u:p@example.com/mcp', auth: 'iam' }), '"url" that cannot be called'],
  ['GW', JSON.stringify({ url: `${URL}?key=1`, auth: 'iam' }), '"url" that cannot be called'],
  ['GW', JSON.stringify({ url: URL, auth: 'none' }), 'no known "auth"'],
  ['GW', JSON.stringify({ url: URL, auth: 'user' }), 'callers of this agent bring none'],
  ['GW', JSON.stringify({ url: URL, auth: 'iam', token: 'x' }), 'has the key "token"'],
  ['my_tools', JSON.stringify({ url: URL, auth: 'iam' }), 'no usable name'],
  ['CI', JSON.stringify({ url: URL, auth: 'iam' }), 'belongs to a tool of the agent'],
])('a gateway %s of %s is refused', (name, value, finding) => {
  expect(() => readGateways({ [`AGENT_GATEWAY_${name}`]: value }, 'iam')).toThrow(finding);
});

test('connections are accounts with a way back, or keys', () => {
  const env = {
    AGENT_CONNECTION_GH: JSON.stringify(GITHUB),
    AGENT_CONNECTION_GHE: JSON.stringify({
      ...GITHUB,
      apiUrl: 'https://git.example.com/api/v3/',
      gitUrl: 'https://git.example.com',
    }),
    AGENT_CONNECTION_SEARCH: JSON.stringify({ kind: 'apiKey', vendor: 'search', provider: 'search-key' }),
  };
  expect(readConnections(env, ['gw'])).toEqual([
    { name: 'gh', ...GITHUB },
    { name: 'ghe', ...GITHUB, apiUrl: 'https://git.example.com/api/v3', gitUrl: 'https://git.example.com' },
    { name: 'search', kind: 'apiKey', vendor: 'search', provider: 'search-key' },
  ]);
});

test.each([
  [{ ...GITHUB, kind: 'basic' }, 'no known "kind"'],
  [{ ...GITHUB, vendor: 'GitHub' }, 'no "vendor"'],
  [{ ...GITHUB, provider: 'arn:aws:x' }, 'no usable "provider"'],
  [{ ...GITHUB, scopes: 'repo' }, 'no "scopes"'],
  [{ ...GITHUB, scopes: ['a b'] }, 'no "scopes"'],
  [{ ...GITHUB, returnUrl: 'http://evil.example.com' }, '"returnUrl" that cannot be used'],
  [{ ...GITHUB, gitUrl: 'ext::sh' }, '"gitUrl" that cannot be used'],
  [{ kind: 'apiKey', vendor: 'search', provider: 'p', scopes: [] }, 'has the key "scopes"'],
])('a connection of %j is refused', (value, finding) => {
  expect(() => readConnections({ AGENT_CONNECTION_X: JSON.stringify(value) }, [])).toThrow(finding);
});

test('a connection may not have the name of a gateway', () => {
  expect(() => readConnections({ AGENT_CONNECTION_GW: JSON.stringify(GITHUB) }, ['gw'])).toThrow('same name');
});

test('what is one user’s is reached with the token of the user when that is set up, else in the role', () => {
  const both = { AGENT_USER_ROLE_ARN: ROLE, AGENT_USER_IDENTITY: JSON.stringify(IDENTITY) };
  const identity = { ...IDENTITY, idTokenHeader: IDENTITY.idTokenHeader.toLowerCase() };
  expect(readUserAccess(both, 'jwt')).toEqual({ kind: 'identity', identity });
  expect(readUserAccess({ AGENT_USER_ROLE_ARN: ROLE }, 'iam')).toEqual({ kind: 'role', roleArn: ROLE });
  expect(readUserAccess({}, 'iam')).toBeUndefined();
  expect(() => readUserAccess(both, 'iam')).toThrow('needs users with tokens');
});

test.each([
  [{ ...IDENTITY, identityPoolId: 'pool' }, 'identityPoolId'],
  [{ ...IDENTITY, loginProvider: 'https://example.com' }, 'loginProvider'],
  [{ ...IDENTITY, idTokenHeader: 'a b' }, 'idTokenHeader'],
])('a user identity of %j is refused', (value, field) => {
  expect(() => readUserAccess({ AGENT_USER_IDENTITY: JSON.stringify(value) }, 'jwt')).toThrow(`usable "${field}"`);
});

test('a table of sessions needs a way to its users’ rows', () => {
  const env = { AGENT_SESSION_TABLE: 'agent-sessions' };
  const access = { kind: 'role', roleArn: ROLE } as const;
  expect(readSessionTable(env, access)).toEqual({ table: 'agent-sessions', access });
  expect(readSessionTable({}, undefined)).toBeUndefined();
  expect(() => readSessionTable(env, undefined)).toThrow('reaches rows as its users only');
  expect(() => readSessionTable({ AGENT_SESSION_TABLE: 'a/b' }, access)).toThrow('AGENT_SESSION_TABLE is "a/b"');
});

test('rows of sessions may expire', () => {
  const access = { kind: 'role', roleArn: ROLE } as const;
  const read = (AGENT_SESSION_RETENTION_DAYS: string, AGENT_SESSION_TABLE?: string): unknown =>
    readSessionTable({ AGENT_SESSION_RETENTION_DAYS, AGENT_SESSION_TABLE }, access);
  expect(read('90', 'agent-sessions')).toMatchObject({ retentionDays: 90 });
  expect(read('', 'agent-sessions')).not.toHaveProperty('retentionDays');
  for (const days of ['0', '-1', '1.5', '3651', '9999', 'P90D']) {
    expect(() => read(days, 'agent-sessions')).toThrow(
      `AGENT_SESSION_RETENTION_DAYS is "${days}": give a whole number of days from 1 to 3650.`,
    );
  }
  expect(() => read('90')).toThrow('AGENT_SESSION_RETENTION_DAYS is set without AGENT_SESSION_TABLE');
});

test('a bucket needs no role where the user’s own token opens it', () => {
  const env = {
    HOME: '/home/agent',
    AWS_REGION: 'eu-west-1',
    AGENT_MODEL_MAIN: 'global.anthropic.claude-sonnet-5-5',
    AGENT_AUTHORIZER: 'jwt',
    AGENT_WORKSPACE_BUCKET: 'agent-workspaces',
    AGENT_USER_IDENTITY: JSON.stringify(IDENTITY),
  };
  expect(readConfig(env)).toMatchObject({
    workspaceBucket: { bucket: 'agent-workspaces' },
    gateways: [],
    connections: [],
  });
});
