import type { IGatewayTarget } from './gateway-target';
import type { GatewayToolSpec, OpenTarget } from './gateway-tool-spec';
import { resolveToolSchema } from './tool-schema-rules';

/** The tools of a target that are known at synthesis with their schemas. */
export function toolSpecs({ name: target, tools = [] }: IGatewayTarget): GatewayToolSpec[] {
  return tools.map(({ name, description, input }) => ({
    target,
    name,
    description,
    inputSchema: resolveToolSchema(input, name).schema,
  }));
}

/** A target of which at most the names of its tools are known. */
export function openTarget({ name, toolNames }: IGatewayTarget): OpenTarget {
  return { name, ...(toolNames === undefined ? {} : { toolNames }) };
}
