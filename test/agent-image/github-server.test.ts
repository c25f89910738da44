import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InvocationReply } from '../../agent-image/src/protocol';
import type { ModelScript, ScriptedToolUse } from '../../bin/local/model/model-script';
import { AgentFixture, type ScriptedModel, startScriptedModel } from './support/agent-fixture';
import { GitServer } from './support/git-server';
import { schemaFindings } from './support/open-api';
import { ScriptedAws } from './support/scripted-aws';

const LIST: ScriptedToolUse = { name: 'mcp__gh__list_repositories', input: {} };
const CLONE: ScriptedToolUse = { name: 'mcp__gh__clone_repository', input: { repository: 'ada/engine' } };
const LINK = { authorizationUrl: 'https://identity.example.com/authorize?request_uri=urn:1', sessionUri: 'urn:flow:1' };
const WORKLOAD = { WorkloadAccessToken: 'workload-token-of-ada' };

let root: string;
let git: GitServer;
let identity: ScriptedAws;
let model: ScriptedModel;
let agent: AgentFixture;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'github-test-'));
  git = await GitServer.start();
  git.add('ada/engine', { 'README.md': 'Engine' });
  git.repositories = [{ full_name: 'ada/engine', private: true, default_branch: 'main', description: 'Works' }];
  identity = await ScriptedAws.start(() => ({ body: { accessToken: git.token } }));
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Done.' }));
  agent = await AgentFixture.start(model, {
    AGENT_CONNECTION_GH: JSON.stringify({
      kind: 'oauth2',
      vendor: 'github',
      provider: 'github-a1b2',
      scopes: ['repo'],
      returnUrl: 'https://agent.example.com/oauth/return',
      apiUrl: `${git.url}/api`,
      gitUrl: git.url,
    }),
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: identity.url,
    AGENT_PERMISSION_MODES: 'bypass,ask',
    AGENT_WORKSPACE_DIR: join(root, 'workspace'),
    CLAUDE_CONFIG_DIR: join(root, 'config'),
  });
});
afterEach(async () => {
  await agent.dispose();
  await model.close();
  await identity.close();
  await git.close();
  rmSync(root, { recursive: true, force: true });
});

function calling(...uses: ScriptedToolUse[]): ModelScript {
  const left = [...uses];
  return () => {
    const next = left.shift();
    return next === undefined ? { kind: 'message', text: 'Done.' } : { kind: 'message', toolUses: [next] };
  };
}

async function use(...uses: ScriptedToolUse[]): Promise<InvocationReply> {
  model.script = calling(...uses);
  return (await (await agent.post({ prompt: 'Go on.' }, WORKLOAD)).json()) as InvocationReply;
}

/** The events of the session so far. */
async function told(): Promise<readonly { readonly event: { readonly type: string; readonly name?: string } }[]> {
  const reply = (await (await agent.post({ action: 'attach', after: 0, stream: false })).json()) as {
    events: { event: { type: string; name?: string } }[];
  };
  return reply.events;
}

function everythingBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

test('an account that is not linked: the person gets a link, the model is told to wait, and the link is not in its hands', async () => {
  identity.script = () => ({ body: LINK });
  const reply = await use(LIST, LIST);
  const failed = { is_error: true, result: expect.stringContaining('has not linked an account at github') };
  expect(reply.tool_calls).toMatchObject([failed, failed]);
  const link = { connection: 'gh', url: LINK.authorizationUrl, session_uri: LINK.sessionUri };
  expect(reply.metadata.oauth_required).toEqual([link]);
  expect(schemaFindings('Reply', reply)).toEqual([]);
  expect((await told()).filter(({ event }) => event.name === 'oauth.required')).toMatchObject([
    { event: { value: link } },
    { event: { value: link } },
  ]);
  expect(JSON.stringify(model.requests)).not.toContain('request_uri');
  identity.script = () => ({ body: { accessToken: git.token } });
  const linked = await use(LIST);
  expect(linked.tool_calls[0]?.result).toContain('ada/engine (private, branch main');
  expect(linked.metadata).not.toHaveProperty('oauth_required');
  expect(identity.calls.at(-1)?.body.sessionUri).toBe(LINK.sessionUri);
});

test('after a list and a clone the token is in no file, no log, no metric, no event, no prompt, no environment', async () => {
  const { tool_calls } = await use(LIST, CLONE);
  expect(tool_calls[1]?.result).toContain('ada/engine was cloned to "engine"');
  expect(readFileSync(join(root, 'workspace', 'engine', 'README.md'), 'utf8')).toBe('Engine');
  const token = String(git.token);
  const [pid = 0] = agent.claudePids();
  const places = {
    files: everythingBelow(root),
    home: everythingBelow(agent.home),
    log: JSON.stringify(agent.logLines) + agent.stderr,
    events: JSON.stringify(await told()),
    model: JSON.stringify(model.requests),
    environment: readFileSync(`/proc/${pid}/environ`, 'latin1'),
    argv: readFileSync(`/proc/${pid}/cmdline`, 'latin1'),
  };
  const secrets = [token, Buffer.from(`x-access-token:${token}`).toString('base64'), WORKLOAD.WorkloadAccessToken];
  for (const [place, text] of Object.entries(places)) {
    expect({ place, has: secrets.filter((secret) => text.includes(secret)) }).toEqual({ place, has: [] });
  }
  expect(agent.stderr).toBe('');
});

test('a token that GitHub refuses leads to a new link', async () => {
  identity.script = ({ body }) =>
    body.forceAuthentication === true ? { body: LINK } : { body: { accessToken: 'gho_old' } };
  const { tool_calls } = await use(LIST);
  expect(tool_calls).toMatchObject([{ is_error: true, result: expect.stringContaining('has not linked') }]);
});

test('the list asks nobody, a clone does', async () => {
  model.script = calling(LIST, CLONE);
  const prompt = { prompt: 'Go on.', permissionMode: 'ask' };
  const reply = (await (await agent.post(prompt, WORKLOAD)).json()) as InvocationReply;
  expect(reply).toMatchObject({ status: 'interrupted', interrupts: [{ metadata: { tool_name: CLONE.name } }] });
  expect(reply.tool_calls[0]?.result).toContain('ada/engine');
});
