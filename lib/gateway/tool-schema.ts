/** The types a schema of a tool may have (SchemaDefinition in AWS::BedrockAgentCore::GatewayTarget). */
export const TOOL_SCHEMA_TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const;

/** One of the types that a gateway knows. */
export type ToolSchemaType = (typeof TOOL_SCHEMA_TYPES)[number];

/**
 * The part of JSON Schema that a gateway takes for the input and the output of a tool: five keywords, no others.
 *
 * This file is read by Lambda functions too, so it imports nothing.
 */
export interface ToolSchema {
  /** What kind of value it is. */
  readonly type: ToolSchemaType;

  /**
   * What the model is told.
   *
   * @default - the model has the name alone
   */
  readonly description?: string;

  /**
   * What an array holds; only for arrays, and required there.
   *
   * @default - none: the value is no array
   */
  readonly items?: ToolSchema;

  /**
   * The properties of an object; only for objects.
   *
   * @default - the object may have any
   */
  readonly properties?: Readonly<Record<string, ToolSchema>>;

  /**
   * Which properties must be there; only for objects.
   *
   * @default - all may be left out
   */
  readonly required?: readonly string[];
}

/** The schema of a whole input or output: an object. */
export interface ObjectToolSchema extends ToolSchema {
  readonly type: 'object';
}

/** The value that a schema describes, from a schema that is written `as const`. */
export type ToolValue<S extends ToolSchema> = S extends { type: 'string' }
  ? string
  : S extends { type: 'number' | 'integer' }
    ? number
    : S extends { type: 'boolean' }
      ? boolean
      : S extends { type: 'array'; items: infer I extends ToolSchema }
        ? ToolValue<I>[]
        : S extends { type: 'array' }
          ? unknown[]
          : S extends { type: 'object'; properties: infer P extends Readonly<Record<string, ToolSchema>> }
            ? ObjectValue<P, S extends { required: readonly (infer R)[] } ? R : never>
            : S extends { type: 'object' }
              ? Record<string, unknown>
              : unknown;

/** The value of an object: what is not required can be left out. */
export type ObjectValue<P extends Readonly<Record<string, ToolSchema>>, Required> = {
  [K in keyof P as K extends Required ? K : never]: ToolValue<P[K]>;
} & { [K in keyof P as K extends Required ? never : K]?: ToolValue<P[K]> };
