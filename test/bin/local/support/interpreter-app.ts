import { App, Stack } from 'aws-cdk-lib';
import type { CfnRuntime } from 'aws-cdk-lib/aws-bedrockagentcore';
import { AgentImage, AgentRuntime, CodeInterpreterTool, PermissionMode } from '../../../../lib';

// An app whose agent runs code without asking, in a sandbox. `IDLE_SECONDS` may be less than AgentCore allows.
const stack = new Stack(new App(), 'Interpreting');
const { runtime } = new AgentRuntime(stack, 'Agent', {
  image: AgentImage.claudeAgent(),
  permissionModes: [PermissionMode.BYPASS],
  capabilities: [new CodeInterpreterTool(stack, 'Interpreter')],
});
(runtime.node.defaultChild as CfnRuntime).addPropertyOverride('LifecycleConfiguration', {
  IdleRuntimeSessionTimeout: Number(process.env.IDLE_SECONDS ?? 900),
});
