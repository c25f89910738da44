import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import { DynamoDBClient, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { decodeJwt } from 'jose';
import type { SigninResponse } from 'oidc-client-ts';
import { startLocalRun, type LocalRun } from '../../../bin/local/local-run';
import type { RunState } from '../../../bin/local/run-state';
import { agentcore } from './support/aws-sdk';
import { LOCAL_CALLBACK, pageClient, poolOf, signIn } from './support/browser';
import { connectMcp, textOf } from './support/mcp-client';
import { send } from './support/signed-fetch';
import { credentialsOf, type AgentReport } from './support/test-run';

const ROOT = join(__dirname, '..', '..', '..');
const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
const region = 'us-east-1';

let folder: string;
let run: LocalRun;
let up: RunState;
const lines: string[] = [];
const made: { destroy(): void }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'local-governed-'));
  const tsx = join(ROOT, 'node_modules', '.bin', 'tsx');
  const app = join(__dirname, 'support', 'governed-app.ts');
  writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app: `"${tsx}" "${app}"` }));
  run = await startLocalRun({
    directory: folder,
    state: folder,
    port: 0,
    region,
    model: 'scripted',
    log: (line) => lines.push(line),
  });
  up = JSON.parse(readFileSync(join(folder, 'up.json'), 'utf8')) as RunState;
}, 60_000);

afterAll(async () => {
  for (const client of made) client.destroy();
  await run.stop();
  rmSync(folder, { recursive: true, force: true });
});

const page = (username: string): Promise<SigninResponse> =>
  signIn(pageClient(up, 'openid', LOCAL_CALLBACK, poolOf(up).clients[0]?.id), username);

async function report({ access_token: token, id_token: idToken = '' }: SigninResponse): Promise<AgentReport> {
  const { text } = await send(`${up.url}/invocations`, {
    headers: {
      [SESSION_HEADER]: 'session-of-a-test-of-the-governed-app-1',
      authorization: `Bearer ${token}`,
      'x-amzn-bedrock-agentcore-runtime-custom-id-token': idToken,
    },
    body: '{}',
  });
  return JSON.parse(text) as AgentReport;
}

