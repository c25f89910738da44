import type { z, ZodRawShape } from 'zod';
import type { ToolReply } from './result-content.ts';

/** One tool of the code interpreter, as the model sees it. */
export interface InterpreterTool<Shape extends ZodRawShape = ZodRawShape> {
  readonly name: string;
  readonly description: string;
  /** What its input must be; checked before `run`. */
  readonly input: Shape;
  /** Whether it changes nothing: such calls may run side by side. */
  readonly readOnly: boolean;
  /** May throw `InterpreterFault` and `ToolRefused`, whose messages are for the model. */
  run(input: z.infer<z.ZodObject<Shape>>, signal: AbortSignal): Promise<ToolReply>;
}

/** The same tool; lets the type of its input follow from `input`. */
export function interpreterTool<Shape extends ZodRawShape>(tool: InterpreterTool<Shape>): InterpreterTool<Shape> {
  return tool;
}
