import { z } from 'zod';
import { toolHandler } from '../../../lib/gateway/tool-handler';
import { Orders } from './orders';

export const ORDER_STATUS_INPUT = z.object({
  order_id: z.string().describe('The number of the order, for example A-1001'),
});

const orders = new Orders();

/** The tool `get_order_status`: where an order is. */
export const handler = toolHandler({
  input: ORDER_STATUS_INPUT,
  handle: ({ order_id }) => orders.get(order_id),
});
