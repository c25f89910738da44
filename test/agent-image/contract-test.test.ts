import { runContractTest } from '../../bin/contract-test/run';
import type { ModelScript } from '../../bin/local/model/scripted-bedrock';
import { AgentFixture, type ScriptedModel, startScriptedModel } from './support/agent-fixture';

/** Answers at length, which would not fit into one WebSocket frame, and slowly where it is asked to. */
const script: ModelScript = ({ userTexts }) => {
  const isBusy = userTexts.at(-1) === 'be busy';
  return isBusy
    ? { kind: 'message', text: Array<string>(20).fill('tick '), deltaDelayMs: 50 }
    : { kind: 'message', text: 'tide '.repeat(20_000) };
};

let model: ScriptedModel;
let agent: AgentFixture;

beforeAll(async () => {
  model = await startScriptedModel(script);
  agent = await AgentFixture.start(model);
});

afterAll(async () => {
  await agent.dispose();
  await model.close();
  expect(agent.stderr).toBe('');
});

it('passes every check of the contract test', async () => {
  const { url, sessionId } = agent;
  const results = await runContractTest({ url, sessionId, busyPayload: '{"prompt":"be busy"}' });
  expect(results.length).toBeGreaterThan(20);
  expect(results.filter(({ status }) => status !== 'PASS')).toEqual([]);
  expect((await agent.ask('hello')).status).toBe('success');
});
