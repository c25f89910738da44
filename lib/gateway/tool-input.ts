import type { StandardSchema } from './standard-schema';
import type { ObjectToolSchema, ToolSchema, ToolValue } from './tool-schema';

/**
 * What a tool takes, or returns: JSON Schema with the keywords that a gateway knows, or an object of a validation library
 * such as zod. Written once, used by the construct and by the handler.
 */
export type ToolInput = ObjectToolSchema | StandardSchema;

/** The value that a handler gets for `Input`. */
export type InputValue<Input extends ToolInput> =
  Input extends StandardSchema<infer Output> ? Output : Input extends ToolSchema ? ToolValue<Input> : never;
