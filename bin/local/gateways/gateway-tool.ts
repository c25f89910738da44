import { qualifiedToolName, type GatewayToolSpec } from '../../../lib/gateway/gateway-tool-spec';
import type { ToolResult } from './tool-result';

/** JSON Schema of an object. */
export type InputSchema = Readonly<Record<string, unknown>> & { readonly type: 'object' };

/** A tool of a gateway. */
export interface GatewayTool {
  /** `<target>___<tool>`. */
  readonly name: string;
  /** As policies see it: its schema has the keywords of a gateway alone. */
  readonly spec: GatewayToolSpec;
  /** As clients see it. */
  readonly inputSchema: InputSchema;
  /** What is wrong with an input, as a sentence; undefined when nothing is. */
  mistakeIn(input: unknown): string | undefined;
  /**
   * Calls it with an input that has no mistakes.
   *
   * @throws RequestFault when the role of the gateway may not, TargetFault when the target cannot be called as it should
   */
  run(input: Readonly<Record<string, unknown>>, messageId: unknown): Promise<ToolResult>;
}

/** A tool whose name follows from its target. */
export function gatewayTool(spec: GatewayToolSpec, rest: Omit<GatewayTool, 'name' | 'spec'>): GatewayTool {
  return { ...rest, name: qualifiedToolName(spec), spec };
}