const api = async (path: string, token: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> => {
  const reply = await fetch(`${up.httpApis[0]?.url ?? ''}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? undefined : JSON.parse(text) };
};

describe('an app with every construct for tools and users', () => {
  it('has nothing that is left out without a word', () => {
    expect(lines.filter((line) => /cannot be run locally|not run locally, and skipped/.test(line))).toEqual([]);
  });

  it('answers curl, which is alice with all that her page would send', async () => {
    const reply = await send(`${up.url}/invocations`, {
      headers: { [SESSION_HEADER]: 'session-of-curl-in-the-governed-app-001' },
      body: '{}',
    });
    const { headers } = JSON.parse(reply.text) as AgentReport;
    const claims = decodeJwt(headers['x-amzn-bedrock-agentcore-runtime-custom-id-token'] ?? '');

    expect(claims).toMatchObject({ token_use: 'id', 'cognito:username': 'alice' });
    expect(decodeJwt((headers.authorization ?? '').replace('Bearer ', '')).sub).toBe(claims.sub);
  });

  it('lets a signed-in user call a bundled tool through the gateway, by its policy', async () => {
    const { access_token: token } = await page('alice');
    const client = await connectMcp(up.gateways[0]?.url ?? '', (url, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${token}`);
      return fetch(url, { ...init, headers });
    });
    try {
      const call = (input: Record<string, unknown>) =>
        client.callTool({ name: 'order-status___order_status', arguments: input });
      const good = await call({ orderId: '7' });
      const failing = await call({ orderId: 'none' });

      expect((await client.listTools()).tools.map(({ name }) => name)).toContain('order-status___order_status');
      expect(JSON.parse(textOf(good))).toEqual({ orderId: '7', status: 'shipped' });
      expect([failing.isError, textOf(failing)]).toEqual([true, 'There is no such order.']);
      expect((await call({})).isError).toBe(true);
    } finally {
      await client.close();
    }
  });

  it('gives rows of a user to the user’s credentials and to the API, and to nobody else', async () => {
    const [alice, bob] = [await page('alice'), await page('bob')];
    const { env, headers } = await report(alice);
    const identity = JSON.parse(env.AGENT_USER_IDENTITY ?? '') as { identityPoolId: string; loginProvider: string };
    const cognito = new CognitoIdentityClient({ endpoint: up.url, region });
    made.push(cognito);
    const Logins = { [identity.loginProvider]: headers['x-amzn-bedrock-agentcore-runtime-custom-id-token'] ?? '' };
    const { IdentityId } = await cognito.send(new GetIdCommand({ IdentityPoolId: identity.identityPoolId, Logins }));
    const { Credentials } = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }));
    const dynamo = new DynamoDBClient({
      endpoint: up.url,
      region,
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      },
    });
    made.push(dynamo);
    const { sub } = alice.profile;
    const sessionId = 'session-of-alice-that-the-agent-wrote-1';
    const values: Record<string, AttributeValue> = {
      sessionId: { S: sessionId },
      title: { S: 'Trip' },
      status: { S: 'idle' },
      lastText: { S: '' },
      pendingInterrupts: { N: '0' },
      agent: { S: env.AGENT_NAME ?? '' },
      createdAt: { S: '2026-01-01T00:00:00.000Z' },
      updatedAt: { S: '2026-01-01T00:00:00.000Z' },
    };
    const names = Object.keys(values);
    const put = (user: string): Promise<unknown> =>
      dynamo.send(
        new UpdateItemCommand({
          TableName: env.AGENT_SESSION_TABLE,
          Key: { pk: { S: `USER#${user}` }, sk: { S: `SESSION#${sessionId}` } },
          UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, values[name] ?? { S: '' }])),
        }),
      );

    await put(sub);
    await expect(put(bob.profile.sub)).rejects.toThrow('is not authorized to perform: dynamodb:UpdateItem');
    const listed = await api('/sessions', alice.access_token);
    expect(listed).toMatchObject({ status: 200 });
    expect(JSON.stringify(listed.body)).toContain(sessionId);
    expect(JSON.stringify((await api('/sessions', bob.access_token)).body)).not.toContain(sessionId);
    expect(
      (await api(`/sessions/${sessionId}`, bob.access_token, { method: 'PATCH', body: '{"title":"x"}' })).status,
    ).toBe(404);
    expect((await api('/sessions', alice.id_token ?? '')).status).toBe(401);
  });

  it('links an account through the page and the API', async () => {
    const [alice, bob] = [await page('alice'), await page('bob')];
    const { env, headers } = await report(alice);
    const connection = JSON.parse(env.AGENT_CONNECTION_GH ?? '') as {
      provider: string;
      scopes: string[];
      returnUrl: string;
    };
    const client = new agentcore.BedrockAgentCoreClient({
      endpoint: up.url,
      region,
      credentials: credentialsOf({ env, headers, pid: 0 }),
    });
    made.push(client);
    const ask = () =>
      client.send(
        new agentcore.GetResourceOauth2TokenCommand({
          workloadIdentityToken: headers.workloadaccesstoken,
          resourceCredentialProviderName: connection.provider,
          scopes: connection.scopes,
          oauth2Flow: 'USER_FEDERATION',
          resourceOauth2ReturnUrl: connection.returnUrl,
        }),
      );
    const { authorizationUrl, sessionUri } = await ask();
    const provider = (await fetch(authorizationUrl ?? '', { redirect: 'manual' })).headers.get('location') ?? '';
    const allowed = await fetch(provider, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ choice: 'octo-alice' }),
    });
    await fetch(allowed.headers.get('location') ?? '', { redirect: 'manual' });
    const finish = (token: string) =>
      api('/oauth/complete', token, { method: 'POST', body: JSON.stringify({ sessionUri }) });

    expect((await finish(bob.access_token)).status).toBeGreaterThanOrEqual(400);
    expect((await finish(alice.access_token)).status).toBeLessThan(300);
    expect((await finish(alice.access_token)).status).toBeGreaterThanOrEqual(400);
    expect((await ask()).accessToken).toMatch(/^gho_/);
  });
});
