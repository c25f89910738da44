import type { aws_lambda as lambda } from 'aws-cdk-lib';
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
    return new OpenApiTarget(target, options);
  }

  /** The operations of a Smithy model, such as those of AWS services. */
  public static smithy(target: string, options: SmithyTargetOptions): IGatewayTarget {
    return new SmithyTarget(target, options);
  }

  /** Methods of a REST API of Amazon API Gateway. */
  public static apiGateway(target: string, options: ApiGatewayTargetOptions): IGatewayTarget {
    return new ApiGatewayTarget(target, options);
  }

  /** The tools of an MCP server. AgentCore reads their names when it makes the target. */
  public static mcpServer(target: string, options: McpServerTargetOptions): IGatewayTarget {
    return new McpServerTarget(target, options);
  }

  /** The tools of an MCP server that runs on AgentCore Runtime, of which the protocol is MCP. */
  public static agentRuntime(target: string, options: RuntimeTargetOptions): IGatewayTarget {
    return new RuntimeTarget(target, options);
  }
}
