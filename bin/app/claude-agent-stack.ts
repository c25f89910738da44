import { CfnOutput, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AgentImage, AgentRuntime, ClaudeModel, ClaudeModels, CodeInterpreterTool, WorkspaceBucket } from '../../lib';

/** The sample: one Claude agent, called with IAM credentials, with a workspace for each user and a place to run code. */
export class ClaudeAgentStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);

    const workspace = new WorkspaceBucket(this, 'Workspace');
    Validations.of(workspace).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Who assumed the role of which user is in CloudTrail; access logs are for deployments that need every read',
    });
    const agent = new AgentRuntime(this, 'Agent', {
      image: AgentImage.claudeAgent(),
      models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global(), fast: ClaudeModel.HAIKU_5_5.global() }),
      capabilities: [workspace, new CodeInterpreterTool(this, 'CodeInterpreter')],
      description: 'Sample Claude agent',
    });

    new CfnOutput(this, 'RuntimeArn', { value: agent.runtimeArn, description: 'The agent to call' });
    new CfnOutput(this, 'WorkspaceBucketName', {
      value: workspace.bucket.bucketName,
      description: 'Keeps files and conversations; stays when the stack is deleted',
    });
  }
}
