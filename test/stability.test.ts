import { aws_bedrockagentcore as agentcore, Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AgentAuthorizer, AgentImage, AgentRuntime, ClaudeModel, ClaudeModels, type AgentRuntimeProps } from '../lib';
import { testImage, testStack } from './support/stack';

/** Logical ids, and the properties whose change makes CloudFormation replace the resource. */
function identity(props: Partial<AgentRuntimeProps> = {}): Record<string, unknown> {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: testImage(), ...props });
  const { Resources } = Template.fromStack(stack).toJSON() as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  };
  const replacing: Record<string, string> = {
    'AWS::BedrockAgentCore::Runtime': 'AgentRuntimeName',
    'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
    'AWS::IAM::Role': 'RoleName',
    'AWS::Logs::LogGroup': 'LogGroupName',
  };
  return Object.fromEntries(
    Object.entries(Resources).map(([id, { Type, Properties }]) => [
      id,
      `${Type} ${JSON.stringify(Properties[replacing[Type] ?? ''])}`,
    ]),
  );
}

// A change of any of these replaces a runtime, and with it its ARN, sessions and log, in everybody's next deployment.
const PINNED = {
  AgentExecutionRoleA67A0453: 'AWS::IAM::Role undefined',
  AgentExecutionPermissionsBaselineEA04DC51: 'AWS::IAM::ManagedPolicy undefined',
  AgentExecutionPermissionsGrantsD7302436: 'AWS::IAM::ManagedPolicy undefined',
  AgentRuntime23CE8C05: 'AWS::BedrockAgentCore::Runtime "Test_Agent_C85D8DAB"',
  AgentLogGroup60F973C0:
    'AWS::Logs::LogGroup {"Fn::Join":["",["/aws/bedrock-agentcore/runtimes/",{"Fn::GetAtt":["AgentRuntime23CE8C05","AgentRuntimeId"]},"-DEFAULT"]]}',
};

describe('logical ids and replacement-only properties', () => {
  test('are those of every version before', () => {
    expect(identity()).toEqual(PINNED);
  });

  test.each<[string, Partial<AgentRuntimeProps>]>([
    ['description', { description: 'another' }],
    ['image', { image: AgentImage.claudeAgent() }],
    ['models', { models: ClaudeModels.of({ main: ClaudeModel.OPUS_5_5.global() }) }],
    ['environment', { environment: { STAGE: 'prod' } }],
    [
      'authorizer',
      {
        authorizer: AgentAuthorizer.oidc({
          discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
          allowedClients: ['web'],
        }),
      },
    ],
    ['session limits', { idleTimeout: Duration.minutes(5), maxLifetime: Duration.hours(1) }],
    ['platform version', { platformVersion: agentcore.PlatformVersion.V2 }],
  ])('do not change with the %s', (_, props) => {
    expect(identity(props)).toEqual(PINNED);
  });
});
