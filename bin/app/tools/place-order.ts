import { z } from 'zod';
import { ToolError, toolHandler } from '../../../lib/gateway/tool-handler';
import { Orders } from './orders';
import { PickupCodes } from './pickup-code';

export const PLACE_ORDER_INPUT = z.object({
  order_id: z.string().describe('A new number for the order, for example A-1002'),
  item: z.string().describe('What is ordered'),
  quantity: z.int().describe('How many, 1 or more'),
});

const orders = new Orders();
const pickupCodes = new PickupCodes();

/**
 * The tool `place_order`: a new order, and the code by which it is taken. How many a user may order is for the policies of
 * the gateway to say.
 */
export const handler = toolHandler({
  input: PLACE_ORDER_INPUT,
  handle: async ({ order_id, item, quantity }) => {
    if (quantity < 1) throw new ToolError(`the quantity is ${quantity}; order 1 or more`);
    // First: an order that nobody could take must not be there.
    const pickupCode = await pickupCodes.of(order_id);
    return { ...(await orders.place({ orderId: order_id, item, quantity })), pickupCode };
  },
});
