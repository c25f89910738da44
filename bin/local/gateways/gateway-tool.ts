import { Ajv, type ValidateFunction } from 'ajv';
import { qualifiedToolName, type GatewayToolSpec } from '../../../lib/gateway/gateway-tool-spec';
import type { TemplateFunction } from '../resources/function';
import type { TemplateTarget, ToolDefinition } from '../resources/gateway-target';
import { jsonSchema } from './tool-schema';

/** A tool of a gateway and the function behind it. */
export interface GatewayTool {
  /** `<target>___<tool>`. */
  readonly name: string;
  readonly spec: GatewayToolSpec;
  readonly targetId: string;
  readonly function: TemplateFunction;
  /** What is wrong with an input, as a sentence; undefined when nothing is. */
  mistakeIn(input: unknown): string | undefined;
}

const ajv = new Ajv({ allErrors: true, strict: false });

/** The tools of a target whose function runs here. */
export function toolsOf(target: TemplateTarget, description: TemplateFunction): GatewayTool[] {
  return target.tools.map((tool) => gatewayTool(target, tool, description));
}

function gatewayTool(target: TemplateTarget, tool: ToolDefinition, description: TemplateFunction): GatewayTool {
  const spec: GatewayToolSpec = {
    target: target.name,
    name: tool.Name,
    description: tool.Description,
    inputSchema: jsonSchema(tool.InputSchema),
  };
  const validate = compile(spec);
  return {
    name: qualifiedToolName(spec),
    spec,
    targetId: target.id,
    function: description,
    mistakeIn: (input) => (validate(input) ? undefined : mistakes(validate)),
  };
}

/** @throws Error naming the tool whose schema cannot be used */
function compile(spec: GatewayToolSpec): ValidateFunction {
  try {
    return ajv.compile(spec.inputSchema);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the InputSchema of the tool ${qualifiedToolName(spec)} cannot be used: ${reason}`, {
      cause: error,
    });
  }
}

function mistakes({ errors }: ValidateFunction): string {
  return (errors ?? [])
    .map(({ instancePath, message = 'is not valid' }) => {
      const where = instancePath === '' ? 'the input' : `"${instancePath.slice(1).replaceAll('/', '.')}"`;
      return `${where} ${message}`;
    })
    .join('; ');
}
