import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunState } from '../../../bin/local/run-state';
import { pageClient, signIn } from './support/browser';
import { LocalCommand } from './support/local-command';
import { send } from './support/signed-fetch';
import { TestSocket } from './support/test-socket';

/** Synthesizing and starting takes long on a machine that does other things. */
jest.setTimeout(150_000);

const ROOT = join(__dirname, '..', '..', '..');
const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';

let folder: string;
let command: LocalCommand;
let up: RunState;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'local-sign-in-'));
  const app = `"${join(ROOT, 'node_modules', '.bin', 'tsx')}" "${join(__dirname, 'support', 'sign-in-app.ts')}"`;
  writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app }));
  writeFileSync(join(folder, 'secrets.json'), '{ "team/github": "ghp_local" }');
  command = new LocalCommand({ directory: folder, args: ['--state', folder] });
  up = await command.ready(folder);
});

afterAll(async () => {
  command.child.kill('SIGTERM');
  await command.ended;
  rmSync(folder, { recursive: true, force: true });
});

const address = (operation: string): string =>
  `${up.url}/runtimes/${encodeURIComponent(up.runtimes[0]?.arn ?? '')}/${operation}`;

interface TurnReply {
  readonly response: string;
  readonly status: string;
}

describe('an app with sign-in, a secret and an endpoint of its own, with the real agent', () => {
  it('answers a signed-in user by the scripted model, which wants the key of the secret', async () => {
    const { access_token: token } = await signIn(pageClient(up), 'bob');
    const reply = await send(address('invocations?qualifier=DEFAULT'), {
      headers: { [SESSION_HEADER]: 'session-of-bob-in-the-sign-in-app-001', authorization: `Bearer ${token}` },
      body: JSON.stringify({ prompt: 'my colour is teal' }),
    });

    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toMatchObject({
      status: 'success',
      response: expect.stringContaining('my colour is teal') as string,
    });
  });

  it('answers curl, which is alice', async () => {
    const reply = await send(`${up.url}/invocations`, {
      headers: { [SESSION_HEADER]: 'session-of-curl-in-the-sign-in-app-001' },
      body: JSON.stringify({ prompt: 'hello' }),
    });

    expect(JSON.parse(reply.text) as TurnReply).toMatchObject({ status: 'success' });
  });

  it('streams a turn over the WebSocket of a browser', async () => {
    const { access_token: token } = await signIn(pageClient(up), 'alice');
    const session = 'session-of-a-page-in-the-sign-in-app-01';
    const socket = new TestSocket(`${address('ws')}?X-Amzn-Bedrock-AgentCore-Runtime-Session-Id=${session}`, {
      protocols: [
        `base64UrlBearerAuthorization.${Buffer.from(token).toString('base64url')}`,
        'base64UrlBearerAuthorization',
      ],
    });
    expect(await socket.status).toBe(101);
    socket.send({ prompt: 'over the socket' });
    const events: { type: string; delta?: string }[] = [];
    while (events.at(-1)?.type !== 'RUN_FINISHED' && events.at(-1)?.type !== 'RUN_ERROR') {
      events.push((await socket.json<{ event: { type: string; delta?: string } }>()).event);
    }
    socket.socket.close();
    await socket.closed;

    expect(events[0]?.type).toBe('RUN_STARTED');
    expect(events.at(-1)?.type).toBe('RUN_FINISHED');
    expect(events.map(({ delta }) => delta ?? '').join('')).toContain('over the socket');
  });

  it('tells what it is, and never a secret', () => {
    expect(command.text).toContain('sign in as alice or bob, without a password');
    expect(command.text).toContain('scripted, not Claude, because https://models.example.com was not asked for');
    expect(command.text).not.toContain('has no value here');
    expect(command.text).not.toContain('ghp_local');
  });
});
