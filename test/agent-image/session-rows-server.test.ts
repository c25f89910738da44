import type { InvocationReply } from '../../agent-image/src/protocol';
import { assumedRole, ScriptedService } from '../handlers/api/support/scripted-service';
import { AgentFixture, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';
import { ScriptedAws, unsignedJwt } from './support/scripted-aws';

const POOL = 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI';
const inOneHour = Math.floor(Date.now() / 1000) + 3_600;
const claims = { iss: `https://${POOL}`, sub: 'ada', exp: inOneHour };
const ACCESS = unsignedJwt({ ...claims, token_use: 'access' });
const ID = unsignedJwt({ ...claims, token_use: 'id' });

let model: ScriptedModel;
let table: ScriptedAws;
let sts: ScriptedService;
let cognito: ScriptedAws;
let agent: AgentFixture;

beforeEach(async () => {
  model = await startScriptedModel(() => ({ kind: 'message', text: 'On its way.' }));
  table = await ScriptedAws.start(() => ({}));
  sts = await ScriptedService.start(assumedRole);
  cognito = await ScriptedAws.start(() => ({
    body: {
      IdentityId: 'eu-west-1:identity-of-ada',
      Credentials: { AccessKeyId: 'ASIA-IDENTITY', SecretKey: 'key', SessionToken: 'token', Expiration: inOneHour },
    },
  }));
});
afterEach(async () => {
  await agent.dispose();
  await Promise.all([model.close(), table.close(), sts.close(), cognito.close()]);
});

async function startAgent(overrides: Record<string, string>): Promise<void> {
  agent = await AgentFixture.start(model, {
    AGENT_AUTHORIZER: 'jwt',
    AGENT_SESSION_TABLE: 'agent-sessions',
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY: cognito.url,
    ...overrides,
  });
}

async function ask(headers: Record<string, string> = {}): Promise<InvocationReply> {
  const response = await agent.post({ prompt: 'Where is order 7?' }, { authorization: `Bearer ${ACCESS}`, ...headers });
  return (await response.json()) as InvocationReply;
}

/** The statuses that were written, and with whose credentials. */
function written(): unknown[] {
  return table.calls.map(({ body, headers }) => [
    (body.ExpressionAttributeValues as Record<string, { S?: string }>)[':status']?.S,
    /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1],
  ]);
}

test('a session is listed as its user, in the role that the agent assumes', async () => {
  await startAgent({ AGENT_USER_ROLE_ARN: 'arn:aws:iam::111122223333:role/users' });
  expect(await ask()).toMatchObject({ status: 'success' });
  await waitUntil(() => written().length === 2);
  expect(written()).toEqual([
    ['running', 'ASIA-ada'],
    ['idle', 'ASIA-ada'],
  ]);
  expect(table.calls[1]?.body).toMatchObject({
    Key: { pk: { S: 'USER#ada' }, sk: { S: `SESSION#${agent.sessionId}` } },
    ExpressionAttributeValues: { ':last': { S: 'On its way.' } },
  });
});

test('with the user’s own token nothing is done in the role, and a request without it is refused', async () => {
  const idTokenHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Id-Token';
  await startAgent({
    AGENT_USER_ROLE_ARN: 'arn:aws:iam::111122223333:role/users',
    AGENT_USER_IDENTITY: JSON.stringify({
      identityPoolId: 'eu-west-1:11111111-2222-3333-4444-555555555555',
      loginProvider: POOL,
      idTokenHeader,
    }),
  });
  expect(await ask()).toMatchObject({ error: { code: 'CALLER_UNKNOWN' } });
  expect(await ask({ [idTokenHeader]: ID })).toMatchObject({ status: 'success' });
  await waitUntil(() => written().length === 2);
  expect(written()).toEqual([
    ['running', 'ASIA-IDENTITY'],
    ['idle', 'ASIA-IDENTITY'],
  ]);
  expect(sts.requests).toEqual([]);
  const kept = JSON.stringify([agent.logLines, model.requests]);
  expect(kept).not.toContain(ID);
  expect(kept).not.toContain(ACCESS);
});

test('a table that fails keeps nobody from an answer', async () => {
  table.script = () => ({ status: 400, type: 'ResourceNotFoundException' });
  await startAgent({ AGENT_USER_ROLE_ARN: 'arn:aws:iam::111122223333:role/users' });
  expect(await ask()).toMatchObject({ status: 'success', response: 'On its way.' });
  await waitUntil(() => agent.logged('the list of sessions could not be brought up to date') !== undefined);
  expect(agent.stderr).toBe('');
});

test('without a table, or a user, nothing is listed', async () => {
  await startAgent({ AGENT_AUTHORIZER: 'iam', AGENT_USER_ROLE_ARN: 'arn:aws:iam::111122223333:role/users' });
  expect(await ask()).toMatchObject({ status: 'success' });
  await agent.stop();
  expect(table.calls).toEqual([]);
});
