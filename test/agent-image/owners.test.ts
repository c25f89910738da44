import { USER_HEADER } from '../../agent-image/src/protocol';
import { AgentFixture, type ScriptedModel, startScriptedModel } from './support/agent-fixture';

let model: ScriptedModel;
let agent: AgentFixture;

beforeAll(async () => {
  model = await startScriptedModel(() => ({ kind: 'message', text: 'hello' }));
});

afterEach(async () => {
  await agent.dispose();
  expect(agent.stderr).toBe('');
});

afterAll(async () => {
  await model.close();
});

/** As AgentCore passes it on after it has verified it; the agent checks no signature. */
function bearer(claims: object): Record<string, string> {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return { authorization: `Bearer ${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl` };
}

const issuer = 'https://issuer.example';

describe('with a JWT authorizer', () => {
  const alice = bearer({ iss: issuer, sub: 'alice' });
  const bob = bearer({ iss: issuer, sub: 'bob' });

  beforeEach(async () => {
    agent = await AgentFixture.start(model, { AGENT_AUTHORIZER: 'jwt' });
  });

  it('a session belongs to the first user who calls', async () => {
    expect((await agent.post({ prompt: 'hello' }, alice)).status).toBe(200);
    for (const body of [
      { prompt: 'x' },
      { action: 'attach' },
      { action: 'cancel' },
      { action: 'health' },
      { action: 'flush' },
    ]) {
      const response = await agent.post(body, bob);
      expect(response.status).toBe(403);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ error: { code: 'NOT_SESSION_OWNER' } });
      expect(text).not.toContain('alice');
    }
    expect((await agent.post({ prompt: 'hello' }, alice)).status).toBe(200);
  });

  it('a session belongs to the same user after its container was replaced', async () => {
    await agent.post({ prompt: 'hello' }, alice);
    await agent.stop();
    const { home, sessionId } = agent;
    agent = await AgentFixture.start(model, { AGENT_AUTHORIZER: 'jwt', HOME: home }, sessionId);

    expect((await agent.post({ prompt: 'x' }, bob)).status).toBe(403);
    expect((await agent.post({ prompt: 'x' }, alice)).status).toBe(200);
  });

  it('a session stays free when the first request is not valid', async () => {
    expect((await agent.post({ prompt: 7 }, alice)).status).toBe(400);
    expect((await agent.post({ prompt: 'hello' }, bob)).status).toBe(200);
  });

  it.each([
    ['no token', {}],
    ['no bearer', { authorization: 'Basic YWxpY2U6c2VjcmV0' }],
    ['a token that is none', { authorization: 'Bearer something' }],
    ['a token without a subject', bearer({ iss: issuer })],
    ['the header of IAM callers', { [USER_HEADER]: 'alice' }],
  ])('a request with %s is refused', async (_what, headers: Record<string, string>) => {
    const response = await agent.post({ prompt: 'hello' }, headers);

    expect(response.status).toBe(401);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'CALLER_UNKNOWN' } });
    expect(text).not.toMatch(/something|YWxpY2U6c2VjcmV0/);
  });
});

describe('with IAM', () => {
  beforeEach(async () => {
    agent = await AgentFixture.start(model);
  });

  it('a session belongs to the user whom the first caller names', async () => {
    expect((await agent.post({ prompt: 'hello' }, { [USER_HEADER]: 'alice' })).status).toBe(200);
    expect((await agent.post({ prompt: 'hello' }, { [USER_HEADER]: 'bob' })).status).toBe(403);
    expect((await agent.post({ prompt: 'hello' })).status).toBe(403);
  });

  it('callers need not name a user, and a token says nothing', async () => {
    expect((await agent.post({ prompt: 'hello' })).status).toBe(200);
    expect((await agent.post({ prompt: 'hello' }, bearer({ iss: issuer, sub: 'alice' }))).status).toBe(200);
    expect((await agent.post({ prompt: 'hello' }, { [USER_HEADER]: 'alice' })).status).toBe(403);
  });
});
