import type { ToolSchema } from '../../../lib/gateway/tool-schema';
import type { SchemaDefinition } from '../resources/gateway-target';

/** JSON Schema for a schema in the words of CloudFormation. */
export function jsonSchema({ Type, Description, Required, Items, Properties }: SchemaDefinition): ToolSchema {
  return {
    type: Type,
    ...(Description === undefined ? {} : { description: Description }),
    ...(Items === undefined ? {} : { items: jsonSchema(Items) }),
    ...(Properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(Properties).map(([name, property]) => [name, jsonSchema(property)]),
          ),
        }),
    ...(Required === undefined ? {} : { required: Required }),
  };
}
