import { randomUUID } from 'node:crypto';
import { qualifiedToolName } from '../../../lib/gateway/gateway-tool-spec';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import type { LocalFunctions } from '../functions/local-functions';
import type { TemplateFunction } from '../resources/function';
import type { TargetBackend, TemplateTarget, ToolDefinition } from '../resources/gateway-target';
import { gatewayTool, type GatewayTool } from './gateway-tool';
import { inputCheck, type InputCheck } from './input-check';
import { FixedTarget, type RunningTarget } from './running-target';
import { TargetFault } from './target-fault';
import { functionResult } from './tool-result';
import { jsonSchema } from './tool-schema';

/** What the tools of functions are called with. */
export interface FunctionCaller {
  readonly gatewayId: string;
  /** The gateway in its role. */
  readonly principal: Principal;
  readonly functions: LocalFunctions;
  readonly audit: Audit;
}

/**
 * A target whose tools a function of the app serves.
 *
 * @throws Error naming the tool whose schema cannot be used
 */
export function lambdaTarget(
  target: TemplateTarget,
  { functionArn, tools }: Extract<TargetBackend, { readonly kind: 'lambda' }>,
  caller: FunctionCaller,
): RunningTarget {
  const found = caller.functions.find(functionArn);
  return found === undefined
    ? new FixedTarget(target.name, [], ['its function is not run locally'])
    : new FixedTarget(
        target.name,
        tools.map((tool) => functionTool(target, tool, found, caller)),
      );
}

function functionTool(
  target: TemplateTarget,
  { Name, Description, InputSchema }: ToolDefinition,
  description: TemplateFunction,
  { gatewayId, principal, functions, audit }: FunctionCaller,
): GatewayTool {
  const spec = { target: target.name, name: Name, description: Description, inputSchema: jsonSchema(InputSchema) };
  const inputSchema = { ...spec.inputSchema, type: 'object' } as const;
  const name = qualifiedToolName(spec);
  return gatewayTool(spec, {
    inputSchema,
    mistakeIn: checked(name, inputSchema),
    async run(input, messageId) {
      const request = { action: 'lambda:InvokeFunction', resource: description.arn };
      audit.require(principal, [request], description.policy);
      const requestId = randomUUID();
      const { payload, hasFailed } = await functions.invoke(description, {
        event: JSON.stringify(input),
        requestId,
        clientContext: {
          custom: {
            bedrockAgentCoreToolName: name,
            bedrockAgentCoreGatewayId: gatewayId,
            bedrockAgentCoreTargetId: target.id,
            bedrockAgentCoreAwsRequestId: requestId,
            bedrockAgentCoreMcpMessageId: messageId,
          },
        },
      });
      if (hasFailed) throw new TargetFault(`Lambda function ${description.name} failed: ${payload}`);
      return functionResult(payload);
    },
  });
}

function checked(name: string, schema: Readonly<Record<string, unknown>>): InputCheck {
  try {
    return inputCheck(schema);
  } catch (error) {
    if (!(error instanceof TargetFault)) throw error;
    throw new Error(`the InputSchema of the tool ${name} cannot be used: ${error.message}`, { cause: error });
  }
}
