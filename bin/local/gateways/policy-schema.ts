import { isRecord } from '../../../lib/testing/policy';
import { TOOL_SCHEMA_TYPES, type ToolSchema, type ToolSchemaType } from '../../../lib/gateway/tool-schema';
import { referenced } from './json-reference';

/** How far fields of fields are followed; policies seldom look deeper than a field of a field. */
const MAX_DEPTH = 16;

/**
 * Schemas that are read for one tool. Some that refer to each other have more ways through them than can be gone, and
 * every caller of a gateway would wait.
 */
const MAX_SCHEMAS = 4000;

/**
 * What policies see of a JSON Schema: the keywords that a gateway knows. What has no single type of those, such as a choice of
 * several, is left out, and policies do not see it. So is a schema within itself, and what lies so deep that all together
 * would be too much: the fields of the input itself are always seen.
 */
export function policySchema(schema: unknown): ToolSchema {
  for (let depth = MAX_DEPTH; depth > 1; depth /= 2) {
    const reading: Reading = { root: schema, depth, room: MAX_SCHEMAS };
    const read = readSchema(schema, reading, HERE);
    if (reading.room > 0) return read ?? NOTHING_KNOWN;
  }
  return readSchema(schema, { root: schema, depth: 1, room: Infinity }, HERE) ?? NOTHING_KNOWN;
}

const NOTHING_KNOWN: ToolSchema = { type: 'object' };

interface Reading {
  /** Where references lead to. */
  readonly root: unknown;
  /** How far fields of fields are followed. */
  readonly depth: number;
  /** How many more schemas are read. */
  room: number;
}

interface Place {
  /** 0 for the whole, 1 for its fields. */
  readonly depth: number;
  /** The references that lead here. */
  readonly within: readonly string[];
}

const HERE: Place = { depth: 0, within: [] };

function readSchema(schema: unknown, reading: Reading, { depth, within }: Place): ToolSchema | undefined {
  if (depth > reading.depth || reading.room <= 0) return undefined;
  reading.room -= 1;
  const found = simple(schema, reading.root, within);
  if (found === undefined) return undefined;
  const type = typeOf(found.schema);
  if (type === undefined) return undefined;
  const { description, items, properties, required } = found.schema;
  const told = typeof description === 'string' ? { description } : {};
  const inner: Place = { depth: depth + 1, within: found.within };
  if (type === 'array') {
    const item = readSchema(items, reading, inner);
    // Sets of Cedar have elements of one type.
    return item === undefined ? undefined : { type, ...told, items: item };
  }
  if (type !== 'object') return { type, ...told };
  if (!isRecord(properties)) return depth === 0 ? { type, ...told } : undefined;
  const known = Object.entries(properties).flatMap(([name, property]) => {
    const read = readSchema(property, reading, inner);
    return read === undefined ? [] : [[name, read] as const];
  });
  const names = new Set(known.map(([name]) => name));
  const listed = (Array.isArray(required) ? (required as unknown[]) : []).map(String).filter((name) => names.has(name));
  return { type, ...told, properties: Object.fromEntries(known), ...(listed.length === 0 ? {} : { required: listed }) };
}

interface SimpleSchema {
  readonly schema: Record<string, unknown>;
  /** The references that lead to it. */
  readonly within: readonly string[];
}

/** What references lead to, and the one part of a choice that is not null; undefined for what leads back to itself. */
function simple(schema: unknown, root: unknown, within: readonly string[], steps = 0): SimpleSchema | undefined {
  if (!isRecord(schema) || steps > MAX_DEPTH) return undefined;
  const { $ref: reference } = schema;
  if (typeof reference === 'string') {
    if (within.includes(reference)) return undefined;
    return simple(referenced(root, reference), root, [...within, reference], steps + 1);
  }
  const choice = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(choice)) return schema.allOf === undefined ? { schema, within } : undefined;
  const parts = (choice as unknown[]).filter((part) => !isRecord(part) || part.type !== 'null');
  return parts.length === 1 ? simple(parts[0], root, within, steps + 1) : undefined;
}

function typeOf({ type, properties }: Record<string, unknown>): ToolSchemaType | undefined {
  const names = (Array.isArray(type) ? (type as unknown[]) : [type]).filter((name) => name !== 'null');
  const [name] = names;
  if (name === undefined && isRecord(properties)) return 'object';
  return names.length === 1 ? TOOL_SCHEMA_TYPES.find((known) => known === name) : undefined;
}
