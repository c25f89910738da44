import type { aws_lambda as lambda } from 'aws-cdk-lib';
import { requireProperties } from '../private/required-properties';
import { ApiGatewayTarget, type ApiGatewayTargetOptions } from './api-gateway-target';
import { OpenApiTarget, SmithyTarget, type ApiTargetOptions, type SmithyTargetOptions } from './document-targets';
import { FunctionTool, type FunctionToolOptions } from './function-tool';
import type { IGatewayTarget, ToolDefinition } from './gateway-target';
import { LambdaTools } from './lambda-target';
import { McpServerTarget, type McpServerTargetOptions } from './mcp-server-target';
import { RuntimeTarget, type RuntimeTargetOptions } from './runtime-target';

/**
 * What an agent can be given to call. A model sees a tool as `mcp__<gateway>__<target>___<tool>`, a policy as
 * `<target>___<tool>`.
 */
export abstract class GatewayTool {
  /**
   * One tool that is one function: a file of the app, bundled with esbuild, or a function that is defined elsewhere.
   *
   * @param name of the tool: letters, digits, underscores and hyphens
   */
  public static function(name: string, options: FunctionToolOptions): IGatewayTarget {
    return new FunctionTool(name, options);
  }

  /**
   * Several tools of one function, which gets the name of the tool from the gateway (`toolHandlers` of
   * `cdk-agentcore-constructs/tool-handler` reads it).
   *
   * @param target name that stands before those of the tools
   */
  public static lambda(target: string, handler: lambda.IFunction, tools: ToolDefinition[]): IGatewayTarget {
    return new LambdaTools(target, handler, tools);
  }

  /** The operations of an OpenAPI 3 document; each has an `operationId`, which is the name of the tool. */
  public static openApi(target: string, options: ApiTargetOptions): IGatewayTarget {
    requireProperties(`GatewayTool.openApi("${target}")`, options, {
      document: 'an ApiDocument',
      credential: 'an OutboundCredential',
    });
    return new OpenApiTarget(target, options);
  }

  /** The operations of a Smithy model, such as those of AWS services. */
  public static smithy(target: string, options: SmithyTargetOptions): IGatewayTarget {
    requireProperties(`GatewayTool.smithy("${target}")`, options, { document: 'an ApiDocument' });
    return new SmithyTarget(target, options);
  }

  /** Methods of a REST API of Amazon API Gateway. */
  public static apiGateway(target: string, options: ApiGatewayTargetOptions): IGatewayTarget {
    // Of a stage that is undefined the target knows why.
    requireProperties<Pick<ApiGatewayTargetOptions, 'operations'>>(`GatewayTool.apiGateway("${target}")`, options, {
      operations: 'paths and methods',
    });
    return new ApiGatewayTarget(target, options);
  }

  /** The tools of an MCP server. AgentCore reads their names when it makes the target. */
  public static mcpServer(target: string, options: McpServerTargetOptions): IGatewayTarget {
    requireProperties(`GatewayTool.mcpServer("${target}")`, options, {
      url: 'its address',
      credential: 'an OutboundCredential',
    });
    return new McpServerTarget(target, options);
  }

  /** The tools of an MCP server that runs on AgentCore Runtime, of which the protocol is MCP. */
  public static agentRuntime(target: string, options: RuntimeTargetOptions): IGatewayTarget {
    requireProperties(`GatewayTool.agentRuntime("${target}")`, options, { runtime: 'an AgentRuntime' });
    return new RuntimeTarget(target, options);
  }
}
