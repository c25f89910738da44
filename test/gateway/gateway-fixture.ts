import { App, aws_bedrockagentcore as agentcore, aws_lambda as lambda, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AgentGateway, GatewayTool, type AgentGatewayProps, type IGatewayTarget } from '../../lib';
import { rolePolicies, type RolePolicies } from '../../lib/testing';
import { ACCOUNT, REGION, resolvedTemplate, testStack } from '../support/stack';
import { orderInput } from './fixtures/order-input';

export const GATEWAY = 'AWS::BedrockAgentCore::Gateway';
export const TARGET = 'AWS::BedrockAgentCore::GatewayTarget';
export const GATEWAY_ARNS = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:gateway`;

/** A function that exists in another stack, so that the template of a gateway holds the gateway alone. */
export function someFunction(stack: Stack, name = 'orders'): lambda.IFunction {
  return lambda.Function.fromFunctionArn(stack, `Function-${name}`, functionArn(name));
}

export const functionArn = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;

/** A tool of a function that exists. */
export function orderTool(stack: Stack, name = 'find_order', target?: string): IGatewayTarget {
  return GatewayTool.function(name, {
    function: someFunction(stack, `${name}-${target ?? ''}`),
    description: 'Finds an order',
    input: orderInput,
    ...(target === undefined ? {} : { target }),
  });
}

export const RUNTIME_ARN = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:runtime/search-0123456789`;

/** A runtime of another app. */
export const someRuntime = (stack: Stack): agentcore.IRuntimeRef =>
  agentcore.Runtime.fromAgentRuntimeAttributes(stack, 'Search', {
    agentRuntimeArn: RUNTIME_ARN,
    agentRuntimeId: 'search-0123456789',
    agentRuntimeName: 'search',
    agentRuntimeVersion: '1',
    roleArn: `arn:aws:iam::${ACCOUNT}:role/search`,
  });

/** The description of an API with these operations, each of them a POST. */
export const openApiText = (...operationIds: string[]) =>
  JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'Orders', version: '1' },
    servers: [{ url: 'https://orders.example.com' }],
    paths: Object.fromEntries(
      (operationIds.length === 0 ? ['find'] : operationIds).map((operationId) => [
        `/${operationId}`,
        { post: { operationId } },
      ]),
    ),
  });

type Props = Partial<AgentGatewayProps> | ((stack: Stack) => Partial<AgentGatewayProps>);

/** A gateway with one tool, or with what `props` says. */
export function gatewayWith(props: Props = {}, stack: Stack = testStack()) {
  const given = typeof props === 'function' ? props(stack) : props;
  const gateway = new AgentGateway(stack, 'Gateway', { tools: given.tools ?? [orderTool(stack)], ...given });
  return {
    stack,
    gateway,
    /** Not before it is asked for: nothing can be defined after it. */
    get template() {
      return Template.fromStack(stack);
    },
  };
}

export function stackIn(env: StackProps['env'], name = 'Test'): Stack {
  return new Stack(new App(), name, { env: env ?? {} });
}

/** The template, with what AgentCore answers for a gateway: an id of the name and ten characters. */
export const resolved = (stack: Stack) =>
  resolvedTemplate(stack, {
    attribute: ({ type, properties }, attribute) => {
      if (type !== GATEWAY) return undefined;
      const id = `${String(properties.Name)}-0123456789`;
      if (attribute === 'GatewayArn') return `${GATEWAY_ARNS}/${id}`;
      return attribute === 'GatewayUrl' ? `https://${id}.gateway.bedrock-agentcore.${REGION}.amazonaws.com/mcp` : id;
    },
    standIn: ({ logicalId }, attribute) => `${logicalId}.${attribute ?? 'Ref'}`,
  });

/** What the role of the only gateway in the stack may do. */
export function gatewayRole(stack: Stack): RolePolicies {
  const template = resolved(stack);
  const [gateway] = template.resourcesOfType(GATEWAY);
  if (gateway === undefined) throw new Error('the stack has no gateway');
  return rolePolicies(template, String(gateway.properties.RoleArn));
}
