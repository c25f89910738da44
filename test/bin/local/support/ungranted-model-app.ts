import { App, Stack } from 'aws-cdk-lib';
import type { CfnRuntime } from 'aws-cdk-lib/aws-bedrockagentcore';
import { AgentImage, AgentRuntime, ClaudeModel, ClaudeModels } from '../../../../lib';

// An app with a mistake: its agent calls a model that its role is not granted.
const stack = new Stack(new App(), 'Mistaken');
const { runtime } = new AgentRuntime(stack, 'Agent', {
  image: AgentImage.claudeAgent(),
  models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global() }),
});
(runtime.node.defaultChild as CfnRuntime).addPropertyOverride(
  'EnvironmentVariables.AGENT_MODEL_MAIN',
  ClaudeModel.OPUS_5_5.global().invocationId,
);
