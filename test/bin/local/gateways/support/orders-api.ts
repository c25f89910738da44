import { LoopbackServer, type Answer } from './loopback-server';

/** The API of a shop: it says what it was asked, and some paths do something else. */
const answerOrders: Answer = ({ method, url, headers, body }, _, res) => {
  const send = (status: number, text: string, more: Record<string, string> = {}): void => {
    res.writeHead(status, { 'content-type': 'application/json', ...more }).end(text);
  };
  const path = url.split('?')[0] ?? '';
  if (path === '/v1/moved') send(307, '', { location: 'https://elsewhere.example.com/v1/moved?key=of-nobody' });
  else if (path === '/v1/picture') send(200, 'PNG', { 'content-type': 'image/png' });
  else if (path === '/v1/orders/none') send(404, JSON.stringify({ error: `none for ${headers['x-api-key'] ?? ''}` }));
  else send(200, JSON.stringify({ method, url, body, tenant: headers['x-tenant'] }));
};

export const ordersApi = (): LoopbackServer => new LoopbackServer(answerOrders);

/** The description of that API. */
export function ordersDocument(server: string): object {
  const text = { schema: { type: 'string' } };
  return {
    openapi: '3.0.3',
    info: { title: 'Orders', version: '1' },
    servers: [{ url: `${server}/v1` }],
    paths: {
      '/orders/{orderId}': {
        parameters: [{ $ref: '#/components/parameters/OrderId' }],
        get: {
          operationId: 'get_order',
          summary: 'Looks up an order',
          parameters: [
            { name: 'X-Tenant', in: 'header', ...text },
            { name: 'Authorization', in: 'header', required: true, ...text },
            { name: 'fields', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
            { name: 'old', in: 'query', schema: { type: 'boolean' } },
          ],
        },
        delete: { summary: 'Has no operationId' },
      },
      '/orders': {
        post: {
          operationId: 'place_order',
          description: 'Orders something',
          parameters: [{ name: 'dryRun', in: 'query', schema: { type: 'boolean' } }],
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
          },
        },
        put: {
          operationId: 'replace_orders',
          requestBody: { content: { 'application/json': { schema: { type: 'array', items: { type: 'string' } } } } },
        },
      },
      '/files': { post: { operationId: 'upload', requestBody: { content: { 'multipart/form-data': {} } } } },
      '/cookies': { get: { operationId: 'by_cookie', parameters: [{ name: 'id', in: 'cookie', ...text }] } },
      '/twice/{id}': {
        post: {
          operationId: 'twice',
          parameters: [{ name: 'id', in: 'path', required: true, ...text }],
          requestBody: {
            content: { 'application/json': { schema: { type: 'object', properties: { id: { type: 'string' } } } } },
          },
        },
      },
      '/moved': { get: { operationId: 'moved' } },
      '/picture': { get: { operationId: 'picture' } },
    },
    components: {
      parameters: { OrderId: { name: 'orderId', in: 'path', required: true, ...text } },
      schemas: {
        Order: {
          type: 'object',
          required: ['item', 'quantity'],
          properties: {
            item: { type: 'string' },
            quantity: { type: 'integer', minimum: 1 },
            // It holds itself.
            gift: { $ref: '#/components/schemas/Order' },
          },
        },
      },
    },
  };
}
