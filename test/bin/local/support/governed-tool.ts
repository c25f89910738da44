import { ToolError, toolHandler } from '../../../../lib/gateway/tool-handler';

/** The schema of the tool, for the construct and for the handler. */
export const input = {
  type: 'object',
  properties: { orderId: { type: 'string', description: 'the number of the order' } },
  required: ['orderId'],
} as const;

export const handler = toolHandler({
  input,
  handle: ({ orderId }) => {
    if (orderId === 'none') throw new ToolError('There is no such order.');
    return { orderId, status: 'shipped' };
  },
});
