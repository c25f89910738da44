import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InvocationReply } from '../../agent-image/src/protocol';
import type { ScriptedReply } from '../../bin/local/model/model-script';
import { AgentFixture, gate, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';
import { ScriptedInterpreter, textResult } from './support/scripted-interpreter';
import { type SessionBucket, startSessionBucket } from './support/session-bucket';

const SESSION = 'session-of-ada-0000000000000000000000001';

let model: ScriptedModel;
let interpreter: ScriptedInterpreter;
let bucket: SessionBucket;
const containers: AgentFixture[] = [];

beforeEach(async () => {
  interpreter = await ScriptedInterpreter.start(() => textResult('42'));
  model = await startScriptedModel(() => ({ kind: 'message', text: 'Done.' }));
  bucket = await startSessionBucket();
});
afterEach(async () => {
  for (const agent of containers.splice(0)) await agent.dispose();
  await model.close();
  await interpreter.close();
  await bucket.close();
});

/** A container of the session, with an empty disk. */
async function container(): Promise<AgentFixture> {
  const environment = {
    ...bucket.environment,
    AGENT_CODE_INTERPRETER_ID: 'analysis-a1B2c3D4e5',
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: interpreter.url,
    AGENT_PERMISSION_MODES: 'bypass,ask,plan',
  };
  const agent = await AgentFixture.start(model, environment, SESSION);
  containers.push(agent);
  return agent;
}

async function runCode(agent: AgentFixture): Promise<InvocationReply> {
  const left: ScriptedReply[] = [
    { kind: 'message', toolUses: [{ name: 'mcp__ci__execute_code', input: { code: '6 * 7' } }] },
  ];
  model.script = () => left.shift() ?? { kind: 'message', text: 'Done.' };
  return agent.ask('Go on.');
}

/** A container that used the interpreter, and the one that has taken the session over since. */
async function takenOver(): Promise<{ readonly stale: AgentFixture; readonly next: AgentFixture }> {
  const stale = await container();
  await runCode(stale);
  const next = await container();
  await runCode(next);
  expect(interpreter.calls.map(({ session }) => session)).toEqual(['session-1', 'session-1']);
  return { stale, next };
}

async function expectGoesOn(next: AgentFixture): Promise<void> {
  const reply = await runCode(next);
  expect(reply.tool_calls[0]?.result).toBe('42');
  expect(interpreter.calls.at(-1)?.session).toBe('session-1');
  expect({ starts: interpreter.starts.length, stopped: interpreter.stopped }).toEqual({ starts: 1, stopped: [] });
}

test('a container that finds itself fenced leaves the interpreter session to the one that goes on', async () => {
  const { stale, next } = await takenOver();
  mkdirSync(join(stale.home, 'workspace'), { recursive: true });
  writeFileSync(join(stale.home, 'workspace', 'late'), 'late');
  expect((await stale.post({ action: 'flush' })).status).toBe(409);
  expect(await stale.exitCode()).toBe(1);
  await expectGoesOn(next);
});

test('a container that is told to stop, and has nothing to keep, looks whether another one goes on first', async () => {
  const { stale, next } = await takenOver();
  stale.signal('SIGTERM');
  await stale.exitCode();
  await expectGoesOn(next);
});

test('what a turn has done is kept before the start of an interpreter session that was under way has ended', async () => {
  const agent = await container();
  const kept = gate();
  interpreter.started = () => kept.promise;
  const run = runCode(agent);
  await waitUntil(() => interpreter.starts.length === 1);
  bucket.before = (method) => {
    if (method === 'PUT') kept.open();
  };
  agent.signal('SIGTERM');
  await Promise.allSettled([run, agent.exitCode()]);
  // Started late, and ended: a start that nothing was kept before is given up, and nobody could end it.
  expect(interpreter.stopped).toEqual(['session-1']);
});

test('a fenced container ends an interpreter session that only it knows', async () => {
  const stale = await container();
  await stale.ask('Hello.');
  const next = await container();
  await next.ask('Hello again.');
  const storage = gate();
  bucket.before = () => storage.promise;
  const running = runCode(stale);
  await waitUntil(() => interpreter.calls.length === 1);
  expect(interpreter.alive).toEqual(['session-1']);
  storage.open();
  expect((await running).error?.code).toBe('WORKSPACE_FENCED');
  expect(await stale.exitCode()).toBe(1);
  expect(interpreter.alive).toEqual([]);
});

test.each<readonly [string, () => void | Promise<void>]>([
  ['fails', () => Promise.reject(new Error('not today'))],
  ['never answers', () => new Promise<void>(() => undefined)],
])('the interpreter session is ended when storage %s during the stop', async (_how, before) => {
  const agent = await container();
  await runCode(agent);
  bucket.before = before;
  agent.signal('SIGTERM');
  await agent.exitCode();
  expect(interpreter.alive).toEqual([]);
});
