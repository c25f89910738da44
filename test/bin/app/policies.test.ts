import { join } from 'node:path';
import { PLACE_ORDER_INPUT } from '../../../bin/app/tools/place-order';
import { GatewayPolicy } from '../../../lib';
import { resolveToolSchema } from '../../../lib/gateway/tool-schema-rules';
import { authorizeToolCall } from '../../../lib/testing';

const gatewayArn = 'arn:aws:bedrock-agentcore:eu-central-1:111122223333:gateway/shop-0123456789';
const { schema } = resolveToolSchema(PLACE_ORDER_INPUT, 'input');
const tools = [{ target: 'purchases', name: 'place_order', description: 'Orders something', inputSchema: schema }];

function mayOrder(groups: readonly string[], quantity = 1): boolean {
  const file = join(__dirname, '../../../bin/app/policies/order.cedar');
  const { policies } = GatewayPolicy.fromFile(file).write({ callers: 'user', tools, openTargets: [] });
  const { allowed, errors } = authorizeToolCall({
    gatewayArn,
    tools,
    policies: Object.fromEntries(
      policies.map(({ name, statement }) => [name, statement.text.replaceAll('{{gatewayArn}}', gatewayArn)]),
    ),
    principal: { user: 'ada', claims: { 'cognito:groups': groups } },
    action: 'purchases___place_order',
    input: { order_id: 'A-1', item: 'lamp', quantity },
  });
  expect(errors).toEqual([]);
  return allowed;
}

test.each([[['buyers']], [['x', 'buyers']], [['buyers', 'x']]])('a user in the groups %j may order', (groups) => {
  expect(mayOrder(groups)).toBe(true);
});

test.each([[[]], [['lookers']], [['buyers-of-more']], [['not"buyers']], [['not"buyers"']], [['x","buyers']]])(
  'a user in the groups %j may not order',
  (groups) => {
    expect(mayOrder(groups)).toBe(false);
  },
);

test('nobody orders more than 100 pieces at a time', () => {
  expect(mayOrder(['buyers'], 100)).toBe(true);
  expect(mayOrder(['buyers'], 101)).toBe(false);
});
