import { App, Stack } from 'aws-cdk-lib';
import { AgentImage, AgentRuntime } from '../../../../lib';

// An app with nothing but an agent, which sends spans.
const stack = new Stack(new App(), 'Traced');
new AgentRuntime(stack, 'Agent', {
  image: AgentImage.claudeAgent(),
  runtimeName: 'traced',
  metricsNamespace: 'Shop/Agents',
  tracing: true,
});
