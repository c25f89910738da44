import type { ToolSchema } from './tool-schema';

/** What speaks against `value` by the schema, one sentence each; the value itself is never repeated. */
export function valueProblems(schema: ToolSchema, value: unknown, path = 'input'): string[] {
  if (!isOfType(schema.type, value)) return [`${path} must be ${article(schema.type)}, and is ${nameOf(value)}`];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => valueProblems(items, item, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  const record = value as Record<string, unknown>;
  return [
    ...(schema.required ?? [])
      .filter((name) => given(record, name) === undefined)
      .map((name) => `${path}.${name} is missing; give ${article(typeOf(schema, name) ?? 'value')}`),
    ...Object.entries(schema.properties ?? {})
      .map(([name, property]) => ({ name, property, nested: given(record, name) }))
      .filter(({ nested }) => nested !== undefined)
      .flatMap(({ name, property, nested }) => valueProblems(property, nested, `${path}.${name}`)),
  ];
}

function typeOf({ properties = {} }: ToolSchema, name: string): string | undefined {
  return Object.hasOwn(properties, name) ? properties[name]?.type : undefined;
}

/** Not what every object has, such as `toString`. */
function given(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function isOfType(type: ToolSchema['type'], value: unknown): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return article(Number.isFinite(value) && !Number.isInteger(value) ? 'fractional number' : typeof value);
}

function article(type: string): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}
