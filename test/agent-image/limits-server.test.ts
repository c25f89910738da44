import { RUN_FAILURES } from '../../agent-image/src/protocol';
import type { ModelScript } from '../../bin/local/model/scripted-bedrock';
import { AgentFixture, type ScriptedModel, startScriptedModel, waitUntil } from './support/agent-fixture';

/** About a cent of the scripted model's own counting; prices are those of the SDK. */
const LONG = 'x'.repeat(4_000);

let model: ScriptedModel;
let agent: AgentFixture | undefined;

async function start(
  limits: object,
  script: ModelScript,
  overrides: Record<string, string> = {},
): Promise<AgentFixture> {
  model.script = script;
  agent = await AgentFixture.start(model, { AGENT_LIMITS: JSON.stringify(limits), ...overrides });
  return agent;
}

beforeEach(async () => {
  model = await startScriptedModel(() => ({ kind: 'message', text: 'here' }));
});

afterEach(async () => {
  await agent?.dispose();
  expect(agent?.stderr).toBe('');
  agent = undefined;
  await model.close();
});

describe('round trips', () => {
  it('of the last prompt stop where the limit of the session is, and no later prompt reaches the model', async () => {
    // A tool that is not offered: each call is answered by the SDK and makes one more round trip.
    const server = await start({ turns: 5 }, () => ({ kind: 'message', toolUses: [{ name: 'levitate', input: {} }] }));
    model.script = () => ({ kind: 'message', text: 'here' });
    expect(await server.ask('one')).toMatchObject({ status: 'success', metadata: { turns: 1 } });
    expect(await server.ask('two')).toMatchObject({ status: 'success', metadata: { turns: 1 } });
    model.script = () => ({ kind: 'message', toolUses: [{ name: 'levitate', input: {} }] });
    const error = { code: 'TURN_LIMIT_REACHED', message: RUN_FAILURES.TURN_LIMIT_REACHED };
    expect(await server.ask('three')).toMatchObject({ status: 'error', error, metadata: { turns: 3 } });
    expect(model.requests).toHaveLength(5);
    expect(await server.ask('four')).toMatchObject({ status: 'error', error, metadata: { turns: 0 } });
    expect(model.requests).toHaveLength(5);
  });
});

describe('the budget', () => {
  const spend: ModelScript = () => ({ kind: 'message', text: LONG });

  async function askUntilRefused(server: AgentFixture): Promise<{ cost: number; codes: unknown[] }> {
    const codes: unknown[] = [];
    let cost = 0;
    for (let prompt = 0; prompt < 10 && codes.length < 2; prompt += 1) {
      const { error, metadata } = await server.ask(`prompt ${prompt}`);
      cost += metadata.cost_usd;
      if (error) codes.push(error.code);
    }
    return { cost, codes };
  }

  it('ends the session that has spent it, at most one call of the model later', async () => {
    const server = await start({ budgetUsd: 0.03 }, spend);
    const { cost, codes } = await askUntilRefused(server);
    expect(codes).toEqual(['BUDGET_EXCEEDED', 'BUDGET_EXCEEDED']);
    expect(cost).toBeGreaterThanOrEqual(0.03);
    expect(cost).toBeLessThan(0.06);
    const calls = model.requests.length;
    await server.ask('one more');
    expect(model.requests).toHaveLength(calls);
  });

  it('goes on with a new agent process', async () => {
    const server = await start({ budgetUsd: 0.03 }, spend);
    const { metadata } = await server.ask('hello');
    for (const pid of server.claudePids()) process.kill(pid, 'SIGKILL');
    await waitUntil(() => server.logged('agent process ended') !== undefined);
    const { cost } = await askUntilRefused(server);
    expect(metadata.cost_usd + cost).toBeGreaterThanOrEqual(0.03);
    expect(metadata.cost_usd + cost).toBeLessThan(0.06);
  });

  it('is not given anew by a new container of the session', async () => {
    const first = await start({ budgetUsd: 0.03 }, spend);
    await askUntilRefused(first);
    const calls = model.requests.length;
    const { home, sessionId } = first;
    await first.stop();
    const overrides = {
      ...{ AGENT_LIMITS: '{"budgetUsd":0.03}', HOME: home, CLAUDE_CONFIG_DIR: `${home}/.claude` },
      AGENT_WORKSPACE_DIR: `${home}/workspace`,
    };
    const second = await AgentFixture.start(model, overrides, sessionId);
    expect(await second.ask('hello again')).toMatchObject({ error: { code: 'BUDGET_EXCEEDED' } });
    expect(model.requests).toHaveLength(calls);
    await second.dispose();
  });
});

describe('what a run costs', () => {
  it('is told alike when another process goes on with the conversation', async () => {
    const server = await start({ turns: 50 }, () => ({ kind: 'message', text: 'short' }));
    const outputs: number[] = [];
    // With a limit of round trips the process is replaced before each prompt, in peace.
    for (const prompt of ['one', 'two', 'three']) {
      outputs.push((await server.ask(prompt)).metadata.usage.output_tokens);
    }
    expect(server.logLines.filter(({ message }) => message === 'agent process starts')).toHaveLength(3);
    expect(new Set(outputs).size).toBe(1);
  });
});
