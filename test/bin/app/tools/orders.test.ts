import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { handler as orderStatus } from '../../../../bin/app/tools/order-status';
import { handler as placeOrder } from '../../../../bin/app/tools/place-order';
import { ORDERS_TABLE_VARIABLE } from '../../../../bin/app/tools/orders';
import { PICKUP_KEY_VARIABLE } from '../../../../bin/app/tools/pickup-code';
import { call, failure } from './tool-call';

const TABLE = 'orders';
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:pickup-key-AbCdEf';

let database: Server;
let secrets: Server;
/** The secret's value; undefined: it cannot be read. */
let pickupKey: string | undefined = 'key-of-pickup-codes';

/** Secrets Manager at the wire, with one secret. */
function secretsManager(): Server {
  return createServer((req, res) => {
    void json(req).then((body) => {
      const isFound = pickupKey !== undefined && (body as { SecretId?: string }).SecretId === SECRET;
      res.writeHead(isFound ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
      res.end(JSON.stringify(isFound ? { SecretString: pickupKey } : { __type: 'ResourceNotFoundException' }));
    });
  });
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

beforeAll(async () => {
  database = dynalite({ createTableMs: 0 });
  secrets = secretsManager();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: await listen(database),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await listen(secrets),
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example-secret',
    [ORDERS_TABLE_VARIABLE]: TABLE,
    [PICKUP_KEY_VARIABLE]: SECRET,
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
  for (const server of [database, secrets]) {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
});

const place = (input: unknown): Promise<unknown> => call(placeOrder, 'place_order', input);
const status = (input: unknown): Promise<unknown> => call(orderStatus, 'get_order_status', input);

test('an order whose pickup code cannot be made is not placed, and the reason is not for the model', async () => {
  pickupKey = undefined;
  const refused = await place({ order_id: 'A-0', item: 'lamp', quantity: 1 });
  pickupKey = 'key-of-pickup-codes';
  expect(refused).toEqual(failure(/request-1/));
  expect(JSON.stringify(refused)).not.toContain('ResourceNotFound');
  expect(await status({ order_id: 'A-0' })).toEqual(failure(/there is no order/));
  expect(await place({ order_id: 'A-0', item: 'lamp', quantity: 1 })).toMatchObject({ status: 'received' });
});

test('an order that was placed is found', async () => {
  const placed = {
    orderId: 'A-1',
    item: 'lamp',
    quantity: 2,
    status: 'received',
    updatedAt: expect.any(String) as string,
  };
  const code = createHmac('sha256', 'key-of-pickup-codes').update('A-1').digest('hex').slice(0, 8).toUpperCase();
  expect(await place({ order_id: 'A-1', item: 'lamp', quantity: 2 })).toEqual({ ...placed, pickupCode: code });
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
