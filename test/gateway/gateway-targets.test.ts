import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  aws_bedrockagentcore as agentcore,
  aws_dynamodb as dynamodb,
  aws_iam as iam,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AgentGateway, ApiDocument, GatewayTool, OutboundCredential } from '../../lib';
import { evaluate, rolePolicies } from '../../lib/testing';
import { ACCOUNT, REGION, testStack } from '../support/stack';
import { orderInput } from './fixtures/order-input';
import { gatewayWith, openApiText, resolved, someFunction, TARGET } from './gateway-fixture';

const entry = join(__dirname, 'fixtures', 'order-tool.ts');
const orderStatus = () =>
  GatewayTool.function('find_order', { entry, description: 'Finds an order', input: orderInput });

describe('a tool that is a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-'));
  const app = new App({ outdir: join(directory, 'cdk.out') });
  const stack = new Stack(app, 'Test', { env: { account: ACCOUNT, region: REGION } });
  const gateway = new AgentGateway(stack, 'Gateway', { tools: [orderStatus()] });
  const table = new dynamodb.TableV2(stack, 'Orders', {
    partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  });
  table.grantReadData(gateway.toolFunction('find_order'));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const assembly = app.synth();
  const template = resolved(stack);

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test('is a function for Node.js on ARM64 with a log that expires', () => {
    const [handler] = template.resourcesOfType('AWS::Lambda::Function');
    expect(handler?.properties).toMatchObject({
      Architectures: ['arm64'],
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Timeout: 30,
      MemorySize: 256,
    });
    expect(template.resourcesOfType('AWS::Logs::LogGroup').map(({ properties }) => properties.RetentionInDays)).toEqual(
      expect.arrayContaining([90, 90]),
    );
  });

  test('is bundled so that it runs by itself, the schema checked in it', async () => {
    const asset = readdirSync(assembly.directory).find((name) => name.startsWith('asset.')) ?? '';
    const file = join(assembly.directory, asset, 'index.js');
    const { handler } = createRequire(__filename)(file) as {
      handler: (event: unknown, context: object) => Promise<unknown>;
    };
    expect(await handler({ orderId: 'a1' }, {})).toEqual({ orderId: 'a1', status: 'shipped' });
    expect(await handler({}, {})).toMatchObject({ isError: true });
    // Nothing of the CDK gets into the functions of an app.
    expect(readFileSync(file, 'utf8')).not.toMatch(/aws-cdk/i);
  });

  test('has a role of its own that writes its own log and does what it is granted', () => {
    const [handler] = template.resourcesOfType('AWS::Lambda::Function');
    const role = rolePolicies(template, String(handler?.properties.Role));
    const { LogGroup } = handler?.properties.LoggingConfig as { LogGroup: string };
    const stream = (group: string) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${group}:log-stream:s`;
    expect(evaluate(role, { action: 'logs:PutLogEvents', resource: stream(LogGroup) }).allowed).toBe(true);
    expect(evaluate(role, { action: 'logs:PutLogEvents', resource: stream(`${LogGroup}-other`) }).allowed).toBe(false);
    expect(evaluate(role, { action: 'logs:CreateLogGroup', resource: stream(LogGroup) }).allowed).toBe(false);
    const tableArn = String(template.resolve(stack.resolve(table.tableArn)));
    expect(evaluate(role, { action: 'dynamodb:GetItem', resource: tableArn }).allowed).toBe(true);
    expect(evaluate(role, { action: 'dynamodb:PutItem', resource: tableArn }).allowed).toBe(false);
  });
});

test('the boundary of a gateway limits the roles of its functions too', () => {
  const { stack } = gatewayWith((scope) => ({
    tools: [orderStatus()],
    permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyName(scope, 'Boundary', 'limit'),
  }));
  const roles = resolved(stack).resourcesOfType('AWS::IAM::Role');
  expect(roles.map(({ properties }) => properties.PermissionsBoundary)).toEqual(
    Array.from({ length: 2 }, () => expect.stringMatching(/:policy\/limit$/) as unknown),
  );
});

test('a target has the tools of its function with their schemas', () => {
  const { template } = gatewayWith((stack) => ({
    tools: [
      GatewayTool.lambda('orders', someFunction(stack), [
        { name: 'find_order', description: 'Finds', input: orderInput, output: { type: 'object', properties: {} } },
        { name: 'cancel', description: 'Cancels', input: { type: 'object', properties: {} } },
      ]),
    ],
  }));
  template.hasResourceProperties(TARGET, {
    Name: 'orders',
    TargetConfiguration: {
      Mcp: {
        Lambda: {
          ToolSchema: {
            InlinePayload: [
              {
                Name: 'find_order',
                Description: 'Finds',
                InputSchema: {
                  Type: 'object',
                  Properties: {
                    orderId: { Type: 'string', Description: 'The number of the order' },
                    lines: { Type: 'array', Items: { Type: 'integer' } },
                  },
                  Required: ['orderId'],
                },
                OutputSchema: { Type: 'object' },
              },
              { Name: 'cancel', OutputSchema: Match.absent() },
            ],
          },
        },
      },
    },
  });
});

test('a runtime is called at its own address, whether its ARN is known or not', () => {
  const stack = testStack();
  const endpointOf = (agentRuntimeArn: string) =>
    GatewayTool.agentRuntime('a', { runtime: { runtimeRef: { agentRuntimeArn } } as never }).bind(stack);
  const known = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:runtime/search-0123456789`;
  const runtime = new agentcore.CfnRuntime(stack, 'Runtime', {
    agentRuntimeName: 'search',
    roleArn: `arn:aws:iam::${ACCOUNT}:role/r`,
    agentRuntimeArtifact: {},
    networkConfiguration: { networkMode: 'PUBLIC' },
  });
  const url = (arn: string) =>
    `https://bedrock-agentcore.${REGION}.amazonaws.com/runtimes/${encodeURIComponent(arn)}/invocations?qualifier=DEFAULT`;
  const template = resolved(stack);
  const rendered = (arn: string) => {
    const { configuration } = endpointOf(arn);
    const { mcp } = configuration as { mcp: { mcpServer: { endpoint: string } } };
    return template.resolve(stack.resolve(mcp.mcpServer.endpoint));
  };
  expect(rendered(known)).toBe(url(known));
  const arn = String(template.resolve(stack.resolve(runtime.attrAgentRuntimeArn)));
  expect(rendered(runtime.attrAgentRuntimeArn)).toBe(url(arn));
});

