import type { ToolSchema } from './tool-schema';

/** A tool that is known at synthesis, as callers of the gateway see it. */
export interface GatewayToolSpec {
  /** The name of the target that has the tool. */
  readonly target: string;
  /** The name of the tool in its target. */
  readonly name: string;
  /** What the model is told about the tool. */
  readonly description: string;
  /** What the tool takes: an object. */
  readonly inputSchema: ToolSchema;
}

/** Joins target and tool ("Understand how tools are named" in the AgentCore developer guide). */
const SEPARATOR = '___';

/** The name of a tool for the clients of a gateway, and of its action in Cedar policies: `<target>___<tool>`. */
export function qualifiedToolName({ target, name }: Pick<GatewayToolSpec, 'target' | 'name'>): string {
  return `${target}${SEPARATOR}${name}`;
}
