import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { handler as orderStatus } from '../../../../bin/app/tools/order-status';
import { handler as placeOrder } from '../../../../bin/app/tools/place-order';
import { ORDERS_TABLE_VARIABLE } from '../../../../bin/app/tools/orders';
import { call, failure } from './tool-call';

const TABLE = 'orders';

let database: Server;

beforeAll(async () => {
  database = dynalite({ createTableMs: 0 });
  database.listen(0, '127.0.0.1');
  await once(database, 'listening');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${String((database.address() as AddressInfo).port)}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example-secret',
    [ORDERS_TABLE_VARIABLE]: TABLE,
  });
  const client = new DynamoDBClient();
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'orderId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'orderId', KeyType: 'HASH' }],
    }),
  );
  client.destroy();
});

afterAll(async () => {
  database.close();
  database.closeAllConnections();
  await once(database, 'close');
});

const place = (input: unknown): Promise<unknown> => call(placeOrder, 'place_order', input);
const status = (input: unknown): Promise<unknown> => call(orderStatus, 'get_order_status', input);

test('an order that was placed is found', async () => {
  const placed = {
    orderId: 'A-1',
    item: 'lamp',
    quantity: 2,
    status: 'received',
    updatedAt: expect.any(String) as string,
  };
  expect(await place({ order_id: 'A-1', item: 'lamp', quantity: 2 })).toEqual(placed);
  expect(await status({ order_id: 'A-1' })).toEqual(placed);
});

test('an order that nobody placed is not found', async () => {
  expect(await status({ order_id: 'A-404' })).toEqual(failure(/^there is no order A-404; ask for the number/));
});

test('a number is taken once', async () => {
  await place({ order_id: 'A-2', item: 'lamp', quantity: 1 });
  expect(await place({ order_id: 'A-2', item: 'table', quantity: 9 })).toEqual(
    failure(/there is an order A-2 already/),
  );
  expect(await status({ order_id: 'A-2' })).toMatchObject({ item: 'lamp' });
});

test.each([
  [{ order_id: 'A-3', item: 'lamp', quantity: 0 }, /the quantity is 0; order 1 or more/],
  [{ order_id: 'A-3', item: 'lamp', quantity: 1.5 }, /^the input is not valid: .*quantity/],
  [{ order_id: 'A-3', item: 'lamp' }, /^the input is not valid: .*quantity/],
  [{}, /^the input is not valid: .*order_id/],
])('%j is not ordered', async (input, reason) => {
  expect(await place(input)).toEqual(failure(reason));
  expect(await status({ order_id: 'A-3' })).toEqual(failure(/there is no order/));
});
