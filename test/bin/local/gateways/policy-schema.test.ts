import { policySchema } from '../../../../bin/local/gateways/policy-schema';

const text = { type: 'string' } as const;

describe('what policies see of a schema', () => {
  it.each<[string, unknown, object | undefined]>([
    [
      'a type of a gateway, with what the model is told',
      { ...text, format: 'uri', description: 'd' },
      { ...text, description: 'd' },
    ],
    ['a type that may be null', { type: ['integer', 'null'] }, { type: 'integer' }],
    ['a choice between one type and null', { anyOf: [{ type: 'boolean' }, { type: 'null' }] }, { type: 'boolean' }],
    ['a reference', { $ref: '#/$defs/A~1B' }, { type: 'number' }],
    ['a list of one type', { type: 'array', items: text }, { type: 'array', items: text }],
    [
      'an object with properties, without those that it does not see',
      { properties: { a: text, b: { type: ['string', 'number'] } }, required: ['a', 'b'] },
      { type: 'object', properties: { a: text }, required: ['a'] },
    ],
    ['several types', { type: ['string', 'number'] }, undefined],
    ['a choice between types', { oneOf: [text, { type: 'number' }] }, undefined],
    ['a sum of schemas', { allOf: [text] }, undefined],
    ['a list of anything', { type: 'array' }, undefined],
    ['an object of anything', { type: 'object' }, undefined],
    ['a value without a type', { enum: ['a'] }, undefined],
    ['a reference to nothing', { $ref: '#/$defs/None' }, undefined],
    ['a reference out of the document', { $ref: 'https://example.com/schema' }, undefined],
    ['a reference to itself', { $ref: '#/properties/field' }, undefined],
    ['no schema', 'string', undefined],
  ])('of %s', (_, schema, seen) => {
    const root = { type: 'object', properties: { field: schema }, $defs: { 'A/B': { type: 'number' } } };

    expect(policySchema(root)).toEqual({ type: 'object', properties: seen === undefined ? {} : { field: seen } });
  });

  it('is an object whatever the whole is', () => {
    expect([policySchema({ type: 'object' }), policySchema('nonsense')]).toEqual([
      { type: 'object' },
      { type: 'object' },
    ]);
  });

  it('comes to an end where an object holds itself', () => {
    const node = { type: 'object', properties: { next: { $ref: '#' }, name: text } };

    expect(policySchema(node)).toMatchObject({ properties: { next: { properties: { name: text } } } });
  });
});
