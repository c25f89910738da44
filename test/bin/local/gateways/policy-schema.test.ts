import { policySchema } from '../../../../bin/local/gateways/policy-schema';
import type { ToolSchema } from '../../../../lib/gateway/tool-schema';
import { schemasOfEachOther } from './support/schemas-of-each-other';

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

  it('has an object that holds itself once', () => {
    const node = { type: 'object', properties: { next: { $ref: '#' }, name: text } };

    expect(policySchema(node)).toEqual({
      type: 'object',
      properties: { next: { type: 'object', properties: { name: text } }, name: text },
    });
  });

  it('has a filter that holds itself three times once', () => {
    const inner = { $ref: '#/$defs/Filter' };
    const properties = { left: inner, right: inner, not: inner, field: text };
    const tool = {
      type: 'object',
      properties: { where: inner, also: { type: 'array', items: inner } },
      $defs: { Filter: { type: 'object', properties, required: ['left', 'field'] } },
    };
    const seen = { type: 'object', properties: { field: text }, required: ['field'] };

    expect(policySchema(tool)).toEqual({
      type: 'object',
      properties: { where: seen, also: { type: 'array', items: seen } },
    });
  });

  it('has the fields of the input where schemas within them lead to each other in more ways than are read', () => {
    const tool = {
      type: 'object',
      properties: { all: { $ref: '#/$defs/S0' }, last: { type: 'object', properties: { name: text } } },
      $defs: schemasOfEachOther(8, '#/$defs/'),
    };
    const seen = policySchema(tool);

    expect(seen.properties).toMatchObject({
      all: { properties: { id: text, S1: { properties: { id: text } } } },
      last: { properties: { name: text } },
    });
    expect(numberOf(seen)).toBeLessThan(4000);
  });

  it('has all fields of an input that has more than are read within', () => {
    const fields = Array.from({ length: 5000 }, (_, index) => [`field${String(index)}`, text] as const);

    expect(Object.keys(policySchema({ properties: Object.fromEntries(fields) }).properties ?? {})).toHaveLength(5000);
  });
});

/** How many schemas there are in one. */
function numberOf({ properties = {} }: ToolSchema): number {
  return Object.values(properties).reduce((sum, property) => sum + numberOf(property), 1);
}
