import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { ScriptedToolUse } from '../../../bin/local/model/model-script';
import { AgentRun, type SignedIn } from './support/agent-run';
import { connectMcp, textOf } from './support/mcp-client';

const STATUS = 'orders___get_order_status';
const PLACE = 'purchases___place_order';
const TIME = 'clock___get_current_time';
const PAGE = 'pages___read_page';
const SEARCH = 'x_amz_bedrock_agentcore_search';

let run: AgentRun;
let alice: SignedIn;
let bob: SignedIn;
const open: Client[] = [];

beforeAll(async () => {
  run = await AgentRun.start(join(__dirname, 'support', 'slow-sample-app.ts'));
  // A buyer, and somebody who is in no group.
  [alice, bob] = [await run.signIn('alice'), await run.signIn('bob')];
}, 90_000);

afterAll(async () => {
  for (const client of open) await client.close();
  await run.stop();
});

/** The tools of the sample for a user, by the client of the MCP SDK. */
async function connect({ accessToken }: SignedIn): Promise<Client> {
  const client = await connectMcp(run.up.gateways[0]?.url ?? '', (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${accessToken}`);
    return fetch(url, { ...init, headers });
  });
  open.push(client);
  return client;
}

async function call(
  client: Client,
  name: string,
  input: Record<string, unknown>,
): Promise<{ failed: boolean; text: string }> {
  const result = await client.callTool({ name, arguments: input });
  return { failed: result.isError === true, text: textOf(result) };
}

const order = (order_id: string, quantity: number): Record<string, unknown> => ({ order_id, item: 'cups', quantity });

/** What the model does to call a tool of the gateway. */
const use = (name: string, input: Record<string, unknown>): ScriptedToolUse => ({ name: `mcp__gw__${name}`, input });

describe('the tools of the sample for a client of MCP', () => {
  it('are listed and found as far as the policies let the user call them', async () => {
    const names = async (user: SignedIn): Promise<string[]> =>
      (await (await connect(user)).listTools()).tools.map(({ name }) => name);
    const found = async (user: SignedIn): Promise<string> =>
      (await call(await connect(user), SEARCH, { query: 'order something' })).text;

    expect(await names(alice)).toEqual([SEARCH, STATUS, PLACE, TIME, PAGE]);
    expect(await names(bob)).toEqual([SEARCH, STATUS, TIME, PAGE]);
    expect(await found(alice)).toContain(PLACE);
    expect(await found(bob)).not.toContain(PLACE);
    expect(await found(bob)).toContain(STATUS);
  });

  it('let a buyer order up to 100 pieces, and nobody more', async () => {
    const client = await connect(alice);
    const placed = await call(client, PLACE, order('A-100', 100));
    const tooMany = await call(client, PLACE, order('A-101', 101));

    expect(placed.failed).toBe(false);
    expect(JSON.parse(placed.text)).toMatchObject({ orderId: 'A-100', quantity: 100, status: 'received' });
    expect([tooMany.failed, tooMany.text]).toEqual([true, expect.stringContaining('no policy of the gateway permits')]);
    expect((await call(client, STATUS, { order_id: 'A-101' })).text).toContain('there is no order A-101');
  });

  it('let who is no buyer look at orders, and place none', async () => {
    const client = await connect(bob);
    await call(await connect(alice), PLACE, order('A-200', 1));
    const refused = await call(client, PLACE, order('B-1', 1));

    expect([refused.failed, refused.text]).toEqual([true, expect.stringContaining('no policy of the gateway permits')]);
    expect(JSON.parse((await call(client, STATUS, { order_id: 'A-200' })).text)).toMatchObject({ item: 'cups' });
    expect((await call(client, STATUS, { order_id: 'B-1' })).text).toContain('there is no order B-1');
  });

  it.each<[string, string, Record<string, unknown>, string]>([
    ['an input without what is required', STATUS, {}, "must have required property 'order_id'"],
    ['an input of another type', STATUS, { order_id: 7 }, '"order_id" must be string'],
    ['an input that the handler refuses', PLACE, order('A-0', 0), 'the quantity is 0; order 1 or more'],
    ['an order that is unknown', STATUS, { order_id: 'none' }, 'there is no order none'],
    ['an order that is there already', PLACE, order('A-300', 2), 'there is an order A-300 already'],
    ['a time zone that is none', TIME, { time_zone: 'Moon/Far' }, '"Moon/Far" is no time zone'],
    ['a site that is not open', PAGE, { url: 'https://example.com/' }, 'example.com is not open to this tool'],
    ['a site that never answers', PAGE, { url: 'https://docs.claude.com/' }, 'the tool did not finish in its time'],
  ])('answer %s with a result that says what was wrong', async (what, name, input, text) => {
    const client = await connect(alice);
    if (what.includes('already')) await call(client, name, input);

    expect(await call(client, name, input)).toEqual({ failed: true, text: expect.stringContaining(text) as string });
  });

  it('tell the time', async () => {
    const { failed, text } = await call(await connect(bob), TIME, { time_zone: 'Asia/Tokyo' });
    const { local_time: local, utc } = JSON.parse(text) as Record<string, string>;
    const [there = 0, here = 0] = [`${local ?? ''}Z`, utc ?? ''].map((time) => Date.parse(time));

    expect(failed).toBe(false);
    expect(Math.round((there - here) / 3_600_000)).toBe(9);
  });
});

describe('the tools of the sample for the Claude Agent SDK', () => {
  it('are offered as far as the policies let the user of the session call them', async () => {
    const offered = async (session: string, user: SignedIn): Promise<string[]> => {
      expect((await run.turn(session, user, 'Hello')).status).toBe('success');
      return run.offered.filter((name) => name.startsWith('mcp__gw__')).sort();
    };

    expect(await offered('session-of-alice-with-the-tools-0000001', alice)).toEqual(
      [TIME, STATUS, PAGE, PLACE].map((name) => `mcp__gw__${name}`),
    );
    expect(await offered('session-of-bob-with-the-tools-000000001', bob)).toEqual(
      [TIME, STATUS, PAGE].map((name) => `mcp__gw__${name}`),
    );
  });

  it('are called for the user, and what goes wrong is told to the model', async () => {
    const uses: [ScriptedToolUse, string | undefined][] = [
      [use(PLACE, order('C-1', 100)), undefined],
      [use(STATUS, { order_id: 'C-1' }), undefined],
      [use(PLACE, order('C-2', 101)), 'no policy of the gateway permits'],
      [use(STATUS, { order_id: 'none' }), 'there is no order none; ask for the number on the confirmation'],
      [use(STATUS, { order_id: 7 }), 'order_id'],
      [use(PAGE, { url: 'https://docs.claude.com/' }), 'the tool did not finish in its time'],
    ];
    const reply = await run.turn(
      'session-of-alice-with-the-tools-0000002',
      alice,
      'Order 100 cups',
      ...uses.map(([one]) => one),
    );

    expect(reply).toMatchObject({ status: 'success', response: 'Done.' });
    expect(run.results.map(({ failed }) => failed)).toEqual(uses.map(([, text]) => text !== undefined));
    for (const [index, [, text]] of uses.entries()) {
      expect(run.results[index]?.text).toContain(text ?? 'C-1');
    }
  });

  it('are not called past the policies for a model that makes up a name', async () => {
    const reply = await run.turn(
      'session-of-bob-with-the-tools-000000002',
      bob,
      'Order a cup',
      use(PLACE, order('B-2', 1)),
    );

    expect(reply.status).toBe('success');
    expect(run.results).toEqual([{ failed: true, text: expect.anything() as string }]);
    expect((await call(await connect(alice), STATUS, { order_id: 'B-2' })).text).toContain('there is no order B-2');
  });
});
