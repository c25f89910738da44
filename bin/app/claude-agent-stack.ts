import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AgentImage, AgentRuntime, ClaudeModel, ClaudeModels } from '../../lib';

/** The sample: one Claude agent, called with IAM credentials. */
export class ClaudeAgentStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);

    const agent = new AgentRuntime(this, 'Agent', {
      image: AgentImage.claudeAgent(),
      models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global(), fast: ClaudeModel.HAIKU_5_5.global() }),
      description: 'Sample Claude agent',
    });

    new CfnOutput(this, 'RuntimeArn', { value: agent.runtimeArn, description: 'The agent to call' });
  }
}
