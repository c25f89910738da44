import type { ToolSchemaType } from '../../../lib/gateway/tool-schema';
import type { ResolvedTemplate } from '../../../lib/testing';

/** A part of a tool's schema, in the words of CloudFormation. */
export interface SchemaDefinition {
  readonly Type: ToolSchemaType;
  readonly Description?: string;
  readonly Required?: readonly string[];
  readonly Items?: SchemaDefinition;
  readonly Properties?: Readonly<Record<string, SchemaDefinition>>;
}

/** A tool of a Lambda target. */
export interface ToolDefinition {
  readonly Name: string;
  readonly Description: string;
  readonly InputSchema: SchemaDefinition;
}

/** An AWS::BedrockAgentCore::GatewayTarget of the template. */
export interface TemplateTarget {
  readonly id: string;
  readonly name: string;
  /** The function that does the work; undefined for the kinds of targets that are not run here. */
  readonly functionArn?: string;
  readonly tools: readonly ToolDefinition[];
  /** Why its tools are not there; undefined when they are. */
  readonly missing?: string;
}

interface TargetConfiguration {
  readonly Mcp?: {
    readonly Lambda?: {
      readonly LambdaArn: string;
      readonly ToolSchema: { readonly InlinePayload?: readonly ToolDefinition[] };
    };
  };
}

/** Reads one target of a stack. */
export function readTarget(template: ResolvedTemplate, logicalId: string): TemplateTarget {
  const name = String(template.property(logicalId, 'Name') ?? logicalId);
  const configuration = template.property(logicalId, 'TargetConfiguration') as TargetConfiguration;
  const target = { id: template.getAtt(logicalId, 'TargetId'), name, tools: [] };
  const { Mcp: mcp, ...others } = configuration;
  const [kind = 'unknown'] = Object.keys(mcp ?? others);
  if (mcp?.Lambda === undefined)
    return { ...target, missing: `it is of the kind ${kind}; Lambda targets are run locally` };
  const { LambdaArn: functionArn, ToolSchema } = mcp.Lambda;
  if (ToolSchema.InlinePayload === undefined) {
    return { ...target, missing: 'the schema of its tools lies in a bucket; schemas in the template are run locally' };
  }
  return { ...target, functionArn, tools: ToolSchema.InlinePayload };
}
