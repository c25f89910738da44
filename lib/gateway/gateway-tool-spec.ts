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

/** A target whose tools have schemas that only the service knows, those of an MCP server for instance. */
export interface OpenTarget {
  readonly name: string;
  /**
   * The names of its tools.
   *
   * @default - only the service knows them
   */
  readonly toolNames?: readonly string[];
}

/** Joins target and tool ("Understand how tools are named" in the AgentCore developer guide). */
const SEPARATOR = '___';

/** The name of a tool for the clients of a gateway, and of its action in Cedar policies: `<target>___<tool>`. */
export function qualifiedToolName({ target, name }: Pick<GatewayToolSpec, 'target' | 'name'>): string {
  return `${target}${SEPARATOR}${name}`;
}

/** The names of the tools of a target, as far as they are known. */
export function openToolNames({ name: target, toolNames = ['…'] }: OpenTarget): string[] {
  return toolNames.map((name) => qualifiedToolName({ target, name }));
}

/** Whether a target may have the tool of this qualified name. */
export function mayHaveTool(target: OpenTarget, qualified: string): boolean {
  return target.toolNames === undefined
    ? qualified.startsWith(qualifiedToolName({ target: target.name, name: '' }))
    : openToolNames(target).includes(qualified);
}
