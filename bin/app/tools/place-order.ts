import { z } from 'zod';
import { ToolError, toolHandler } from '../../../lib/gateway/tool-handler';
import { Orders } from './orders';

export const PLACE_ORDER_INPUT = z.object({
  order_id: z.string().describe('A new number for the order, for example A-1002'),
  item: z.string().describe('What is ordered'),
  quantity: z.int().describe('How many, 1 or more'),
});

const orders = new Orders();

/** The tool `place_order`: a new order. How many a user may order is for the policies of the gateway to say. */
export const handler = toolHandler({
  input: PLACE_ORDER_INPUT,
  handle: ({ order_id, item, quantity }) => {
    if (quantity < 1) throw new ToolError(`the quantity is ${quantity}; order 1 or more`);
    return orders.place({ orderId: order_id, item, quantity });
  },
});
