import { readApiDescription, type ApiDescription } from '../../../../bin/local/gateways/open-api-document';
import { operationRequest } from '../../../../bin/local/gateways/open-api-request';
import { TargetFault } from '../../../../bin/local/gateways/target-fault';
import { schemasOfEachOther } from './support/schemas-of-each-other';

const SERVER = new URL('https://orders.example.com');
const text = { type: 'string' };

const description = (paths: object, components: object = {}): ApiDescription =>
  readApiDescription(JSON.stringify({ openapi: '3.1.0', servers: [{ url: SERVER.href }], paths, components }));

const json = (schema: object) => ({ content: { 'application/json': { schema } } });

/** The request of the only operation. */
function requestOf({ operations, leftOut }: ApiDescription, input: Record<string, unknown>) {
  const [operation] = operations;
  if (operation === undefined) throw new Error(`There is no operation: ${leftOut.join('; ')}`);
  return operationRequest(operation, SERVER, input);
}

describe('what is read of an operation', () => {
  const all = { $ref: '#/components/schemas/S0' };
  const components = { schemas: schemasOfEachOther(7, '#/components/schemas/') };

  it.each<[string, object]>([
    ['lead to nothing', { $ref: '#/components/responses/None' }],
    ['lead out of the document', { description: '', ...json({ $ref: 'schemas.json#/Order' }) }],
    ['are too large', { description: '', ...json(all) }],
  ])('is not its answers, which may have schemas that %s', (_, answer) => {
    const { operations, leftOut } = description({ '/a': { get: { operationId: 'a', responses: { 200: answer } } } });

    expect({ names: operations.map(({ name }) => name), leftOut }).toEqual({ names: ['a'], leftOut: [] });
  });

  it('is no body of another type than the one that is sent, and no example', () => {
    const body = json({ properties: { item: text } }).content['application/json'];
    const requestBody = {
      content: {
        'application/xml': { schema: { $ref: 'schemas.xml#/Order' } },
        'application/json': { ...body, examples: { one: { $ref: '#/components/examples/None' } } },
      },
    };

    expect(description({ '/a': { post: { operationId: 'a', requestBody } } }).leftOut).toEqual([]);
  });

  it('is what references to a parameter, a body and their schemas lead to', () => {
    const { operations, leftOut } = description(
      {
        '/a': {
          parameters: [{ $ref: '#/components/parameters/Tenant' }],
          put: { operationId: 'a', requestBody: { $ref: '#/components/requestBodies/Name' } },
        },
      },
      {
        parameters: { Tenant: { name: 'tenant', in: 'query', schema: { $ref: '#/components/schemas/Text' } } },
        requestBodies: { Name: json({ properties: { name: { $ref: '#/components/schemas/Text' } } }) },
        schemas: { Text: text },
      },
    );

    expect(leftOut).toEqual([]);
    expect(operations.map(({ inputSchema }) => inputSchema.properties)).toEqual([{ tenant: text, name: text }]);
  });

  it.each<[string, object, string]>([
    ['schemas that lead to each other in too many ways', { requestBody: json(all) }, 'its schemas are too large'],
    [
      'a parameter with such schemas',
      { parameters: [{ name: 'a', in: 'query', schema: { items: all } }] },
      'its schemas are too large',
    ],
    [
      'a parameter that leads back to itself',
      { parameters: [{ $ref: '#/components/parameters/Loop' }] },
      'its reference "#/components/parameters/Loop" leads back to itself',
    ],
    [
      'a list in the query that is sent as one value',
      { parameters: [{ name: 'ids', in: 'query', explode: false, schema: { type: ['array', 'null'] } }] },
      'its parameter "ids" is a list that is sent as one value (explode: false)',
    ],
    [
      'a list in a header',
      { parameters: [{ name: 'ids', in: 'header', schema: { type: ['array', 'null'] } }] },
      'its parameter "ids" is not a simple one of the path, the query or the headers',
    ],
  ])('does not let it be called with %s', (_, operation, reason) => {
    const loop = { parameters: { Loop: { $ref: '#/components/parameters/Loop' } } };
    const paths = { '/a': { post: { operationId: 'a', ...operation } }, '/b': { get: { operationId: 'b' } } };
    const { operations, leftOut } = description(paths, { ...components, ...loop });

    expect(operations.map(({ name }) => name)).toEqual(['b']);
    expect(leftOut).toEqual([expect.stringContaining(`POST /a is no tool: ${reason}`)]);
  });

  it('does not let it be called with a schema that is deeper than the stack', () => {
    const deep = `${'{"items":'.repeat(20_000)}{}${'}'.repeat(20_000)}`;
    const requestBody = `{"content":{"application/json":{"schema":${deep}}}}`;
    const document = `{"openapi":"3.1.0","servers":[{"url":"${SERVER.href}"}],
      "paths":{"/a":{"post":{"operationId":"a","requestBody":${requestBody}}}}}`;

    expect(readApiDescription(document).leftOut).toEqual([
      'POST /a is no tool: its schemas are too large to be read locally',
    ]);
  });

  it('does not let it be called when a part of its path is declared nowhere, or elsewhere', () => {
    const inQuery = { operationId: 'b', parameters: [{ name: 'line', in: 'query', schema: text }] };
    const id = { name: 'id', in: 'path', required: true, schema: text };

    expect(description({ '/a/{id}': { get: { operationId: 'a' } } }).leftOut).toEqual([
      'GET /a/{id} is no tool: it declares no parameter "id" of its path',
    ]);
    expect(description({ '/a/{id}/{line}': { parameters: [id], get: inQuery } }).leftOut).toEqual([
      'GET /a/{id}/{line} is no tool: it declares no parameter "line" of its path',
    ]);
  });
});

describe('the request of an operation', () => {
  const note = json({ type: 'object', required: ['note'], properties: { note: text } });

  it.each<[string, object, Record<string, unknown>, string | undefined]>([
    ['no body where it is optional and no field is given', note, {}, undefined],
    ['an optional body where a field is given', note, { note: 'n' }, '{"note":"n"}'],
    ['a body that is required although no field is given', { ...note, required: true }, {}, '{}'],
  ])('has %s', (_, requestBody, input, body) => {
    const { body: sent, headers } = requestOf(
      description({ '/a': { post: { operationId: 'a', requestBody } } }),
      input,
    );

    expect(sent).toBe(body);
    expect(headers['content-type']).toBe(body === undefined ? undefined : 'application/json');
  });

  it('has one value of the query where explode says nothing of it', () => {
    const parameters = [{ name: 'id', in: 'query', explode: false, schema: text }];
    const { url } = requestOf(description({ '/a': { get: { operationId: 'a', parameters } } }), { id: '1' });

    expect(url.search).toBe('?id=1');
  });

  it('is none for half of a character in its path', () => {
    const parameters = [{ name: 'id', in: 'path', required: true, schema: text }];
    const half = (): unknown =>
      requestOf(description({ '/a/{id}': { get: { operationId: 'a', parameters } } }), { id: 'a\ud800' });

    expect(half).toThrow('the value for "id" of the path has half of a surrogate pair, which is no character');
    expect(half).toThrow(TargetFault);
  });
});
