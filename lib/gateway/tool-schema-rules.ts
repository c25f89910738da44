import { isStandardSchema } from './standard-schema';
import type { ToolInput } from './tool-input';
import { TOOL_SCHEMA_TYPES, type ObjectToolSchema, type ToolSchemaType } from './tool-schema';

/** What a schema of a tool may say (SchemaDefinition in AWS::BedrockAgentCore::GatewayTarget). */
const KEYWORDS = new Set(['type', 'description', 'items', 'properties', 'required']);

/** What of a schema of a validation library is meant: what goes into its validation, or what comes out of it. */
export type SchemaSide = 'input' | 'output';

/** A schema as a gateway takes it, and what speaks against it. */
export interface ResolvedToolSchema {
  readonly schema: ObjectToolSchema;
  readonly findings: readonly string[];
}

/** The JSON Schema of what a tool takes or returns, checked against what a gateway knows; nothing is cut without a word. */
export function resolveToolSchema(input: ToolInput, path: string, side: SchemaSide = 'input'): ResolvedToolSchema {
  const { schema, findings } = jsonSchemaOf(input, path, side);
  return { schema: schema as unknown as ObjectToolSchema, findings: [...findings, ...rootFindings(schema, path)] };
}

function jsonSchemaOf(
  input: ToolInput,
  path: string,
  side: SchemaSide,
): { schema: Record<string, unknown>; findings: string[] } {
  if (!isRecord(input)) return { schema: { type: 'object' }, findings: [notASchema(input, path)] };
  if (!isStandardSchema(input)) {
    return isRecursive(input)
      ? {
          schema: { type: 'object' },
          findings: [
            `${path} holds itself, and a gateway has no word for that; write out the levels that are needed, or take a text with JSON`,
          ],
        }
      : { schema: { ...input }, findings: [] };
  }
  const { vendor, jsonSchema } = input['~standard'];
  // Absent in releases of the libraries from before the interface.
  if ((jsonSchema as unknown) === undefined) {
    return {
      schema: { type: 'object' },
      findings: [
        `${path} is a schema of ${vendor} that cannot tell its JSON Schema; update ${vendor} (zod: to 4.2 or later), or give JSON Schema`,
      ],
    };
  }
  try {
    const schema = withoutAdditions(jsonSchema[side]({ target: 'draft-2020-12' }), side) as Record<string, unknown>;
    // The name of the dialect says nothing about values.
    return { schema: Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema')), findings: [] };
  } catch (error) {
    return {
      schema: { type: 'object' },
      findings: [
        `${path} has no JSON Schema (${error instanceof Error ? error.message : String(error)}); use types that JSON has: string, number, integer, boolean, array and object`,
      ],
    };
  }
}

/**
 * Without what zod writes by itself and is no wish of whoever wrote the schema: what JavaScript can count to at every
 * integer, and that objects which come out of a validation have no other properties.
 */
function withoutAdditions(value: unknown, side: SchemaSide): unknown {
  if (Array.isArray(value)) return value.map((nested) => withoutAdditions(nested, side));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, said]) =>
          !(key === 'minimum' && said === Number.MIN_SAFE_INTEGER) &&
          !(key === 'maximum' && said === Number.MAX_SAFE_INTEGER) &&
          !(key === 'additionalProperties' && said === false && side === 'output'),
      )
      .map(([key, nested]) => [key, withoutAdditions(nested, side)]),
  );
}

function rootFindings(schema: Record<string, unknown>, path: string): string[] {
  return schema.type === 'object'
    ? schemaFindings(schema, path)
    : [`${path} has the type ${JSON.stringify(schema.type)}; make it an object with the values as its properties`];
}

function schemaFindings(schema: unknown, path: string): string[] {
  if (!isRecord(schema)) {
    return [notASchema(schema, path)];
  }
  return [
    ...Object.keys(schema)
      .filter((keyword) => !KEYWORDS.has(keyword))
      .map(
        (keyword) =>
          `${path} has "${keyword}", which a gateway does not know; it takes ${[...KEYWORDS].join(', ')}: say it in the description, and check it in the handler (with zod in .refine())`,
      ),
    ...typeFindings(schema.type, path),
    ...(schema.description === undefined || (typeof schema.description === 'string' && schema.description !== '')
      ? []
      : [`${path} has a description that is empty or no text; say what the value means, or leave it out`]),
    ...itemsFindings(schema, path),
    ...propertiesFindings(schema, path),
  ];
}

function typeFindings(type: unknown, path: string): string[] {
  return TOOL_SCHEMA_TYPES.includes(type as ToolSchemaType)
    ? []
    : [
        `${path} has the type ${JSON.stringify(type)}; a gateway knows ${TOOL_SCHEMA_TYPES.join(', ')}: give one of them, and for what may be missing leave it out of "required"`,
      ];
}

function itemsFindings({ type, items }: Record<string, unknown>, path: string): string[] {
  if (type !== 'array') {
    return items === undefined ? [] : [`${path} has items and is no array; make it one, or leave items out`];
  }
  return items === undefined
    ? [`${path} is an array without items, so that the model cannot know what it holds; give the schema of an item`]
    : schemaFindings(items, `${path}[]`);
}

function propertiesFindings({ type, properties, required }: Record<string, unknown>, path: string): string[] {
  if (type !== 'object') {
    return properties === undefined && required === undefined
      ? []
      : [`${path} has properties or required and is no object; make it one, or leave them out`];
  }
  const known = isRecord(properties) ? properties : {};
  const names: readonly unknown[] = Array.isArray(required) ? required : [];
  return [
    ...(properties === undefined || isRecord(properties)
      ? []
      : [`${path} has properties that are no object; give the schema of each by its name`]),
    ...(required === undefined || Array.isArray(required)
      ? []
      : [`${path} has "required" that is no list; list the names of the properties that must be there`]),
    ...names
      .filter((name) => typeof name !== 'string' || !Object.hasOwn(known, name))
      .map(
        (name) =>
          `${path} requires ${JSON.stringify(name)}, which is none of its properties (${Object.keys(known).join(', ') || 'it has none'}); describe it there, or leave it out of "required"`,
      ),
    ...Object.entries(known).flatMap(([name, property]) => schemaFindings(property, `${path}.${name}`)),
  ];
}

function notASchema(value: unknown, path: string): string {
  return `${path} is ${JSON.stringify(value) ?? typeof value}, which is no schema; give an object with at least "type"`;
}

/** Whether an object is in itself; the same one in several places is none of that. */
function isRecursive(value: unknown, above: readonly unknown[] = []): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return above.includes(value) || Object.values(value).some((nested) => isRecursive(nested, [...above, value]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
