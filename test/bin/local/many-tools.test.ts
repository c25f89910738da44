import { join } from 'node:path';
import { AgentRun, type SignedIn } from './support/agent-run';

const SESSION = 'session-of-alice-who-has-many-tools-1';
const SEARCH = 'mcp__gw__x_amz_bedrock_agentcore_search';
const COUNT_UMBRELLAS = 'mcp__gw__stock___count_0';

let run: AgentRun;
let alice: SignedIn;

beforeAll(async () => {
  run = await AgentRun.start(join(__dirname, 'support', 'many-tools-app.ts'));
  alice = await run.signIn('alice');
}, 90_000);

afterAll(() => run.stop());

const ofGateway = (): string[] => run.offered.filter((name) => name.startsWith('mcp__gw__'));

test('an agent with more tools than a model is offered searches the gateway, and calls what it finds', async () => {
  await run.turn(SESSION, alice, 'How are you?');
  expect(ofGateway()).toEqual([SEARCH]);

  await run.turn(
    SESSION,
    alice,
    'How many umbrellas are there?',
    { name: SEARCH, input: { query: 'umbrellas' } },
    { name: COUNT_UMBRELLAS, input: { do: 'report' } },
  );
  const [found, counted] = run.results.slice(-2);
  expect(found).toMatchObject({ failed: false, text: expect.stringContaining(COUNT_UMBRELLAS) as string });
  expect(found?.text).not.toContain('count_1');
  expect(counted).toMatchObject({
    failed: false,
    text: expect.stringContaining('stock___count_0') as string,
  });
  expect(ofGateway().sort()).toEqual([COUNT_UMBRELLAS, SEARCH]);
});
