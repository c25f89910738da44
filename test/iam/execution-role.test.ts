import { AgentAuthorizer, AgentRuntime, ClaudeModel, ClaudeModels, Geography } from '../../lib';
import { evaluate, evaluateTrust, type RolePolicies } from '../../lib/testing';
import { ACCOUNT, executionRole, REGION, resolvedTemplate, testImage, testStack } from '../support/stack';

const SONNET = 'anthropic.claude-sonnet-5-5';
const HAIKU = 'anthropic.claude-haiku-5-5';
const OPUS = 'anthropic.claude-opus-5-5';

const profile = (id: string, region = REGION, account = ACCOUNT) =>
  `arn:aws:bedrock:${region}:${account}:inference-profile/${id}`;
const foundationModel = (id: string, region: string) => `arn:aws:bedrock:${region}::foundation-model/${id}`;
const agentCore = (resource: string, account = ACCOUNT) => `arn:aws:bedrock-agentcore:${REGION}:${account}:${resource}`;
const logGroup = (name: string, account = ACCOUNT) => `arn:aws:logs:${REGION}:${account}:log-group:${name}`;
const runtimeLogs = (runtime: string) => `/aws/bedrock-agentcore/runtimes/${runtime}-DEFAULT`;

/** The role of an agent called `support`, beside which the other account, agent and model of each row stand. */
function roleOf(props: { models?: ClaudeModels; authorizer?: AgentAuthorizer } = {}): RolePolicies {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'support', ...props });
  return executionRole(resolvedTemplate(stack));
}

const allows = (role: RolePolicies, action: string, resource: string, context: Record<string, string> = {}) =>
  evaluate(role, { action, resource, context }).allowed;

