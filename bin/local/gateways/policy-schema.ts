import { isRecord } from '../../../lib/testing/policy';
import { TOOL_SCHEMA_TYPES, type ToolSchema, type ToolSchemaType } from '../../../lib/gateway/tool-schema';

/** Schemas that hold themselves are cut off there; policies seldom look deeper than a field of a field. */
const MAX_DEPTH = 16;

/**
 * What policies see of a JSON Schema: the keywords that a gateway knows. What has no single type of those, such as a choice of
 * several, is left out, and policies do not see it.
 *
 * @param root where references lead to
 */
export function policySchema(schema: unknown, root: unknown = schema): ToolSchema {
  return readSchema(schema, root, 0) ?? { type: 'object' };
}

function readSchema(schema: unknown, root: unknown, depth: number): ToolSchema | undefined {
  const found = simple(schema, root, depth);
  if (found === undefined || depth > MAX_DEPTH) return undefined;
  const type = typeOf(found);
  if (type === undefined) return undefined;
  const { description, items, properties, required } = found;
  const told = typeof description === 'string' ? { description } : {};
  if (type === 'array') {
    const item = readSchema(items, root, depth + 1);
    // Sets of Cedar have elements of one type.
    return item === undefined ? undefined : { type, ...told, items: item };
  }
  if (type !== 'object') return { type, ...told };
  if (!isRecord(properties)) return depth === 0 ? { type, ...told } : undefined;
  const known = Object.entries(properties).flatMap(([name, property]) => {
    const read = readSchema(property, root, depth + 1);
    return read === undefined ? [] : [[name, read] as const];
  });
  const names = new Set(known.map(([name]) => name));
  const listed = (Array.isArray(required) ? (required as unknown[]) : []).map(String).filter((name) => names.has(name));
  return { type, ...told, properties: Object.fromEntries(known), ...(listed.length === 0 ? {} : { required: listed }) };
}

/** What a reference leads to, and the one part of a choice that is not null. */
function simple(schema: unknown, root: unknown, depth: number): Record<string, unknown> | undefined {
  if (!isRecord(schema) || depth > MAX_DEPTH) return undefined;
  if (typeof schema.$ref === 'string') return simple(referenced(root, schema.$ref), root, depth + 1);
  const choice = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(choice)) return schema.allOf === undefined ? schema : undefined;
  const parts = (choice as unknown[]).filter((part) => !isRecord(part) || part.type !== 'null');
  return parts.length === 1 ? simple(parts[0], root, depth + 1) : undefined;
}

/** What a reference within a document leads to; undefined where it leads nowhere, or out of it. */
export function referenced(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined;
  const steps = reference.slice(1).split('/').slice(1);
  return steps.reduce<unknown>((at, step) => {
    const name = decoded(step);
    return isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }, root);
}

/** A step of a JSON Pointer in an address (RFC 6901). */
function decoded(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}

function typeOf({ type, properties }: Record<string, unknown>): ToolSchemaType | undefined {
  const names = (Array.isArray(type) ? (type as unknown[]) : [type]).filter((name) => name !== 'null');
  const [name] = names;
  if (name === undefined && isRecord(properties)) return 'object';
  return names.length === 1 ? TOOL_SCHEMA_TYPES.find((known) => known === name) : undefined;
}