test('an API has its description in the template or in Amazon S3, and its credential', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-'));
  const file = join(directory, 'api.json');
  writeFileSync(file, openApiText());
  const key = { credentialProviderArn: 'arn:key', apiKeySecretArn: 'arn:secret' };
  const { template } = gatewayWith({
    tools: [
      GatewayTool.openApi('inline', {
        document: ApiDocument.fromInline(openApiText()),
        credential: OutboundCredential.apiKey(key, { queryParameter: 'key' }),
      }),
      GatewayTool.openApi('file', {
        document: ApiDocument.fromFile(file),
        credential: OutboundCredential.gatewayRole({ service: 'execute-api', region: 'eu-west-1' }),
      }),
    ],
  });
  template.hasResourceProperties(TARGET, {
    TargetConfiguration: { Mcp: { OpenApiSchema: { InlinePayload: openApiText() } } },
    CredentialProviderConfigurations: [
      {
        CredentialProviderType: 'API_KEY',
        CredentialProvider: {
          ApiKeyCredentialProvider: {
            ProviderArn: 'arn:key',
            CredentialLocation: 'QUERY_PARAMETER',
            CredentialParameterName: 'key',
          },
        },
      },
    ],
  });
  template.hasResourceProperties(TARGET, {
    TargetConfiguration: { Mcp: { OpenApiSchema: { S3: { Uri: Match.anyValue() } } } },
    CredentialProviderConfigurations: [
      {
        CredentialProviderType: 'GATEWAY_IAM_ROLE',
        CredentialProvider: { IamCredentialProvider: { Service: 'execute-api', Region: 'eu-west-1' } },
      },
    ],
  });
  rmSync(directory, { recursive: true });
});
