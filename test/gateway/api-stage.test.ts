import { aws_apigateway as apigateway, CfnParameter, NestedStack } from 'aws-cdk-lib';
import type { App, Stack } from 'aws-cdk-lib';
import { GatewayTool, type ApiOperations } from '../../lib';
import { testStack } from '../support/stack';
import { gatewayWith, TARGET } from './gateway-fixture';

type Define = (api: apigateway.RestApi) => void;

/** Adds a method to an API through an import of it, in a nested stack. */
const getImported = (
  api: apigateway.RestApi,
  restApiId: string,
  pathPart: string,
  scope = new NestedStack(api, 'More'),
) => {
  const rootResourceId = api.root.resourceId;
  const imported = apigateway.RestApi.fromRestApiAttributes(scope, 'Imported', { restApiId, rootResourceId });
  imported.root.addResource(pathPart).addMethod('GET');
};

const getOrders: Define = ({ root }) => void root.addResource('orders').addMethod('GET');

/** A gateway for operations of a stage, and the API that `define` gives methods after that. */
function gatewayOf(operations: ApiOperations[], define = getOrders) {
  const stack = testStack();
  const api = new apigateway.RestApi(stack, 'Api', { cloudWatchRole: false });
  gatewayWith({ tools: [GatewayTool.apiGateway('orders', { stage: api.deploymentStage, operations })] }, stack);
  define(api);
  return { stack, api };
}

function resourcesOf(stack: Stack) {
  const { template } = (stack.node.root as App).synth().getStackByName(stack.stackName) as {
    template: { Resources: Record<string, { Type: string; DependsOn?: string[]; Properties?: unknown }> };
  };
  const named = Object.entries(template.Resources).map(([id, resource]) => ({ id, ...resource }));
  return (type: string) => named.filter(({ Type }) => Type === type);
}

const orders = (path = '/orders', ...methods: string[]): ApiOperations[] => [
  { path, methods: methods.length === 0 ? ['GET'] : methods },
];

test('a target calls a stage of the app by its name, and is made after it', () => {
  const { stack } = gatewayOf(orders());
  const resources = resourcesOf(stack);
  const [stage] = resources('AWS::ApiGateway::Stage');
  const [target] = resources(TARGET);
  expect(target?.Properties).toMatchObject({
    TargetConfiguration: { Mcp: { ApiGateway: { Stage: { Ref: stage?.id } } } },
  });
  expect(target?.DependsOn).toContain(stage?.id);
});

test.each<[string, ApiOperations[], Define]>([
  ['it has', orders(), getOrders],
  ['begin like one', orders('/orders/*'), getOrders],
  ['are any at all', orders('/*'), getOrders],
  [
    'are among all of a path',
    orders('/any', 'GET', 'DELETE'),
    (api) => void api.root.addResource('any').addMethod('ANY'),
  ],
  [
    'another stack adds',
    orders('/more'),
    (api) => {
      getOrders(api);
      getImported(api, api.restApiId, 'more');
    },
  ],
  [
    'another stack may add',
    orders('/more'),
    (api) => {
      getOrders(api);
      const scope = new NestedStack(api, 'More');
      getImported(api, new CfnParameter(scope, 'Id').valueAsString, 'more', scope);
    },
  ],
  [
    'an L1 may add',
    orders('/more'),
    ({ root, restApiId }) => {
      const resourceId = root.resourceId;
      new apigateway.CfnMethod(root.stack, 'More', { httpMethod: 'GET', resourceId, restApiId });
      root.addMethod('GET');
    },
  ],
])('operations of an API are taken that %s', (_, operations, define) => {
  expect(() => resourcesOf(gatewayOf(operations, define).stack)).not.toThrow();
});

test('methods of another API do not count', () => {
  const { stack, api } = gatewayOf(orders('/more'));
  const other = new apigateway.RestApi(stack, 'Other', { cloudWatchRole: false });
  other.root.addMethod('GET');
  getImported(api, other.restApiId, 'more');
  expect(() => resourcesOf(stack)).toThrow('operations has GET /more, which the API Test/Api does not have');
});

test.each([
  ['path', orders('/order'), 'GET /order'],
  ['method', orders('/orders', 'POST'), 'POST /orders'],
  ['beginning', orders('/order/*'), 'GET /order/*'],
])('a %s that the API does not have is told when the app is synthesized', (_, operations, missing) => {
  const { stack } = gatewayOf(operations);
  expect(() => resourcesOf(stack)).toThrow(
    `[Test/Gateway/Targets/orders] operations has ${missing}, which the API Test/Api does not have; it has GET /orders: name one of them, or add the method`,
  );
});
