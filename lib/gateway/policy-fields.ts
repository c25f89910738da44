import { qualifiedToolName, type GatewayToolSpec } from './gateway-tool-spec';
import { suggestion } from './policy-suggestion';
import type { ToolSchema } from './tool-schema';

/** The inputs that the conditions of one statement are about, and what speaks against these conditions. */
export class InputFields {
  public readonly findings: string[] = [];

  /**
   * @param tools every tool that the statement is about, as far as synthesis knows them; a field must be in each
   */
  constructor(private readonly tools: readonly GatewayToolSpec[]) {}

  /**
   * The schema of a field, by the names that lead to it. Undefined where no tool is known, and where something is wrong
   * with it; what, is in the findings then.
   */
  public schemaOf(path: readonly string[]): ToolSchema | undefined {
    const found = this.tools.map((tool) => ({ tool: qualifiedToolName(tool), schema: this.lookUp(tool, path) }));
    const [first, ...others] = found;
    const other = others.find(({ schema }) => schema?.type !== first?.schema?.type);
    if (first?.schema !== undefined && other?.schema !== undefined) {
      this.findings.push(
        `input field "${path.join('.')}" is of type ${first.schema.type} in ${first.tool} and of type ${other.schema.type} in ${other.tool}; write a policy for each`,
      );
    }
    return first?.schema;
  }

  private lookUp(tool: GatewayToolSpec, path: readonly string[]): ToolSchema | undefined {
    let schema: ToolSchema = tool.inputSchema;
    for (const name of path) {
      const { properties = {} } = schema;
      const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (field === undefined) {
        const names = Object.keys(properties);
        this.findings.push(
          `input field "${path.join('.')}" is not one of ${qualifiedToolName(tool)}, which has ${names.length === 0 ? 'none' : names.join(', ')}${suggestion(name, names)}`,
        );
        return undefined;
      }
      schema = field;
    }
    return schema;
  }
}
