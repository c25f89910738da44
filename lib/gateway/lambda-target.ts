import { Annotations, aws_iam as iam, aws_lambda as lambda } from 'aws-cdk-lib';
import type { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Actions } from '../iam/actions';
import type { BoundGatewayTarget, GatewayTargetBindOptions, IGatewayTarget, ToolDefinition } from './gateway-target';
import { OutboundCredential } from './outbound-credential';
import type { ToolInput } from './tool-input';
import type { ToolSchema } from './tool-schema';
import { resolveToolSchema, type SchemaSide } from './tool-schema-rules';

/** How long the image of this library waits for a call of a tool. */
const MAX_CALL_SECONDS = 290;

/** Tools of a function that is called with the role of the gateway, and no other way. */
export abstract class LambdaTarget implements IGatewayTarget {
  public readonly kind = 'a Lambda function';
  public readonly credential = OutboundCredential.gatewayRole();

  constructor(
    public readonly name: string,
    public readonly tools: readonly ToolDefinition[],
  ) {}

  public abstract findings(scope: Construct): string[];

  public abstract bind(scope: Construct, options?: GatewayTargetBindOptions): BoundGatewayTarget;

  protected boundTo(scope: Construct, handler: lambda.IFunction): BoundGatewayTarget {
    warnOfTimeout(scope, handler);
    return {
      configuration: {
        mcp: {
          lambda: {
            lambdaArn: handler.functionArn,
            toolSchema: { inlinePayload: this.tools.map(rendered) },
          },
        },
      },
      statements: [
        {
          statement: new iam.PolicyStatement({
            actions: [...Actions.INVOKE_FUNCTION],
            resources: [handler.functionArn],
          }),
        },
      ],
      function: handler,
    };
  }
}

/** Several tools of a function that is defined elsewhere. */
export class LambdaTools extends LambdaTarget {
  constructor(
    name: string,
    private readonly handler: lambda.IFunction,
    tools: readonly ToolDefinition[],
  ) {
    super(name, tools);
  }

  public findings(): string[] {
    return this.tools.length === 0 ? ['no tools are defined, so nothing can be called; define at least one'] : [];
  }

  public bind(scope: Construct): BoundGatewayTarget {
    return this.boundTo(scope, this.handler);
  }
}

/** The agent goes on, and the function works for nobody. */
function warnOfTimeout(scope: Construct, handler: lambda.IFunction): void {
  const timeout = handler instanceof lambda.Function ? handler.timeout : undefined;
  if (timeout === undefined || timeout.isUnresolved() || timeout.toSeconds() <= MAX_CALL_SECONDS) return;
  Annotations.of(scope).addWarningV2(
    'cdk-agentcore-constructs:toolOutlastsAgent',
    `the function may take ${timeout.toSeconds()} seconds, and an agent waits ${MAX_CALL_SECONDS} seconds for a tool; shorten its timeout, have it start the work and another tool tell the result, or acknowledge this warning if no agent calls it`,
  );
}

function rendered({ name, description, input, output }: ToolDefinition) {
  return {
    name,
    description,
    inputSchema: definitionOf(input, 'input'),
    ...(output === undefined ? {} : { outputSchema: definitionOf(output, 'output') }),
  };
}

function definitionOf(input: ToolInput, side: SchemaSide): agentcore.CfnGatewayTarget.SchemaDefinitionProperty {
  return schemaDefinition(resolveToolSchema(input, '', side).schema);
}

/** As CloudFormation has it: the keywords are the same. */
function schemaDefinition(schema: ToolSchema): agentcore.CfnGatewayTarget.SchemaDefinitionProperty {
  const { type, description, items, properties, required } = schema;
  return {
    type,
    ...(description === undefined ? {} : { description }),
    ...(items === undefined ? {} : { items: schemaDefinition(items) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, schemaDefinition(property)]),
          ),
        }),
    ...(required === undefined ? {} : { required: [...required] }),
  };
}
