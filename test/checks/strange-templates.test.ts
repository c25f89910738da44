import { aws_iam as iam, CfnResource, Stack } from 'aws-cdk-lib';
import { violationsOf, withApp } from './support/checked-app';

const SHAPES: readonly unknown[] = [
  null,
  0,
  1.5,
  true,
  '',
  'text',
  [],
  {},
  [[]],
  [null],
  [{}],
  ['text', 1],
  { Ref: 'Missing' },
  { Ref: ['x'] },
  { Ref: 'AWS::NoValue' },
  { 'Fn::GetAtt': 'Missing.Arn' },
  { 'Fn::GetAtt': [] },
  { 'Fn::GetAtt': [{ Ref: 'x' }, null] },
  { 'Fn::Join': null },
  { 'Fn::Join': ['', 'x'] },
  { 'Fn::Join': ['-', [null, 'x', { Ref: 'y' }]] },
  { 'Fn::Sub': null },
  { 'Fn::Sub': ['${a}${!b}', { a: { 'Fn::If': [] } }] },
  { 'Fn::If': ['c', 'x'] },
  { 'Fn::ImportValue': { Ref: 'x' } },
  { Statement: 'x' },
  { Statement: [{ Effect: 'Allow', Action: null, Resource: {}, Condition: 'x' }] },
  {
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'bedrock-agentcore.amazonaws.com' },
      Condition: { ArnLike: 'x', StringLike: { k: {} } },
    },
  },
  [{ PolicyDocument: null }, { PolicyName: 'x' }, 'x'],
  { CustomJWTAuthorizer: 'x' },
  { NetworkMode: 'VPC', NetworkModeConfig: 'x', VpcConfig: 1 },
  {
    Mcp: {
      Lambda: {
        ToolSchema: {
          InlinePayload: [null, 'x', { Name: {}, InputSchema: { Properties: [], Required: {}, Items: 'x' } }],
        },
      },
    },
  },
];

const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  'AWS::BedrockAgentCore::Runtime': [
    'AgentRuntimeName',
    'AgentRuntimeArtifact',
    'RoleArn',
    'NetworkConfiguration',
    'PlatformVersion',
    'EnvironmentVariables',
    'AuthorizerConfiguration',
    'LifecycleConfiguration',
    'RequestHeaderConfiguration',
    'FilesystemConfigurations',
  ],
  'AWS::BedrockAgentCore::RuntimeEndpoint': ['AgentRuntimeId', 'Name', 'AgentRuntimeVersion'],
  'AWS::BedrockAgentCore::Harness': ['Environment', 'EnvironmentVariables', 'ExecutionRoleArn', 'EnvironmentArtifact'],
  'AWS::BedrockAgentCore::Gateway': [
    'Name',
    'AuthorizerType',
    'AuthorizerConfiguration',
    'ProtocolConfiguration',
    'RoleArn',
    'PolicyEngineConfiguration',
  ],
  'AWS::BedrockAgentCore::GatewayTarget': [
    'Name',
    'GatewayIdentifier',
    'TargetConfiguration',
    'CredentialProviderConfigurations',
  ],
  'AWS::BedrockAgentCore::CodeInterpreterCustom': ['Name', 'NetworkConfiguration', 'ExecutionRoleArn'],
  'AWS::BedrockAgentCore::BrowserCustom': ['Name', 'NetworkConfiguration', 'ExecutionRoleArn', 'RecordingConfig'],
  'AWS::BedrockAgentCore::Memory': ['Name', 'EventExpiryDuration'],
  'AWS::BedrockAgentCore::OAuth2CredentialProvider': ['Oauth2ProviderConfigInput'],
  'AWS::IAM::Role': ['AssumeRolePolicyDocument', 'Policies', 'ManagedPolicyArns'],
  'AWS::IAM::Policy': ['PolicyDocument', 'Roles'],
  'AWS::Logs::LogGroup': ['LogGroupName', 'RetentionInDays'],
};

describe('a template with values that make no sense', () => {
  it.each(Object.entries(PROPERTIES))('is read to the end: %s', (type, properties) => {
    withApp((app) => {
      const stack = new Stack(app, 'Test');
      const role = new iam.CfnRole(stack, 'Role', { assumeRolePolicyDocument: {} });
      for (const property of properties) {
        for (const [index, shape] of SHAPES.entries()) {
          const resource = new CfnResource(stack, `${property}${index}`, { type });
          resource.addOverride(`Properties.${property}`, shape);
          if (property !== 'RoleArn')
            resource.addOverride('Properties.RoleArn', { 'Fn::GetAtt': [role.logicalId, 'Arn'] });
        }
      }
      expect(() => violationsOf(app)).not.toThrow();
    });
  });
});