describe('execution role of an agent with default models', () => {
  const role = roleOf();
  const repository = `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/cdk-hnb659fds-container-assets-${ACCOUNT}-${REGION}`;
  const ownLogs = logGroup(runtimeLogs('support-a1B2c3D4e5'));
  const ownIdentity = agentCore('workload-identity-directory/default/workload-identity/support-a1B2c3D4e5');

  test.each([
    ['pulls its image', 'ecr:BatchGetImage', repository],
    ['pulls the layers of its image', 'ecr:GetDownloadUrlForLayer', repository],
    ['logs in to the registry', 'ecr:GetAuthorizationToken', '*'],
    ['makes its log group', 'logs:CreateLogGroup', ownLogs],
    ['makes its log streams', 'logs:CreateLogStream', `${ownLogs}:log-stream:[runtime-logs] 1`],
    ['writes its logs, metrics in embedded metric format included', 'logs:PutLogEvents', `${ownLogs}:log-stream:x`],
    ['finds its log group', 'logs:DescribeLogGroups', logGroup('*')],
    ['gets a token for its own identity', 'bedrock-agentcore:GetWorkloadAccessToken', ownIdentity],
  ])('%s', (_, action, resource) => {
    expect(allows(role, action, resource)).toBe(true);
  });

  test.each([
    ['pull from another repository', 'ecr:BatchGetImage', `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/other`],
    ['pull from another account', 'ecr:BatchGetImage', repository.replaceAll(ACCOUNT, '444455556666')],
    ['push an image', 'ecr:PutImage', repository],
    ["write another agent's logs", 'logs:PutLogEvents', `${logGroup(runtimeLogs('billing-a1B2c3D4e5'))}:log-stream:x`],
    [
      'write the logs of an agent whose name begins alike',
      'logs:PutLogEvents',
      `${logGroup(runtimeLogs('support2-a1B2c3D4e5'))}:log-stream:x`,
    ],
    ["read another agent's logs", 'logs:GetLogEvents', `${logGroup(runtimeLogs('billing-a1'))}:log-stream:x`],
    ["list another agent's streams", 'logs:DescribeLogStreams', logGroup(runtimeLogs('billing-a1B2c3D4e5'))],
    ['read even its own logs', 'logs:GetLogEvents', `${ownLogs}:log-stream:x`],
    ['query logs', 'logs:StartQuery', ownLogs],
    ['write logs in another account', 'logs:PutLogEvents', `${ownLogs.replace(ACCOUNT, '444455556666')}:log-stream:x`],
    ['put a log resource policy', 'logs:PutResourcePolicy', ownLogs],
    ['put metrics past its log', 'cloudwatch:PutMetricData', '*'],
    [
      'get a token for another identity',
      'bedrock-agentcore:GetWorkloadAccessToken',
      agentCore('workload-identity-directory/default/workload-identity/billing-a1B2c3D4e5'),
    ],
    [
      'get a token for an identity whose name begins alike',
      'bedrock-agentcore:GetWorkloadAccessToken',
      agentCore('workload-identity-directory/default/workload-identity/support2-a1B2c3D4e5'),
    ],
    ['get a token for a user id it makes up', 'bedrock-agentcore:GetWorkloadAccessTokenForUserId', ownIdentity],
    ['get a token for a JWT, as callers bring none', 'bedrock-agentcore:GetWorkloadAccessTokenForJWT', ownIdentity],
    ['call an agent', 'bedrock-agentcore:InvokeAgentRuntime', agentCore('runtime/support-a1B2c3D4e5')],
    ['assume a role', 'sts:AssumeRole', `arn:aws:iam::${ACCOUNT}:role/any`],
    ['read a bucket', 's3:GetObject', 'arn:aws:s3:::any/key'],
  ])('may not %s', (_, action, resource) => {
    expect(allows(role, action, resource)).toBe(false);
  });

  test('is trusted by AgentCore for this account and this runtime only', () => {
    const assume = (context: Record<string, string>, service = 'bedrock-agentcore.amazonaws.com') =>
      evaluateTrust(role.trustPolicy, { service }, 'sts:AssumeRole', context).allowed;
    const own = { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': agentCore('runtime/support-a1B2c3D4e5') };

    expect(assume(own)).toBe(true);
    expect(assume({ ...own, 'aws:SourceAccount': '444455556666' })).toBe(false);
    expect(assume({ ...own, 'aws:SourceArn': agentCore('runtime/billing-a1B2c3D4e5') })).toBe(false);
    expect(assume({ ...own, 'aws:SourceArn': agentCore('runtime/support2-a1B2c3D4e5') })).toBe(false);
    expect(assume({ ...own, 'aws:SourceArn': agentCore('runtime/support-a1B2c3D4e5', '444455556666') })).toBe(false);
    expect(assume({ ...own, 'aws:SourceArn': agentCore('gateway/support-a1B2c3D4e5') })).toBe(false);
    expect(assume({})).toBe(false);
    expect(assume(own, 'lambda.amazonaws.com')).toBe(false);
    expect(
      evaluateTrust(role.trustPolicy, { aws: `arn:aws:iam::${ACCOUNT}:role/any` }, 'sts:AssumeRole', own).allowed,
    ).toBe(false);
  });
});

test('an agent whose callers bring a JWT gets tokens bound to that JWT and no others', () => {
  const role = roleOf({
    authorizer: AgentAuthorizer.oidc({
      discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
      allowedClients: ['web'],
    }),
  });
  const own = agentCore('workload-identity-directory/default/workload-identity/support-a1B2c3D4e5');
  expect(allows(role, 'bedrock-agentcore:GetWorkloadAccessTokenForJWT', own)).toBe(true);
  expect(allows(role, 'bedrock-agentcore:GetWorkloadAccessToken', own)).toBe(false);
  expect(allows(role, 'bedrock-agentcore:GetWorkloadAccessTokenForUserId', own)).toBe(false);
});

describe.each(['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'])('%s', (action) => {
  describe('through global profiles', () => {
    const role = roleOf({
      models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global(), fast: ClaudeModel.HAIKU_5_5.global() }),
    });
    const through = (id: string) => ({ 'bedrock:InferenceProfileArn': profile(id) });
    const anywhere = (id: string) => ({ ...through(id), 'aws:RequestedRegion': 'unspecified' });

    test.each([SONNET, HAIKU])('reaches %s', (model) => {
      expect(allows(role, action, profile(`global.${model}`))).toBe(true);
      expect(allows(role, action, foundationModel(model, REGION), through(`global.${model}`))).toBe(true);
      expect(allows(role, action, foundationModel(model, ''), anywhere(`global.${model}`))).toBe(true);
    });

    test.each<[string, string, Record<string, string>]>([
      ['another model', profile(`global.${OPUS}`), {}],
      ['another model behind a granted profile', foundationModel(OPUS, REGION), through(`global.${SONNET}`)],
      ['the model without a profile', foundationModel(SONNET, REGION), {}],
      ['the model through a profile of another model', foundationModel(SONNET, REGION), through(`global.${HAIKU}`)],
      ['the model through another profile', foundationModel(SONNET, REGION), through(`eu.${SONNET}`)],
      ['the geographic profile of the model', profile(`eu.${SONNET}`), {}],
      ['the profile from another Region', profile(`global.${SONNET}`, 'us-east-1'), {}],
      ['the profile of another account', profile(`global.${SONNET}`, REGION, '444455556666'), {}],
      ['the model in another Region by name', foundationModel(SONNET, 'us-east-1'), through(`global.${SONNET}`)],
      [
        'the model anywhere when a Region is asked for',
        foundationModel(SONNET, ''),
        { ...through(`global.${SONNET}`), 'aws:RequestedRegion': 'us-east-1' },
      ],
      ['a model whose id begins alike', profile(`global.${SONNET}-v2`), {}],
    ])('does not reach %s', (_, resource, context) => {
      expect(allows(role, action, resource, context)).toBe(false);
    });
  });

  describe('through the profile of a geography', () => {
    const role = roleOf({ models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.inGeography(Geography.EU) }) });
    const throughEu = { 'bedrock:InferenceProfileArn': profile(`eu.${SONNET}`) };

    test('reaches the model in every Region of the geography', () => {
      expect(allows(role, action, profile(`eu.${SONNET}`))).toBe(true);
      for (const region of Geography.EU.destinationRegions) {
        expect(allows(role, action, foundationModel(SONNET, region), throughEu)).toBe(true);
      }
    });

    test('does not reach it elsewhere, past the profile, or globally', () => {
      expect(allows(role, action, foundationModel(SONNET, 'us-east-1'), throughEu)).toBe(false);
      expect(allows(role, action, foundationModel(SONNET, REGION))).toBe(false);
      expect(
        allows(role, action, foundationModel(SONNET, ''), { ...throughEu, 'aws:RequestedRegion': 'unspecified' }),
      ).toBe(false);
      expect(allows(role, action, profile(`global.${SONNET}`))).toBe(false);
      expect(allows(role, action, profile(`eu.${HAIKU}`))).toBe(false);
    });
  });
});
