/**
 * A schema of a validation library, such as `z.object(…)` of zod (4.2 or later): the parts of the interfaces "Standard
 * Schema" and "Standard JSON Schema" that are used here. Any library that has both will do; none is imported.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly jsonSchema: Readonly<
      Record<'input' | 'output', (options: { readonly target: string }) => Record<string, unknown>>
    >;
  };
}

/** What a validation says: the value, or what speaks against it. */
export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

/** One thing that speaks against a value. */
export interface StandardIssue {
  readonly message: string;
  /** @default - the value as a whole */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Whether a schema is one of a validation library; otherwise it is JSON Schema. */
export function isStandardSchema(schema: object): schema is StandardSchema {
  return '~standard' in schema;
}
