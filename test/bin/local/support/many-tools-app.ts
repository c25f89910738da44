import { join } from 'node:path';
import { App, Stack, aws_lambda as lambda } from 'aws-cdk-lib';
import {
  AgentGateway,
  AgentImage,
  AgentRuntime,
  AgentUserPool,
  ClaudeModel,
  ClaudeModels,
  GatewayTool,
} from '../../../../lib';

// An app whose gateway has more tools than a model is offered at once, with the real agent.
const GOODS = ['umbrellas', ...Array.from({ length: 44 }, (_, number) => `goods of shelf ${String(number + 10)}`)];

const stack = new Stack(new App(), 'ManyTools');
const users = new AgentUserPool(stack, 'Users', { webOrigins: ['https://agent.example.com'] });
const stock = new lambda.Function(stack, 'Stock', {
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: lambda.Code.fromAsset(join(__dirname, 'fake-function')),
});
const gateway = new AgentGateway(stack, 'Gateway', {
  authorizer: users.authorizer(),
  tools: [
    GatewayTool.lambda(
      'stock',
      stock,
      GOODS.map((goods, number) => ({
        name: `count_${String(number)}`,
        description: `Counts ${goods}`,
        input: { type: 'object', properties: { do: { type: 'string' } }, required: ['do'] } as const,
      })),
    ),
  ],
});
new AgentRuntime(stack, 'Agent', {
  image: AgentImage.claudeAgent(),
  models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global(), fast: ClaudeModel.HAIKU_5_5.global() }),
  authorizer: users.authorizer(),
  capabilities: [gateway],
});
