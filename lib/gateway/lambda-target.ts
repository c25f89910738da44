import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_bedrockagentcore as agentcore, aws_lambda as lambda } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Actions } from '../iam/actions';
import type { BoundGatewayTarget, IGatewayTarget, ToolDefinition } from './gateway-target';
import { OutboundCredential } from './outbound-credential';
import type { ToolInput } from './tool-input';
import type { ToolSchema } from './tool-schema';
import { resolveToolSchema } from './tool-schema-rules';

/** Tools of a function that is called with the role of the gateway, and no other way. */
export abstract class LambdaTarget implements IGatewayTarget {
  public readonly kind = 'a Lambda function';
  public readonly credential = OutboundCredential.gatewayRole();

  constructor(
    public readonly name: string,
    public readonly tools: readonly ToolDefinition[],
  ) {}

  public abstract findings(scope: Construct): string[];

  public abstract bind(scope: Construct): BoundGatewayTarget;

  protected boundTo(handler: lambda.IFunction): BoundGatewayTarget {
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

  public bind(): BoundGatewayTarget {
    return this.boundTo(this.handler);
  }
}

function rendered({ name, description, input, output }: ToolDefinition) {
  return {
    name,
    description,
    inputSchema: definitionOf(input),
    ...(output === undefined ? {} : { outputSchema: definitionOf(output) }),
  };
}

function definitionOf(input: ToolInput): agentcore.CfnGatewayTarget.SchemaDefinitionProperty {
  return schemaDefinition(resolveToolSchema(input, '').schema);
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
