import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SigninResponse } from 'oidc-client-ts';
import { startLocalRun, type LocalRun } from '../../../bin/local/local-run';
import type { RunState } from '../../../bin/local/run-state';
import { LOCAL_CALLBACK, pageClient, poolOf, signIn } from './support/browser';
import { send } from './support/signed-fetch';
import { waitUntil } from './support/wait-until';

// The app is synthesized, its agent built, and a turn taken with the real SDK.
jest.setTimeout(90_000);

const ROOT = join(__dirname, '..', '..', '..');
const SESSION = 'session-of-the-test-of-the-identity-app-1';

let folder: string;
let run: LocalRun;
let up: RunState;
let alice: SigninResponse;
let bob: SigninResponse;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'local-identity-'));
  const tsx = join(ROOT, 'node_modules', '.bin', 'tsx');
  writeFileSync(
    join(folder, 'cdk.json'),
    JSON.stringify({ app: `"${tsx}" "${join(__dirname, 'support', 'identity-app.ts')}"` }),
  );
  const options = { directory: folder, state: folder, port: 0, region: 'us-east-1', log: () => undefined };
  run = await startLocalRun({ ...options, model: 'scripted' });
  up = JSON.parse(readFileSync(join(folder, 'up.json'), 'utf8')) as RunState;
  const page = (username: string): Promise<SigninResponse> =>
    signIn(pageClient(up, 'openid', LOCAL_CALLBACK, poolOf(up).clients[0]?.id), username);
  [alice, bob] = [await page('alice'), await page('bob')];
});
afterAll(async () => {
  await run.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask({ access_token: token }: SigninResponse, { id_token: idToken = '' }: SigninResponse) {
  const { text } = await send(`${up.url}/invocations`, {
    headers: {
      'x-amzn-bedrock-agentcore-runtime-session-id': SESSION,
      'x-amzn-bedrock-agentcore-runtime-custom-id-token': idToken,
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ prompt: 'my colour is teal' }),
  });
  return JSON.parse(text) as object;
}

async function api<T>(path: string, { access_token: token }: SigninResponse): Promise<T> {
  const reply = await fetch(`${up.httpApis[0]?.url ?? ''}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return (await reply.json()) as T;
}

interface SessionList {
  readonly sessions: readonly { readonly sessionId: string; readonly status: string; readonly title: string }[];
}

test('a turn is answered, listed and kept with the user’s own token, and seen by that user alone', async () => {
  expect(await ask(alice, alice)).toMatchObject({ status: 'success' });
  const listed = async (): Promise<SessionList> => api('/sessions', alice);
  await waitUntil(async () => (await listed()).sessions[0]?.status === 'idle');
  expect((await listed()).sessions).toMatchObject([{ sessionId: SESSION, title: 'my colour is teal' }]);
  const { messages } = await api<{ messages: unknown }>(`/sessions/${SESSION}/messages`, alice);
  expect(messages).toMatchObject([
    { role: 'user', content: 'my colour is teal' },
    { role: 'assistant', content: expect.stringContaining('scripted model') },
  ]);
  expect(await api('/sessions', bob)).toEqual({ sessions: [] });
  expect(await api(`/sessions/${SESSION}/messages`, bob)).toMatchObject({ error: { code: 'NOT_FOUND' } });
});

test('an ID token of another user than the access token is refused', async () => {
  expect(JSON.stringify(await ask(alice, bob))).toContain('CALLER_UNKNOWN');
});
