import type { ToolSchemaType } from '../../../lib/gateway/tool-schema';
import type { ResolvedTemplate } from '../../../lib/testing';
import type { Assembly } from '../assembly';
import { readTargetCredential, type TargetCredential } from '../gateways/target-credential';

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

/** The description of an API: in the template, or in a file of the app that is uploaded to the object with this ARN. */
export type TemplateDocument =
  | { readonly kind: 'inline'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string; readonly objectArn: string };

/** What a target leads to. */
export type TargetBackend =
  | { readonly kind: 'lambda'; readonly functionArn: string; readonly tools: readonly ToolDefinition[] }
  | { readonly kind: 'mcpServer'; readonly endpoint: string; readonly credential: TargetCredential }
  | { readonly kind: 'openApi'; readonly document: TemplateDocument; readonly credential: TargetCredential }
  /** `reason`: why it is not run here. */
  | { readonly kind: 'missing'; readonly reason: string };

/** An AWS::BedrockAgentCore::GatewayTarget of the template. */
export interface TemplateTarget {
  readonly id: string;
  readonly name: string;
  readonly backend: TargetBackend;
}

interface SchemaSource {
  readonly InlinePayload?: string;
  readonly S3?: { readonly Uri: string };
}

interface TargetConfiguration {
  readonly Mcp?: {
    readonly Lambda?: {
      readonly LambdaArn: string;
      readonly ToolSchema: { readonly InlinePayload?: readonly ToolDefinition[] };
    };
    readonly McpServer?: { readonly Endpoint: string; readonly McpToolSchema?: unknown };
    readonly OpenApiSchema?: SchemaSource;
  };
}

/** Where AgentCore Runtime answers. */
const RUNTIME_ADDRESS = /^https:\/\/bedrock-agentcore\.[^/]+\/runtimes\//;

/** Reads one target of a stack. */
export function readTarget(assembly: Assembly, template: ResolvedTemplate, logicalId: string): TemplateTarget {
  const name = String(template.property(logicalId, 'Name') ?? logicalId);
  return { id: template.getAtt(logicalId, 'TargetId'), name, backend: readBackend(assembly, template, logicalId) };
}

function readBackend(assembly: Assembly, template: ResolvedTemplate, logicalId: string): TargetBackend {
  const { Mcp: mcp, ...others } = template.property(logicalId, 'TargetConfiguration') as TargetConfiguration;
  if (mcp?.Lambda !== undefined) {
    const { LambdaArn: functionArn, ToolSchema } = mcp.Lambda;
    return ToolSchema.InlinePayload === undefined
      ? missing('the schema of its tools lies in a bucket; schemas in the template are run locally')
      : { kind: 'lambda', functionArn, tools: ToolSchema.InlinePayload };
  }
  if (mcp?.McpServer !== undefined) {
    const { Endpoint: endpoint, McpToolSchema } = mcp.McpServer;
    if (RUNTIME_ADDRESS.test(endpoint)) {
      return missing('it is an MCP server on AgentCore Runtime; runtimes of the protocol MCP are not run locally');
    }
    if (McpToolSchema !== undefined) {
      return missing(
        'the template has the schema of its tools (McpToolSchema); servers that tell theirs are run locally',
      );
    }
    return { kind: 'mcpServer', endpoint, credential: readTargetCredential(template, logicalId) };
  }
  if (mcp?.OpenApiSchema !== undefined) {
    const document = readDocument(assembly, template, mcp.OpenApiSchema);
    return document === undefined
      ? missing(
          'the description of its API lies in a bucket; those in the template or in a file of the app are run locally',
        )
      : { kind: 'openApi', document, credential: readTargetCredential(template, logicalId) };
  }
  const [kind = 'unknown'] = Object.keys(mcp ?? others);
  return missing(`it is of the kind ${kind}; the kinds Lambda, McpServer and OpenApiSchema are run locally`);
}

function missing(reason: string): TargetBackend {
  return { kind: 'missing', reason };
}

/** Undefined for an object that is not uploaded from a file of the app. */
function readDocument(
  { files }: Assembly,
  { partition }: ResolvedTemplate,
  { InlinePayload: text, S3: object }: SchemaSource,
): TemplateDocument | undefined {
  if (text !== undefined) return { kind: 'inline', text };
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(object?.Uri ?? '') ?? [];
  const path = files.get(key)?.path;
  return path === undefined ? undefined : { kind: 'file', path, objectArn: `arn:${partition}:s3:::${bucket}/${key}` };
}
