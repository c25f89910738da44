import type { ToolSchema } from '../gateway/tool-schema';

/** A value as Cedar reads it from JSON. */
export type CedarValue =
  | { readonly __extn: { readonly fn: string; readonly arg: CedarValue } }
  | boolean
  | number
  | string
  | null
  | CedarValue[]
  | { [name: string]: CedarValue };

/**
 * The part of an input that a schema describes, with decimals for its numbers. A value of another type than the schema's
 * stays as it is, for the engine to refuse.
 */
export function cedarInput({ properties = {} }: ToolSchema, input: Readonly<Record<string, unknown>>) {
  const fields: Record<string, CedarValue> = {};
  for (const [name, schema] of Object.entries(properties)) {
    if (Object.hasOwn(input, name) && input[name] !== undefined) fields[name] = cedarValue(schema, input[name]);
  }
  return fields;
}

function cedarValue(schema: ToolSchema, value: unknown): CedarValue {
  if (schema.type === 'number' && typeof value === 'number') return { __extn: { fn: 'decimal', arg: decimal(value) } };
  if (schema.type === 'array' && Array.isArray(value)) {
    const { items = { type: 'string' as const } } = schema;
    return value.map((item: unknown) => cedarValue(items, item));
  }
  if (schema.type === 'object' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return cedarInput(schema, value as Record<string, unknown>);
  }
  return value as CedarValue;
}

/** With one to four digits after the point; more are cut off. */
function decimal(value: number): string {
  const [whole = '', fraction = ''] = value.toFixed(10).split('.');
  return `${whole}.${fraction.slice(0, 4)}`;
}
