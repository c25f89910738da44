import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { ToolError } from '../../../lib/gateway/tool-handler';

/** Name of the table of orders; its key is `orderId`. */
export const ORDERS_TABLE_VARIABLE = 'ORDERS_TABLE';

export interface Order {
  readonly orderId: string;
  readonly item: string;
  readonly quantity: number;
  readonly status: 'received' | 'shipped' | 'delivered';
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** The orders of the sample, in Amazon DynamoDB. */
export class Orders {
  readonly #client = DynamoDBDocumentClient.from(new DynamoDBClient());

  /** @throws ToolError when there is none of this number */
  async get(orderId: string): Promise<Order> {
    const { Item } = await this.#client.send(new GetCommand({ TableName: tableName(), Key: { orderId } }));
    if (!Item) throw new ToolError(`there is no order ${orderId}; ask for the number on the confirmation`);
    return Item as Order;
  }

  /** @throws ToolError when the number is taken: a call that is made twice must not order twice */
  async place(order: Pick<Order, 'orderId' | 'item' | 'quantity'>): Promise<Order> {
    const placed: Order = { ...order, status: 'received', updatedAt: new Date().toISOString() };
    try {
      await this.#client.send(
        new PutCommand({ TableName: tableName(), Item: placed, ConditionExpression: 'attribute_not_exists(orderId)' }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      throw new ToolError(`there is an order ${order.orderId} already; look at it, or take another number`);
    }
    return placed;
  }
}

function tableName(): string {
  const name = process.env[ORDERS_TABLE_VARIABLE];
  if (!name) throw new Error(`${ORDERS_TABLE_VARIABLE} is not set: give the name of the table of orders`);
  return name;
}
