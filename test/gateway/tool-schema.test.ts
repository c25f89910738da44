import { z } from 'zod';
import { resolveToolSchema } from '../../lib/gateway/tool-schema-rules';
import type { ToolInput } from '../../lib/gateway/tool-input';

const object = (properties: unknown, more: object = {}) => ({ type: 'object', properties, ...more }) as ToolInput;

function recursive(): ToolInput {
  const properties: Record<string, unknown> = {};
  const schema = object(properties);
  properties.next = { type: 'array', items: schema };
  return schema;
}

describe('a schema of a tool', () => {
  test('is taken from zod as a gateway knows it', () => {
    const input = z.object({
      id: z.string().describe('The number'),
      count: z.int().optional(),
      tags: z.array(z.string()),
      nested: z.object({ price: z.number(), gift: z.boolean() }),
      refined: z.string().refine((text) => text !== ''),
    });
    expect(resolveToolSchema(input, 'input')).toEqual({
      findings: [],
      schema: {
        type: 'object',
        properties: {
          id: { type: 'string', description: 'The number' },
          count: { type: 'integer' },
          tags: { type: 'array', items: { type: 'string' } },
          nested: {
            type: 'object',
            properties: { price: { type: 'number' }, gift: { type: 'boolean' } },
            required: ['price', 'gift'],
          },
          refined: { type: 'string' },
        },
        required: ['id', 'tags', 'nested', 'refined'],
      },
    });
  });

  test('of what a tool returns is what comes out of a validation', () => {
    const output = z.object({
      count: z.string().transform(Number).pipe(z.int()),
      parts: z.array(z.object({ a: z.string() })),
    });
    expect(resolveToolSchema(output, 'output', 'output')).toEqual({
      findings: [],
      schema: {
        type: 'object',
        properties: {
          count: { type: 'integer' },
          parts: {
            type: 'array',
            items: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          },
        },
        required: ['count', 'parts'],
      },
    });
  });

  test('may have one part in several places', () => {
    const price = { type: 'object', properties: { cents: { type: 'integer' } } };
    expect(resolveToolSchema(object({ net: price, gross: price }), 'input').findings).toEqual([]);
  });

  test.each<[string, ToolInput, string]>([
    ['nothing', undefined as unknown as ToolInput, 'input is undefined, which is no schema; give an object'],
    ['a text', 'object' as unknown as ToolInput, 'input is "object", which is no schema'],
    ['a part of itself', recursive(), 'input holds itself, and a gateway has no word for that'],
    ['an enumeration', object({ a: { type: 'string', enum: ['x'] } }), 'input.a has "enum"'],
    ['an enumeration of zod', z.object({ a: z.enum(['x', 'y']) }), 'input.a has "enum"'],
    ['a format', object({ a: { type: 'string', format: 'date' } }), 'input.a has "format"'],
    ['a bound of zod', z.object({ a: z.number().min(1) }), 'input.a has "minimum"'],
    ['a default of zod', z.object({ a: z.string().default('x') }), 'input.a has "default"'],
    ['a strict object of zod', z.strictObject({ a: z.string() }), 'input has "additionalProperties"'],
    ['a choice of zod', z.object({ a: z.union([z.string(), z.number()]) }), 'input.a has the type ["string","number"]'],
    ['null in zod', z.object({ a: z.string().nullable() }), 'input.a has the type ["string","null"]'],
    ['what JSON does not have', z.object({ a: z.date() }), 'input has no JSON Schema'],
    ['the type null', object({ a: { type: 'null' } }), 'input.a has the type "null"'],
    ['two types', object({ a: { type: ['string', 'null'] } }), 'input.a has the type ["string","null"]'],
    ['no type', object({ a: {} }), 'input.a has the type undefined'],
    ['no schema', object({ a: true }), 'input.a is true, which is no schema'],
    ['an array without items', object({ a: { type: 'array' } }), 'input.a is an array without items'],
    ['items deep inside', object({ a: { type: 'array', items: { type: 'array' } } }), 'input.a[] is an array without'],
    [
      'items of a text',
      object({ a: { type: 'string', items: { type: 'string' } } }),
      'input.a has items and is no array',
    ],
    ['properties of a text', object({ a: { type: 'string', required: [] } }), 'input.a has properties or required'],
    ['a property that is required and missing', object({ a: { type: 'string' } }, { required: ['b'] }), 'requires "b"'],
    ['a property of every object', object({}, { required: ['toString'] }), 'requires "toString"'],
    [
      'required that is no list',
      object({ a: { type: 'string' } }, { required: true }),
      'has "required" that is no list',
    ],
    ['properties that are a list', object([]), 'input has properties that are no object'],
    [
      'an empty description',
      object({ a: { type: 'string', description: '' } }),
      'input.a has a description that is empty',
    ],
    ['a root that is no object', { type: 'string' } as unknown as ToolInput, 'input has the type "string"'],
    ['a root that is no object in zod', z.string(), 'input has the type "string"'],
  ])('is refused for %s', (_, input, finding) => {
    expect(resolveToolSchema(input, 'input').findings).toEqual([expect.stringContaining(finding)]);
  });

  test('of an old library is refused with what to update', () => {
    const old = { '~standard': { version: 1, vendor: 'zod', validate: () => ({ value: 1 }) } } as unknown as ToolInput;
    expect(resolveToolSchema(old, 'input').findings).toEqual([
      expect.stringContaining('update zod (zod: to 4.2 or later)'),
    ]);
  });

  test('names every mistake at once', () => {
    const schema = object({ a: { type: 'null' }, b: { type: 'array' } }, { required: ['c'], title: 'x' });
    expect(resolveToolSchema(schema, 'input').findings).toHaveLength(4);
  });
});
