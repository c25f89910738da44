import { z } from 'zod';
import { ToolError, toolHandler, toolHandlers, toolName, type ToolContext } from '../../lib/gateway/tool-handler';

const context = (name = 'Orders___find_order', remaining?: () => number): ToolContext => ({
  awsRequestId: 'r-1',
  clientContext: { custom: { bedrockAgentCoreToolName: name } },
  ...(remaining === undefined ? {} : { getRemainingTimeInMillis: remaining }),
});

const refund = toolHandler({
  input: {
    type: 'object',
    properties: {
      order: { type: 'string' },
      amount: { type: 'integer' },
      lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } }, required: ['sku'] } },
      price: { type: 'number' },
      gift: { type: 'boolean' },
    },
    required: ['order', 'amount'],
  },
  // The types come from the schema: a wrong one does not compile.
  handle: ({ order, amount, lines, gift }, { name }) => ({
    text: `${order.toUpperCase()} ${amount.toFixed(2)} ${lines?.map(({ sku }) => sku).join('+') ?? '-'}`,
    gift: gift ?? false,
    name,
  }),
});

const textOf = (result: unknown): string => {
  const { isError, content } = result as { isError?: boolean; content?: { type: string; text: string }[] };
  expect(isError).toBe(true);
  expect(content?.map(({ type }) => type)).toEqual(['text']);
  return content?.[0]?.text ?? '';
};

describe('the handler of a tool', () => {
  test('gets the input and the name of the tool without its target', async () => {
    const event = { order: 'a1', amount: 2, lines: [{ sku: 'x' }, { sku: 'y' }] };
    expect(await refund(event, context('Refunds___refund'))).toEqual({
      text: 'A1 2.00 x+y',
      gift: false,
      name: 'refund',
    });
  });

  test.each([
    [{ amount: 2 }, 'input.order is missing; give a string'],
    [{ order: 1, amount: 2 }, 'input.order must be a string, and is a number'],
    [{ order: 'a', amount: 2.5 }, 'input.amount must be an integer, and is a fractional number'],
    [{ order: 'a', amount: NaN }, 'input.amount must be an integer, and is a number'],
    [{ order: 'a', amount: null }, 'input.amount must be an integer, and is null'],
    [{ order: 'a', amount: 1, price: Infinity }, 'input.price must be a number'],
    [{ order: 'a', amount: 1, gift: 'yes' }, 'input.gift must be a boolean, and is a string'],
    [{ order: 'a', amount: 1, lines: {} }, 'input.lines must be an array, and is an object'],
    [{ order: 'a', amount: 1, lines: [{}] }, 'input.lines[0].sku is missing; give a string'],
    [[], 'input must be an object, and is an array'],
    [null, 'input must be an object, and is null'],
    ['order', 'input must be an object, and is a string'],
  ])('refuses %j before it is called', async (event, expected) => {
    expect(textOf(await refund(event, context()))).toContain(expected);
  });

  test('says everything that is wrong with an input at once, and repeats no value of it', async () => {
    const text = textOf(await refund({ order: ['secret-1'], amount: 'secret-2' }, context()));
    expect(text).toBe(
      'the input is not valid: input.order must be a string, and is an array; input.amount must be an integer, and is a string',
    );
  });

  test('checks with an object of zod, its refinements and changes included', async () => {
    const handler = toolHandler({
      input: z.object({ zone: z.string().refine((zone) => zone.includes('/'), 'no time zone'), n: z.int().optional() }),
      handle: ({ zone, n }) => zone.length + (n ?? 0),
    });
    expect(await handler({ zone: 'Europe/Rome', n: 1 }, context())).toBe(12);
    expect(textOf(await handler({ zone: 'Rome' }, context()))).toBe('the input is not valid: input.zone: no time zone');
    expect(textOf(await handler({}, context()))).toContain('input.zone: ');
  });

  test('tells the model what a ToolError says, and of other errors nothing but where to look', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const failing = (error: Error) =>
      toolHandler({ input: { type: 'object' }, handle: () => Promise.reject(error) })({}, context());
    expect(textOf(await failing(new ToolError('there is no order a1; ask for its number')))).toBe(
      'there is no order a1; ask for its number',
    );
    expect(log).not.toHaveBeenCalled();
    const text = textOf(await failing(new Error('password=hunter2')));
    expect(text).toContain('request r-1');
    expect(text).not.toContain('hunter2');
    expect(log).toHaveBeenCalledWith(expect.objectContaining({ message: 'password=hunter2' }));
    log.mockRestore();
  });

  test('answers before the function is stopped, and says so to the work', async () => {
    let aborted: unknown;
    const handler = toolHandler({
      input: { type: 'object' },
      handle: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = signal.reason;
            reject(new Error('stopped'));
          });
        }),
    });
    expect(
      textOf(
        await handler(
          {},
          context('A___b', () => 510),
        ),
      ),
    ).toContain('did not finish in its time');
    expect(aborted).toBeInstanceOf(ToolError);
  });

  test('sees what an input has, and not what every object has', async () => {
    const handler = toolHandler({
      input: { type: 'object', properties: { toString: { type: 'string' } }, required: ['constructor'] },
      handle: () => 'done',
    });
    expect(textOf(await handler({}, context()))).toBe(
      'the input is not valid: input.constructor is missing; give a value',
    );
    expect(await handler({ constructor: 'c' }, context())).toBe('done');
  });

  test('fails in its own words where the result is no JSON', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const result of [{ count: 1n }, circular]) {
      const handler = toolHandler({ input: { type: 'object' }, handle: () => result });
      expect(textOf(await handler({}, context()))).toContain('for a reason that is in its log (request r-1)');
    }
    expect(log).toHaveBeenCalledTimes(2);
    log.mockRestore();
  });

  test('sends as much as AWS Lambda does, and says so of more', async () => {
    const most = 6 * 1024 * 1024 - '""'.length;
    const sending = (text: string) => toolHandler({ input: { type: 'object' }, handle: () => text })({}, context());
    expect(await sending('x'.repeat(most))).toHaveLength(most);
    expect(textOf(await sending('x'.repeat(most + 1)))).toBe(
      'the result has 6291457 bytes, and a tool can send 6291456; ask for less, or for a part at a time',
    );
    expect(textOf(await sending('é'.repeat(most / 2 + 1)))).toContain('and a tool can send 6291456');
  });

  test('answers JSON also where the work returns nothing', async () => {
    expect(await toolHandler({ input: { type: 'object' }, handle: () => undefined })({}, context())).toBeNull();
  });
});

describe('a function with several tools', () => {
  const handler = toolHandlers({
    find_order: toolHandler({ input: { type: 'object' }, handle: () => 'found' }),
    cancel: toolHandler({ input: { type: 'object' }, handle: () => 'cancelled' }),
  });

  test('does what the gateway names', async () => {
    expect(await handler({}, context('Orders___find_order'))).toBe('found');
    expect(await handler({}, context('Orders___cancel'))).toBe('cancelled');
  });

  test.each(['Orders___delete', 'Orders___constructor', ''])('refuses %j', async (name) => {
    expect(textOf(await handler({}, context(name)))).toContain('it has find_order, cancel');
  });
});

test.each([
  ['Orders___find_order', 'find_order'],
  ['Orders___a___b', 'a___b'],
  ['find_order', 'find_order'],
])('the tool that a gateway calls %s is %s', (qualified, name) => {
  expect(toolName(context(qualified))).toBe(name);
});

test('a call past the gateway has no tool name', () => {
  expect(toolName({})).toBe('');
});
